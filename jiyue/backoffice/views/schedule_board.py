"""What the worker does at set times, and citizens' input that couldn't be taken in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.wording import word
from jiyue.backoffice.work_words import JOB_WORDS
from jiyue.core import clock
from jiyue.core.inbox import list_failed
from jiyue.core.models import ScheduledJob
from jiyue.core.schedule import JOBS, Job
from jiyue.organizations.enums import OVERSIGHT_ROLES

OVERDUE_MINUTES = 10  # a job that waits longer means that no worker runs


@dataclass(frozen=True)
class JobRow:
    """One job with its last and next run; `state` is None where it never ran."""

    label: str
    job: Job
    state: ScheduledJob | None
    is_overdue: bool


class ScheduleBoardView(StaffView):
    """The jobs of the schedule, failures first."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show all jobs."""
        states = {state.name: state for state in ScheduledJob.objects.all()}
        late = clock.now() - timedelta(minutes=OVERDUE_MINUTES)
        rows = []
        for name, job in JOBS:
            state = states.get(name)
            is_overdue = state is None or (state.next_at < late and state.lease_until is None)
            rows.append(JobRow(word(JOB_WORDS, name), job, state, is_overdue))
        rows.sort(key=lambda row: (not (row.state and row.state.last_error), not row.is_overdue, row.label))
        return self.page(
            "schedule_board.html", {"rows": rows, "failed_inbox": list(list_failed()[:LIST_SIZE])}
        )
