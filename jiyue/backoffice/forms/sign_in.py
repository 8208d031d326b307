from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.credentials.passkeys import MAX_ANSWER_CHARS
from jiyue.organizations.credentials.second_factor import MAX_NAME_CHARS

MAX_PASSWORD_CHARS = 200  # a limit against abuse: slow digests of endless texts


def _code_field() -> forms.RegexField:
    return forms.RegexField(
        r"^[0-9]{6}$",
        label=_("Six-digit code"),
        help_text=_("From the authenticator app on your telephone; it changes every 30 seconds."),
        error_messages={"invalid": _("The code has six digits.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 6, "autofocus": True}
        ),
    )


def _password_field(
    label: Any,
    autocomplete: str = "current-password",
    help_text: Any = "",  # texts, translated lazily
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        strip=False,
        max_length=MAX_PASSWORD_CHARS,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class PasswordForm(forms.Form):
    """First step of signing in."""

    login_name = forms.CharField(
        label=_("Login name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = _password_field(_("Password"))


class CodeForm(forms.Form):
    """Second step of signing in by the authenticator."""

    code = _code_field()


class RecoveryCodeForm(forms.Form):
    """Second step of signing in by a code on paper."""

    recovery_code = forms.CharField(
        label=_("Recovery code"),
        max_length=40,
        help_text=_("One of the ten codes that you keep on paper. It works once."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
    )


class PasskeyAnswerForm(forms.Form):
    """What the browser answers for a passkey."""

    answer = forms.CharField(
        max_length=MAX_ANSWER_CHARS,
        widget=forms.HiddenInput,
        error_messages={"required": _("The browser sent no passkey.")},
    )


class AuthenticatorForm(forms.Form):
    """Confirms a new authenticator."""

    code = _code_field()


class NewPasskeyForm(PasskeyAnswerForm):
    """Names a new passkey and brings its answer."""

    name = forms.CharField(
        label=_("Name of the passkey"),
        max_length=MAX_NAME_CHARS,
        help_text=_("Name the device it is in, such as “office computer”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order: tuple[str, ...] = ("name", "answer")


class PasskeyNameForm(forms.Form):
    """Gives a passkey another name."""

    name = forms.CharField(label=_("Name of the passkey"), max_length=MAX_NAME_CHARS)


class AgainForm(forms.Form):
    """Asks for the password again before a sensitive step."""

    password = _password_field(_("Your password, once more"))


class PasskeyWithPasswordForm(NewPasskeyForm):
    """A further passkey, from the account page."""

    password = _password_field(_("Your password, once more"))
    field_order: tuple[str, ...] = ("name", "password", "answer")


class AuthenticatorWithPasswordForm(AuthenticatorForm):
    """Another authenticator, from the account page."""

    password = _password_field(_("Your password, once more"))


class NewPasswordForm(forms.Form):
    """Replaces one's own password."""

    old = _password_field(_("Present password"))
    new = _password_field(
        _("New password"),
        "new-password",
        _(
            "At least 12 characters; several words are easier to remember than signs. "
            "No default, nothing about yourself, none you used before."
        ),
    )
    repeated = _password_field(_("New password, once more"), "new-password")

    def clean_repeated(self) -> str:
        """Both must be the same."""
        repeated = str(self.cleaned_data["repeated"])
        if repeated != self.cleaned_data.get("new", repeated):
            raise forms.ValidationError(_("The two new passwords differ. Type the second one again."))
        return repeated


class ReasonForm(forms.Form):
    """Why a second factor has to be reset."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("What happened, and how you made sure that the request is the person's own."),
        widget=forms.Textarea(attrs={"rows": 3}),
        strip=True,
    )
