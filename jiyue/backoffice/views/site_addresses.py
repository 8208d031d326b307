"""Addresses of a site and of its channels: what they are, what they were, changing them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.site_addresses import ChannelMoveForm, SiteAddressForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.site_roles import GovernedSiteView
from jiyue.publishing.webarchive.moving import move_channel
from jiyue.publishing.webarchive.selectors import list_former_paths
from jiyue.sites.hosting import change_hosting
from jiyue.sites.models import Channel


class SiteAddressesView(GovernedSiteView):
    """Where a site answers, and the addresses of its channels."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one page of channels with their present and former addresses."""
        page = Paginator(self.site.channels.all(), LIST_SIZE).get_page(request.GET.get("page"))
        former = list_former_paths(self.site.pk)
        rows = [(channel, former.get(channel.pk, [])) for channel in page.object_list]
        return self.page("site_addresses.html", {"site": self.site, "page": page, "rows": rows})


class SiteHostView(GovernedSiteView):
    """Another host name, port or canonical address for a site."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form with the present address."""
        site = self.site
        return self._page(
            SiteAddressForm(initial={"host": site.host, "port": site.port, "base_url": site.base_url})
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change it, or say at the field why not."""
        form, site = SiteAddressForm(request.POST), self.site
        if form.is_valid():
            data = {name: form.cleaned_data[name] for name in ("host", "port", "base_url")}
            if self.attempt(form, lambda: change_hosting(site=site, actor=self.account, **data)):
                messages.success(request, _("The address was changed. The pages are written again."))
                return redirect("backoffice:site_addresses", pk)
        return self._page(form, status=422)

    def _page(self, form: SiteAddressForm, *, status: int = 200) -> HttpResponse:
        return self.page("site_host.html", {"site": self.site, "form": form}, status=status)


class ChannelMoveView(GovernedSiteView):
    """Another address for one channel."""

    @cached_property
    def channel(self) -> Channel:
        """The channel in the address, or 404."""
        return get_object_or_404(self.site.channels, pk=self.kwargs["channel_pk"])

    def get(self, request: HttpRequest, pk: int, channel_pk: int) -> HttpResponse:
        """Show the form with the present address."""
        return self._page(ChannelMoveForm(initial={"path": self.channel.path}))

    def post(self, request: HttpRequest, pk: int, channel_pk: int) -> HttpResponse:
        """Move it, or say at the field why not."""
        form, channel = ChannelMoveForm(request.POST), self.channel
        if form.is_valid():
            path = form.cleaned_data["path"].strip("/")
            if self.attempt(form, lambda: move_channel(channel=channel, path=path, actor=self.account)):
                messages.success(
                    request, _("The channel was moved. Its old address leads to the new one by itself.")
                )
                return redirect("backoffice:site_addresses", pk)
        return self._page(form, status=422)

    def _page(self, form: ChannelMoveForm, *, status: int = 200) -> HttpResponse:
        context = {
            "site": self.site,
            "channel": self.channel,
            "former": list_former_paths(self.site.pk).get(self.channel.pk, []),
            "form": form,
        }
        return self.page("channel_move.html", context, status=status)
