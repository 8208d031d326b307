"""The first page: what waits for me, and what to do next."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.selectors import (
    WORKBENCH_ROWS,
    count_side_effects,
    list_recent_publications,
    list_side_effects,
    list_work_in_hand,
)
from jiyue.backoffice.wording import TOPICS, word
from jiyue.core.models import OutboxStatus
from jiyue.library.enums import ResourceStatus
from jiyue.library.selectors import count_by_status
from jiyue.organizations.enums import OVERSIGHT_ROLES, REVIEWING_ROLES, StaffRole
from jiyue.review.selectors import list_steps_waiting_for


class WorkbenchView(StaffView):
    """What waits for me, my unit's work in hand, what went out, what failed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the workbench."""
        counts = count_by_status(self.account)
        context: dict[str, Any] = {
            "counts": [(status, label, counts[status]) for status, label in ResourceStatus.choices],
            "is_clerk": StaffRole.ENTRY_CLERK in self.role_names,
            "is_reviewer": bool(REVIEWING_ROLES & self.role_names),
            "work_count": counts[ResourceStatus.DRAFT] + counts[ResourceStatus.RETURNED],
            "published": list_recent_publications(self.account)[:WORKBENCH_ROWS],
        }
        if context["is_clerk"]:
            context["work"] = list_work_in_hand(self.account)[:WORKBENCH_ROWS]
        if context["is_reviewer"]:
            waiting = list_steps_waiting_for(self.account)
            context["waiting"] = list(waiting[:WORKBENCH_ROWS])
            context["waiting_count"] = waiting.count()
        if OVERSIGHT_ROLES & self.role_names:
            context |= self._side_effects()
        return self.page("workbench.html", context)

    def _side_effects(self) -> dict[str, Any]:
        numbers = count_side_effects()
        failed = list_side_effects(OutboxStatus.FAILED)[:WORKBENCH_ROWS]
        return {
            "side_effects": [(OutboxStatus(key).label, key, number) for key, number in numbers.items()],
            "failed": [(message, word(TOPICS, message.topic)) for message in failed],
            "is_oversight": True,
        }
