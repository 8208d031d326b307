"""Opening, suspending, letting back in and closing personal accounts."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.credentials import flow
from jiyue.organizations.eligibility import eligibility_refusal
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.login_names import login_name_refusal
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import authority

MAX_REASON_CHARS = 300  # the column's


class AccountRefused(DomainError):
    """An account can't be changed like this."""

    code = "account_refused"


class TwoPersonsNeeded(AccountRefused):
    """One administrator can't lock another one out alone."""

    code = "two_persons_needed"


@transaction.atomic
def open_account(
    *, person: Person, unit: Organization, login_name: str, password: str, actor: AuditActor
) -> StaffAccount:
    """Open a personal account; the password must pass the rules.

    Only the platform itself calls it directly: at set-up, and when an
    application was approved (`applications.approve_application`).

    Raises:
        ValidationError: The password is too weak.
        LoginNameRefused: A name of nobody in particular, or one in use.
        NotEligible: The unit's profile gives such people no account.
        AccountRefused: A person opens it without an approved application.

    Source: GL 七(一)4; NB 26 (ORG-08, ORG-09).
    """
    if not authority.is_platform(actor):
        raise AccountRefused(
            _("An account is opened only from an approved application."), fix=_("Apply for it.")
        )
    return create_account(person=person, unit=unit, login_name=login_name, password=password, actor=actor)


def create_account(
    *, person: Person, unit: Organization, login_name: str, password: str | None, actor: AuditActor
) -> StaffAccount:
    """Create the row of an account whose need is approved, in the caller's transaction.

    Without a password the person sets the first one; nothing opens the account until then.
    """
    refusal = login_name_refusal(login_name) or eligibility_refusal(person, unit)
    if refusal:
        raise refusal
    account = StaffAccount(person=person, unit=unit, login_name=login_name)
    if password is None:
        account.set_unusable_password()
    else:
        validate_password(password, account)
        account.set_password(password)
        account.password_set_at = clock.now()
    account.opened_at = account.status_since = clock.now()
    account.save()
    audit.record(
        actor=actor, verb="account.opened", subject_type="account", subject_id=account.pk, person=person.pk
    )
    return account


def suspension_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say why `actor` can't suspend `account` alone, or None."""
    return removal_refusal(account, actor, AccountStatus.SUSPENDED) or two_persons_refusal(account, actor)


def closing_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say why `actor` can't close `account` alone, or None."""
    return removal_refusal(account, actor, AccountStatus.CLOSED) or two_persons_refusal(account, actor)


def two_persons_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say that the account of an administrator takes two persons, or None."""
    if authority.is_platform(actor) or not authority.is_administrator(account.person_id):
        return None
    return TwoPersonsNeeded(
        _("%(person)s is an administrator; locking this account takes two persons.")
        % {"person": account.person.name},
        fix=_("Propose it; another administrator decides."),
    )


def removal_refusal(account: StaffAccount, actor: AuditActor, status: AccountStatus) -> DomainError | None:
    """Say why `account` can't become `status`, whoever else agrees, or None."""
    refusal = authority.account_refusal(actor, account)
    if refusal:
        return refusal
    possible = {
        AccountStatus.SUSPENDED: (AccountStatus.ACTIVE,),
        AccountStatus.DISABLED: (AccountStatus.ACTIVE,),
        AccountStatus.CLOSED: (AccountStatus.ACTIVE, AccountStatus.SUSPENDED, AccountStatus.DISABLED),
    }
    if account.status not in possible[status]:
        return AccountRefused(
            _("The account is %(status)s already.") % {"status": account.get_status_display()},
            fix=_("Reload the page."),
        )
    if account.status == AccountStatus.ACTIVE:
        return authority.last_manager_refusal(account=account)
    return None


