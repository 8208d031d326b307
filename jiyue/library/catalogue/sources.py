"""Which sources may be reposted, and what each mode of the profile asks for (LIB-12, REV-27)."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.catalogue.enums import SourceKind, SourceState
from jiyue.library.catalogue.models import ContentSource
from jiyue.organizations.models import Organization

MODE_KEY = "repost.source_mode"
# Mode of the profile → sorts of source that may be reposted at all.
_ALLOWED: dict[str, frozenset[str]] = {
    "designated": frozenset({SourceKind.GOVERNMENT, SourceKind.DESIGNATED}),
    "official_media": frozenset({SourceKind.GOVERNMENT, SourceKind.DESIGNATED, SourceKind.OFFICIAL_MEDIA}),
    "authoritative_media": frozenset(
        {SourceKind.GOVERNMENT, SourceKind.DESIGNATED, SourceKind.OFFICIAL_MEDIA}
    ),
    "state_and_local_rules": frozenset(SourceKind.values),
    "others_with_review": frozenset(SourceKind.values),
}
ADDED_REVIEW_MODES = frozenset({"others_with_review"})


@dataclass(frozen=True)
class SourceVerdict:
    """Whether a named source may be reposted, and what it takes.

    Attributes:
        refusal: Why not; None where it may.
        needs_added_review: An added content and secrecy review comes first (GL 四(一)5).
    """

    refusal: Promise | str | None = None
    needs_added_review: bool = False


def state_on(source: ContentSource, day: date) -> SourceState:
    """Where the source stands on the white list that day."""
    if source.is_suspended:
        return SourceState.SUSPENDED
    if day < source.listed_from:
        return SourceState.NOT_YET
    if source.listed_until and day > source.listed_until:
        return SourceState.EXPIRED
    return SourceState.LISTED


def judge_source(name: str, unit: Organization, mode: str, day: date) -> SourceVerdict:
    """Say whether `unit` may repost what `name` published.

    Args:
        name: The source as the item names it.
        unit: The reposting unit.
        mode: Value of `repost.source_mode` for the unit.
        day: The day in question.

    Source: GL 四(一)5; GL 八(二)1; NT 17; NB 18; CQ (十三); HT 一¶4 (REV-27).
    """
    source = ContentSource.objects.select_related("unit").filter(name=" ".join(name.split())).first()
    if source is None:
        return SourceVerdict(
            _("“%(name)s” isn't a listed source. Choose a listed one, or have it entered centrally.")
            % {"name": name}
        )
    state = state_on(source, day)
    if state is not SourceState.LISTED:
        return SourceVerdict(
            _("The source “%(name)s” can't be used: %(state)s.") % {"name": name, "state": state.label}
        )
    if source.unit and not unit.path.startswith(source.unit.path):
        return SourceVerdict(
            _("The source “%(name)s” is only for %(unit)s and the units below.")
            % {"name": name, "unit": source.unit.name}
        )
    if source.kind not in _ALLOWED[mode]:
        return SourceVerdict(
            _("Sources of this sort (%(kind)s) may not be reposted here: “%(name)s”.")
            % {"kind": SourceKind(source.kind).label, "name": name}
        )
    return SourceVerdict(needs_added_review=mode in ADDED_REVIEW_MODES and source.kind == SourceKind.OTHER)


def list_usable_sources(unit: Organization, mode: str, day: date) -> list[ContentSource]:
    """Sources that the unit may name that day, by sort and name; for the chooser."""
    rows = ContentSource.objects.select_related("unit").filter(kind__in=_ALLOWED[mode]).order_by("name")
    return [
        row
        for row in rows
        if state_on(row, day) is SourceState.LISTED
        and (row.unit is None or unit.path.startswith(row.unit.path))
    ]
