"""Handing one item, or many in one batch, to review."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.review import BatchForm, CorrectionForm, SubmitForm
from jiyue.backoffice.numbers import read_keys
from jiyue.backoffice.submission_rules import (
    INTERPRETATION,
    blockers_before_page,
    list_choosable_papers,
    list_companions,
    rules_of,
)
from jiyue.backoffice.views.resources import ResourceView, read_filter
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.library.checks import Moment, Remark, run_checks
from jiyue.library.completeness import content_blockers
from jiyue.library.content import ResourceContent
from jiyue.library.enums import EDITABLE_STATUSES, ResourceStatus
from jiyue.library.models import Edition, Resource, ResourceRevision
from jiyue.library.selectors import get_content, list_visible_resources
from jiyue.library.services import submit_batch, submit_for_review, submit_together
from jiyue.library.use.corrections import is_correction_needed, record_correction
from jiyue.organizations.enums import EDITING_ROLES, StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.publishing.work.planning import plan_release
from jiyue.review.models import ReviewCase
from jiyue.review.submission import Handling

MAX_BATCH = 10_000  # items of one batch; a whole imported collection has about 3,500
SHOWN_ITEMS = 20  # items and reasons listed on the page


def plan_moment(case: ReviewCase, release_at: datetime | None, account: StaffAccount) -> None:
    """Plan the moment that the clerk chose with the submission, if one; in the same transaction."""
    if release_at is not None:
        plan_release(case_id=case.pk, release_at=release_at, actor=account)


class ResourceSubmitView(ResourceView):
    """One item to review, alone or with the interpretation that goes with it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what will be reviewed by whom, which rules apply, and what is missing."""
        return self._form_page(self._form(), Handling())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Open the case, or show the route that the choices lead to."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._form_page(form, Handling())
        if "look" in request.POST:
            return self._form_page(form, form.handling())
        correction = CorrectionForm(request.POST) if self.needs_correction else None
        if correction and not correction.is_valid():
            return self._form_page(form, form.handling(), correction)
        try:
            case = self._submit(form, correction)
        except DomainError as error:
            add_refusal(correction if correction and error.field in correction.fields else form, error)
            return self._form_page(form, form.handling(), correction)
        messages.success(request, _("Submitted. The first reviewer finds it on the workbench."))
        return redirect("backoffice:case_detail", case.pk)

    @cached_property
    def content(self) -> ResourceContent:
        """The state that goes to review."""
        return get_content(self.resource)

    @cached_property
    def companions(self) -> list[Resource]:
        """Items that may go out together with this one."""
        return list_companions(self.resource, self.content)

    @cached_property
    def needs_correction(self) -> bool:
        """Whether the public item changes and nothing says yet what was wrong (REV-30)."""
        return is_correction_needed(self.resource, self.content)

    def _form(self, data: QueryDict | None = None) -> SubmitForm:
        if not self.is_editor:
            raise PermissionDenied
        papers = list_choosable_papers(self.resource.unit)
        return SubmitForm(data, papers=papers, companions=self.companions)

    def _companion(self, form: SubmitForm) -> Resource | None:
        chosen = form.cleaned_data.get("companion") if form.is_bound and form.is_valid() else ""
        return next((item for item in self.companions if str(item.pk) == chosen), None)

    @transaction.atomic
    def _submit(self, form: SubmitForm, correction: CorrectionForm | None) -> ReviewCase:
        """Record what was wrong, then open the case: both or neither."""
        if correction:
            record_correction(resource=self.resource, found=correction.found(), actor=self.account)
        case = self._open_case(form)
        plan_moment(case, form.cleaned_data["release_at"], self.account)
        return case

    def _open_case(self, form: SubmitForm) -> ReviewCase:
        companion = self._companion(form)
        if companion is None:
            return submit_for_review(resource=self.resource, actor=self.account, handling=form.handling())
        pair = [self.resource, companion]
        pair.sort(key=lambda item: item.kind == INTERPRETATION)  # the document first: its sort decides
        return submit_together(resources=pair, actor=self.account, handling=form.handling())

    def _form_page(
        self, form: SubmitForm, handling: Handling, correction: CorrectionForm | None = None
    ) -> HttpResponse:
        companion = self._companion(form)
        rules = rules_of(self.resource, self.content, handling, get_content(companion) if companion else None)
        if self.needs_correction and correction is None:
            correction = CorrectionForm(initial={"found_at": clock.now()})
        context = {
            "form": form,
            "correction": correction,
            "resource": self.resource,
            "blockers": blockers_before_page(self.resource, self.content, self.account),
            "rules": rules,
            "advice": self._advice(),
        }
        return self.page("resource_submit.html", context)

    def _advice(self) -> list[Remark]:
        """What the checks remark without stopping the item."""
        remarks = run_checks(self.resource, self.content, unit=self.resource.unit, moment=Moment.SUBMISSION)
        return [remark for remark in remarks if not remark.is_blocking]


@dataclass(frozen=True)
class Selection:
    """The items chosen for a batch: the ready ones, and why others aren't.

    A batch belongs to one unit; items of the clerk's other units are only counted.
    """

    unit: Organization | None
    ready: list[Resource]
    unready: list[tuple[Resource, list[str]]]
    other_units_count: int


class ResourceBatchView(StaffView):
    """Many items in one case."""

    roles: ClassVar = EDITING_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what the batch would hold."""
        return self._form_page(BatchForm(), self._selection())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open the batch case."""
        form, selection = BatchForm(request.POST), self._selection()
        if not form.is_valid():
            return self._form_page(form, selection)
        if form.cleaned_data["expected"] != len(selection.ready):
            form.add_error(
                None,
                _("The list has changed since you opened this page. Look at it again and submit then."),
            )
            return self._form_page(form, selection)
        try:
            case = self._submit(form, selection.ready)
        except DomainError as error:
            add_refusal(form, error)
            return self._form_page(form, selection)
        text = ngettext("%(count)s item submitted.", "%(count)s items submitted.", case.item_count)
        messages.success(request, text % {"count": f"{case.item_count:,}"})
        return redirect("backoffice:case_detail", case.pk)

    @transaction.atomic
    def _submit(self, form: BatchForm, resources: list[Resource]) -> ReviewCase:
        case = submit_batch(
            resources=resources,
            title=form.cleaned_data["title"],
            actor=self.account,
            comment=form.cleaned_data["comment"],
        )
        plan_moment(case, form.cleaned_data["release_at"], self.account)
        return case

    def _chosen(self) -> QuerySet[Resource]:
        """Items of the clerk's units that the address names: by number, or by the list's filter."""
        units = [unit_id for unit_id, role in self.role_pairs if role == StaffRole.ENTRY_CLERK]
        resources = list_visible_resources(self.account).filter(unit_id__in=units)
        if "all" in self.request.GET:
            resources = read_filter(self.request).apply(resources)
        else:
            resources = resources.filter(pk__in=read_keys(self.request.GET.getlist("id")))
        return resources.filter(status__in=EDITABLE_STATUSES)

    def _selection(self) -> Selection:
        chosen = list(self._chosen().order_by("unit_id", "pk")[:MAX_BATCH])
        unit = chosen[0].unit if chosen else None
        own = [item for item in chosen if unit and item.unit_id == unit.pk]
        selection = Selection(unit, [], [], len(chosen) - len(own))
        for resource, reasons in _blockers_of(own):
            if reasons:
                selection.unready.append((resource, reasons))
            else:
                selection.ready.append(resource)
        return selection

    def _form_page(self, form: BatchForm, selection: Selection) -> HttpResponse:
        if form.is_bound:
            form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            form.data["expected"] = str(len(selection.ready))  # type: ignore[index]
        else:
            form.initial["expected"] = len(selection.ready)
        context = {
            "form": form,
            "selection": selection,
            "shown_ready": selection.ready[:SHOWN_ITEMS],
            "shown_unready": selection.unready[:SHOWN_ITEMS],
            "query": self.request.GET.urlencode(),
        }
        return self.page("resource_batch.html", context)


def _blockers_of(resources: list[Resource]) -> Iterator[tuple[Resource, list[str]]]:
    """Each item with what it lacks, from two queries for all of them."""
    ids = [resource.pk for resource in resources]
    newest = ResourceRevision.objects.filter(
        resource_id__in=ids, number=F("resource__last_revision")
    ).iterator(chunk_size=500)
    contents = {
        revision.resource_id: (revision.pk, content_blockers(revision.content)) for revision in newest
    }
    public = set(Edition.objects.filter(resource_id__in=ids).values_list("revision_id", flat=True))
    for resource in resources:
        revision_id, reasons = contents[resource.pk]
        if revision_id in public and resource.status == ResourceStatus.PUBLISHED:
            yield resource, [_("Nothing has been changed since the published version.")]
        else:
            yield resource, [str(reason) for reason in reasons]
