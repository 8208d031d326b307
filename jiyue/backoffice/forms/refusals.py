"""How a refusal of the domain appears in a form."""

from django import forms
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError


def sentence(error: DomainError) -> str:
    """What happened and what to do, as one text."""
    if not error.fix:
        return str(error.message)
    return _("%(message)s %(fix)s") % {"message": error.message, "fix": error.fix}


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Show a refusal at its field, or above the form where it has none; nothing typed is lost."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, sentence(error))