def reactivation_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say why `account` can't be let in again by `actor`, or None.

    Source: ORG-07, ORG-09; NB 26 for disabled ones (ORG-12).
    """
    refusal = authority.account_refusal(actor, account)
    if refusal:
        return refusal
    if account.status == AccountStatus.DISABLED:
        return AccountRefused(
            _("The account was disabled because nobody used it."),
            fix=_("File a written explanation with the commitment to use it; the unit above decides."),
        )
    if account.status != AccountStatus.SUSPENDED:
        return AccountRefused(
            _("Only a suspended account can be let in again; this one is %(status)s.")
            % {"status": account.get_status_display()},
            fix=_("Reload the page."),
        )
    return standing_refusal(account)


def standing_refusal(account: StaffAccount) -> DomainError | None:
    """Say why the person of `account` has nothing to do here any more, or None."""
    if not get_active_roles().filter(person=account.person_id).exists():
        return AccountRefused(
            _("%(person)s holds no role any more.") % {"person": account.person.name},
            fix=_("Assign a role first, or close the account."),
        )
    return eligibility_refusal(account.person, account.unit)


@transaction.atomic
def suspend_account(*, account: StaffAccount, reason: str, actor: AuditActor) -> StaffAccount:
    """Lock an account; its sessions end with the next request.

    Raises:
        OutsideOwnUnits, GrantRefused: The actor doesn't decide on it.
        TwoPersonsNeeded: It is an administrator's; propose it (`removals`).
        LastManager: The root unit would have no platform manager.
        AccountRefused: It isn't active.
        ReasonMissing: No reason.

    Source: GL 七(一)4; ORG-07, ORG-13.
    """
    authority.lock_roots()
    account = lock(account)
    refusal = suspension_refusal(account, actor)
    if refusal:
        raise refusal
    set_status(account, AccountStatus.SUSPENDED, reason=reason, verb="account.suspended", actor=actor)
    return account


@transaction.atomic
def reactivate_account(*, account: StaffAccount, reason: str, actor: AuditActor) -> StaffAccount:
    """Let a suspended account in again; the idle period starts anew.

    Raises:
        OutsideOwnUnits, GrantRefused: The actor doesn't decide on it.
        AccountRefused: It isn't suspended, or its person holds no role.
        NotEligible: The unit's profile gives such people no account.
        ReasonMissing: No reason.
    """
    account = lock(account)
    refusal = reactivation_refusal(account, actor)
    if refusal:
        raise refusal
    set_status(account, AccountStatus.ACTIVE, reason=reason, verb="account.reactivated", actor=actor)
    return account


@transaction.atomic
def close_account(*, account: StaffAccount, reason: str, actor: AuditActor) -> StaffAccount:
    """Close an account for good; who used it and what was done with it stays.

    Raises:
        The same as `suspend_account`.
    """
    authority.lock_roots()
    account = lock(account)
    refusal = closing_refusal(account, actor)
    if refusal:
        raise refusal
    set_status(account, AccountStatus.CLOSED, reason=reason, verb="account.closed", actor=actor)
    return account


class ReasonMissing(AccountRefused):
    code = "reason_missing"


def clean_reason(reason: str) -> str:
    """The reason as it is stored.

    Raises:
        ReasonMissing: Nothing, or more than `MAX_REASON_CHARS`.
    """
    reason = storable(reason).strip()
    if not reason:
        raise ReasonMissing(_("A reason is missing."), fix=_("Write why."), field="reason")
    if len(reason) > MAX_REASON_CHARS:
        raise ReasonMissing(
            _("The reason has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(reason), "limit": MAX_REASON_CHARS},
            fix=_("Shorten it."),
            field="reason",
        )
    return reason


def lock(account: StaffAccount) -> StaffAccount:
    """The account as it stands now, held until the transaction ends."""
    return StaffAccount.objects.select_for_update(of=("self",)).select_related("person", "unit").get(
        pk=account.pk
    )  # fmt: skip


def set_status(
    account: StaffAccount, status: AccountStatus, *, reason: str, verb: str, actor: AuditActor
) -> None:
    """Write a status with its reason into row and trail; the caller has checked and locked.

    Whoever is signed in with an account that is switched off is signed out.
    """
    account.status_reason, before = clean_reason(reason), account.status
    account.status, account.status_since = status, clock.now()
    account.save(update_fields=["status", "status_reason", "status_since"])
    if not account.is_active:
        flow.end_sessions(account, reason="account_off")  # a way back doesn't revive them
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="account",
        subject_id=account.pk,
        person=account.person_id,
        reason=account.status_reason,
        before=before,
        after=status,
    )
