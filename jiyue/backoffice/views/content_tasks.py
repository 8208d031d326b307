"""Content-provision tasks for both sides: the office that asks, the unit that delivers."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.content_tasks import (
    AskDateForm,
    AssignForm,
    DeliverForm,
    HandBackForm,
    NoteForm,
)
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.access import get_holdings
from jiyue.organizations.registers.content_tasks import services, sides
from jiyue.organizations.registers.content_tasks.models import (
    OPEN_STATUSES,
    ContentTask,
    TaskStatus,
    TaskVerb,
)

PAGE_SIZE = 50  # tasks
TABS = ("open", "late", "delivered", "withdrawn", "all")
FORMS: dict[TaskVerb, type[NoteForm]] = {
    TaskVerb.ACCEPT: NoteForm,
    TaskVerb.DELIVER: DeliverForm,
    TaskVerb.ASK_DATE: AskDateForm,
    TaskVerb.GRANT_DATE: NoteForm,
    TaskVerb.REFUSE_DATE: NoteForm,
    TaskVerb.HAND_BACK: HandBackForm,
    TaskVerb.WITHDRAW: NoteForm,
}


class TaskListView(StaffView):
    """Tasks of the own units and those given by the own offices."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of one tab."""
        tab = request.GET.get("tab", "open")
        tab = tab if tab in TABS else "open"
        tasks = sides.list_tasks(self.actor)
        match tab:
            case "open":
                tasks = tasks.filter(status__in=OPEN_STATUSES).order_by("due_at")
            case "late":
                tasks = sides.list_overdue_tasks(self.actor).order_by("due_at")
            case "delivered" | "withdrawn":
                tasks = tasks.filter(status=tab)
        labels = {
            "open": _("open"),
            "late": _("overdue"),
            "delivered": TaskStatus.DELIVERED.label,
            "withdrawn": TaskStatus.WITHDRAWN.label,
            "all": _("all"),
        }
        context = {
            "page": Paginator(tasks, PAGE_SIZE).get_page(request.GET.get("page")),
            "tab": tab,
            "tabs": list(labels.items()),
            "now": clock.now(),
            "late_count": sides.list_overdue_tasks(self.actor).count(),
            "may_assign": sides.offices_of(get_holdings(self.actor)).exists(),
        }
        return self.page("task_list.html", context)


class TaskAssignView(StaffView):
    """Giving a task to units below the office."""

    @cached_property
    def offices(self) -> list[Organization]:
        """Offices for which the person may assign."""
        return list(sides.offices_of(get_holdings(self.actor)))

    def _office(self) -> Organization:
        wanted = self.request.GET.get("office")
        found = [office for office in self.offices if wanted in (None, str(office.pk))]
        if not found:
            raise Http404
        return found[0]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        office = self._office()
        return self._form_page(AssignForm(office=office), office)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Assign."""
        office = self._office()
        form = AssignForm(request.POST, office=office)
        if form.is_valid():
            try:
                tasks = services.assign_tasks(
                    office=office,
                    unit_ids=[unit.pk for unit in form.cleaned_data["units"]],
                    assignment=form.assignment(),
                    actor=self.actor,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                text = ngettext("%(count)d task was assigned.", "%(count)d tasks were assigned.", len(tasks))
                messages.success(request, text % {"count": len(tasks)})
                return redirect("backoffice:task_list")
        return self._form_page(form, office)

    def _form_page(self, form: AssignForm, office: Organization) -> HttpResponse:
        context = {"form": form, "office": office, "offices": self.offices}
        return self.page("task_form.html", context, status=422 if form.errors else 200)


class TaskView(StaffView):
    """Base of the views of one task: what concerns neither own side doesn't exist."""

    @cached_property
    def task(self) -> ContentTask:
        """The task named in the address, or 404."""
        task = sides.list_tasks(self.actor).filter(pk=self.kwargs["pk"]).first()
        if task is None:
            raise Http404
        return task

    def show(self, *, bound: tuple[TaskVerb, forms.Form] | None = None, status: int = 200) -> HttpResponse:
        """The page, with one form as it stands."""
        open_verbs = [verb for verb in FORMS if services.task_refusal(self.task, verb, self.actor) is None]
        blank: dict[TaskVerb, forms.Form] = {verb: FORMS[verb](prefix=str(verb)) for verb in open_verbs}
        if bound is not None:
            blank[bound[0]] = bound[1]
        context = {
            "task": self.task,
            "events": self.task.events.select_related("file").order_by("pk"),
            "forms": blank,
            "wrong": bound[1] if bound else None,
            "is_late": self.task.is_open and self.task.due_at < clock.now(),
        }
        return self.page("task_detail.html", context, status=status)


class TaskDetailView(TaskView):
    """One task, what was said about it, and what can be done now."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.show()


class TaskActView(TaskView):
    """One step of one side."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the task: where a renewed sign-in comes back to."""
        return redirect("backoffice:task_detail", self.task.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do it, or show why not."""
        task_id = self.task.pk
        try:
            verb = TaskVerb(request.POST.get("verb", ""))
            form = FORMS[verb](request.POST, request.FILES, prefix=str(verb))
        except (ValueError, KeyError):
            raise Http404 from None
        if form.is_valid():
            try:
                _ACTS[verb](task_id, form.cleaned_data, self.actor)
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Done: %(act)s.") % {"act": verb.label})
                return redirect("backoffice:task_detail", task_id)
        del self.task  # the step may have changed it
        return self.show(bound=(verb, form), status=422)


def _deliver(task_id: int, data: dict[str, Any], actor: Any) -> ContentTask:
    file = data["file"]
    delivery = services.Delivery(
        note=data["note"],
        link=data["link"],
        data=read_upload(file) if file else None,
        original_name=file.name if file else "",
    )
    return services.deliver_task(task_id=task_id, delivery=delivery, actor=actor)


_ACTS: dict[TaskVerb, Callable[[int, dict[str, Any], Any], ContentTask]] = {
    TaskVerb.ACCEPT: lambda pk, data, actor: services.accept_task(task_id=pk, note=data["note"], actor=actor),
    TaskVerb.DELIVER: _deliver,
    TaskVerb.ASK_DATE: lambda pk, data, actor: services.ask_for_date(
        task_id=pk, wanted_due_at=data["wanted_due_at"], note=data["note"], actor=actor
    ),
    TaskVerb.GRANT_DATE: lambda pk, data, actor: services.decide_on_date(
        task_id=pk, is_granted=True, note=data["note"], actor=actor
    ),
    TaskVerb.REFUSE_DATE: lambda pk, data, actor: services.decide_on_date(
        task_id=pk, is_granted=False, note=data["note"], actor=actor
    ),
    TaskVerb.HAND_BACK: lambda pk, data, actor: services.hand_back_delivery(
        task_id=pk, due_at=data["due_at"], note=data["note"], actor=actor
    ),
    TaskVerb.WITHDRAW: lambda pk, data, actor: services.withdraw_task(
        task_id=pk, note=data["note"], actor=actor
    ),
}
