"""Setting a second factor up: at the first sign-in, where nothing else opens, and from the account page."""

import base64
from binascii import unhexlify

import django_otp
import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.models import Device

from jiyue.backoffice import signing_in
from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.sign_in import (
    AuthenticatorForm,
    AuthenticatorWithPasswordForm,
    NewPasskeyForm,
    PasskeyWithPasswordForm,
)
from jiyue.backoffice.views.sign_in import SECRETS, PendingStep
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import passkeys, passwords, recovery, second_factor
from jiyue.organizations.models import StaffAccount

SECRET_KEY = "authenticator_secret"  # noqa: S105  # where the session keeps it until a code confirms it
GROUP = 4  # characters of the secret between two spaces


def candidate_secret(request: HttpRequest) -> str:
    """The secret this session offers; the same one until it is confirmed."""
    return str(request.session.setdefault(SECRET_KEY, second_factor.new_secret()))


def secret_context(request: HttpRequest, account: StaffAccount) -> dict[str, object]:
    """The secret as a picture to scan and as text to type."""
    secret = candidate_secret(request)
    text = base64.b32encode(unhexlify(secret)).decode()
    address = second_factor.unconfirmed_device(account, secret).config_url
    return {
        "qr": _qr(address),
        "secret_text": " ".join(text[start : start + GROUP] for start in range(0, len(text), GROUP)),
    }


def _qr(text: str) -> SafeString:
    picture = segno.make_qr(text).svg_inline(
        omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return mark_safe(picture)  # noqa: S308  # drawn from modules, it holds no text


def confirm_authenticator(request: HttpRequest, account: StaffAccount, code: str) -> Device:
    """Set the authenticator of this session's secret up; return the device."""
    device = second_factor.confirm_authenticator(
        account=account,
        secret=candidate_secret(request),
        code=code,
        actor=account.audit_actor(signing_in.address_of(request)),
    )
    del request.session[SECRET_KEY]
    return device


class SignInEnrolView(PendingStep):
    """The first authenticator; without a second factor nothing else opens."""

    name = "sign_in_enrol"
    template = "sign_in_enrol.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the secret."""
        return self._form_page(AuthenticatorForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm the authenticator by a code, then show the recovery codes."""
        form = AuthenticatorForm(request.POST)
        if form.is_valid():
            try:
                device = confirm_authenticator(request, self.account, form.cleaned_data["code"])
                return self.show_codes(device, "totp")
            except DomainError as refusal:
                add_refusal(form, refusal)
        return self._form_page(form)

    def show_codes(self, device: Device, method: str) -> HttpResponse:
        """The recovery codes, this once; behind them the way goes on."""
        request, account = self.request, self.account
        actor = account.audit_actor(signing_in.address_of(request))
        codes = recovery.make_codes(account=account, actor=actor)
        signing_in.accept_factor(request, account, device, method)
        address = self.go_on().headers["Location"]
        context = {"codes": codes, "next_address": address}
        return render(request, "backoffice/sign_in_codes.html", context)

    def _form_page(self, form: AuthenticatorForm) -> HttpResponse:
        context = secret_context(self.request, self.account) | {
            "has_passkeys": passkeys.is_available(),
            "passkey_address": self.step_address("sign_in_enrol_passkey"),
        }
        return self.page(form, **context)


class SignInEnrolPasskeyView(SignInEnrolView):
    """A passkey instead of an authenticator as the first second factor."""

    name = "sign_in_enrol_passkey"
    template = "sign_in_enrol_passkey.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask the browser for a passkey."""
        if not passkeys.is_available():
            return redirect(self.step_address("sign_in_enrol"))
        return self._passkey_page(NewPasskeyForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the passkey, then show the recovery codes."""
        form = NewPasskeyForm(request.POST)
        if form.is_valid():
            try:
                passkey = register_passkey(request, self.account, form)
                return self.show_codes(passkey, "passkey")
            except DomainError as refusal:
                add_refusal(form, refusal)
        return self._passkey_page(form)

    def _passkey_page(self, form: NewPasskeyForm) -> HttpResponse:
        options = signing_in.keep_challenge(self.request, passkeys.ask_to_register(self.account))
        context = {"options": options, "authenticator_address": self.step_address("sign_in_enrol")}
        return self.page(form, **context)


@method_decorator(sensitive_post_parameters(*SECRETS), name="dispatch")
class AuthenticatorView(StaffView):
    """Another authenticator; the password is asked for again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the secret."""
        return self._form_page(AuthenticatorWithPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm the authenticator; the earlier one stops working."""
        form = AuthenticatorWithPasswordForm(request.POST)
        if form.is_valid():
            try:
                with signing_in.asking_again(request, self.account):
                    passwords.require_password(self.account, form.cleaned_data["password"])
                device = confirm_authenticator(request, self.account, form.cleaned_data["code"])
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                django_otp.login(request, device)  # the old one may have opened this session
                messages.success(request, _("The authenticator is set up."))
                return redirect("backoffice:my_account")
        return self._form_page(form)

    def _form_page(self, form: forms.Form) -> HttpResponse:
        context = secret_context(self.request, self.account) | {
            "form": form,
            "is_replacing": second_factor.has_authenticator(self.account),
        }
        return self.page("account_authenticator.html", context)


@method_decorator(sensitive_post_parameters(*SECRETS), name="dispatch")
class PasskeyCreateView(StaffView):
    """One more passkey; the password is asked for again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for a name, then the browser for a passkey."""
        return self._form_page(PasskeyWithPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the passkey."""
        form = PasskeyWithPasswordForm(request.POST)
        if form.is_valid():
            try:
                with signing_in.asking_again(request, self.account):
                    passwords.require_password(self.account, form.cleaned_data["password"])
                register_passkey(request, self.account, form)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The passkey is added."))
                return redirect("backoffice:my_account")
        return self._form_page(form)

    def _form_page(self, form: forms.Form) -> HttpResponse:
        options = ""
        if passkeys.is_available():
            options = signing_in.keep_challenge(self.request, passkeys.ask_to_register(self.account))
        return self.page("account_passkey.html", {"form": form, "options": options})


def register_passkey(request: HttpRequest, account: StaffAccount, form: NewPasskeyForm) -> Device:
    """Keep the passkey that the browser made for this session's question."""
    return passkeys.register(
        account=account,
        name=form.cleaned_data["name"],
        answer=form.cleaned_data["answer"],
        challenge=signing_in.take_challenge(request),
        actor=account.audit_actor(signing_in.address_of(request)),
    )
