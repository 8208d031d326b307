"""The rules in force beside what the parent and GL say, for the screen (PROF-02, PROF-03)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from jiyue.policy.comparing import Comparison, compare
from jiyue.policy.keys import AREAS, KEYS, area_of, general_key_of
from jiyue.policy.models import LocalProfile, LocalValue
from jiyue.policy.selectors import Rules
from jiyue.policy.shipped import DEFAULT_PROFILE, NATIONAL_PROFILE, read_profiles
from jiyue.policy.values import PolicyValue
from jiyue.policy.wording import rule_label, words_of


@dataclass(frozen=True)
class RuleRow:
    """One rule as it stands for somebody.

    Attributes:
        key: Key of the rule.
        label: What it governs.
        value: The value in force.
        local: What the nearest profile says, where GL's stricter value applies instead.
        parent: What would apply without the profile the value comes from.
        national: What GL says, where it says anything.
        mark: How the nearest profile's value stands to GL's; None where GL is silent or is that value.
    """

    key: str
    label: str
    value: PolicyValue
    local: PolicyValue | None
    parent: PolicyValue | None
    national: PolicyValue | None
    mark: Comparison | None


def rule_row(rules: Rules, key: str) -> RuleRow:
    """One rule beside its parent and GL.

    Raises:
        LookupError: No profile states the key.
    """
    value = rules.value(key)
    stated = rules.stated(value.key)
    national = next(iter(rules.stated(value.key, (NATIONAL_PROFILE,))), None)
    nearest = stated[0]
    below_national = nearest.origin != NATIONAL_PROFILE and national is not None
    return RuleRow(
        key=key,
        label=rule_label(key),
        value=value,
        local=nearest if nearest != value else None,
        parent=stated[1] if len(stated) > 1 else None,
        national=national,
        mark=compare(nearest, national) if below_national and national else None,
    )


def list_rules(rules: Rules, *, words: str = "", area: str = "", only_looser: bool = False) -> list[RuleRow]:
    """All rules in the order of the areas, narrowed down.

    Args:
        rules: Whose rules.
        words: Part of label, key, clause or value; blank for all.
        area: First part of the keys; blank for all.
        only_looser: Only those looser than GL.
    """
    keys = in_order(_keys_of(rules))
    rows = (rule_row(rules, key) for key in keys if not area or area_of(key) == area)
    return [
        row
        for row in rows
        if (not only_looser or row.mark is Comparison.LOOSER) and _fits(row, words.strip().lower())
    ]


def in_order(keys: Iterable[str]) -> list[str]:
    """Keys by area, each in the order in which the rules are defined."""
    areas, defined = list(AREAS), list(KEYS)
    return sorted(
        keys, key=lambda key: (areas.index(area_of(key)), defined.index(general_key_of(key) or key), key)
    )


def _keys_of(rules: Rules) -> set[str]:
    """Every known rule, and those that a local profile states for one kind of clock alone."""
    per_kind = {key for values in rules.local.values() for key in values if general_key_of(key)}
    return {key for key in KEYS if rules.stated(key)} | per_kind


def _fits(row: RuleRow, words: str) -> bool:
    if not words:
        return True
    return any(words in text.lower() for text in (row.label, row.key, row.value.clause, words_of(row.value)))


def list_versions(profile: str, key: str) -> QuerySet[LocalValue]:
    """Every version a local profile ever had of a rule, the newest first."""
    return LocalValue.objects.filter(profile__code=profile, key=key).order_by("-version")


@dataclass(frozen=True)
class ProfileSummary:
    """One profile of the list.

    Attributes:
        code: Its code.
        document: Number or date of the document; blank for local profiles.
        parent: Code of the profile it inherits from; blank for GL.
        value_count: How many rules it states today.
        local: The local profile, or None for a shipped one.
    """

    code: str
    document: str
    parent: str
    value_count: int
    local: LocalProfile | None


def shipped_summaries() -> Iterator[ProfileSummary]:
    """The profiles that travel with the software, GL first, without the defaults."""
    profiles = read_profiles()
    for code in sorted(profiles, key=lambda code: (code != NATIONAL_PROFILE, code)):
        if code != DEFAULT_PROFILE:
            parent = "" if code == NATIONAL_PROFILE else NATIONAL_PROFILE
            profile = profiles[code]
            yield ProfileSummary(code, profile.document, parent, len(profile.values), None)
