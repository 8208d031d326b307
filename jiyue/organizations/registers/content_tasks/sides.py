"""The two sides of a task: the office that asks and the unit that was asked."""

from django.db.models import Q, QuerySet

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.models import PrivateFile
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.access import Holdings, get_holdings
from jiyue.organizations.registers.base import EDITORS, LEADERS
from jiyue.organizations.registers.content_tasks.models import (
    OPEN_STATUSES,
    ContentTask,
    ContentTaskEvent,
)

SUPPLIERS = EDITORS | LEADERS | {StaffRole.COORDINATOR}


def offices_of(holdings: Holdings) -> QuerySet[Organization]:
    """Units for which the holder may assign tasks: as their coordinator, or administering them."""
    units = Organization.objects.order_by("path")
    if holdings.is_platform:
        return units
    coordinated = holdings.units_with({StaffRole.COORDINATOR})
    return units.filter(Q(pk__in=coordinated) | Q(pk__in=holdings.administered_ids))


def is_office_of(task: ContentTask, holdings: Holdings) -> bool:
    """Tell whether the holder speaks for the office that gave the task."""
    if holdings.is_platform or task.office_id in holdings.administered_ids:
        return True
    return task.office_id in holdings.units_with({StaffRole.COORDINATOR})


def is_supplier_of(task: ContentTask, holdings: Holdings) -> bool:
    """Tell whether the holder speaks for the unit that was asked."""
    return holdings.is_platform or task.unit_id in holdings.units_with(SUPPLIERS)


def list_tasks(actor: AuditActor) -> QuerySet[ContentTask]:
    """Tasks that exist for the actor: of their units, or given by their offices; newest first."""
    holdings = get_holdings(actor)
    tasks = ContentTask.objects.select_related("unit", "office", "meeting").order_by("-pk")
    if holdings.is_platform:
        return tasks
    return tasks.filter(
        Q(unit__in=holdings.units_with(None) | holdings.administered_ids)
        | Q(office__in=holdings.units_with({StaffRole.COORDINATOR}) | holdings.administered_ids)
    )


def list_overdue_tasks(actor: AuditActor) -> QuerySet[ContentTask]:
    """Those of them that should have been delivered by now."""
    return list_tasks(actor).filter(status__in=OPEN_STATUSES, due_at__lt=clock.now())


def may_open_file(file: PrivateFile, actor: AuditActor) -> bool:
    """Tell whether the actor may open what was delivered: whoever sees the task."""
    event = ContentTaskEvent.objects.filter(file=file).first()
    return event is not None and list_tasks(actor).filter(pk=event.task_id).exists()
