"""The first page: what waits for me, what is late, what my units owe, what I should know."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from jiyue.backoffice import waiting
from jiyue.backoffice.access import StaffView
from jiyue.backoffice.selectors import (
    WORKBENCH_ROWS,
    count_side_effects,
    list_recent_publications,
    list_side_effects,
    list_work_in_hand,
)
from jiyue.backoffice.wording import word
from jiyue.backoffice.work_words import TOPICS
from jiyue.core.models import OutboxStatus
from jiyue.library.enums import ResourceStatus
from jiyue.library.selectors import count_by_status
from jiyue.obligations.selectors import OVERSEEING_ROLES, get_overseen_units
from jiyue.organizations.enums import ADMINISTRATION_ROLES, OVERSIGHT_ROLES, REVIEWING_ROLES, StaffRole
from jiyue.organizations.selectors import get_subtree_ids
from jiyue.review.selectors import list_steps_waiting_for


class WorkbenchView(StaffView):
    """What waits for me and is due, my units' tasks and work in hand, what went out, what failed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the workbench."""
        counts = count_by_status(self.account)
        context: dict[str, Any] = {
            "counts": [(status, label, counts[status]) for status, label in ResourceStatus.choices],
            "is_clerk": StaffRole.ENTRY_CLERK in self.role_names,
            "work_count": counts[ResourceStatus.DRAFT] + counts[ResourceStatus.RETURNED],
            "published": list_recent_publications(self.account)[:WORKBENCH_ROWS],
            "mine": waiting.my_tasks(self.account, self.role_pairs),
            "units": waiting.unit_tasks(self.account, self.role_pairs),
            "unread": waiting.unread_notices(self.account),
        }
        if context["is_clerk"]:
            context["work"] = list_work_in_hand(self.account)[:WORKBENCH_ROWS]
        context |= self._decisions()
        if OVERSIGHT_ROLES & self.role_names:
            context |= self._side_effects()
        return self.page("workbench.html", context)

    def _decisions(self) -> dict[str, Any]:
        """Review steps, changes by two persons and applications that wait for this person."""
        found: dict[str, Any] = {"is_decider": False}
        if REVIEWING_ROLES & self.role_names:
            steps = list_steps_waiting_for(self.account)
            found |= {
                "is_reviewer": True,
                "is_decider": True,
                "steps": list(steps[:WORKBENCH_ROWS]),
                "step_count": steps.count(),
            }
        if OVERSEEING_ROLES & self.role_names:
            found["is_decider"] = True
            overseen = get_overseen_units(self.role_pairs)
            found["changes"] = waiting.changes_to_decide(self.actor, overseen)
        if ADMINISTRATION_ROLES & self.role_names:
            units = [unit for unit, role in self.role_pairs if role in ADMINISTRATION_ROLES]
            found["application_count"] = waiting.waiting_applications(get_subtree_ids(units))
        found["decision_count"] = (
            found.get("step_count", 0) + len(found.get("changes", ())) + found.get("application_count", 0)
        )
        return found

    def _side_effects(self) -> dict[str, Any]:
        numbers = count_side_effects()
        failed = list_side_effects(OutboxStatus.FAILED)[:WORKBENCH_ROWS]
        return {
            "side_effects": [(OutboxStatus(key).label, key, number) for key, number in numbers.items()],
            "failed": [(message, word(TOPICS, message.topic)) for message in failed],
            "is_oversight": True,
        }
