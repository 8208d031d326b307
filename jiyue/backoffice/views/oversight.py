"""For the platform manager and the inspector: the side effects."""

from typing import ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.numbers import read_keys
from jiyue.backoffice.selectors import (
    LIST_SIZE,
    count_side_effects,
    list_side_effects,
)
from jiyue.backoffice.wording import word
from jiyue.backoffice.work_words import TOPICS
from jiyue.core import audit, outbox
from jiyue.core.models import OutboxStatus
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole


class OutboxBoardView(StaffView):
    """Side effects that wait or failed."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of one status; failures first."""
        counts = count_side_effects()
        status = request.GET.get("status", OutboxStatus.FAILED)
        if status not in counts:
            status = OutboxStatus.FAILED
        page = Paginator(list_side_effects(status), LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [(message, word(TOPICS, message.topic)) for message in page.object_list],
            "status": status,
            "tabs": [(key, OutboxStatus(key).label, number) for key, number in counts.items()],
            "may_retry": StaffRole.PLATFORM_MANAGER in self.role_names and status == OutboxStatus.FAILED,
        }
        return self.page("outbox_board.html", context)


class OutboxRetryView(StaffView):
    """Putting failed side effects back into the queue."""

    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER})

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the board: where a renewed sign-in comes back to."""
        return redirect("backoffice:outbox_board")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Retry the chosen rows."""
        ids = read_keys(request.POST.getlist("id"))
        count = outbox.retry_failed(ids)
        audit.record(
            actor=self.actor, verb="outbox.retried", subject_type="outbox", subject_id=count, ids=ids
        )
        text = ngettext(
            "%(count)d side effect is tried again.", "%(count)d side effects are tried again.", count
        )
        messages.success(request, text % {"count": count})
        return redirect("backoffice:outbox_board")
