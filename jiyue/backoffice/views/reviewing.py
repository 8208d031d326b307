"""One case: its pinned state, and the decision."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.dossier import read_dossier
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.review import COMMON_BASES, DecisionForm, RecallForm
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.selectors import LIST_SIZE, ItemProgress, get_release_failures
from jiyue.backoffice.stages import stages_of_case
from jiyue.backoffice.storytelling import tell
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review.authority import list_deciders
from jiyue.review.enums import CaseStatus, StepStatus
from jiyue.review.models import CaseItem, Referral, ReviewAction, ReviewCase, ReviewStep
from jiyue.review.sampling import get_reading
from jiyue.review.selectors import list_steps_waiting_for, list_visible_cases
from jiyue.review.services import (
    AlreadyDecided,
    ReviewRefused,
    approve,
    decision_blocker,
    recall_blocker,
    recall_case,
    record_item_read,
    return_case,
)
from jiyue.review.services.deciding import approval_blocker

BASIS_KEY = "secrecy_basis"  # in the session: the basis this reviewer wrote last
STEPS = Prefetch("steps", ReviewStep.objects.select_related("unit"))
SHOWN_WITH_CASE = (
    Prefetch("actions", ReviewAction.objects.select_related("person", "on_behalf_of", "step__unit")),
    Prefetch(
        "referrals", Referral.objects.select_related("opened_by__person", "answer_file").order_by("-pk")
    ),
)
MAX_QUEUE = 200  # waiting cases walked through by J and K


def waiting_case_ids(account: StaffAccount) -> list[int]:
    """Cases that wait for the account, in the order of its list."""
    return list(list_steps_waiting_for(account).values_list("case_id", flat=True)[:MAX_QUEUE])


class CaseView(StaffView):
    """Base of every view of one case: another unit's case doesn't exist."""

    def cases(self) -> QuerySet[ReviewCase]:
        """The cases that exist for this account."""
        return list_visible_cases(self.account)

    @cached_property
    def case(self) -> ReviewCase:
        """The case named in the address, or 404."""
        with self.looking():
            return get_object_or_404(self.cases().prefetch_related(STEPS), pk=self.kwargs["pk"])

    @cached_property
    def open_step(self) -> ReviewStep | None:
        """The step that waits, if any."""
        return next((step for step in self.case.steps.all() if step.status == StepStatus.OPEN), None)

    @cached_property
    def blocker(self) -> ReviewRefused | None:
        """Why the account may not decide the step that waits."""
        return decision_blocker(self.open_step, self.account) if self.open_step else None

    @property
    def may_decide(self) -> bool:
        """Whether the account may decide the step that waits."""
        return self.open_step is not None and self.blocker is None

    def case_page(
        self, form: DecisionForm | None, *, recall_form: RecallForm | None = None, status: int = 200
    ) -> HttpResponse:
        """Show the case; the forms carry what was typed when something was refused."""
        case, step = self.case, self.open_step
        prefetch_related_objects([case], *SHOWN_WITH_CASE)
        context: dict[str, Any] = {
            "case": case,
            "step": step,
            "form": form,
            "story": tell([case]),
            "steps": [one for one in case.steps.all() if one.round == case.round],
            "may_revise": self._may_revise(),
            "may_recall": recall_blocker(case, self.account) is None,
            "recall_form": recall_form or RecallForm(),
            "may_decide": self.may_decide,
        }
        if step:
            context |= self._deciding_context(step, form)
        if case.is_batch:
            return self.page("case_batch.html", context | self._batch_context(), status=status)
        dossiers = [read_dossier(case, item) for item in case.items.order_by("position")]
        context |= {"dossiers": dossiers, "stages": stages_of_case(case, dossiers[0].revision)}
        return self.page("case_detail.html", context, status=status)

    def _may_revise(self) -> bool:
        """Whether the account may change the text while the case stays open."""
        is_clerk = self.has_role_in(self.case.unit_id, StaffRole.ENTRY_CLERK)
        return self.open_step is not None and not self.case.is_batch and is_clerk

    def _deciding_context(self, step: ReviewStep, form: DecisionForm | None) -> dict[str, Any]:
        """What is shown about the step that waits, and what each button will do."""
        later = [one for one in self.case.steps.all() if one.round == step.round and one.level > step.level]
        context: dict[str, Any] = {
            "form": form or DecisionForm(deciding=step, initial=self._first_values(step)),
            "following_step": later[0] if later else None,
        }
        if not self.may_decide:
            return context | {"blocker": self.blocker, "deciders": list_deciders(step)}
        queue = waiting_case_ids(self.account)
        place = queue.index(self.case.pk) if self.case.pk in queue else 0
        return context | {
            "held": approval_blocker(step),
            "bases": COMMON_BASES,
            "queue_place": place + 1,
            "queue_length": len(queue),
            "previous_case": queue[place - 1] if place else None,
            "next_case": queue[place + 1] if place + 1 < len(queue) else None,
        }

    def _first_values(self, step: ReviewStep) -> dict[str, Any]:
        """What stands in the form at first: a reviewer's last basis is offered again, never a result."""
        values = {"step": step.pk, "seen_digest": self.case.manifest_digest}
        if step.needs_secrecy_review:
            values["secrecy_basis"] = self.request.session.get(BASIS_KEY, "")
        return values

    def _batch_context(self) -> dict[str, Any]:
        case = self.case
        page = Paginator(case.items.order_by("position"), LIST_SIZE).get_page(self.request.GET.get("page"))
        items = list(page.object_list)
        failures = get_release_failures(items)
        released = case.items.exclude(released_at=None).count() if case.status == CaseStatus.APPROVED else 0
        return {
            "page": page,
            "rows": [ItemProgress(item, failures.get(item.pk, "")) for item in items],
            "released": released,
            "percent": released * 100 // case.item_count,
            "sample": get_reading(self.open_step, self.account)
            if self.open_step and self.may_decide
            else None,
        }


