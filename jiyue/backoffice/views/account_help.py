"""Helping people who can't sign in: initial passwords, and resets of the second factor by two persons."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from jiyue.backoffice.access import AdministratorView
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.sign_in import ReasonForm
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.credentials import helping, passwords, resets, second_factor
from jiyue.organizations.models import StaffAccount

SHOWN_COUNT = 50


class AccountHelpListView(AdministratorView):
    """Accounts that the administrator may help."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; the search narrows them."""
        wanted = storable(request.GET.get("q", "")).strip()[:40]
        accounts = helping.list_helpable_accounts(self.account)
        if wanted:
            accounts = accounts.filter(Q(login_name__icontains=wanted) | Q(person__name__icontains=wanted))
        rows = list(accounts[: SHOWN_COUNT + 1])
        context = {
            "accounts": rows[:SHOWN_COUNT],
            "is_cut": len(rows) > SHOWN_COUNT,
            "shown_count": SHOWN_COUNT,
            "q": wanted,
        }
        return self.page("account_help_list.html", context)


class HelpedAccountView(AdministratorView):
    """Base of the views about one account of the administered units; others don't exist."""

    def helped(self, pk: int) -> StaffAccount:
        """The account."""
        return get_object_or_404(helping.list_helpable_accounts(self.account), pk=pk)

    def help_page(
        self, helped: StaffAccount, form: ReasonForm | None = None, **context: object
    ) -> HttpResponse:
        """The page of one account: what may be done, and why not."""
        help_refusal = helping.help_refusal(helped, self.actor)
        reset_refusal = resets.reset_refusal(helped, self.actor)
        context |= {
            "helped": helped,
            "form": form or ReasonForm(),
            "factor_count": len(second_factor.list_factors(helped)),
            "help_refusal": sentence(help_refusal) if help_refusal else "",
            "reset_refusal": sentence(reset_refusal) if reset_refusal else "",
        }
        return self.page("account_help.html", context)


class AccountHelpView(HelpedAccountView):
    """What can be done for one account."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.help_page(self.helped(pk))


class InitialPasswordView(HelpedAccountView):
    """Hands over a password that is good for one sign-in; it is shown once."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Only a deliberate click makes one."""
        return redirect("backoffice:account_help", self.helped(pk).pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make it and show it."""
        helped = self.helped(pk)
        try:
            handover = passwords.issue_initial_password(account=helped, actor=self.actor)
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
            return redirect("backoffice:account_help", pk)
        return self.page("account_initial_password.html", {"helped": helped, "handover": handover})


class ResetProposeView(HelpedAccountView):
    """Proposes that a second factor be reset."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form stands on the page of the account."""
        return redirect("backoffice:account_help", self.helped(pk).pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose it."""
        helped = self.helped(pk)
        form = ReasonForm(request.POST)
        if form.is_valid():
            try:
                resets.propose_reset(account=helped, reason=form.cleaned_data["reason"], actor=self.actor)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(
                    request, _("Proposed. Another administrator has to approve it before anything changes.")
                )
                return redirect(f"{reverse('backoffice:change_list')}?show=proposed")
        return self.help_page(helped, form)
