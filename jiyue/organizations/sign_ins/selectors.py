"""Who is inside, what was unusual, and from where a person may work."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.organizations.enums import ADMINISTRATION_ROLES, AccountStatus, StaffRole
from jiyue.organizations.models import Organization, StaffAccount, UnitRole
from jiyue.organizations.selectors import get_active_roles, get_administered_unit_ids
from jiyue.organizations.sign_ins.enums import IN_ORDER_RESULTS, TerminalStatus
from jiyue.organizations.sign_ins.models import SignInFlag, SignInRule, StaffSession, Terminal, TerminalCheck
from jiyue.policy.selectors import value
from jiyue.policy.terms import Term, TermUnit

TERMINAL_CYCLE = "terminal.check_cycle"
WARNING = "reminder.lead"


def list_sessions(unit_ids: Collection[int]) -> QuerySet[StaffSession]:
    """Sessions of the accounts of these units, newest first."""
    return (
        StaffSession.objects.filter(account__unit_id__in=unit_ids)
        .select_related("account__person", "account__unit", "ended_by__person")
        .order_by("-id")
    )


def list_own_sessions(account: StaffAccount) -> QuerySet[StaffSession]:
    """Sessions of one account, newest first."""
    return StaffSession.objects.filter(account=account).select_related("ended_by__person").order_by("-id")


def list_flags(unit_ids: Collection[int]) -> QuerySet[SignInFlag]:
    """Flags of accounts of these units, newest first."""
    return (
        SignInFlag.objects.filter(unit_id__in=unit_ids)
        .select_related("person", "account", "unit", "session", "other_session", "review__reviewer__person")
        .order_by("-id")
    )


def get_reach(actor: AuditActor) -> frozenset[int]:
    """Units that the acting account administers; none for an account that was switched off."""
    if actor.account_id is None:
        return frozenset()
    account = StaffAccount.objects.filter(pk=actor.account_id, status=AccountStatus.ACTIVE).first()
    return get_administered_unit_ids(account) if account else frozenset()


def get_responsible_managers(unit: Organization, *, without_person_id: int | None = None) -> list[int]:
    """Ids of the persons who answer for a unit's accounts: of the nearest unit above that has any.

    Account managers come before platform managers of the same unit.

    Source: GL 八(二)2; NB 26 (ORG-05, ORG-13).
    """
    paths = prefixes_of(unit.path)
    roles = (
        get_active_roles()
        .filter(unit__path__in=paths, role__in=ADMINISTRATION_ROLES)
        .exclude(person=without_person_id)
        .filter(person__accounts__status=AccountStatus.ACTIVE)
        .values_list("unit__path", "role", "person_id")
        .distinct()
    )
    found: dict[tuple[int, bool], list[int]] = {}
    for path, role, person_id in roles:
        found.setdefault((len(path), role == StaffRole.ACCOUNT_MANAGER), []).append(person_id)
    return found[max(found)] if found else []


def prefixes_of(path: str) -> list[str]:
    """Paths of a unit and of all above it."""
    codes = path.strip("/").split("/")
    return ["/" + "/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]


@dataclass(frozen=True)
class EffectiveRule:
    """From where the people of one unit may work, and which unit says so.

    Attributes:
        networks: Safe networks; none means anywhere.
        networks_from: Unit whose list applies.
        terminals_from: Highest unit that lets in registered terminals only.
    """

    networks: tuple[str, ...] = ()
    networks_from: Organization | None = None
    terminals_from: Organization | None = None


def get_effective_rule(unit: Organization) -> EffectiveRule:
    """The rule of a unit: the nearest list of networks, the switch of any unit above.

    Source: GL 七(一)3; NB 26-27 (SEC-08).
    """
    rules = SignInRule.objects.filter(unit__path__in=prefixes_of(unit.path)).select_related("unit")
    return combine(list(rules), unit.path)


def combine(rules: Collection[SignInRule], path: str) -> EffectiveRule:
    """The rule at `path` out of the rules of its units."""
    above = sorted(
        (rule for rule in rules if path.startswith(rule.unit.path)), key=lambda rule: len(rule.unit.path)
    )
    lists = [rule for rule in above if rule.networks]
    switches = [rule for rule in above if rule.only_terminals]
    return EffectiveRule(
        networks=tuple(lists[-1].networks) if lists else (),
        networks_from=lists[-1].unit if lists else None,
        terminals_from=switches[0].unit if switches else None,
    )


def get_rules_of(account: StaffAccount) -> list[EffectiveRule]:
    """Rules of every unit the account works for: its own and those of its person's roles."""
    if not SignInRule.objects.exists():  # asked at every request; few places have any
        return []
    own = prefixes_of(account.unit.path)
    roles = get_active_roles().filter(person=account.person_id)
    below = roles.filter(unit__path__startswith=OuterRef("unit__path"))
    rules = list(
        SignInRule.objects.filter(Q(unit__path__in=own) | Exists(below)).select_related("unit").order_by()
    )
    if not rules:
        return []
    return [combine(rules, path) for path in get_unit_paths_of(account)]


