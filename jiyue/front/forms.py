"""The citizens' forms: what is wrong on a page, and a comment on a page."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.policy import selectors as policy

CONTACT_MAX_CHARS = 100  # column width
PLACE_MAX_CHARS = 200
Label = Any  # a lazy translation, which django-stubs types by a private name
TRAP_FIELD = "memo"  # hidden from people; programs that fill in everything give themselves away


# They make a text read otherwise than it is written, for whoever works on it.
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Text(forms.CharField):
    """Counts a line break as one character, as the browser does, and drops invisible ones."""

    def to_python(self, value: Any) -> str:
        """Normalise before lengths are checked."""
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        kept = (
            char
            for char in text
            if char in "\n\t" or (unicodedata.category(char) != "Cc" and char not in _DIRECTION_MARKS)
        )
        return str(super().to_python("".join(kept)))


class CitizenForm(forms.Form):
    """Fields that both forms share; hidden ones are checked by the view.

    Args:
        needs_place: No page is known, so the sender may name the place.
        limit_key: Policy key of the longest text.
    """

    place = _Text(
        label=_("Which page"),
        help_text=_("Its title or address, if it is about one page."),
        max_length=PLACE_MAX_CHARS,
        required=False,
        error_messages={"max_length": _("Longer than %(limit_value)d characters: please shorten it.")},
    )
    contact = _Text(
        label=_("How can we reach you"),
        help_text=_("Telephone or e-mail, only if you would like an answer. Nobody but the office sees it."),
        max_length=CONTACT_MAX_CHARS,
        required=False,
        error_messages={"max_length": _("Longer than %(limit_value)d characters: please shorten it.")},
    )

    limit_key: str
    text_label: Label
    text_help: Label
    text_missing: Label

    def __init__(self, *args: Any, needs_place: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not needs_place:
            del self.fields["place"]
        self.fields["text"] = _Text(
            label=self.text_label,
            help_text=self.text_help,
            max_length=policy.value(self.limit_key).number,
            error_messages={
                "required": self.text_missing,
                "max_length": _(
                    "%(show_value)d characters are more than the %(limit_value)d allowed: please shorten it."
                ),
            },
        )
        self.order_fields(("place", "text", "contact"))


class CorrectionForm(CitizenForm):
    """我为政府网站找错 (NT 18)."""

    limit_key = "correction.max_chars"
    text_label = _("What is wrong on the page")
    text_help = _(
        "For example the wrong word and the right one, a link that leads nowhere, an outdated number."
    )
    text_missing = _("Please write what is wrong.")


class CommentForm(CitizenForm):
    """A comment on a page (PUB-14)."""

    limit_key = "message.comment_max_chars"
    text_label = _("Your comment")
    text_help = _("It is read by the office and isn't published without review.")
    text_missing = _("Please write your comment.")
