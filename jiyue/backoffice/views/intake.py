"""Systems that hand items in, the quarantine, and content taken in by hand."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.backoffice.forms.intake import AcceptForm, CaptureForm, ClientForm, RefuseForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.core.errors import DomainError
from jiyue.library.open_intake.clients import (
    change_client,
    list_clients,
    register_client,
    rotate_secret,
    switch_client,
)
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models import IntakeClient, IntakeItem
from jiyue.library.open_intake.modes import take_in
from jiyue.library.open_intake.quarantine import (
    accept_item,
    decision_blockers,
    list_items,
    reading_of,
    refuse_item,
)
from jiyue.library.richtext import html_to_text
from jiyue.policy.selectors import value


class ClientListView(UnitManagerView):
    """The systems of the own subtree, and a new one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list and the form."""
        return self._page(ClientForm(units=self.active_units))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register a system and show its token, once."""
        form = ClientForm(request.POST, units=self.active_units)
        if form.is_valid():
            made = self.attempt(form, lambda: register_client(plan=form.plan(), actor=self.account))
            if made:
                client, token = made
                return self.page("intake_token.html", {"client": client, "token": token})
        return self._page(form)

    def _page(self, form: ClientForm) -> HttpResponse:
        return self.page("intake_client_list.html", {"form": form, "clients": list_clients(self.account)})


class _ClientView(UnitManagerView):
    @cached_property
    def client(self) -> IntakeClient:
        """The system named in the address; one outside the own subtree doesn't exist."""
        return get_object_or_404(list_clients(self.account), pk=self.kwargs["pk"])


class ClientDetailView(_ClientView):
    """One system: what it may do."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._page(ClientForm(units=self.active_units, client=self.client))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change it."""
        form = ClientForm(request.POST, units=self.active_units, client=self.client)
        if form.is_valid() and self.attempt(
            form, lambda: change_client(client=self.client, plan=form.plan(), actor=self.account)
        ):
            messages.success(request, _("Saved."))
            return redirect("backoffice:intake_client_detail", pk)
        return self._page(form)

    def _page(self, form: ClientForm) -> HttpResponse:
        newest = self.client.items.order_by("-pk")[:10]
        return self.page("intake_client.html", {"form": form, "client": self.client, "items": newest})


class ClientRotateView(_ClientView):
    """A new token."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the system: where a renewed sign-in comes back to."""
        return redirect("backoffice:intake_client_detail", self.client.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make it and show it, once."""
        token = rotate_secret(client=self.client, actor=self.account)
        return self.page("intake_token.html", {"client": self.client, "token": token})


class ClientSwitchView(_ClientView):
    """On and off."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the system: where a renewed sign-in comes back to."""
        return redirect("backoffice:intake_client_detail", self.client.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Switch it to what the button said."""
        is_active = request.POST.get("to") == "on"
        return self.attempt_and_return(
            lambda: switch_client(client=self.client, is_active=is_active, actor=self.account),
            _("The system is switched on.") if is_active else _("The system is switched off."),
            "backoffice:intake_client_detail",
            self.client.pk,
        )


class QuarantineListView(StaffView):
    """What came in for the own units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        state = request.GET.get("state", ItemState.QUARANTINED)
        items = list_items(self.account)
        chosen = items if state == "all" else items.filter(state=ItemState.QUARANTINED)
        context = {
            "page": Paginator(chosen, LIST_SIZE).get_page(request.GET.get("page")),
            "is_all": state == "all",
            "open_count": items.filter(state=ItemState.QUARANTINED).count(),
        }
        return self.page("quarantine_list.html", context)


class QuarantineItemView(StaffView):
    """One item: what came, what is wrong with it, what a clerk does."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(None, RefuseForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept the corrected item, or refuse it."""
        if decision_blockers(self.item, self.account) and not self._is_clerk():
            raise PermissionDenied
        if request.POST.get("decision") == "refuse":
            refuse = RefuseForm(request.POST)
            if refuse.is_valid() and self._try(refuse, self._refuse):
                messages.success(request, _("Refused. The sending system reads the reason."))
                return redirect("backoffice:quarantine_list")
            return self._page(None, refuse)
        accept = AcceptForm(request.POST, unit=self.item.unit)
        if accept.is_valid() and self._try(accept, self._accept):
            messages.success(request, _("Taken in as a draft. Complete it and submit it for review."))
            self.item.refresh_from_db()
            return redirect("backoffice:resource_detail", self.item.resource_id)
        return self._page(accept, RefuseForm())

    @cached_property
    def item(self) -> IntakeItem:
        """The item named in the address; another unit's doesn't exist."""
        return get_object_or_404(list_items(self.account), pk=self.kwargs["pk"])

    def _is_clerk(self) -> bool:
        return (self.item.unit_id, "entry_clerk") in self.role_pairs

    def _try(self, form: Any, act: Callable[[Any], None]) -> bool:
        try:
            act(form)
        except DomainError as refusal:
            add_refusal(form, refusal)
            return False
        return True

    def _accept(self, form: AcceptForm) -> None:
        content = form.corrected(reading_of(self.item).content)
        accept_item(item=self.item, content=content, actor=self.account)

    def _refuse(self, form: RefuseForm) -> None:
        refuse_item(item=self.item, reason=form.cleaned_data["reason"], actor=self.account)

    def _page(self, accept: AcceptForm | None, refuse: RefuseForm) -> HttpResponse:
        reading = reading_of(self.item)
        content = reading.content
        initial = {
            "title": content.title,
            "text": html_to_text(content.body_html),
            "source": content.source,
            "author": content.author,
            "written_on": content.written_on,
            "openness": content.openness,
        }
        form = accept or AcceptForm(unit=self.item.unit, initial=initial)
        context = {
            "item": self.item,
            "form": form,
            "refuse": refuse,
            "reading": reading,
            "may_decide": not decision_blockers(self.item, self.account),
        }
        return self.page("quarantine_item.html", context)


class CaptureView(ClerkView):
    """Content captured from the web, reported by another unit, or linked."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take it in as a draft."""
        form = self._form(request.POST)
        if form.is_valid():
            try:
                resource = take_in(
                    unit=self.chosen_unit(),
                    content=form.content(),
                    mode=form.chosen_mode(),
                    actor=self.account,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Taken in as a draft. Complete it and submit it for review."))
                return redirect("backoffice:resource_edit", resource.pk)
        return self._page(form)

    def _form(self, data: Any = None) -> CaptureForm:
        unit = self.chosen_unit()
        disabled = value("intake.disabled_modes", unit).items
        return CaptureForm(data, unit=unit, disabled=disabled)

    def _page(self, form: CaptureForm) -> HttpResponse:
        context = {"form": form, "unit": self.chosen_unit(), "units": self.units}
        return self.page("capture.html", context)
