"""How well search engines know a site and who sends readers to it (PUB-20)."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.site_keeping import InclusionFileForm, InclusionForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.web_archive import SiteKeeperView
from jiyue.backoffice.visit_chart import draw_days
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.interaction.reading import count_reads, export_most_read, list_most_read
from jiyue.publishing.visits.selectors import (
    PERIODS_DAYS,
    SHOWN_DAYS,
    count_published,
    get_referrals,
    list_inclusions,
    percent,
)
from jiyue.publishing.visits.services import record_inclusion
from jiyue.publishing.visits.tables import (
    COLUMNS,
    MAX_BYTES,
    ImportReport,
    export_inclusions,
    export_referrals,
    import_inclusions,
)
from jiyue.sites.models import Site

EXPORTS = {"inclusion": export_inclusions, "referrals": export_referrals, "items": export_most_read}


class VisitsView(SiteKeeperView):
    """The person's sites."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, or lead to the only one."""
        page = Paginator(self.sites, LIST_SIZE).get_page(request.GET.get("page"))
        if page.paginator.count == 1:
            return redirect("backoffice:site_visits", page.object_list[0].pk)
        return self.page("site_visits_list.html", {"page": page})


class SiteVisitsBase(SiteKeeperView):
    """Base: one site of the person's."""

    @cached_property
    def site(self) -> Site:
        """The site in the address, or 404."""
        return get_object_or_404(self.sites, pk=self.kwargs["pk"])


class SiteVisitsView(SiteVisitsBase):
    """One site: table, chart, forms."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show everything."""
        return self._page(InclusionForm(initial={"counted_on": clock.today()}), InclusionFileForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter one figure."""
        site, form = self.site, InclusionForm(request.POST)
        if not form.is_valid():
            return self._page(form, InclusionFileForm())
        try:
            record_inclusion(site=site, entry=form.entry(), actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._page(form, InclusionFileForm())
        messages.success(request, _("The figure was entered."))
        return redirect("backoffice:site_visits", site.pk)

    def _page(
        self, form: InclusionForm, file_form: InclusionFileForm, report: ImportReport | None = None
    ) -> HttpResponse:
        today, days = clock.today(), self._days()
        referrals = get_referrals(self.site.pk, today, days)
        rows = [
            (row, percent(row.indexed_pages, row.published_pages)) for row in list_inclusions(self.site.pk)
        ]
        context = {
            "site": self.site,
            "form": form,
            "file_form": file_form,
            "report": report,
            "columns": ",".join(COLUMNS),
            "rows": rows,
            "published": count_published(self.site.pk, today),
            "referrals": referrals,
            "chart": draw_days(referrals.days),
            "before": get_referrals(self.site.pk, today - timedelta(days=days), days).total,
            "days": days,
            "first": today - timedelta(days=days - 1),
            "last": today,
            "periods": PERIODS_DAYS,
            "most_read": list_most_read(self.site.pk),
            "reads": count_reads(self.site.pk),
        }
        return self.page("site_visits.html", context)

    def _days(self) -> int:
        """The chosen period; the usual one where the address names no other."""
        chosen = {str(days): days for days in PERIODS_DAYS}
        return chosen.get(self.request.GET.get("days", ""), SHOWN_DAYS)


class SiteVisitsImportView(SiteVisitsView):
    """Figures from a CSV file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the page: where a renewed sign-in comes back to."""
        return redirect("backoffice:site_visits", self.site.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter all of them, or say what is wrong with the file."""
        site, form = self.site, InclusionFileForm(request.POST, request.FILES)
        empty = InclusionForm(initial={"counted_on": clock.today()})
        if not form.is_valid():
            return self._page(empty, form)
        try:
            data = form.cleaned_data["file"].read(MAX_BYTES + 1)
            report = import_inclusions(site=site, data=data, actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._page(empty, form)
        if report.errors:
            return self._page(empty, form, report)
        text = ngettext("%(count)d figure was entered.", "%(count)d figures were entered.", report.entered)
        messages.success(request, text % {"count": report.entered})
        return redirect("backoffice:site_visits", site.pk)


class SiteVisitsExportView(SiteVisitsBase):
    """One of the tables as CSV."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the file."""
        kind = request.GET.get("kind", "inclusion")
        if kind not in EXPORTS:
            raise Http404
        answer = HttpResponse(EXPORTS[kind](self.site), content_type="text/csv; charset=utf-8")
        name = f"{kind}-{self.site.key}-{clock.today().isoformat()}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
