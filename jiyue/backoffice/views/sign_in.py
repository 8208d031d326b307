"""Signing in and out."""

from typing import Any

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

from jiyue.backoffice import signing_in
from jiyue.backoffice.access import is_signed_in, safe_next
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.sign_in import CodeForm, PasswordForm
from jiyue.core.errors import DomainError


@method_decorator(sensitive_post_parameters("password", "code"), name="dispatch")
class SignInStep(View):
    """What both steps share."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Signed-in people go on to where they wanted."""
        self.next = safe_next(request, request.GET.get("next"))
        if is_signed_in(request):
            return redirect(self.next)
        return super().dispatch(request, *args, **kwargs)

    def page(self, form: PasswordForm | CodeForm, **context: object) -> HttpResponse:
        """Show the form; what went wrong stands above it."""
        context |= {
            "form": form,
            "query": self.request.GET.urlencode(),
            "is_expired": "expired" in self.request.GET,
            "is_signed_out": "signed_out" in self.request.GET,
        }
        return render(self.request, "backoffice/sign_in.html", context)


class SignInView(SignInStep):
    """Name and password."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page(PasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the password, then ask for the code."""
        form = PasswordForm(request.POST)
        if form.is_valid():
            try:
                signing_in.check_password(
                    request, form.cleaned_data["login_name"], form.cleaned_data["password"]
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return redirect(f"{reverse('backoffice:sign_in_code')}?{urlencode({'next': self.next})}")
        return self.page(form)


class SignInCodeView(SignInStep):
    """The six-digit code."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Without a proven password there is nothing to do here."""
        self.account = signing_in.pending_account(request)
        if self.account is None and not is_signed_in(request):
            messages.warning(request, _("Please type your login name and password first."))
            return redirect(f"{reverse('backoffice:sign_in')}?{request.GET.urlencode()}")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page(CodeForm(), is_second=True)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the code and open the session."""
        form = CodeForm(request.POST)
        if form.is_valid() and self.account is not None:
            try:
                signing_in.check_code(request, self.account, form.cleaned_data["code"])
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return redirect(self.next)
        return self.page(form, is_second=True)


class SignOutView(View):
    """The way out, open to everybody who has a session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Leave the session as it is: only a deliberate click signs out."""
        return redirect("backoffice:workbench")

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session."""
        signing_in.sign_out(request)
        return redirect(f"{reverse('backoffice:sign_in')}?signed_out=1")
