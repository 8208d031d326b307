"""Files of the platform beside the sites: the table that visitors' requests depend on, exported manifests."""

from jiyue.core import crypto
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.publishing import topics
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.integrity.comparing import Finding, FolderReader
from jiyue.publishing.integrity.custody import Custody
from jiyue.publishing.integrity.models import TamperKind
from jiyue.publishing.integrity.recording import record_platform_file
from jiyue.publishing.integrity.sealing import mend_export
from jiyue.publishing.models import PublishedSite
from jiyue.publishing.publisher import exclusive
from jiyue.publishing.sites_file import FILE_NAME, render_sites_file, write_sites_file
from jiyue.sites.models import Site

MAX_BYTES = 64 * 1024 * 1024  # hundreds of sites take one or two


def mend_sites_file() -> bool:
    """Write the table of sites again if somebody else changed it; tell whether that was so.

    While the publisher is about to write it, nothing is done: it writes it anyway.
    """
    try:
        with exclusive("sites", waits=False):
            found = _find()
    except BlockingIOError:
        return False
    if found is None:
        return False
    if found.kind != TamperKind.REMOVED:
        Custody("", output_root()).take(FILE_NAME)
    write_sites_file()
    record_platform_file(FILE_NAME, found)
    return True


def mend_manifest_files(site: Site) -> None:
    """Write the exported texts of a site's manifest again where somebody else changed them, and tell."""
    for name in mend_export(site.pk, site.key):
        record_platform_file(name, Finding(name, TamperKind.CHANGED))


def _find() -> Finding | None:
    waiting = OutboxMessage.objects.filter(
        topic=topics.SITE, status__in=(OutboxStatus.PENDING, OutboxStatus.RUNNING)
    )
    if waiting.exists() or not PublishedSite.objects.exists():
        return None
    with FolderReader(output_root()) as reader:
        data = reader.read(FILE_NAME, MAX_BYTES)
        if data == render_sites_file():
            return None
        found = reader.look(FILE_NAME)
    if found is None:
        return Finding(FILE_NAME, TamperKind.REMOVED)
    return Finding(
        FILE_NAME, TamperKind.CHANGED, None, found.size_bytes, crypto.sm3_hex(data) if data else ""
    )
