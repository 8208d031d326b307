"""Who keeps the working-day calendar, which holds for every unit of the platform."""

from jiyue.core.audit import AuditActor
from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_held_roles
from jiyue.policy.work_calendar.permissions import KEEPERS


def is_calendar_keeper(actor: AuditActor) -> bool:
    """Tell whether a person is platform manager of a unit that stands above all others.

    Below the top a platform manager administers a subtree; the calendar
    would reach beyond it (ORG-04).
    """
    tops = Organization.objects.filter(superior=None, supervising_unit=None, status=UnitStatus.ACTIVE)
    held = get_held_roles(actor.account_id).filter(
        person=actor.person_id, role=StaffRole.PLATFORM_MANAGER, unit__in=tops
    )
    return held.exists()


def register() -> None:
    """Register at start-up."""
    KEEPERS.register("organizations", is_calendar_keeper)
