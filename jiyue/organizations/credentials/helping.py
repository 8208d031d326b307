"""Who may help whom to sign in again: hand over an initial password, reset a second factor."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import ADMINISTRATION_ROLES, AccountStatus
from jiyue.organizations.models import Organization, StaffAccount, UnitRole
from jiyue.organizations.selectors import get_active_roles, get_administered_unit_ids
from jiyue.organizations.services import authority


class HelpRefused(DomainError):
    """Somebody may not help this account."""

    code = "help_refused"


def help_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not help `account` to sign in again, or None.

    All units in which the person has a role must be administered by the helper:
    nobody gets hold of rights above the own ones by a detour.

    Source: NB 2-3 (ORG-04); GL 七(一)4 (SEC-09).
    """
    helper = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    if helper is None:
        return HelpRefused(_("Only a person can do this."), fix=_("Sign in and try again."))
    if refusal := authority.account_refusal(actor, account):
        return refusal
    administered = get_administered_unit_ids(helper)
    # today's roles and those to come, whichever of the person's accounts may sign in
    roles = UnitRole.objects.filter(person=account.person_id).exclude(ends_on__lt=clock.today())
    units = {account.unit_id, *roles.values_list("unit_id", flat=True)}
    if not units <= administered:
        return HelpRefused(
            _("This account has rights outside the units that you administer."),
            fix=_("Ask an administrator of the superior unit."),
        )
    return None


def list_helpable_accounts(helper: StaffAccount) -> QuerySet[StaffAccount]:
    """Accounts of the administered units, without the helper's own; in the order of the tree."""
    return (
        StaffAccount.objects.filter(
            unit_id__in=get_administered_unit_ids(helper), status=AccountStatus.ACTIVE
        )
        .exclude(person_id=helper.person_id)
        .select_related("person", "unit")
        .order_by("unit__path", "login_name")
    )


def list_administrators(unit: Organization) -> list[int]:
    """Persons who administer the unit today: managers of it and of the units above it."""
    holders = get_active_roles().filter(role__in=ADMINISTRATION_ROLES).select_related("unit")
    above = [role.person_id for role in holders if unit.path.startswith(role.unit.path)]
    return list(dict.fromkeys(above))
