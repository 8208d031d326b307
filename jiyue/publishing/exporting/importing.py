"""Taking a whole site into an empty platform, with the same addresses and the same history.

The second writer of editions, besides a completed case: it writes the case,
its steps and its decisions first, and the database checks the chain as always
(ADR 10).
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Model, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.models import OutboxPriority
from jiyue.library.content import ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.models import Edition, MediaFile, Resource, ResourceRevision
from jiyue.library.services.media import media_path
from jiyue.organizations.models import StaffAccount
from jiyue.publishing import topics
from jiyue.publishing.exporting import archive_marks, office_parts, tables  # noqa: F401  # they register their parts
from jiyue.publishing.exporting.announcements import SITE_IMPORTED
from jiyue.publishing.exporting.captured_import import CapturedImport
from jiyue.publishing.exporting.console import operator_refusal
from jiyue.publishing.exporting.layout import PAGES, ImportRefused, damaged
from jiyue.publishing.exporting.matching import Matches, match
from jiyue.publishing.exporting.parts import Part, all_parts
from jiyue.publishing.exporting.records import batches
from jiyue.publishing.exporting.sources import ExportReader
from jiyue.publishing.frames import load_site_pages
from jiyue.publishing.models import OutputFile
from jiyue.publishing.selectors import get_last_shard
from jiyue.publishing.shared_files import stretches
from jiyue.publishing.theme import get_environment
from jiyue.review.models import ReviewCase
from jiyue.sites.announcements import MOURNING_CHANGED
from jiyue.sites.hosting import hosting_refusal, normal_host
from jiyue.sites.models import Channel, Site

_BATCH = 500  # rows in one INSERT
_MEDIA_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}\Z")
_DOES_NOT_FIT = (
    DataError,
    FieldDoesNotExist,
    IntegrityError,
    KeyError,
    LookupError,
    TypeError,
    ValidationError,
    ValueError,
)
Progress = Callable[[int], None]


@dataclass(frozen=True)
class ImportReport:
    """What an import brought.

    Attributes:
        site: The site.
        rows: How many rows of each part were stored.
        new_units: Code and name of the units that were founded.
    """

    site: Site
    rows: Mapping[str, int]
    new_units: tuple[str, ...]


def platform_refusal() -> ImportRefused | None:
    """Say why this platform can't take a site in, or None: keys of the export would meet its own."""
    for model, what in (
        (Site, _("a site")),
        (Resource, _("items in its library")),
        (ReviewCase, _("review cases")),
        (MediaFile, _("media files")),
    ):
        if model._default_manager.exists():
            return ImportRefused(
                _("This platform isn't empty: it has %(what)s.") % {"what": what},
                fix=_("Import into a platform that was only set up."),
                code="platform_not_empty",
            )
    return None


def import_site(
    *,
    reader: ExportReader,
    actor: StaffAccount | None,
    operator: str,
    may_create_units: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Store an export's site, items, editions with their reviews, and places; ask for all its pages.

    One transaction: all of it or nothing. Files of media are named by their content.

    Args:
        reader: The export, its signature checked.
        actor: The platform manager who imports; None for the operator at the console.
        operator: Name of the operator on the machine, for the trail.
        may_create_units: Whether units that are missing are founded.
        progress: Called with the number of rows of every stored batch.

    Raises:
        ImportRefused: Somebody else imports, the platform isn't empty, units are
            missing, or the data don't fit together.

    Source: product decision, ADR 10 (LIB-02: no edition without its complete review).
    """
    with transaction.atomic():
        refusal = operator_refusal(actor) or platform_refusal()
        if refusal:
            raise refusal
        who = actor.audit_actor() if actor else audit.PLATFORM
        with _fitting("units"):
            matches = match(reader, may_create_units=may_create_units, actor=who)
        counts = {}
        for part in all_parts():
            counts[part.name] = _store(part, reader, matches, progress)
        site = Site.objects.get()
        _require_known(site)
        with _fitting("data/captures"):
            counts |= CapturedImport(reader, site, matches, who).take_in()
        _reset_keys()
        _name_resources()
        _keep_numbers_free()
        _keep_withdrawn(who)
        _copy_media(reader)
        audit.record(
            actor=who,
            verb="site.imported",
            subject_type="site",
            subject_id=site.pk,
            site=site.key,
            digest=reader.digest,
            made_at=str(reader.manifest.get("made_at", "")),
            operator=operator,
            rows={name: count for name, count in counts.items() if count},
            new_units=matches.new_units,
        )
        _ask_for_pages(site)
        MOURNING_CHANGED.announce(site.pk)
        SITE_IMPORTED.announce(site.pk)
    return ImportReport(site, counts, tuple(matches.new_units))


@contextmanager
def _fitting(what: str) -> Iterator[None]:
    """Turn what the tables say of rows that don't fit into a refusal; the transaction undoes the rest."""
    try:
        yield
    except _DOES_NOT_FIT as error:
        raise damaged(f"{what}: {error}") from error


def _store(part: Part, reader: ExportReader, matches: Matches, progress: Progress | None) -> int:
    count = 0
    incoming = part.incoming
    if incoming is None:
        return 0
    for batch in batches(reader.rows(part.path), _BATCH):
        with _fitting(part.name):
            rows = [matches.stored(part.model, row) for row in incoming(part.linking(batch, matches))]
            _insert(part.model, rows)
        count += len(rows)
        if progress:
            progress(len(rows))
    return count


def _insert(model: type[Model], rows: list[Model]) -> None:
    """Store rows; editions are named here, so that whoever looks for their writers finds this one."""
    if model is Edition:
        Edition.objects.bulk_create(cast(list[Edition], rows))
    else:
        model._default_manager.bulk_create(rows)


def _require_known(site: Site) -> None:
    """Refuse what this version can't show."""
    with _fitting("data/site"):
        site.clean_fields()
        refusal = hosting_refusal(site, host=normal_host(site.host), port=None, base_url=site.base_url)
        if refusal:
            raise refusal
        kinds = set(Edition.objects.values_list("kind", flat=True).distinct())
        for kind in kinds:
            KINDS.get(kind)
        get_environment(site.theme)


def _reset_keys() -> None:
    """Let new rows get keys above the imported ones; SQLite does so by itself."""
    models: list[type[Model]] = list({part.model for part in all_parts()})
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _keep_numbers_free() -> None:
    """Never give a new channel or item the number of one that stayed behind and that an edition names."""
    channels, items = 0, 0
    for data in Edition.objects.values_list("content_json", flat=True).iterator(_BATCH):
        content = ResourceContent.from_json(data)
        channels = max(channels, *content.channel_ids, 0)
        items = max(items, *(relation.resource_id or 0 for relation in content.relations), 0)
    for model, above in ((Channel, channels), (Resource, items)):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), GREATEST(%s, "  # noqa: S608  # the table's own name
                    f"(SELECT COALESCE(MAX(id), 1) FROM {table})))",
                    [table, max(above, 1)],
                )
            else:
                cursor.execute(
                    "UPDATE sqlite_sequence SET seq = MAX(seq, %s) WHERE name = %s", [above, table]
                )


