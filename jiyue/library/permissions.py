"""Who may do what with the library: asked by views, choosers, bulk actions and services alike."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.library.models import Resource
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_unit_ids, has_role

WITHDRAWING_ROLES = frozenset({StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER})


class NotYourUnit(DomainError):
    """The item belongs to a unit in which the account lacks the role."""

    code = "not_your_unit"


def can_edit_in(account: StaffAccount, unit_id: int) -> bool:
    """Entry clerks write for their own unit."""
    return has_role(account, StaffRole.ENTRY_CLERK, unit_id=unit_id)


def can_withdraw(account: StaffAccount, resource: Resource) -> bool:
    """Leaders take down what their own unit published."""
    return resource.unit_id in get_unit_ids(account, WITHDRAWING_ROLES)


def require_editor(account: StaffAccount, unit: Organization) -> None:
    """Refuse anyone but an entry clerk of the unit.

    Raises:
        NotYourUnit: The account isn't an entry clerk there today.
    """
    if not can_edit_in(account, unit.pk):
        raise NotYourUnit(
            _("You aren't an entry clerk of %(unit)s.") % {"unit": unit.name},
            fix=_("Choose one of your own units, or ask for the role."),
            field="unit",
        )
