"""What the screens about units, sites and co-regulators share."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise, cached_property

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import list_managed_units


class UnitManagerView(StaffView):
    """Base of the views in which platform managers change their own subtree (ORG-04)."""

    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER})

    def managed_units(self) -> QuerySet[Organization]:
        """Units of the own subtree, in the order of the tree; no other exists."""
        return list_managed_units(self.account)

    @cached_property
    def active_units(self) -> QuerySet[Organization]:
        """Those that still exist: what a form may name."""
        return self.managed_units().filter(status=UnitStatus.ACTIVE)

    def attempt(self, form: forms.Form, act: Callable[[], Any]) -> Any | None:
        """Carry `act` out; a refusal appears in the form, and nothing typed is lost."""
        try:
            return act()
        except DomainError as refusal:
            add_refusal(form, refusal)
            return None

    def attempt_and_return(
        self, act: Callable[[], Any], done: str | Promise, address: str, *keys: object
    ) -> HttpResponse:
        """Carry a single button's act out and go back to its page, saying what happened."""
        try:
            act()
        except DomainError as refusal:
            messages.error(self.request, sentence(refusal))
        else:
            messages.success(self.request, str(done))
        return redirect(address, *keys)
