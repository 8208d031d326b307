"""Taking an item down everywhere."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.review import WithdrawForm
from jiyue.backoffice.selectors import address_of, list_placements
from jiyue.backoffice.views.resources import ResourceView
from jiyue.core.errors import DomainError
from jiyue.library.enums import WithdrawalReason
from jiyue.library.selectors import get_live_edition
from jiyue.library.services import withdraw_resource


class ResourceWithdrawView(ResourceView):
    """The page that names the effect, and the act."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what would disappear."""
        return self._form_page(WithdrawForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Withdraw the item."""
        if not self.may_withdraw:
            raise PermissionDenied
        form = WithdrawForm(request.POST)
        if not form.is_valid():
            return self._form_page(form)
        try:
            withdraw_resource(
                resource=self.resource,
                reason_type=WithdrawalReason(form.cleaned_data["reason_type"]),
                reason=form.cleaned_data["reason"],
                actor=self.account,
            )
        except DomainError as error:
            add_refusal(form, error)
            return self._form_page(form)
        messages.success(request, _("Withdrawn. Its pages on all sites are being removed now."))
        return redirect("backoffice:resource_detail", pk)

    def _form_page(self, form: WithdrawForm) -> HttpResponse:
        if not self.may_withdraw:
            raise PermissionDenied
        placements = list(list_placements(self.resource))
        context = {
            "form": form,
            "resource": self.resource,
            "live": get_live_edition(self.resource.pk),
            "addresses": [(placement, address_of(placement)) for placement in placements],
            "site_count": len({placement.site_id for placement in placements}),
        }
        return self.page("resource_withdraw.html", context)
