"""My account: roles, second factors, recovery codes, password, sign-ins."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from jiyue.backoffice import signing_in
from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.sign_in import AgainForm, NewPasswordForm, PasskeyNameForm
from jiyue.backoffice.views.sign_in import SECRETS
from jiyue.backoffice.wording import VERBS, word
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry
from jiyue.organizations.credentials import flow, passkeys, passwords, recovery, second_factor
from jiyue.organizations.selectors import get_active_roles

RECENT_COUNT = 10
SIGN_IN_VERBS = ("account.signed_in", "account.code_refused", "account.sign_in_alarm")


class MyAccountView(StaffView):
    """Everything about the own account on one page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        account = self.account
        roles = get_active_roles().filter(person=account.person_id).select_related("unit")
        recent = AuditEntry.objects.filter(
            subject_type="account", subject_id=str(account.pk), verb__in=SIGN_IN_VERBS
        ).order_by("-pk")
        context = {
            "account": account,
            "roles": roles.order_by("unit__path", "role"),
            "factors": second_factor.list_factors(account),
            "is_here": request.user.otp_device.persistent_id,  # type: ignore[union-attr]  # set by django-otp
            "code_count": recovery.count_codes(account),
            "is_few": recovery.count_codes(account) <= recovery.FEW_CODES,
            "has_passkeys": passkeys.is_available(),
            "recent": [(entry, word(VERBS, entry.verb)) for entry in recent[:RECENT_COUNT]],
        }
        return self.page("account.html", context)


@method_decorator(sensitive_post_parameters(*SECRETS), name="dispatch")
class PasswordChangeView(StaffView):
    """A new password by one's own wish; every other session ends."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self.page("account_password.html", {"form": NewPasswordForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Replace the password and keep this session."""
        form = NewPasswordForm(request.POST)
        if form.is_valid():
            try:
                with signing_in.asking_again(request, self.account):
                    account = passwords.change_password(
                        account=self.account,
                        old=form.cleaned_data["old"],
                        new=form.cleaned_data["new"],
                        actor=self.actor,
                        kept_session_key=request.session.session_key or "",
                    )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                signing_in.keep_session(request, account)
                messages.success(
                    request, _("Your new password is in force. You are signed out everywhere else.")
                )
                return redirect("backoffice:my_account")
        return self.page("account_password.html", {"form": form})


class PasskeyRenameView(StaffView):
    """Another name for a passkey."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form_page(PasskeyNameForm(initial={"name": self._name(pk)}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep the name."""
        self._name(pk)
        form = PasskeyNameForm(request.POST)
        if form.is_valid():
            try:
                second_factor.rename_passkey(
                    account=self.account, pk=pk, name=form.cleaned_data["name"], actor=self.actor
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The passkey has its new name."))
                return redirect("backoffice:my_account")
        return self._form_page(form)

    def _name(self, pk: int) -> str:
        for factor in second_factor.list_factors(self.account):
            if factor.kind == second_factor.PASSKEY and factor.pk == pk:
                return factor.name
        raise Http404

    def _form_page(self, form: PasskeyNameForm) -> HttpResponse:
        return self.page("account_passkey_name.html", {"form": form})


@method_decorator(sensitive_post_parameters(*SECRETS), name="dispatch")
class FactorRemoveView(StaffView):
    """Removes a second factor, never the last one; the password is asked for again."""

    def get(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Name the effect."""
        return self._form_page(AgainForm(), kind, pk)

    def post(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Remove it."""
        self._factor(kind, pk)
        form = AgainForm(request.POST)
        if form.is_valid():
            try:
                with signing_in.asking_again(request, self.account):
                    second_factor.remove_factor(
                        account=self.account,
                        kind=kind,
                        pk=pk,
                        password=form.cleaned_data["password"],
                        actor=self.actor,
                    )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The second factor is removed."))
                return redirect("backoffice:my_account")
        return self._form_page(form, kind, pk)

    def _factor(self, kind: str, pk: int) -> second_factor.Factor:
        for factor in second_factor.list_factors(self.account):
            if factor.kind == kind and factor.pk == pk:
                return factor
        raise Http404

    def _form_page(self, form: AgainForm, kind: str, pk: int) -> HttpResponse:
        factor = self._factor(kind, pk)
        refusal = second_factor.removal_refusal(self.account, kind, pk)
        is_here = self.request.user.otp_device.persistent_id == factor.persistent_id  # type: ignore[union-attr]
        context = {
            "form": form,
            "factor": factor,
            "refusal": sentence(refusal) if refusal else "",
            "is_here": is_here,
        }
        return self.page("account_factor_remove.html", context)


@method_decorator(sensitive_post_parameters(*SECRETS), name="dispatch")
class RecoveryCodesView(StaffView):
    """Ten new recovery codes, shown once; the password is asked for again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Name the effect."""
        return self._form_page(AgainForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the codes and show them."""
        form = AgainForm(request.POST)
        if form.is_valid():
            try:
                with signing_in.asking_again(request, self.account):
                    passwords.require_password(self.account, form.cleaned_data["password"])
                codes = recovery.make_codes(account=self.account, actor=self.actor)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return self.page("account_codes.html", {"codes": codes})
        return self._form_page(form)

    def _form_page(self, form: AgainForm) -> HttpResponse:
        context = {"form": form, "code_count": recovery.count_codes(self.account)}
        return self.page("account_codes.html", context)


class SessionsEndView(StaffView):
    """Signs out everywhere else."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Only a deliberate click does it."""
        return redirect("backoffice:my_account")

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the other sessions, keep this one."""
        flow.sign_out_elsewhere(
            account=self.account, actor=self.actor, kept_session_key=request.session.session_key or ""
        )
        signing_in.keep_session(request, self.account)
        messages.success(request, _("You are signed out everywhere else."))
        return redirect("backoffice:my_account")
