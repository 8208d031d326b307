"""Names that an account can't have: default and shared ones belong to nobody (ORG-08)."""

import re
import tomllib
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.models import StaffAccount

_LIST = Path(__file__).parent / "data" / "refused_login_names.toml"
_SHAPE = re.compile(r"[\w.\-]{2,40}")  # letters of any script, digits, dot, hyphen, underscore
_TAIL = re.compile(r"[\d._\-]*$")  # admin1 and test_02 are no better than admin and test


class LoginNameRefused(DomainError):
    """The login name is taken, unreadable, or the name of nobody in particular."""

    code = "login_name_refused"


@cache
def _refused_names() -> frozenset[str]:
    with _LIST.open("rb") as file:
        return frozenset(name.casefold() for name in tomllib.load(file)["names"])


def is_shared_name(login_name: str) -> bool:
    """Tell whether the name is a default, anonymous or shared one, with or without a number behind it."""
    return _TAIL.sub("", login_name.strip().casefold()) in _refused_names()


def login_name_refusal(login_name: str) -> DomainError | None:
    """Say why no account can have this name, or None.

    Source: GL 七(一)4; NB 26 (ORG-08): default and anonymous accounts are forbidden.
    """
    if not _SHAPE.fullmatch(login_name):
        return LoginNameRefused(
            _("A login name has 2 to 40 letters, digits, dots, hyphens or underscores."),
            fix=_("Choose another name."),
            field="login_name",
        )
    if is_shared_name(login_name):
        return LoginNameRefused(
            _("“%(name)s” is the name of a default or shared account; accounts are personal.")
            % {"name": login_name},
            fix=_("Choose a name that stands for the person, e.g. the name in pinyin."),
            field="login_name",
        )
    if StaffAccount.objects.filter(login_name__iexact=login_name).exists():
        return LoginNameRefused(
            _("The login name %(name)s is taken.") % {"name": login_name},
            fix=_("Choose another name."),
            field="login_name",
        )
    return None