class CaseDetailView(CaseView):
    """One case."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the case."""
        return self.case_page(None)


class CaseItemView(CaseView):
    """One item of a batch case; opening it is what the spot check asks for."""

    def get(self, request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
        """Show its pinned state, with the way to its neighbours and to the rest of the spot check."""
        case, step = self.case, self.open_step
        item = get_object_or_404(case.items, pk=item_pk)
        unread: tuple[CaseItem, ...] = ()
        if step and case.is_batch and self.may_decide:
            record_item_read(step=step, item=item, actor=self.account)
            unread = get_reading(step, self.account).unread
        beside = case.items.filter(position__in=(item.position - 1, item.position + 1))
        neighbours = {found.position: found for found in beside}
        context = {
            "case": case,
            "previous": neighbours.get(item.position - 1),
            "next": neighbours.get(item.position + 1),
            "unread": unread,
            "dossier": read_dossier(case, item),
        }
        return self.page("case_item.html", context)


class CaseDecideView(CaseView):
    """Approving or returning; a second click changes nothing."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the case: where a renewed sign-in comes back to."""
        return redirect("backoffice:case_detail", self.case.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide the step that was on the screen."""
        case = self.case
        named = read_key(request.POST.get("step", ""))
        step = next((one for one in case.steps.all() if one.pk == named), None)
        form = DecisionForm(request.POST, deciding=step)
        if step is None or not form.is_valid():
            return self.case_page(form, status=400)
        try:
            self._decide(form)
        except AlreadyDecided as error:
            messages.info(request, sentence(error))
            return redirect("backoffice:case_detail", case.pk)
        except DomainError as error:
            add_refusal(form, error)
            return self.case_page(form, status=409)
        return self._go_on(step)

    def _go_on(self, decided: ReviewStep) -> HttpResponse:
        """Lead to the case behind this one, or to the first one that was passed over."""
        with self.looking():
            steps = list_steps_waiting_for(self.account)
        rows = steps.values_list("case_id", "case__is_urgent", "opened_at", "pk")
        waiting = [(case_id, (not is_urgent, *place)) for case_id, is_urgent, *place in rows[:MAX_QUEUE]]
        if not waiting:
            messages.success(self.request, _("Decided. Nothing else waits for you."))
            return redirect("backoffice:case_list")
        here = (not self.case.is_urgent, decided.opened_at, decided.pk)
        following = next((case_id for case_id, place in waiting if place > here), waiting[0][0])
        messages.success(self.request, _("Decided. This is the next item that waits for you."))
        return redirect("backoffice:case_detail", following)

    def _decide(self, form: DecisionForm) -> None:
        data, checks = form.cleaned_data, form.checks()
        step, digest, opinion = data["step"], data["seen_digest"], data["opinion"]
        if data["decision"] == "approve":
            approve(step_id=step, seen_digest=digest, actor=self.account, opinion=opinion, checks=checks)
        else:
            return_case(step_id=step, seen_digest=digest, actor=self.account, reason=opinion, checks=checks)
        if checks.secrecy:
            self.request.session[BASIS_KEY] = checks.secrecy.basis


class CaseRecallView(CaseView):
    """An author takes the case back, with a reason."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the case: where a renewed sign-in comes back to."""
        return redirect("backoffice:case_detail", self.case.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it back; the items can be edited again."""
        form = RecallForm(request.POST)
        if form.is_valid():
            try:
                recall_case(case_id=self.case.pk, actor=self.account, reason=form.cleaned_data["reason"])
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Taken back. The text can be edited again."))
                return redirect("backoffice:case_detail", self.case.pk)
        return self.case_page(None, recall_form=form, status=409)
