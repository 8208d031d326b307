"""Personal accounts: the list, one account, what becomes of it, and the way back of an unused one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.people import AccountFilterForm, AccountStatusForm, ExplanationForm
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.people import PeopleView
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload, store_file
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.people_jobs import EXPLANATION_LETTER
from jiyue.organizations.selectors.people import list_accounts, list_explanations
from jiyue.organizations.services.accounts import (
    close_account,
    reactivate_account,
    reactivation_refusal,
    removal_refusal,
    suspend_account,
    two_persons_refusal,
)
from jiyue.organizations.services.explanations import explanation_refusal, file_explanation
from jiyue.organizations.services.idle import disable_account, last_day_of
from jiyue.organizations.services.removals import propose_status
from jiyue.policy.selectors import Rules, read_rules

_REMOVALS: dict[str, AccountStatus] = {
    "suspend": AccountStatus.SUSPENDED,
    "disable": AccountStatus.DISABLED,
    "close": AccountStatus.CLOSED,
}
_SERVICES: dict[str, Callable[..., StaffAccount]] = {
    "suspend": suspend_account,
    "disable": disable_account,
    "close": close_account,
    "reactivate": reactivate_account,
}


class AccountListView(PeopleView):
    """Accounts of the own and the administered units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = AccountFilterForm(request.GET or None, units=self.visible_units())
        accounts = form.filters().apply(list_accounts(self.visible_unit_ids))
        page = Paginator(accounts, LIST_SIZE).get_page(request.GET.get("page"))
        rules: dict[int, Rules] = {}
        rows = []
        for account in page.object_list:
            if account.unit_id not in rules:
                rules[account.unit_id] = read_rules(account.unit)
            rows.append(_row(account, rules[account.unit_id]))
        context = {"form": form, "page": page, "rows": rows, "is_administrator": self.is_administrator}
        return self.page("account_list.html", context)


def _row(account: StaffAccount, rules: Rules) -> dict[str, Any]:
    """An account with the last day of its period, and whether that is near."""
    if not account.is_active:
        return {"account": account, "last_day": None, "is_idle_soon": False}
    last_day = last_day_of(account, rules)
    leads = [term.number for term in rules.value("account.idle_warnings").terms]
    days_left = (last_day - clock.today()).days
    return {"account": account, "last_day": last_day, "is_idle_soon": days_left <= max(leads, default=0)}


class AccountPage(PeopleView):
    """Base of the pages about one account."""

    @cached_property
    def subject(self) -> StaffAccount:
        """The account; of other units none exists."""
        return get_object_or_404(list_accounts(self.visible_unit_ids), pk=self.kwargs["pk"])

    def account_page(self, form: AccountStatusForm) -> HttpResponse:
        """Show the account with what can be done about it."""
        account, actor = self.subject, self.actor
        context: dict[str, Any] = {"form": form, **_row(account, read_rules(account.unit))}
        if account.unit_id in self.administered_unit_ids:
            removals = {act: removal_refusal(account, actor, status) for act, status in _REMOVALS.items()}
            context |= {
                "acts": [act for act, refusal in removals.items() if refusal is None],
                "needs_two": two_persons_refusal(account, actor),
                "blocker": removals["suspend"] if account.is_active else None,
                "back_blocker": None if account.is_active else reactivation_refusal(account, actor),
            }
        context |= {
            "is_administrator": account.unit_id in self.administered_unit_ids,
            "may_explain": explanation_refusal(account, actor) is None,
            "explanations": list_explanations(self.visible_unit_ids).filter(account=account),
        }
        return self.page("account_detail.html", context)


class AccountView(AccountPage):
    """One account."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.account_page(AccountStatusForm())


class AccountStatusView(AccountPage):
    """Suspending, disabling, closing and letting in again."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the account: where a renewed sign-in comes back to."""
        return redirect("backoffice:account_detail", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do it, or propose it where it takes two persons."""
        if self.subject.unit_id not in self.administered_unit_ids:
            raise Http404
        form = AccountStatusForm(request.POST)
        if not form.is_valid():
            return self.account_page(form)
        act, reason = form.cleaned_data["act"], form.cleaned_data["reason"]
        try:
            if act in _REMOVALS and two_persons_refusal(self.subject, self.actor):
                change = propose_status(
                    account=self.subject, status=_REMOVALS[act], reason=reason, actor=self.actor
                )
                messages.success(request, _("Proposed. Another administrator decides."))
                return redirect("backoffice:change_detail", change.pk)
            account = _SERVICES[act](account=self.subject, reason=reason, actor=self.actor)
        except DomainError as error:
            add_refusal(form, error)
            return self.account_page(form)
        messages.success(
            request, _("The account is %(status)s now.") % {"status": account.get_status_display()}
        )
        return redirect("backoffice:account_detail", pk)


class AccountExplainView(AccountPage):
    """The written explanation for an account that was disabled."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._page(ExplanationForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """File the explanation with its letter; both, or neither."""
        form = ExplanationForm(request.POST, request.FILES)
        account = self.subject
        if not form.is_valid() or explanation_refusal(account, self.actor):
            return self._page(form)
        try:
            with transaction.atomic():
                upload = form.cleaned_data["letter"]
                letter = store_file(
                    data=read_upload(upload, field="letter"),
                    original_name=upload.name,
                    purpose=EXPLANATION_LETTER,
                    unit_id=account.unit_id,
                    actor=self.actor,
                    field="letter",
                )
                explanation = file_explanation(
                    account=account,
                    letter=letter,
                    commitment=form.cleaned_data["commitment"],
                    actor=self.actor,
                )
        except DomainError as error:
            add_refusal(form, error)
            return self._page(form)
        messages.success(request, _("Filed. An administrator of the unit above decides."))
        return redirect("backoffice:explanation_detail", explanation.pk)

    def _page(self, form: ExplanationForm) -> HttpResponse:
        context = {
            "form": form,
            "heading": _("Explain why the account wasn't used"),
            "submit": _("File the explanation"),
            "note": str(self.subject),
            "warning": explanation_refusal(self.subject, self.actor),
            "is_multipart": True,
        }
        return self.page("people_form.html", context)
