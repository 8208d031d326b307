"""The publishing queue: what waits, what runs, what failed and why, what goes out when."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.publishing_work import BatchActForm, CancelPlanForm, PlanForm
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Resource
from jiyue.library.selectors import list_visible_resources
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole
from jiyue.publishing.work import batches
from jiyue.publishing.work.models import PlannedRelease, PublishingBatch, StepFailure
from jiyue.publishing.work.planning import cancel_release, plan_release, planning_refusal
from jiyue.publishing.work.selectors import (
    BatchProgress,
    latency_percentiles,
    list_failures,
    list_overseen_batches,
    list_planned,
    overseen_unit_ids,
    progress_of,
    queue_depth,
)
from jiyue.publishing.work.wording import LANES, title_of
from jiyue.review.models import ReviewCase
from jiyue.review.selectors import list_visible_cases

SHOWN = 20  # rows of each part of the board
ACTS: dict[str, tuple[Promise, Promise]] = {  # verb → button, what is said afterwards
    "retry": (_("Try what failed again"), _("What failed is tried again.")),
    "pause": (_("Pause"), _("The batch waits.")),
    "resume": (_("Go on"), _("The batch goes on.")),
    "cancel": (_("Cancel the batch"), _("The batch was cancelled.")),
}


@dataclass(frozen=True)
class BatchRow:
    """One batch with its words and how far it is."""

    batch: PublishingBatch
    title: str
    progress: BatchProgress


def _row(batch: PublishingBatch) -> BatchRow:
    return BatchRow(batch, title_of(batch), progress_of(batch))


class PublishingQueueView(StaffView):
    """Everybody sees the lanes and what their own units wait for; who oversees units sees theirs."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the board."""
        context: dict[str, Any] = {
            "lanes": [(LANES[lane], depth) for lane, depth in queue_depth().items()],
            "planned": self._planned()[:SHOWN],
            "on_the_way": self._on_the_way()[:SHOWN],
        }
        if OVERSIGHT_ROLES & self.role_names:
            context |= {
                "oversees": True,
                "batches": [_row(batch) for batch in list_overseen_batches(self.account)[:SHOWN]],
                "latency": latency_percentiles(),
                "failed": OutboxMessage.objects.filter(status=OutboxStatus.FAILED).count(),
            }
        return self.page("publishing_queue.html", context)

    def _planned(self) -> QuerySet[PlannedRelease]:
        visible = Q(case__in=list_visible_cases(self.account).order_by().values("pk"))
        return list_planned().filter(visible | Q(case__unit__in=overseen_unit_ids(self.account)))

    def _on_the_way(self) -> QuerySet[Resource]:
        """Items of the account's units whose pages aren't out yet."""
        return list_visible_resources(self.account).filter(status=ResourceStatus.APPROVED)


class PublishingBatchView(StaffView):
    """One batch: how far it is, what failed in it and why, and what can be done."""

    roles: ClassVar = OVERSIGHT_ROLES

    @cached_property
    def batch(self) -> PublishingBatch:
        """The batch named in the address, or 404."""
        return get_object_or_404(list_overseen_batches(self.account), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.batch_page(BatchActForm())

    def batch_page(self, form: BatchActForm, *, status: int = 200) -> HttpResponse:
        """Show the batch; the form carries what was typed when something was refused."""
        page = Paginator(list_failures(self.batch), LIST_SIZE).get_page(self.request.GET.get("page"))
        possible = {
            verb: label
            for verb, (label, _done) in ACTS.items()
            if batches.batch_refusal(self.batch, verb, self.account) is None
        }
        context = {
            "row": _row(self.batch),
            "page": page,
            "failures": list(zip(page.object_list, self._openable(list(page.object_list)), strict=True)),
            "form": form,
            "acts": [(verb, label) for verb, label in possible.items() if verb != "cancel"],
            "may_cancel": "cancel" in possible,
        }
        return self.page("publishing_batch.html", context, status=status)

    def _openable(self, failures: list[StepFailure]) -> list[int | None]:
        """The item behind each failure, where the account may open it in the library."""
        ids = [failure.placement.resource_id for failure in failures if failure.placement]
        visible = set(list_visible_resources(self.account).filter(pk__in=ids).values_list("pk", flat=True))
        found = [failure.placement.resource_id if failure.placement else None for failure in failures]
        return [pk if pk in visible else None for pk in found]


class PublishingBatchActView(PublishingBatchView):
    """Pause, go on, cancel, try again."""

    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER})

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the batch: where a renewed sign-in comes back to."""
        return redirect("backoffice:publishing_batch", self.batch.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do it, or say why not."""
        form = BatchActForm(request.POST)
        if not form.is_valid():
            return self.batch_page(form, status=422)
        verb, batch_id, actor = form.cleaned_data["act"], self.batch.pk, self.account
        doors: dict[str, Callable[[], object]] = {
            "pause": lambda: batches.pause_batch(batch_id=batch_id, actor=actor),
            "resume": lambda: batches.resume_batch(batch_id=batch_id, actor=actor),
            "retry": lambda: batches.retry_failures(batch_id=batch_id, actor=actor),
            "cancel": lambda: batches.cancel_batch(
                batch_id=batch_id, reason=form.cleaned_data["reason"], actor=actor
            ),
        }
        try:
            doors[verb]()
        except DomainError as error:
            add_refusal(form, error)
            return self.batch_page(form, status=409)
        messages.success(request, str(ACTS[verb][1]))
        return redirect("backoffice:publishing_batch", batch_id)


class CaseReleaseView(StaffView):
    """When a case goes out: plan, move or cancel its moment."""

    @cached_property
    def case(self) -> ReviewCase:
        """The case named in the address, or 404."""
        cases = list_visible_cases(self.account).select_related("unit")
        return get_object_or_404(cases, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the present moment and the forms, or lead back with the reason why not."""
        refusal = planning_refusal(self.case, self.account)
        if refusal:
            messages.warning(request, sentence(refusal))
            return redirect("backoffice:case_detail", self.case.pk)
        return self._form_page(self._first(self._plan()))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move or cancel it, or show why not with everything that was typed."""
        is_cancelling = "cancel" in request.POST
        form = CancelPlanForm(request.POST) if is_cancelling else PlanForm(request.POST)
        case_id = self.case.pk
        if not form.is_valid():
            return self._form_page(form, status=422)
        try:
            if is_cancelling:
                cancel_release(case_id=case_id, reason=form.cleaned_data["reason"], actor=self.account)
            else:
                plan_release(case_id=case_id, actor=self.account, **form.cleaned_data)
        except DomainError as error:
            add_refusal(form, error)
            return self._form_page(form, status=409)
        done = _("The planned release was cancelled.") if is_cancelling else _("The moment is planned.")
        messages.success(request, str(done))
        return redirect("backoffice:case_detail", case_id)

    def _plan(self) -> PlannedRelease | None:
        return list_planned().filter(case=self.case).first()

    def _form_page(self, form: PlanForm | CancelPlanForm, *, status: int = 200) -> HttpResponse:
        plan = self._plan()
        context = {
            "case": self.case,
            "plan": plan,
            "refused": form,
            "form": form if isinstance(form, PlanForm) else self._first(plan),
            "cancel_form": form if isinstance(form, CancelPlanForm) else CancelPlanForm(),
        }
        return self.page("case_release.html", context, status=status)

    def _first(self, plan: PlannedRelease | None) -> PlanForm:
        return PlanForm(initial={"release_at": plan.release_at if plan else None})
