"""Who keeps the working-day calendar, which holds for every unit of the platform."""

from django.db.models import Q

from jiyue.core.audit import AuditActor
from jiyue.organizations.enums import AccountStatus, StaffRole, UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_active_roles
from jiyue.policy.work_calendar.permissions import KEEPERS


def is_calendar_keeper(actor: AuditActor) -> bool:
    """Tell whether a person is platform manager of a unit that stands above all others.

    Below the top a platform manager administers a subtree; the calendar
    would reach beyond it (ORG-04).
    """
    if actor.account_id is None or actor.person_id is None:
        return False
    tops = Organization.objects.filter(superior=None, supervising_unit=None, status=UnitStatus.ACTIVE)
    return (
        get_active_roles()
        .filter(
            Q(person__accounts=actor.account_id, person__accounts__status=AccountStatus.ACTIVE),
            person=actor.person_id,
            role=StaffRole.PLATFORM_MANAGER,
            unit__in=tops,
        )
        .exists()
    )


def register() -> None:
    """Register at start-up."""
    KEEPERS.register("organizations", is_calendar_keeper)
