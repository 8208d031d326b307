"""The source registry: who may be reposted, from when to when (LIB-12)."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.catalogue.enums import SourceKind
from jiyue.library.catalogue.models import ContentSource
from jiyue.library.catalogue.permissions import require_keeper
from jiyue.library.kinds.formats import is_web_address
from jiyue.organizations.models import Organization, StaffAccount

MAX_NAME_CHARS = 200
MAX_NOTE_CHARS = 300


class SourceRefused(DomainError):
    """A source that can't be entered like this."""

    code = "source_refused"


@dataclass(frozen=True)
class SourceEntry:
    """What is entered about a source.

    Attributes:
        name: As items name it, word for word.
        kind: Who stands behind it.
        listed_from, listed_until: First and last day on the white list; no last day means for good.
        site_url: Its website.
        unit: Only this unit and those below may use it; everybody without one.
        is_suspended: Taken off the white list for now.
        note: Why, or on what basis.
    """

    name: str
    kind: SourceKind
    listed_from: date
    listed_until: date | None = None
    site_url: str = ""
    unit: Organization | None = None
    is_suspended: bool = False
    note: str = ""


def _cleaned(entry: SourceEntry) -> dict[str, object]:
    name, note = " ".join(storable(entry.name).split()), storable(entry.note).strip()
    url = storable(entry.site_url).strip()
    if not name or len(name) > MAX_NAME_CHARS:
        raise SourceRefused(
            _("The name is missing or has more than %(limit)d characters.") % {"limit": MAX_NAME_CHARS},
            fix=_("Write the name as items print it."),
            field="name",
        )
    if url and not is_web_address(url):
        raise SourceRefused(
            _("“%(address)s” is no address of a website.") % {"address": url[:80]},
            fix=_("Write the whole address, beginning with https://."),
            field="site_url",
        )
    if entry.listed_until and entry.listed_until < entry.listed_from:
        raise SourceRefused(
            _("The last day on the white list lies before the first one."),
            fix=_("Correct one of the two days."),
            field="listed_until",
        )
    if len(note) > MAX_NOTE_CHARS:
        raise SourceRefused(
            _("The remark has more than %(limit)d characters.") % {"limit": MAX_NOTE_CHARS},
            fix=_("Shorten it."),
            field="note",
        )
    return {**asdict(entry), "unit": entry.unit, "name": name, "note": note, "site_url": url}


@transaction.atomic
def enter_source(*, entry: SourceEntry, actor: StaffAccount) -> ContentSource:
    """Put a source on the list.

    Raises:
        NotCatalogueKeeper: The actor isn't a platform manager of a top unit.
        SourceRefused: The name is missing or taken, days or address don't fit.

    Source: GL 四(一)5; NT 17; NB 12; NB 18 (LIB-12).
    """
    require_keeper(actor.audit_actor())
    source = ContentSource(**_cleaned(entry), changed_at=clock.now())
    _store(source)
    _record("source.entered", source, {}, actor)
    return source


@transaction.atomic
def change_source(*, source: ContentSource, entry: SourceEntry, actor: StaffAccount) -> ContentSource:
    """Change what is known about a source; items already out stay out.

    Raises:
        NotCatalogueKeeper: The actor isn't a platform manager of a top unit.
        SourceRefused: The name is missing or taken, days or address don't fit.
    """
    require_keeper(actor.audit_actor())
    source = ContentSource.objects.select_for_update(of=("self",)).select_related("unit").get(pk=source.pk)
    before = _facts(source)
    for name, value in _cleaned(entry).items():
        setattr(source, name, value)
    source.changed_at = clock.now()
    _store(source)
    _record("source.changed", source, before, actor)
    return source


def _store(source: ContentSource) -> None:
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError:
        raise SourceRefused(
            _("There is a source named “%(name)s” already.") % {"name": source.name},
            fix=_("Change that one."),
            field="name",
        ) from None


def _facts(source: ContentSource) -> dict[str, object]:
    return {
        "name": source.name,
        "kind": source.kind,
        "listed_from": source.listed_from.isoformat(),
        "listed_until": source.listed_until.isoformat() if source.listed_until else "",
        "site_url": source.site_url,
        "unit": source.unit.name if source.unit else "",
        "is_suspended": source.is_suspended,
        "note": source.note,
    }


def _record(verb: str, source: ContentSource, before: dict[str, object], actor: StaffAccount) -> None:

    audit.record(
        actor=actor.audit_actor(),
        verb=verb,
        subject_type="content_source",
        subject_id=source.pk,
        before=before,
        after=_facts(source),
    )
