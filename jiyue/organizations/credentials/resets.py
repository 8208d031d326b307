"""The reset of a second factor by two administrators: one proposes, another one decides (SEC-09)."""

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.credentials import recovery, second_factor
from jiyue.organizations.credentials.helping import HelpRefused, help_refusal
from jiyue.organizations.models import StaffAccount

TOPIC = "second_factor.reset"
SUBJECT = "account"


class SecondFactorReset:
    """What the primitive of two persons needs to know about a reset."""

    label: Promise = gettext_lazy("Reset of a second factor")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only administrators of all the person's units decide, and never the person."""
        account = StaffAccount.objects.filter(pk=change.subject_key).first()
        if account is None:
            return HelpRefused(gettext_lazy("This account doesn't exist."))
        return help_refusal(account, actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """What the person would lose."""
        account = StaffAccount.objects.get(pk=change.subject_key)
        factors = str(len(second_factor.list_factors(account)))
        codes = str(recovery.count_codes(account))
        return [(_("second factors"), factors, "0"), (_("recovery codes"), codes, "0")]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Take the factors away; the owner enrols anew at the next sign-in."""
        account = StaffAccount.objects.select_for_update().get(pk=change.subject_key)
        second_factor.remove_all(account, actor=actor)


def reset_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say why `actor` can't propose a reset, or None. Feeds the button, the service and the test."""
    if refusal := help_refusal(account, actor):
        return refusal
    if not second_factor.has_second_factor(account):
        return HelpRefused(
            gettext_lazy("This account has no second factor."),
            fix=gettext_lazy("Its owner sets one up at the next sign-in."),
        )
    return None


@transaction.atomic
def propose_reset(*, account: StaffAccount, reason: str, actor: AuditActor) -> TwoPersonChange:
    """Ask for the reset of somebody's second factor; another administrator decides.

    Args:
        account: Whose.
        reason: Why, and how it was made sure who asks for it.
        actor: An administrator of all the person's units.

    Raises:
        HelpRefused: Outside the administered units, the own account, or nothing to reset.
        AlreadyProposed, ReasonNeeded: As `two_person.propose`.

    Source: GL 七(一)4 (SEC-09); separated duties: product decision.
    """
    if refusal := reset_refusal(account, actor):
        raise refusal
    return two_person.propose(
        topic=TOPIC,
        subject_type=SUBJECT,
        subject_key=account.pk,
        title=_("Reset the second factor of %(name)s") % {"name": account.login_name},
        payload={"account": account.pk},
        reason=reason,
        actor=actor,
        unit_id=account.unit_id,
    )
