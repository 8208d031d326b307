"""Days of mourning: which sites are grey, ordering it, ending it."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.forms.mourning import MourningForm
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.web_archive import SiteKeeperView
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.sites.models import MourningPeriod
from jiyue.sites.mourning import end_mourning, list_periods, order_mourning


class MourningView(SiteKeeperView):
    """The own sites with their state, the form, and what was ordered before."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; the form proposes tomorrow, the whole day."""
        tomorrow = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        tomorrow += timedelta(days=1)
        initial = {"starts_at": tomorrow, "ends_at": tomorrow + timedelta(days=1)}
        return self._page(MourningForm(sites=self.sites, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Order it for the ticked sites."""
        form = MourningForm(request.POST, sites=self.sites)
        if not form.is_valid():
            return self._page(form)
        try:
            ordered = order_mourning(**form.cleaned_data, actor=self.account)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return self._page(form)
        count = len(ordered)
        messages.success(
            request,
            ngettext("Ordered for %(count)s site.", "Ordered for %(count)s sites.", count) % {"count": count},
        )
        return redirect("backoffice:mourning")

    def _page(self, form: MourningForm) -> HttpResponse:
        sites = Paginator(self.sites, LIST_SIZE).get_page(self.request.GET.get("page"))
        now = clock.now()
        periods = list_periods([site.pk for site in sites])
        coming: dict[int, list[MourningPeriod]] = {}
        for period in periods.filter(ends_at__gt=now).order_by("starts_at"):
            coming.setdefault(period.site_id, []).append(period)
        context = {
            "form": form,
            "page": sites,
            "now": now,
            "rows": [(site, coming.get(site.pk, [])) for site in sites],
            "past": periods.filter(ends_at__lte=now)[:LIST_SIZE],
        }
        return self.page("mourning.html", context)


class MourningEndView(SiteKeeperView):
    """Ending a period at once, or taking it back."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        get_object_or_404(MourningPeriod, pk=pk, site__in=self.sites)
        return redirect("backoffice:mourning")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it."""
        period = get_object_or_404(MourningPeriod, pk=pk, site__in=self.sites)
        try:
            end_mourning(period=period, actor=self.account)
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("Ended. The site shows its colours again within seconds."))
        return redirect("backoffice:mourning")
