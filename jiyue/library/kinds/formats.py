"""Whether the value of a kind's own field has the shape that the field asks for (LIB-06)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KindField

_NUMBER = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?|-?\d+(\.\d+)?")
_PHONE = re.compile(r"[0-9+()（）\-—－ ]{3,}([;；,，、/转][0-9+()（）\-—－ ]+)*")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def is_web_address(text: str) -> bool:
    """Whether the text is an address that a reader can open."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    has_blank = any(char.isspace() for char in text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not has_blank


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "number": lambda text: bool(_NUMBER.fullmatch(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(text)),
    "email": _is_email,
    "url": is_web_address,
}
_ADVICE: Mapping[str, Promise] = {
    "date": _("Write the day as 2026-11-21."),
    "number": _("Write digits only, with a point before decimals."),
    "phone": _("Write digits and hyphens, several numbers with a semicolon between them."),
    "email": _("Write an address such as name@example.gov.cn."),
    "url": _("Write the whole address, beginning with https://."),
}


def format_advice(field: KindField, text: str) -> Promise | None:
    """What to write instead, where the value hasn't the shape of its field; None where it has."""
    has_shape = _CHECKS.get(field.format)
    return None if has_shape is None or has_shape(text) else _ADVICE[field.format]
