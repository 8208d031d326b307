"""Who may do what with the library: asked by views, choosers, bulk actions and services alike."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.library.models import Resource
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_unit_ids, has_role
from jiyue.review.authority import is_on_duty

WITHDRAWING_ROLES = frozenset({StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER})


class NotYourUnit(DomainError):
    """The item belongs to a unit in which the account lacks the role."""

    code = "not_your_unit"


def can_edit_in(account: StaffAccount, unit_id: int) -> bool:
    """Entry clerks write for their own unit."""
    return has_role(account, StaffRole.ENTRY_CLERK, unit_id=unit_id)


def can_edit_on_duty(account: StaffAccount, unit: Organization) -> bool:
    """Duty editors write for the units their turn covers; what they submit takes the urgent lane (REV-31)."""
    return is_on_duty(account, StaffRole.ENTRY_CLERK, unit)


def can_withdraw(account: StaffAccount, resource: Resource) -> bool:
    """Leaders take down what their own unit published."""
    return resource.unit_id in get_unit_ids(account, WITHDRAWING_ROLES)


def require_editor(account: StaffAccount, unit: Organization, *, is_urgent: bool = True) -> None:
    """Refuse anyone but an entry clerk of the unit, or a duty editor who covers it.

    Args:
        account: Who wants to write.
        unit: For which unit.
        is_urgent: Whether duty counts; it does for writing, and for submitting in the urgent lane.

    Raises:
        NotYourUnit: The account isn't an entry clerk there today.
    """
    if not can_edit_in(account, unit.pk) and not (is_urgent and can_edit_on_duty(account, unit)):
        raise NotYourUnit(
            _("You aren't an entry clerk of %(unit)s.") % {"unit": unit.name},
            fix=_("Choose one of your own units, or ask for the role."),
            field="unit",
        )
