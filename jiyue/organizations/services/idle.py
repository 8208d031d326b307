"""Accounts nobody uses are warned and disabled; accounts nobody may hold are suspended (ORG-09, ORG-12)."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.eligibility import eligibility_refusal, get_contracted_person_ids
from jiyue.organizations.enums import AccountStatus, Employment, StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import accounts, authority
from jiyue.organizations.services.notices import notify
from jiyue.policy.selectors import Rules, read_rules
from jiyue.policy.terms import Term, TermUnit

logger = logging.getLogger(__name__)

BATCH = 500  # accounts of one step of the nightly look: well below a second


class AccountIdle(DomainError):
    """The account wasn't used through the whole period."""

    code = "account_idle"


def day_after_term(start: date, term: Term) -> date:
    """The day that lies a term after another one, by the calendar.

    A month ends on the same day of the month, or on its last day where it has
    none: three months after 30 November is 28 or 29 February.

    Raises:
        ValueError: The term counts something other than days, weeks or months.
    """
    if term.unit == TermUnit.MONTHS:
        end: date = start + relativedelta(months=term.number)
        return end
    if term.unit == TermUnit.WEEKS:
        return start + timedelta(weeks=term.number)
    if term.unit == TermUnit.DAYS:
        return start + timedelta(days=term.number)
    raise ValueError(f"Idle accounts are counted in days, weeks or months, not in {term.unit}.")


def idle_since(account: StaffAccount) -> date:
    """The day from which the account counts as unused: its last sign-in, opening or way back."""
    moments = [account.opened_at, account.status_since if account.is_active else None]
    days = [timezone.localdate(moment) for moment in moments if moment]
    if account.last_seen_on:
        days.append(account.last_seen_on)
    return max(days) if days else clock.today()


def last_day_of(account: StaffAccount, rules: Rules) -> date:
    """The last day on which a sign-in keeps the account; from the next one on it is disabled.

    Source: NB 26 (ORG-12): not signed in for the profile's consecutive period.
    """
    return day_after_term(idle_since(account), rules.value("account.idle").term)


def idle_refusal(_request: HttpRequest, account: StaffAccount) -> DomainError | None:
    """Object to a sign-in whose period ran out while the nightly job didn't run."""
    if clock.today() <= last_day_of(account, read_rules(account.unit)):
        return None
    if authority.last_manager_refusal(account=account):
        return None  # nobody else could let this person in again
    return AccountIdle(
        _("This account wasn't used for too long and is being disabled."),
        fix=_("File a written explanation through your unit."),
    )


@transaction.atomic
def disable_account(*, account: StaffAccount, reason: str, actor: AuditActor) -> StaffAccount:
    """Withdraw an account nobody uses, by hand.

    Raises:
        OutsideOwnUnits, GrantRefused: The actor doesn't decide on it.
        TwoPersonsNeeded: It is an administrator's; propose it (`removals`).
        LastManager: The root unit would have no platform manager.
        AccountRefused, ReasonMissing: It isn't active, or no reason is given.

    Source: NB 26 (ORG-12): disabled or withdrawn by the supervising unit.
    """
    authority.lock_roots()
    account = accounts.lock(account)
    refusal = accounts.removal_refusal(
        account, actor, AccountStatus.DISABLED
    ) or accounts.two_persons_refusal(account, actor)
    if refusal:
        raise refusal
    accounts.set_status(account, AccountStatus.DISABLED, reason=reason, verb="account.disabled", actor=actor)
    return account


def sweep_idle_accounts() -> Iterator[object]:
    """Each night: warn ahead of the last day, and disable what wasn't used through it."""
    rules = _RulesByUnit()
    last_pk = 0
    while True:
        rows = list(
            StaffAccount.objects.filter(status=AccountStatus.ACTIVE, pk__gt=last_pk)
            .select_related("person", "unit")
            .order_by("pk")[:BATCH]
        )
        if not rows:
            return
        for account in rows:
            _look_at(account, rules.of(account.unit))
        last_pk = rows[-1].pk
        yield last_pk


