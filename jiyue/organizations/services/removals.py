"""Locking out an administrator: one proposes, another one decides, and one always stays.

Suspending, disabling or closing the account of an administrator, and ending a
role of such a person, is a two-person change. A proposal whose author was
locked out meanwhile can't be approved any more, so two administrators who
propose each other don't both go.

Source: product decision for ORG-04, ORG-07; GL 七(一)4.
"""

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import StaffAccount, UnitRole
from jiyue.organizations.services import accounts, authority, roles

TOPIC = "administrator.removal"
_VERBS = {
    AccountStatus.SUSPENDED: "account.suspended",
    AccountStatus.DISABLED: "account.disabled",
    AccountStatus.CLOSED: "account.closed",
}


class ProposerGone(DomainError):
    """Whoever proposed it may not sign in any more."""

    code = "proposer_gone"


def propose_status(
    *, account: StaffAccount, status: AccountStatus, reason: str, actor: AuditActor
) -> TwoPersonChange:
    """Propose to suspend, disable or close the account of an administrator.

    Raises:
        OutsideOwnUnits, GrantRefused, LastManager, AccountRefused: It can't be done in any case.
        AlreadyProposed, ReasonNeeded, ReasonMissing: See `core.two_person.propose`.
    """
    refusal = accounts.removal_refusal(account, actor, status)
    if refusal:
        raise refusal
    return two_person.propose(
        topic=TOPIC,
        subject_type="account",
        subject_key=account.pk,
        title=gettext("%(person)s (%(login)s): the account becomes “%(status)s”")
        % {"person": account.person.name, "login": account.login_name, "status": status.label},
        payload={"account": account.pk, "status": status.value},
        reason=accounts.clean_reason(reason),
        actor=actor,
        unit_id=account.unit_id,
    )


def propose_ending(*, role: UnitRole, ends_on: date, reason: str, actor: AuditActor) -> TwoPersonChange:
    """Propose to end a role of an administrator.

    Raises:
        OutsideOwnUnits, GrantRefused, LastManager, RoleRefused: It can't be done in any case.
        AlreadyProposed, ReasonNeeded, ReasonMissing: See `core.two_person.propose`.
    """
    refusal = roles.ending_refusal(role, ends_on, actor)
    if refusal:
        raise refusal
    return two_person.propose(
        topic=TOPIC,
        subject_type="unit_role",
        subject_key=role.pk,
        title=gettext("%(person)s: the role “%(role)s” in %(unit)s ends")
        % {"person": role.person.name, "role": StaffRole(role.role).label, "unit": role.unit.name},
        payload={"role": role.pk, "ends_on": ends_on.isoformat()},
        reason=accounts.clean_reason(reason),
        actor=actor,
        unit_id=role.unit_id,
    )


class Removal:
    """What `core.two_person` asks about such a change."""

    label: Promise = _("Lock out an administrator")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only whoever may decide on this person, and isn't that person."""
        if "account" in change.payload:
            return authority.account_refusal(actor, _account(change))
        role = _role(change)
        return authority.grant_refusal(actor, role.unit, role.role, role.person)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """The status or the last day, before and after."""
        if "account" in change.payload:
            after = AccountStatus(change.payload["status"]).label
            return [(gettext("Status of the account"), _account(change).get_status_display(), str(after))]
        role = _role(change)
        before = role.ends_on.isoformat() if role.ends_on else gettext("no end")
        return [(gettext("Last day of the role"), before, change.payload["ends_on"])]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Carry it out as the person who decides, unless the proposer is gone."""
        authority.lock_roots()
        if not StaffAccount.objects.filter(
            pk=change.proposer_account_id, status=AccountStatus.ACTIVE
        ).exists():
            raise ProposerGone(
                _("%(person)s, who proposed this, was locked out meanwhile.")
                % {"person": change.proposer_name},
                fix=_("Refuse the proposal; whoever finds it right proposes it again."),
            )
        if "account" in change.payload:
            self._lock_account(change, actor)
        else:
            self._end_role(change, actor)

    def _lock_account(self, change: TwoPersonChange, actor: AuditActor) -> None:
        account = accounts.lock(_account(change))
        status = AccountStatus(change.payload["status"])
        refusal = accounts.removal_refusal(account, actor, status)
        if refusal:
            raise refusal
        accounts.set_status(account, status, reason=change.reason, verb=_VERBS[status], actor=actor)

    def _end_role(self, change: TwoPersonChange, actor: AuditActor) -> None:
        role = roles.lock_role(_role(change))
        ends_on = date.fromisoformat(change.payload["ends_on"])
        refusal = roles.ending_refusal(role, ends_on, actor)
        if refusal:
            raise refusal
        roles.carry_out_ending(role, ends_on=ends_on, reason=change.reason, actor=actor)


def _account(change: TwoPersonChange) -> StaffAccount:
    return StaffAccount.objects.select_related("person", "unit").get(pk=change.payload["account"])


def _role(change: TwoPersonChange) -> UnitRole:
    return UnitRole.objects.select_related("person", "unit").get(pk=change.payload["role"])
