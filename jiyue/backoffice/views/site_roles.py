"""Who answers for sites and channels: the report, the roles of units, the owners of channels."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.sites import ChannelOwnerForm, SiteRoleForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.core import clock
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.models import ChannelOwner, Site, SiteRole
from jiyue.sites.selectors import list_active_owners, list_findings, list_governed_sites, list_site_roles
from jiyue.sites.services import (
    end_channel_owner,
    end_site_role,
    go_live_blockers,
    name_channel_owner,
    name_site_unit,
)


class GovernedSiteView(UnitManagerView):
    """Base: only sites that a unit of the own subtree answers for."""

    def sites(self) -> QuerySet[Site]:
        """The sites that exist here."""
        return list_governed_sites(self.account)

    @cached_property
    def site(self) -> Site:
        """The site named in the address, or 404."""
        return get_object_or_404(self.sites(), pk=self.kwargs["pk"])


class SiteReportView(GovernedSiteView):
    """What each site lacks: supervising unit, sponsor, responsible persons, owners of channels."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the report."""
        page = Paginator(self.sites(), LIST_SIZE).get_page(request.GET.get("page"))
        ids = [site.pk for site in page.object_list]
        findings = list_findings(self.sites().filter(pk__in=ids))
        context = {"page": page, "findings": findings, "wanting": sum(not f.is_complete for f in findings)}
        return self.page("site_report.html", context)


class SiteRolesView(GovernedSiteView):
    """The units of one site."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show them, and the form."""
        return self._page(SiteRoleForm(units=self.active_units, initial={"starts_on": clock.today()}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a unit a role."""
        form = SiteRoleForm(request.POST, units=self.active_units)
        if form.is_valid():
            data = form.cleaned_data | {"role": SiteRoleName(form.cleaned_data["role"])}
            if self.attempt(form, lambda: name_site_unit(site=self.site, actor=self.account, **data)):
                messages.success(request, _("The role was given."))
                return redirect("backoffice:site_roles", pk)
        return self._page(form)

    def _page(self, form: SiteRoleForm) -> HttpResponse:
        held = set(list_site_roles().filter(site=self.site).values_list("pk", flat=True))
        roles = SiteRole.objects.filter(site=self.site).select_related("unit").order_by("-starts_on", "-pk")
        today = clock.today()
        context = {
            "site": self.site,
            "form": form,
            "rows": [(role, role.pk in held, role.starts_on > today) for role in roles],
            "blockers": go_live_blockers(self.site),
        }
        return self.page("site_roles.html", context)


class SiteRoleEndView(GovernedSiteView):
    """Ending a role at once."""

    def get(self, request: HttpRequest, pk: int, role_pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        return redirect("backoffice:site_roles", self.site.pk)

    def post(self, request: HttpRequest, pk: int, role_pk: int) -> HttpResponse:
        """End it: yesterday was its last day, or its first one where that is later."""
        role = get_object_or_404(SiteRole, site=self.site, pk=role_pk)
        last_day = max(role.starts_on, clock.today() - timedelta(days=1))
        return self.attempt_and_return(
            lambda: end_site_role(site_role=role, last_day=last_day, actor=self.account),
            _("The role has ended; it stays in the history."),
            "backoffice:site_roles",
            pk,
        )


class ChannelOwnersView(GovernedSiteView):
    """The owners of one site's channels."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show them, and the form."""
        initial = {"starts_on": clock.today(), "channel": request.GET.get("channel", "")}
        return self._page(ChannelOwnerForm(site=self.site, initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Name an owner."""
        form = ChannelOwnerForm(request.POST, site=self.site)
        if form.is_valid() and self.attempt(
            form, lambda: name_channel_owner(**form.cleaned_data, actor=self.account)
        ):
            messages.success(request, _("The channel owner was named."))
            return redirect("backoffice:channel_owners", pk)
        return self._page(form)

    def _page(self, form: ChannelOwnerForm) -> HttpResponse:
        owners: dict[int, list[ChannelOwner]] = {}
        for owner in list_active_owners().filter(channel__site=self.site):
            owners.setdefault(owner.channel_id, []).append(owner)
        rows = [(channel, owners.get(channel.pk, [])) for channel in self.site.channels.all()]
        return self.page("channel_owners.html", {"site": self.site, "form": form, "rows": rows})


class ChannelOwnerEndView(GovernedSiteView):
    """Ending somebody's answering for a channel."""

    def get(self, request: HttpRequest, pk: int, owner_pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        return redirect("backoffice:channel_owners", self.site.pk)

    def post(self, request: HttpRequest, pk: int, owner_pk: int) -> HttpResponse:
        """End it."""
        owner = get_object_or_404(ChannelOwner, channel__site=self.site, pk=owner_pk)
        return self.attempt_and_return(
            lambda: end_channel_owner(owner=owner, actor=self.account),
            _("That person answers for the channel no longer."),
            "backoffice:channel_owners",
            pk,
        )
