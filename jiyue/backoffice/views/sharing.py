"""Which unit may read which other one's library."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.units import SharingForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.core import clock
from jiyue.organizations.models import SharingGrant
from jiyue.organizations.selectors import list_running_grants
from jiyue.organizations.services import end_sharing, grant_sharing


class _SharingView(UnitManagerView):
    def visible(self) -> QuerySet[SharingGrant]:
        """Grants of libraries of the own subtree."""
        return SharingGrant.objects.filter(owner__in=self.managed_units().order_by())


class SharingListView(_SharingView):
    """The grants, and a new one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list and the form."""
        return self._page(SharingForm(units=self.active_units, initial={"starts_on": clock.today()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Grant it."""
        form = SharingForm(request.POST, units=self.active_units)
        if form.is_valid() and self.attempt(
            form, lambda: grant_sharing(**form.cleaned_data, actor=self.account)
        ):
            messages.success(request, _("The library is shared."))
            return redirect("backoffice:sharing_list")
        return self._page(form)

    def _page(self, form: SharingForm) -> HttpResponse:
        running = set(list_running_grants().values_list("pk", flat=True))
        grants = self.visible().select_related("owner", "reader").order_by("-pk")[:LIST_SIZE]
        today = clock.today()
        rows = [(grant, grant.pk in running, grant.starts_on > today) for grant in grants]
        return self.page("sharing_list.html", {"form": form, "rows": rows})


class SharingEndView(_SharingView):
    """Ending a grant."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        get_object_or_404(self.visible(), pk=pk)
        return redirect("backoffice:sharing_list")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it."""
        grant = get_object_or_404(self.visible(), pk=pk)
        return self.attempt_and_return(
            lambda: end_sharing(grant=grant, actor=self.account),
            _("The library is shared with that unit no longer."),
            "backoffice:sharing_list",
        )