def _name_resources() -> None:
    """Working copies stand where the newest edition stands."""
    newest = Edition.objects.filter(resource=OuterRef("pk")).order_by("-number")
    Resource.objects.filter(editions__isnull=False).update(
        title=Subquery(newest.values("title")[:1]),
        last_revision=Subquery(newest.values("revision__number")[:1]),
    )


def _keep_withdrawn(who: audit.AuditActor) -> None:
    """Items whose text stayed behind keep number and address; a note stands for the text."""
    now = clock.now()
    bare = Resource.objects.filter(editions=None).select_related("created_by").order_by("pk")
    for batch in batches(bare.iterator(_BATCH), _BATCH):
        revisions = []
        for resource in batch:
            resource.title = str(_("Item %(id)s, public once; its text stayed behind") % {"id": resource.pk})
            resource.last_revision = 1
            content = ResourceContent(kind=resource.kind, title=resource.title)
            revisions.append(
                ResourceRevision(
                    resource=resource,
                    number=1,
                    content_json=content.as_json(),
                    digest=content.digest(),
                    account=resource.created_by,
                    person_id=resource.created_by.person_id,
                    created_at=now,
                )
            )
        ResourceRevision.objects.bulk_create(revisions)
        Resource.objects.bulk_update(batch, ["title", "last_revision"])
        facts = [audit.Fact("resource", resource.pk, {"status": resource.status}) for resource in batch]
        audit.record_many(actor=who, verb="resource.imported_without_text", facts=facts)


def _copy_media(reader: ExportReader) -> None:
    """Put originals into the private store; names are digests and are checked against the bytes."""
    for row in reader.rows("data/media.jsonl"):
        name, file = str(row["name"]), str(row["file"])
        listed = reader.files.get(file)
        if (
            listed is None
            or not _MEDIA_NAME.match(name)
            or name[:32] != listed.sm3[:32]
            or row["sm3"] != listed.sm3
        ):
            raise damaged(_("“%(name)s” isn't the file that it names") % {"name": name})
        target = media_path(name)
        if not target.exists():
            _put(target, reader.chunks(file))


def _put(target: Path, chunks: Iterator[bytes]) -> None:
    """Write a file of any length under its final name once all of it is checked and on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _ask_for_pages(site: Site) -> None:
    """Have every page written: shared files, home and newest lists first, the archive behind them."""
    pages = load_site_pages(site.pk)
    requests = topics.Requests()
    requests.add(topics.SITE, site.pk, OutboxPriority.URGENT)
    requests.add_all(topics.ARCHIVE, stretches(pages), OutboxPriority.BULK)
    shards = (topics.pair(site.pk, shard) for shard in range(1, get_last_shard(site.pk) + 1))
    requests.add_all(topics.SITEMAP, shards, OutboxPriority.BULK)
    requests.add(topics.HOME, site.pk, OutboxPriority.BULK)
    requests.add_all(topics.CHANNEL, pages.channels, OutboxPriority.BULK)
    requests.send()


def compare_pages(reader: ExportReader, site: Site) -> Iterator[tuple[str, str]]:
    """Yield path and `missing`, `extra` or `differs` for every public file that isn't as in the export."""
    exported = {
        name.removeprefix(PAGES): listed for name, listed in reader.files.items() if name.startswith(PAGES)
    }
    own = OutputFile.objects.filter(site=site).order_by("path").values_list("path", "sm3")
    for path, sm3 in own.iterator(_BATCH):
        listed = exported.pop(path, None)
        if listed is None:
            yield path, "extra"
        elif listed.sm3 != sm3:
            yield path, "differs"
    yield from ((path, "missing") for path in sorted(exported))
