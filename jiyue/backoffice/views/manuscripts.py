"""Original manuscripts of an item: kept, compared, explained, sent back, answered."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.comparing import compare_texts
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.reuse import ManuscriptForm, WordsForm
from jiyue.backoffice.views.resources import ResourceView
from jiyue.core.errors import DomainError
from jiyue.library.models import Resource
from jiyue.library.richtext import html_to_text
from jiyue.library.selectors import get_content, list_own_resources
from jiyue.library.use.manuscripts import (
    answer_problem,
    explain_differences,
    get_explanation,
    get_latest_manuscript,
    is_different,
    keep_manuscript,
    list_manuscripts,
    list_problems_for,
    send_problem_back,
)
from jiyue.library.use.models import Manuscript, ManuscriptProblem
from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization


class _ItemView(ResourceView):
    """Base: manuscripts are the own unit's papers, whatever it shares."""

    def visible(self) -> QuerySet[Resource]:
        """Items of the account's own units."""
        return list_own_resources(self.account)

    def require_clerk(self) -> None:
        """Refuse everybody but the unit's entry clerks."""
        if not self.is_editor:
            raise PermissionDenied


class ManuscriptView(_ItemView):
    """The rounds of an item's manuscript, and the difference to its newest state."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show them."""
        return self._page(self._form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep a new round."""
        self.require_clerk()
        form = self._form(request)
        if form.is_valid():
            try:
                keep_manuscript(resource=self.resource, handed_in=form.handed_in(), actor=self.account)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The manuscript is kept."))
                return redirect("backoffice:manuscript", pk)
        return self._page(form)

    def _form(self, request: HttpRequest | None = None) -> ManuscriptForm:
        units = Organization.objects.filter(status=UnitStatus.ACTIVE).order_by("path")
        if request is None:
            return ManuscriptForm(units=units, initial={"provider": self.resource.unit})
        return ManuscriptForm(request.POST, request.FILES, units=units)

    def _page(self, form: ManuscriptForm) -> HttpResponse:
        content, latest = get_content(self.resource), get_latest_manuscript(self.resource)
        differs = latest is not None and is_different(latest, content)
        context = {
            "resource": self.resource,
            "is_editor": self.is_editor,
            "form": form,
            "manuscripts": list_manuscripts(self.resource),
            "latest": latest,
            "differs": differs,
            "paragraphs": compare_texts(latest.text, html_to_text(content.body_html)) if latest else [],
            "explanation": get_explanation(latest, content) if latest else None,
            "explain_form": WordsForm(label=_("Why the text differs")),
            "problem_form": WordsForm(label=_("What is wrong in the original")),
        }
        return self.page("manuscript.html", context)


class ManuscriptExplainView(_ItemView):
    """Why the newest state differs."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the manuscripts: where a renewed sign-in comes back to."""
        return redirect("backoffice:manuscript", self.resource.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store the explanation."""
        self.require_clerk()
        try:
            explain_differences(resource=self.resource, text=request.POST.get("text", ""), actor=self.account)
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("The differences of this version are explained."))
        return redirect("backoffice:manuscript", self.resource.pk)


class ManuscriptProblemView(_ItemView):
    """Something wrong in the original."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the manuscripts: where a renewed sign-in comes back to."""
        return redirect("backoffice:manuscript", self.resource.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send it to the unit that handed the newest round in."""
        self.require_clerk()
        manuscript = get_object_or_404(
            Manuscript.objects.filter(resource=self.resource).order_by("-round")[:1]
        )
        try:
            send_problem_back(manuscript=manuscript, problem=request.POST.get("text", ""), actor=self.account)
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("Sent. The clerks of that unit get a message and can answer."))
        return redirect("backoffice:manuscript", self.resource.pk)


class ProblemView(StaffView):
    """A problem of a manuscript, as the unit that handed it in sees it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it with the manuscript; nothing of the other unit's item."""
        return self._page(WordsForm(label=_("Your answer")))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer it."""
        form = WordsForm(request.POST, label=_("Your answer"))
        if not self._may_answer:
            raise PermissionDenied
        if form.is_valid():
            try:
                answer_problem(problem=self.problem, answer=form.cleaned_data["text"], actor=self.account)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Answered. The person who asked gets a message."))
                return redirect("backoffice:manuscript_problem_detail", pk)
        return self._page(form)

    @cached_property
    def problem(self) -> ManuscriptProblem:
        """The problem named in the address; another unit's doesn't exist."""
        rows = list_problems_for(self.account).select_related("sent_by__person", "answered_by__person")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def _may_answer(self) -> bool:
        return (self.problem.manuscript.provider_id, "entry_clerk") in self.role_pairs

    def _page(self, form: WordsForm) -> HttpResponse:
        context = {"problem": self.problem, "form": form, "may_answer": self._may_answer}
        return self.page("manuscript_problem.html", context)
