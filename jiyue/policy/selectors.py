"""Reading policy profiles: every legal number with its unit, origin and clause (PROF-01).

The profile that applies to a unit is the one assigned to it or to the nearest
unit above. Where that profile is silent its parent speaks, then GL, then the
defaults of the platform (PROF-02).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from jiyue.core import clock
from jiyue.core.acts import once
from jiyue.policy.comparing import is_looser
from jiyue.policy.keys import general_key_of
from jiyue.policy.models import LocalProfile, LocalValue
from jiyue.policy.shipped import DEFAULT_PROFILE, NATIONAL_PROFILE, read_profiles
from jiyue.policy.values import PolicyValue

__all__ = ["DEFAULT_PROFILE", "PolicyValue", "ProfileReference", "RuleBound", "Rules", "read_rules", "value"]


@dataclass(frozen=True)
class ProfileReference:
    """Which profile somebody is bound to.

    Attributes:
        profile: Code of a shipped or a local profile.
        is_strictest: Where the local value is looser than GL, GL's applies (PROF-03).
    """

    profile: str
    is_strictest: bool = False


class RuleBound(Protocol):
    """Whoever rules apply to; units are, in a room above this one."""

    @property
    def rule_key(self) -> Hashable:
        """What tells them from everybody else whom rules apply to."""
        ...

    def get_rule_reference(self, on: date) -> ProfileReference | None:
        """The profile that applies on a day; None where none is assigned: GL and the defaults do."""
        ...


@dataclass(frozen=True)
class Rules:
    """All values in force for somebody on one day; reading them costs no query.

    Attributes:
        line: Codes of the profiles, nearest first, ending with GL and the defaults.
        is_strictest: Where a local value is looser than GL, GL's applies.
        on: The day.
        local: Values of the local profiles of the line, by profile and key.
    """

    line: tuple[str, ...]
    is_strictest: bool
    on: date
    local: Mapping[str, Mapping[str, PolicyValue]]

    def value(self, key: str) -> PolicyValue:
        """The value in force.

        A rule for one kind of clock that nobody states follows the general one:
        `reminder.lead.correction.reply` is read from `reminder.lead`.

        Raises:
            LookupError: No profile states the key.

        Source: GL 前言; NT 1; NB 前言 (PROF-02, PROF-03).
        """
        stated = self.stated(key)
        if not stated:
            general = general_key_of(key)
            if general is None:
                raise LookupError(f"No policy profile states {key!r}.")
            return self.value(general)
        national = self.stated(key, (NATIONAL_PROFILE,)) if self.is_strictest else []
        return national[0] if national and is_looser(stated[0], national[0]) else stated[0]

    def stated(self, key: str, profiles: Sequence[str] | None = None) -> list[PolicyValue]:
        """What the profiles of the line say about a key, nearest first.

        Args:
            key: Key of the value.
            profiles: Only these, instead of the whole line.
        """
        shipped = read_profiles()
        found = []
        for profile in self.line if profiles is None else profiles:
            values = shipped[profile].values if profile in shipped else self.local.get(profile, {})
            if key in values:
                found.append(values[key])
        return found


def value(
    key: str, unit: RuleBound | None = None, *, profiles: Sequence[str] = (), on: date | None = None
) -> PolicyValue:
    """The value in force for a unit on a day.

    Costs one query for a unit bound to a shipped profile or to none, three for
    a local profile, none without a unit. Whoever needs several values at once
    takes `read_rules`.

    Args:
        key: Key of the value, e.g. `correction.reply`.
        unit: Whose rules; without one, GL and the defaults.
        profiles: Codes to look into instead of a unit's, nearest first.
        on: Day; today in Asia/Shanghai without one.

    Raises:
        LookupError: No profile states the key.

    Source: GL 前言; NT 1; NB 前言 (PROF-02).
    """
    return read_rules(unit, profiles=profiles, on=on).value(key)


def read_rules(
    unit: RuleBound | None = None, *, profiles: Sequence[str] = (), on: date | None = None
) -> Rules:
    """All values in force for a unit on a day, for whoever needs more than one.

    Args:
        unit: Whose rules; without one, GL and the defaults.
        profiles: Codes to look into instead of a unit's, nearest first.
        on: Day; today in Asia/Shanghai without one.
    """
    on = on or clock.today()
    whose = None if unit is None else unit.rule_key
    return once(("rules", whose, tuple(profiles), on), lambda: _read_rules(unit, profiles, on))


def _read_rules(unit: RuleBound | None, profiles: Sequence[str], on: date) -> Rules:
    reference = unit.get_rule_reference(on) if unit is not None else None
    codes = tuple(profiles) or ((reference.profile,) if reference else ())
    line = line_of(codes)
    shipped = read_profiles()
    local = [code for code in line if code not in shipped]
    is_strictest = reference is not None and reference.is_strictest
    return Rules(line, is_strictest, on, _local_values(local, on) if local else {})


def line_of(codes: Sequence[str]) -> tuple[str, ...]:
    """The profiles to ask, nearest first: each one, its parents, then GL and the defaults."""
    shipped = read_profiles()
    parents: dict[str, str] = {}
    if any(code not in shipped for code in codes):
        parents = dict(LocalProfile.objects.values_list("code", "parent"))
    line: list[str] = []
    for code in codes:
        while code and code not in line:
            if code not in shipped and code not in parents:
                raise LookupError(f"There is no policy profile {code!r}.")
            line.append(code)
            code = parents.get(code, "")  # up the line of parents
    ends = (NATIONAL_PROFILE, DEFAULT_PROFILE)
    return (*(code for code in line if code not in ends), *ends)


def _local_values(codes: Sequence[str], on: date) -> dict[str, dict[str, PolicyValue]]:
    """Values of local profiles in force on a day; the version that began last wins."""
    rows = (
        LocalValue.objects.filter(profile__code__in=codes, effective_on__lte=on)
        .order_by("effective_on", "version")
        .values_list("profile__code", "key", "version", "value", "unit", "clause", "effective_on")
    )
    found: dict[str, dict[str, PolicyValue]] = {code: {} for code in codes}
    for code, key, version, stated, unit, clause, effective_on in rows:
        if stated is None:
            found[code].pop(key, None)
        else:
            found[code][key] = PolicyValue(key, stated, unit, code, clause, version, effective_on)
    return found