def get_unit_paths_of(account: StaffAccount) -> list[str]:
    """Paths of every unit the account works for."""
    roles = get_active_roles().filter(person=account.person_id)
    return sorted({account.unit.path, *roles.values_list("unit__path", flat=True)})


@dataclass(frozen=True)
class TerminalState:
    """How a terminal stands today.

    Attributes:
        due_on: Day on which the next check must have been made, at the latest.
        last_check: The newest check, if any.
        is_overdue: The day has passed.
        is_failed: The newest check found it not in order.
        is_due_soon: It is in order, but has to be checked within the warning time.
    """

    due_on: date
    last_check: TerminalCheck | None
    is_overdue: bool
    is_failed: bool
    is_due_soon: bool

    @property
    def is_in_order(self) -> bool:
        """Whether people may work at it, as far as checks say."""
        return not self.is_overdue and not self.is_failed


def get_terminal_state(terminal: Terminal, *, today: date | None = None) -> TerminalState:
    """How a terminal stands, by its checks and the cycle of its unit's policy.

    A new terminal has one cycle for its first check. A failed check asks for a
    passed one at once.

    Source: GL 七(一)3 (periodic checks; the length is the profile's `terminal.check_cycle`).
    """
    today = today or clock.today()
    checks = list(terminal.checks.order_by("-checked_on", "-id")[:1])
    newest = checks[0] if checks else None
    passed = terminal.checks.filter(result__in=IN_ORDER_RESULTS).order_by("-checked_on").first()
    base = passed.checked_on if passed else terminal.registered_on
    due_on = _after(base, value(TERMINAL_CYCLE, terminal.unit).term)
    leads = [lead.average_days for lead in value(WARNING, terminal.unit).terms]
    warning = timedelta(days=math.ceil(max(leads, default=0)))
    return TerminalState(
        due_on=due_on,
        last_check=newest,
        is_overdue=due_on < today,
        is_failed=newest is not None and newest.result not in IN_ORDER_RESULTS,
        is_due_soon=today <= due_on <= today + warning,
    )


def _after(day: date, term: Term) -> date:
    """The day one cycle later; cycles are counted by the calendar, rest days included."""
    if term.unit == TermUnit.MONTHS:
        months: timedelta = relativedelta(months=term.number)
        return day + months
    return day + timedelta(days=math.ceil(term.average_days))


def get_terminals_at(address: str) -> list[Terminal]:
    """Registered terminals at an address; several units may have registered it."""
    if not address:
        return []
    found = Terminal.objects.filter(address=address).exclude(status=TerminalStatus.RETIRED)
    return list(found.select_related("unit"))


def list_terminals(unit_ids: Collection[int]) -> QuerySet[Terminal]:
    """Terminals of these units, by unit and name."""
    return (
        Terminal.objects.filter(unit_id__in=unit_ids)
        .select_related("unit", "custodian")
        .order_by("unit__path", "name", "id")
    )


def is_custodian_choice(person_id: int, unit_ids: Collection[int]) -> bool:
    """Tell whether a person belongs to one of the units, by account or by role."""
    by_role = UnitRole.objects.filter(person=person_id, unit_id__in=unit_ids)
    by_account = StaffAccount.objects.filter(person=person_id, unit_id__in=unit_ids)
    return by_account.exists() or by_role.exists()
