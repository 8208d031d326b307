"""Outputs of the leak matrix made for the test: exports, web archives, kept and captured pages, boards."""

import gzip
import re
import zipfile
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from warcio.archiveiterator import ArchiveIterator

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import outbox, two_person
from jiyue.interaction.models import PageViews
from jiyue.interaction.reading import export_most_read
from jiyue.library.models import Resource
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.publishing.exporting.layout import WARC
from jiyue.publishing.exporting.services import export_site
from jiyue.publishing.exporting.tests.former_site import capture
from jiyue.publishing.integrity.sealing import FOLDER, seal_site
from jiyue.publishing.webarchive.models import Capture
from jiyue.publishing.webarchive.services import Target, propose_archiving
from jiyue.sites.models import Site
from tests.factories import World, make_account

SECRET = "魑魅魍魉"


def with_named_page(text: bytes, resource: Resource) -> bytes:
    """Put the hidden word where the text names the page of an item that isn't public.

    The month is part of what is looked for: error pages and lists are numbered too.
    """
    if hasattr(Resource.objects.get(pk=resource.pk), "live"):
        return text
    return re.sub(rb"/\d{6}/%d\.html" % resource.pk, SECRET.encode(), text)


def archive_site(world: World) -> None:
    """Put a whole site into the web archive: all its pages say so from then on."""
    change = propose_archiving(target=Target(world.portal), reason="改版归档", actor=world.lead)
    actor = world.manager.audit_actor()
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor)
    outbox.drain()


def archived_pages(resource: Resource) -> bytes:
    """Pages that say since when they are archived."""
    pages = [path.read_bytes() for path in Path(settings.JIYUE_OUTPUT_DIR).rglob("*.html")]
    marked = [page for page in pages if b'class="archived"' in page]
    assert marked
    return b"\n".join(marked)


def capture_former_site(world: World, words: str) -> Capture:
    """Propose a page of a former site that says the words in title, text, picture and its own name."""
    root = Path(settings.JIYUE_OUTPUT_DIR).parent / "former"
    body = f"<h1>旧站{words}</h1><p>正文{words}</p><img src='img/a.png' alt='{words}'>"
    return capture(world, root, {"a/one.html": body, f"{words}.asp?id={words}": body})


def captured_pages(resource: Resource) -> bytes:
    """Everything below the archive of former sites, names too, and where former addresses lead."""
    output = Path(settings.JIYUE_OUTPUT_DIR)
    found = [path for path in output.glob("*/archive/**/*") if path.is_file()]
    tables = [path for path in (output / ".redirects").glob("*") if path.is_file()]
    names = "\n".join(path.relative_to(output).as_posix() for path in found)
    texts = [gzip.decompress(path.read_bytes()) for path in found if path.suffix == ".gz"]
    shown = [path.read_bytes() for path in (*found, *tables) if path.suffix != ".gz"]
    return b"\n".join([names.encode(), *texts, *shown])


def clerk_of_other_unit() -> StaffAccount:
    unit = Organization.objects.get(code="B00000002")
    found = StaffAccount.objects.filter(login_name="bing").first()
    return found or make_account("bing", unit, StaffRole.ENTRY_CLERK)


def queue_board(resource: Resource) -> bytes:
    """What a clerk of another unit reads on the board of the publishing queue."""
    answer = both_factors(clerk_of_other_unit()).get(reverse("backoffice:publishing_queue"))
    assert answer.status_code == 200
    return bytes(answer.content)


def most_read(resource: Resource) -> bytes:
    """The most read items of every site, as the page of visits and its CSV file name them."""
    PageViews.objects.get_or_create(resource=resource, defaults={"count": 7})
    return "".join(export_most_read(site) for site in Site.objects.all()).encode()


def kept_pages(resource: Resource) -> bytes:
    """Earlier states of pages: sealed, and in no folder that a server serves."""
    kept, served = Path(settings.JIYUE_KEPT_DIR).resolve(), Path(settings.JIYUE_OUTPUT_DIR).resolve()
    assert not kept.is_relative_to(served)
    assert not served.is_relative_to(kept)
    return b"\n".join(path.read_bytes() for path in kept.rglob("*") if path.is_file())


def exported() -> zipfile.ZipFile:
    """The export of the city portal with everything but history; made once in a test."""
    file = Path(settings.JIYUE_OUTPUT_DIR).parent / "shi.zip"
    if not file.exists():
        site = Site.objects.get(key="shi")
        export_site(site=site, destination=file, actor=None, operator="ops", with_warc=True)
    return zipfile.ZipFile(file)


def site_export(resource: Resource) -> bytes:
    """Every file of the export: pages, data, history, lists, manifest."""
    with exported() as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist() if name != WARC)


def export_pages(resource: Resource) -> bytes:
    """Names of the pages in the export; the page of what isn't public must have none."""
    with exported() as archive:
        names = "\n".join(name for name in archive.namelist() if name.startswith("pages/"))
    return with_named_page(names.encode(), resource)


def web_archive(resource: Resource) -> bytes:
    """Records of the WARC file, headers and bodies."""
    with exported() as archive:
        packed = archive.read(WARC)
    found = [gzip.decompress(packed)]
    for record in ArchiveIterator(BytesIO(packed)):
        found += [str(record.rec_headers).encode(), record.content_stream().read()]
    return b"\n".join(found)


def signed_manifests(resource: Resource) -> bytes:
    """Names that the signed manifests of both sites give; what isn't public has none."""
    for site_id in Site.objects.values_list("pk", flat=True):
        seal_site(site_id)
    folder = Path(settings.JIYUE_OUTPUT_DIR) / FOLDER
    names = b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"index.html" in names
    return with_named_page(names, resource)


MADE_OUTPUTS = (
    archived_pages,
    captured_pages,
    signed_manifests,
    queue_board,
    most_read,
    kept_pages,
    site_export,
    export_pages,
    web_archive,
)
