"""The running of the platform: one board, the alarms and what was done about them, the backups."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.alarm_words import describe_details, how_it_ended
from jiyue.backoffice.forms.operation import AlarmHandlingForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.alarms import KINDS
from jiyue.core.errors import DomainError
from jiyue.core.models import Alarm, AlarmState
from jiyue.operations import machine
from jiyue.operations.board import read_board
from jiyue.operations.models import BackupRun, RestoreTest
from jiyue.operations.selectors import (
    is_backup_overdue,
    is_restore_test_overdue,
    list_alarms_for,
    may_handle_alarm,
)
from jiyue.operations.services import handle_alarm
from jiyue.operations.telling import subject_words
from jiyue.organizations.enums import OVERSIGHT_ROLES
from jiyue.organizations.models import Person
from jiyue.publishing.work.wording import LANES
from jiyue.sites.models import Site

SHOWN_ALARMS = 8  # on the board; the rest is one click away


def describe(alarm: Alarm) -> dict[str, Any]:
    """An alarm in words."""
    kind = dict(KINDS).get(alarm.kind)
    return {
        "alarm": alarm,
        "label": kind.label if kind else alarm.kind,
        "advice": kind.advice if kind else "",
        "is_grave": kind is None or kind.is_grave,
        "subject": subject_words(alarm),
        "state": _("Not handled") if alarm.state == AlarmState.OPEN else alarm.get_state_display(),
    }


class OperationBoardView(StaffView):
    """Everything that runs, what is wrong first."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        alarms = list_alarms_for(self.account).filter(state=AlarmState.OPEN)
        rows = sorted((describe(alarm) for alarm in alarms), key=lambda row: not row["is_grave"])
        names = dict(Site.objects.values_list("key", "name"))
        board = read_board()
        context = {
            "alarms": rows[:SHOWN_ALARMS],
            "alarm_count": len(rows),
            "board": board,
            "lanes": [
                {
                    "label": LANES[name],
                    "depth": lane,
                    "age": timedelta(seconds=lane.oldest_seconds),
                }
                for name, lane in board.lanes.items()
            ],
            "store_errors": [(names.get(key, key), count) for key, count in board.store_errors.items()],
            "least_disk_percent": settings.JIYUE_MIN_FREE_DISK_PERCENT,
            "certificates": machine.read_certificates(),
        }
        return self.page("operation_board.html", context)


class AlarmListView(StaffView):
    """Alarms that wait for somebody, or all there ever were."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        is_all = request.GET.get("show") == "all"
        alarms = list_alarms_for(self.account)
        waiting = alarms.filter(state=AlarmState.OPEN)
        page = Paginator(alarms if is_all else waiting, LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [describe(alarm) for alarm in page.object_list],
            "is_all": is_all,
            "open_count": waiting.count(),
        }
        return self.page("alarm_list.html", context)


class AlarmDetailView(StaffView):
    """One alarm, and what was done about it."""

    roles: ClassVar = OVERSIGHT_ROLES

    @cached_property
    def alarm(self) -> Alarm:
        """The alarm; one of a site that the person doesn't oversee doesn't exist."""
        found = list_alarms_for(self.account).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(AlarmHandlingForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write down what was done."""
        form = AlarmHandlingForm(request.POST)
        alarm = self.alarm
        if form.is_valid():
            try:
                handle_alarm(
                    alarm=alarm,
                    handling=form.cleaned_data["handling"],
                    account=self.account,
                    actor=self.actor,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The alarm is handled; what you wrote is kept with it."))
                return redirect("backoffice:alarm_detail", pk)
        return self._page(form, status=422)

    def _page(self, form: AlarmHandlingForm, *, status: int = 200) -> HttpResponse:
        with self.looking():
            alarm = self.alarm
            site = Site.objects.filter(key=alarm.site_key).first() if alarm.site_key else None
            handler = Person.objects.filter(pk=alarm.handled_by_person_id or 0).first()
            context = {
                **describe(alarm),
                "site": site,
                "handler": handler,
                "details": describe_details(alarm),
                "handling": how_it_ended(alarm),
                "may_handle": may_handle_alarm(alarm, self.account),
                "form": form,
            }
            return self.page("alarm_detail.html", context, status=status)


class BackupListView(StaffView):
    """Backups that were made or tried, and whether they could be restored."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page, newest first."""
        runs = BackupRun.objects.order_by("-finished_at", "-pk")
        page = Paginator(runs, LIST_SIZE).get_page(request.GET.get("page"))
        names = [run.name for run in page.object_list]
        tests: dict[str, RestoreTest] = {}
        for test in RestoreTest.objects.filter(backup_name__in=names).order_by("tested_at"):
            tests[test.backup_name] = test
        context = {
            "page": page,
            "rows": [(run, tests.get(run.name)) for run in page.object_list],
            "last_test": RestoreTest.objects.order_by("-tested_at").first(),
            "is_backup_overdue": is_backup_overdue(),
            "is_test_overdue": is_restore_test_overdue(),
            "is_set_up": bool(settings.JIYUE_BACKUP_DIR),
        }
        return self.page("backup_list.html", context)
