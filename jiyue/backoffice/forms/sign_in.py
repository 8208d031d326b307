from django import forms
from django.utils.translation import gettext_lazy as _


class PasswordForm(forms.Form):
    """First step of signing in."""

    login_name = forms.CharField(
        label=_("Login name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """Second step of signing in."""

    code = forms.RegexField(
        r"^\d{6}$",
        label=_("Six-digit code"),
        help_text=_("From the authenticator app on your telephone; it changes every 30 seconds."),
        error_messages={"invalid": _("The code has six digits.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "maxlength": 6}
        ),
    )