class _RulesByUnit:
    """The rules of each unit, read once in a run."""

    def __init__(self) -> None:
        self._rules: dict[int, Rules] = {}

    def of(self, unit: Organization) -> Rules:
        """The rules in force for the unit."""
        if unit.pk not in self._rules:
            self._rules[unit.pk] = read_rules(unit)
        return self._rules[unit.pk]


def _look_at(account: StaffAccount, rules: Rules) -> None:
    last_day = last_day_of(account, rules)
    days_left = (last_day - clock.today()).days
    if days_left < 0:
        _disable(account, rules)
        return
    leads = sorted(term.number for term in rules.value("account.idle_warnings").terms)
    lead = next((lead for lead in leads if days_left <= lead), None)
    if lead is not None:
        notify(
            person_ids=[account.person_id, *_manager_ids(account.unit)],
            topic="account.idle",
            title=gettext("The account %(login)s is disabled after %(day)s unless it is used.")
            % {"login": account.login_name, "day": last_day.isoformat()},
            key=f"idle:{account.pk}:{last_day.isoformat()}:{lead}",
            path=f"/people/accounts/{account.pk}/",
        )


@transaction.atomic
def _disable(row: StaffAccount, rules: Rules) -> None:
    authority.lock_roots()
    account = accounts.lock(row)
    last_day = last_day_of(account, rules)
    if not account.is_active or clock.today() <= last_day:
        return  # signed in, or locked by somebody, since the row was read
    if authority.last_manager_refusal(account=account):
        logger.warning("account.last_manager_kept", extra={"account": account.pk})
        return
    reason = gettext("Nobody signed in from %(first)s through %(last)s.") % {
        "first": idle_since(account).isoformat(),
        "last": last_day.isoformat(),
    }
    accounts.set_status(
        account, AccountStatus.DISABLED, reason=reason, verb="account.disabled", actor=audit.PLATFORM
    )
    _tell(account, "account.disabled", gettext("The account %(login)s was disabled: nobody used it."))


def _tell(account: StaffAccount, topic: str, title: str) -> None:
    notify(
        person_ids=[account.person_id, *_manager_ids(account.unit)],
        topic=topic,
        title=title % {"login": account.login_name},
        key=f"{topic}:{account.pk}:{account.status_since}",
        path=f"/people/accounts/{account.pk}/",
    )


def _manager_ids(unit: Organization) -> list[int]:
    """Account managers of the unit, or of the nearest unit above that has any."""
    held = get_active_roles().filter(role=StaffRole.ACCOUNT_MANAGER)
    paths = held.values_list("unit__path", "person_id").distinct()
    above = [(path, person) for path, person in paths if unit.path.startswith(path)]
    nearest = max((path for path, _person in above), key=len, default="")
    return [person for path, person in above if path == nearest]


def sweep_eligibility() -> Iterator[object]:
    """Each night: suspend accounts whose holder the profile or an ended contract doesn't allow any more.

    Source: NB 26; CQ (十七); GL 八(二)4 (ORG-09).
    """
    others = StaffAccount.objects.filter(status=AccountStatus.ACTIVE).exclude(
        person__employment=Employment.PERMANENT
    )
    last_pk = 0
    while True:
        rows = list(others.filter(pk__gt=last_pk).select_related("person", "unit").order_by("pk")[:BATCH])
        if not rows:
            return
        contracted = get_contracted_person_ids([row.person_id for row in rows], clock.today())
        for account in rows:
            refusal = eligibility_refusal(account.person, account.unit, contracted=contracted)
            if refusal:
                _suspend_ineligible(account, str(refusal.message))
        last_pk = rows[-1].pk
        yield last_pk


@transaction.atomic
def _suspend_ineligible(row: StaffAccount, reason: str) -> None:
    authority.lock_roots()
    account = accounts.lock(row)
    if not account.is_active or authority.last_manager_refusal(account=account):
        return
    accounts.set_status(
        account,
        AccountStatus.SUSPENDED,
        reason=reason[: accounts.MAX_REASON_CHARS],
        verb="account.suspended",
        actor=audit.PLATFORM,
    )
    _tell(account, "account.suspended", gettext("The account %(login)s was suspended: no right to hold one."))
