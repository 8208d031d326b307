"""The reviewer's inbox, the case with its pinned state, and the decision."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.comparing import FieldDifference, compare
from jiyue.backoffice.describing import described_fields, get_channel_names
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.review import COMMON_BASES, DecisionForm
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.selectors import (
    LIST_SIZE,
    ItemProgress,
    get_edition_before,
    get_pinned_revision,
    get_release_failures,
)
from jiyue.backoffice.storytelling import tell
from jiyue.core.errors import DomainError
from jiyue.library.content import ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.models import Edition, MediaFile
from jiyue.review.enums import CaseStatus, StepStatus
from jiyue.review.models import CaseItem, ReviewCase, ReviewStep
from jiyue.review.selectors import list_steps_waiting_for, list_visible_cases
from jiyue.review.services import AlreadyDecided, approve, decision_blocker, return_case
from jiyue.review.services.deciding import approval_blocker

WAITING, ALL = "waiting", "all"
BASIS_KEY = "secrecy_basis"  # in the session: the basis this reviewer wrote last


class CaseListView(StaffView):
    """What waits for me, or every case of my units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        waiting = list_steps_waiting_for(self.account)
        shown = request.GET.get("show", WAITING)
        is_all = shown == ALL
        rows = list_visible_cases(self.account).prefetch_related("steps") if is_all else waiting
        page = Paginator(rows, LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "is_all": is_all,
            "waiting_count": page.paginator.count if not is_all else waiting.count(),
        }
        return self.page("case_list.html", context)


class CaseView(StaffView):
    """Base of every view of one case: another unit's case doesn't exist."""

    @cached_property
    def case(self) -> ReviewCase:
        """The case named in the address, or 404."""
        cases = list_visible_cases(self.account).prefetch_related("steps", "actions__person", "actions__step")
        return get_object_or_404(cases, pk=self.kwargs["pk"])

    @cached_property
    def open_step(self) -> ReviewStep | None:
        """The step that waits, if any."""
        return next((step for step in self.case.steps.all() if step.status == StepStatus.OPEN), None)

    def case_page(self, form: DecisionForm | None, *, status: int = 200) -> HttpResponse:
        """Show the case; `form` carries what was typed when a decision was refused."""
        case, step = self.case, self.open_step
        blocker = decision_blocker(step, self.account) if step else None
        if form is None and step:
            form = DecisionForm(deciding=step, initial=self._first_values(step))
        context: dict[str, Any] = {
            "case": case,
            "step": step,
            "form": form,
            "blocker": blocker,
            "may_decide": step is not None and blocker is None,
            "held": approval_blocker(step) if step else None,
            "bases": COMMON_BASES,
            "is_last_level": step is not None and step.level == max(s.level for s in case.steps.all()),
            "story": tell([case]),
        }
        if case.is_batch:
            return self.page("case_batch.html", context | self._batch_context(), status=status)
        return self.page("case_detail.html", context | item_context(case, case.items.get()), status=status)

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
        }


def item_context(case: ReviewCase, item: CaseItem) -> dict[str, Any]:
    """The pinned state of one item and its difference to what was public before."""
    revision = get_pinned_revision(item)
    content = revision.content
    before: Edition | None = get_edition_before(case, revision.resource)
    names = get_channel_names(content, *([before.content] if before else []))
    wanted = [attachment.media for attachment in content.attachments]
    files = {
        media.name: media
        for media in MediaFile.objects.filter(unit_id=revision.resource.unit_id, name__in=wanted)
    }
    return {
        "item": item,
        "revision": revision,
        "content": content,
        "kind": KINDS.get(content.kind),
        "fields": described_fields(content, names),
        "attachments": [(attachment, files.get(attachment.media)) for attachment in content.attachments],
        "before": before,
        "differences": _differences(before, content, names) if before else [],
    }


def _differences(before: Edition, content: ResourceContent, names: dict[int, str]) -> list[FieldDifference]:
    if not content.index_number:  # the platform gives a new version the number of the earlier one
        content = content.with_values(index_number=before.index_number)
    return compare(before.content, content, channel_names=names)


class CaseDetailView(CaseView):
    """One case."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the case."""
        return self.case_page(None)


class CaseItemView(CaseView):
    """One item of a batch case."""

    def get(self, request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
        """Show its pinned state, with the way to its neighbours."""
        item = get_object_or_404(self.case.items, pk=item_pk)
        neighbours = {
            found.position: found
            for found in self.case.items.filter(position__in=(item.position - 1, item.position + 1))
        }
        context = {
            "case": self.case,
            "previous": neighbours.get(item.position - 1),
            "next": neighbours.get(item.position + 1),
        }
        return self.page("case_item.html", context | item_context(self.case, item))


class CaseDecideView(CaseView):
    """Approving or returning; a second click changes nothing."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the case: where a renewed sign-in comes back to."""
        return redirect("backoffice:case_detail", self.case.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide the step that was on the screen."""
        case = self.case
        step = case.steps.filter(pk=read_key(request.POST.get("step", ""))).first()
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
        following = list_steps_waiting_for(self.account).first()
        if following is None:
            messages.success(request, _("Decided. Nothing else waits for you."))
            return redirect("backoffice:case_list")
        messages.success(request, _("Decided. This is the next item that waits for you."))
        return redirect("backoffice:case_detail", following.case_id)

    def _decide(self, form: DecisionForm) -> None:
        data, checks = form.cleaned_data, form.checks()
        step, digest, opinion = data["step"], data["seen_digest"], data["opinion"]
        if data["decision"] == "approve":
            approve(step_id=step, seen_digest=digest, actor=self.account, opinion=opinion, checks=checks)
        else:
            return_case(step_id=step, seen_digest=digest, actor=self.account, reason=opinion, checks=checks)
        if checks.secrecy:
            self.request.session[BASIS_KEY] = checks.secrecy.basis
