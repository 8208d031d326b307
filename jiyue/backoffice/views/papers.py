"""Signed papers in the files of the portal office (REV-08 to REV-10)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.handling import PaperForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.core.errors import DomainError
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import value
from jiyue.review.filing import list_filing_offices, list_units_served, list_visible_papers
from jiyue.review.models import CasePaper
from jiyue.review.selectors import list_visible_cases
from jiyue.review.services.papers import file_paper

PAGE_SIZE = 50  # papers


class PaperListView(StaffView):
    """Papers of the own units and those the own office filed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page, narrowed to a number, title or name."""
        wanted = request.GET.get("q", "").strip()[:100]
        papers = list_visible_papers(self.account)
        if wanted:
            papers = papers.filter(title__icontains=wanted) | papers.filter(filing_number__icontains=wanted)
        context = {
            "page": Paginator(papers, PAGE_SIZE).get_page(request.GET.get("page")),
            "wanted": wanted,
            "may_file": list_filing_offices(self.account).exists(),
        }
        return self.page("paper_list.html", context)


class PaperDetailView(StaffView):
    """One paper, and the cases that rest on it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it; a paper of others doesn't exist."""
        paper = get_object_or_404(list_visible_papers(self.account), pk=pk)
        cases = list_visible_cases(self.account).filter(
            pk__in=CasePaper.objects.filter(filing=paper).values("case_id")
        )
        return self.page("paper_detail.html", {"paper": paper, "cases": cases})


class PaperFileView(StaffView):
    """Filing a paper that came to the portal office."""

    @cached_property
    def units(self) -> list[Organization]:
        """Units whose papers the own office keeps."""
        return list_units_served(self.account)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self._form_page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """File it, or show why not."""
        form = self._form(request.POST, request.FILES)
        if form.is_valid():
            try:
                filing = file_paper(paper=form.paper(), actor=self.account)
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Filed. A submission of the unit can name this paper now."))
                return redirect("backoffice:paper_detail", filing.pk)
        return self._form_page(form)

    def _form(self, *args: object) -> PaperForm:
        if not self.units:
            raise PermissionDenied
        return PaperForm(*args, units=self.units, words=value("review.consent_words", self.units[0]).text)

    def _form_page(self, form: PaperForm) -> HttpResponse:
        return self.page("paper_form.html", {"form": form}, status=422 if form.errors else 200)
