"""Rules as one person may read them: their units, the names of profiles, the rows of a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.organizations.models import Organization, ProfileAssignment
from jiyue.organizations.services.profiles import rules_refusal
from jiyue.policy.comparing import Comparison
from jiyue.policy.keys import AREAS, area_of
from jiyue.policy.models import LocalProfile
from jiyue.policy.overview import ProfileSummary, RuleRow, shipped_summaries
from jiyue.policy.selectors import Rules, read_rules
from jiyue.policy.shipped import DEFAULT_PROFILE, read_profiles
from jiyue.policy.values import PolicyValue
from jiyue.policy.wording import clause_words, profile_names, words_of

MARKS: dict[Comparison, Promise] = {
    Comparison.STRICTER: _("stricter than GL"),
    Comparison.LOOSER: _("looser than GL"),
    Comparison.DIFFERENT: _("unlike GL"),
}


@dataclass(frozen=True)
class ShownValue:
    """A value in words."""

    words: str
    origin: str
    clause: str


@dataclass(frozen=True)
class ShownRule:
    """One line of the page."""

    key: str
    label: str
    value: ShownValue
    local: ShownValue | None
    parent: ShownValue | None
    national: ShownValue | None
    mark: str
    mark_label: str | Promise


def show_rules(rows: Sequence[RuleRow], rules: Rules) -> list[ShownRule]:
    """Rows in words; the names of profiles are read once."""
    names = profile_names(rules.line)
    return [_show(row, names) for row in rows]


def group_rules(rows: Iterable[ShownRule]) -> list[tuple[str | Promise, list[ShownRule]]]:
    """Rows by area, in the order they come."""
    groups = groupby(rows, key=lambda row: area_of(row.key))
    return [(AREAS[area], list(members)) for area, members in groups]


def _show(row: RuleRow, names: dict[str, str]) -> ShownRule:
    def shown(value: PolicyValue | None) -> ShownValue | None:
        if value is None:
            return None
        return ShownValue(words_of(value), names.get(value.origin, value.origin), clause_words(value.clause))

    in_force = shown(row.value)
    assert in_force is not None  # noqa: S101  # for the type checker
    return ShownRule(
        key=row.key,
        label=row.label,
        value=in_force,
        local=shown(row.local),
        parent=shown(row.parent),
        national=shown(row.national),
        mark=row.mark or "",
        mark_label=MARKS.get(row.mark, "") if row.mark else "",
    )


def list_managed_profiles(actor: AuditActor) -> list[LocalProfile]:
    """Local profiles whose values this person may propose to change."""
    profiles = list(LocalProfile.objects.order_by("code"))
    owners = {
        unit.pk: unit
        for unit in Organization.objects.filter(pk__in={profile.owner_unit_id for profile in profiles})
    }
    allowed = {pk for pk, unit in owners.items() if rules_refusal(actor, unit) is None}
    return [profile for profile in profiles if profile.owner_unit_id in allowed]


def list_visible_profiles(units: Sequence[Organization]) -> list[LocalProfile]:
    """Local profiles of these units and of all above them."""
    codes = {code for unit in units for code in unit.path_codes}
    owners = Organization.objects.filter(code__in=codes).values_list("pk", flat=True)
    return list(LocalProfile.objects.filter(owner_unit_id__in=list(owners)).order_by("code"))


def summarize(profiles: Iterable[LocalProfile]) -> list[ProfileSummary]:
    """The documents, then these, then the defaults."""
    return [
        *shipped_summaries(),
        *(
            ProfileSummary(
                code=profile.code,
                document="",
                parent=profile.parent,
                value_count=len(read_rules(profiles=[profile.code]).local[profile.code]),
                local=profile,
            )
            for profile in profiles
        ),
        ProfileSummary(DEFAULT_PROFILE, "", "", len(read_profiles()[DEFAULT_PROFILE].values), None),
    ]


def profile_choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with their names, for a form."""
    listed = list(codes)
    names = profile_names(listed)
    shipped = read_profiles()
    return [(code, f"{code} {names[code]}" if code in shipped else names[code]) for code in listed]


def list_assignments(unit_ids: Iterable[int]) -> list[tuple[ProfileAssignment, str]]:
    """Assignments of these units with the names of their profiles, the newest first."""
    rows = list(
        ProfileAssignment.objects.filter(unit__in=list(unit_ids))
        .select_related("unit")
        .order_by("-effective_on", "-pk")[:100]
    )
    names = profile_names(row.profile for row in rows if row.profile)
    return [(row, names.get(row.profile, "")) for row in rows]
