"""Signing in and out."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from jiyue.backoffice import signing_in, unified_identity
from jiyue.backoffice.access import is_signed_in, safe_next
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.sign_in import (
    CodeForm,
    NewPasswordForm,
    PasskeyAnswerForm,
    PasswordForm,
    RecoveryCodeForm,
)
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import passkeys, passwords, recovery, second_factor
from jiyue.organizations.models import StaffAccount

Prove = Callable[[HttpRequest, StaffAccount, str], None]
SECRETS = ("password", "old", "new", "repeated", "code", "recovery_code", "answer")


@method_decorator(sensitive_post_parameters(*SECRETS), name="dispatch")
class SignInStep(View):
    """What all steps share."""

    template = "sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Signed-in people go on to where they wanted."""
        self.next = safe_next(request, request.GET.get("next"))
        if is_signed_in(request):
            return redirect(self.next)
        return super().dispatch(request, *args, **kwargs)

    def page(self, form: forms.Form, **context: object) -> HttpResponse:
        """Show the form; what went wrong stands above it."""
        context |= {
            "form": form,
            "query": self.request.GET.urlencode(),
            "is_expired": "expired" in self.request.GET,
            "is_signed_out": "signed_out" in self.request.GET,
        }
        return render(self.request, f"backoffice/{self.template}", context)

    def step_address(self, name: str) -> str:
        """Address of another step, which leads to the same page in the end."""
        return f"{reverse(f'backoffice:{name}')}?{urlencode({'next': self.next})}"


class SignInView(SignInStep):
    """Name and password."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page(PasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the password, then ask for the second factor."""
        form = PasswordForm(request.POST)
        if form.is_valid():
            try:
                signing_in.check_password(
                    request, form.cleaned_data["login_name"], form.cleaned_data["password"]
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return redirect(self.step_address("sign_in_code"))
        return self.page(form)


class PendingStep(SignInStep):
    """A step after the password: whoever hasn't proven it has nothing to do here.

    Attributes:
        name: Name of the address, without the namespace.
    """

    name = ""
    account: StaffAccount

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send everybody to the step that is theirs."""
        if not is_signed_in(request):
            account = signing_in.pending_account(request)
            if account is None:
                messages.warning(request, _("Please type your login name and password first."))
                return redirect(f"{reverse('backoffice:sign_in')}?{request.GET.urlencode()}")
            self.account = account
            self.next = safe_next(request, request.GET.get("next"))
            step = signing_in.next_step(request, account)
            if not self.name.startswith(step):
                return redirect(self.step_address(step))
        return super().dispatch(request, *args, **kwargs)

    def go_on(self) -> HttpResponse:
        """To the page that was wanted, or to the step that is still missing."""
        if signing_in.PENDING_KEY not in self.request.session:
            return redirect(self.next)
        return redirect(self.step_address(signing_in.next_step(self.request, self.account)))


class SignInCodeView(PendingStep):
    """The second factor: authenticator, passkey or recovery code."""

    name = "sign_in_code"
    template = "sign_in_code.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the ways that the account has."""
        return self._ways()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check what was sent and open the session."""
        if "answer" in request.POST:
            form: forms.Form = PasskeyAnswerForm(request.POST)
            prove: Prove = signing_in.prove_passkey
        elif "recovery_code" in request.POST:
            form = RecoveryCodeForm(request.POST)
            prove = signing_in.prove_recovery_code
        else:
            form = CodeForm(request.POST)
            prove = signing_in.prove_code
        if form.is_valid():
            try:
                prove(request, self.account, next(iter(form.cleaned_data.values())))
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                self._warn_of_few_codes()
                return self.go_on()
        return self._ways(form)

    def _warn_of_few_codes(self) -> None:
        left = recovery.count_codes(self.account)
        if left <= recovery.FEW_CODES and recovery.has_sheet(self.account):
            messages.warning(
                self.request,
                _("You have %(left)d recovery codes left. Make new ones under “My account”.")
                % {"left": left},
            )

    def _ways(self, form: forms.Form | None = None) -> HttpResponse:
        has_authenticator = second_factor.has_authenticator(self.account)
        options = ""
        if passkeys.is_available() and passkeys.has_passkey(self.account):
            options = signing_in.keep_challenge(self.request, passkeys.ask_to_prove(self.account))
        is_recovery = isinstance(form, RecoveryCodeForm) or "recovery" in self.request.GET
        shown: forms.Form | None = RecoveryCodeForm() if is_recovery else None
        if shown is None and has_authenticator:
            shown = CodeForm()
        context = {
            "passkey_options": options,
            "passkey_errors": form.errors.get("answer") if isinstance(form, PasskeyAnswerForm) else None,
            "is_recovery": is_recovery,
            "has_codes": recovery.count_codes(self.account) > 0,
            "code_address": self.step_address("sign_in_code"),
        }
        if form is not None and not isinstance(form, PasskeyAnswerForm):
            shown = form
        return self.page(shown or forms.Form(), **context)


class SignInPasswordView(PendingStep):
    """A new password, where one is due, before anything else."""

    name = "sign_in_password"
    template = "sign_in_password.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say why, and show the form."""
        return self._form_page(NewPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Replace the password and open the session."""
        form = NewPasswordForm(request.POST)
        if form.is_valid():
            old, new = form.cleaned_data["old"], form.cleaned_data["new"]
            try:
                signing_in.change_forced(request, self.account, old, new)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Your new password is in force."))
                return redirect(self.next)
        return self._form_page(form)

    def _form_page(self, form: NewPasswordForm) -> HttpResponse:
        return self.page(form, reason=passwords.change_reason(self.account))


class SignOutView(View):
    """The way out, open to everybody who has a session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Leave the session as it is: only a deliberate click signs out."""
        return redirect("backoffice:workbench")

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session."""
        elsewhere = unified_identity.take_sign_out_address(request)
        signing_in.sign_out(request)
        unified_identity.keep_sign_out_address(request, elsewhere)
        return redirect(f"{reverse('backoffice:sign_in')}?signed_out=1")
