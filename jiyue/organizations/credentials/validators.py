"""Password rules on top of Django's: nothing that was handed out or is easily guessed (SEC-10)."""

import re
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_LETTERS = re.compile(r"[^a-z]+")
# What manufacturers and administrators set: the whole password, once digits and signs are dropped.
_DEFAULT_WORDS = frozenset(
    {
        "abc",
        "abcd",
        "abcdef",
        "admin",
        "adminadmin",
        "administrator",
        "changeme",
        "changeit",
        "default",
        "guest",
        "hello",
        "initial",
        "jiyue",
        "jiyuejiyue",
        "letmein",
        "login",
        "manager",
        "mima",
        "operator",
        "pass",
        "passwd",
        "password",
        "passwordpassword",
        "qazwsx",
        "qazwsxedc",
        "qwe",
        "qwer",
        "qwert",
        "qwerty",
        "qwertyuiop",
        "root",
        "secret",
        "staff",
        "super",
        "superuser",
        "supervisor",
        "sysadmin",
        "system",
        "temp",
        "test",
        "tester",
        "testtest",
        "user",
        "welcome",
        "woaini",
        "xitong",
        "zhengfu",
        "gov",
        "government",
        "guanli",
        "guanliyuan",
    }
)
_RUNS = ("0123456789" * 3, "9876543210" * 3, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
MIN_DISTINCT = 5  # different characters
MIN_PERSONAL_CHARS = 4  # a shorter part of a telephone number says nothing


class LongEnough(MinimumLengthValidator):
    """Django's rule in our own words: its message has no Chinese translation."""

    def get_error_message(self) -> str:
        """What is wrong, and how many characters there must be."""
        return _("The password is too short: at least %(number)d characters are needed.") % {
            "number": self.min_length
        }


class NoDefaultPassword:
    """Refuses what is set by default: words of manufacturers, runs of keys, few characters."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise `ValidationError` for a default password."""
        text = password.lower()
        words = _LETTERS.sub("", text)
        digits = text.translate({ord(letter): None for letter in "!@#$%^&*.-_ "})
        is_run = any(digits in run for run in _RUNS)
        if words in _DEFAULT_WORDS or is_run or len(set(text)) < MIN_DISTINCT:
            raise ValidationError(
                _("This is a default password, or one that is tried first: choose another one."),
                code="password_is_default",
            )

    def get_help_text(self) -> str:
        """What the rule asks for."""
        return _("No default password and no run of neighbouring keys.")


class NotAboutPerson:
    """Refuses a password around the login name, the telephone number or the number of a person or unit."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` for a password that others can derive."""
        if user is None:
            return
        text = password.lower()
        if any(fact in text for fact in _facts_about(user)):
            raise ValidationError(
                _("The password contains your login name, a number of yours or the unit's code."),
                code="password_about_person",
            )

    def get_help_text(self) -> str:
        """What the rule asks for."""
        return _("Not your login name, telephone number, staff number or the code of your unit.")


def _facts_about(account: Any) -> list[str]:
    facts = [account.login_name]
    if account.person_id:
        person = account.person
        facts += [person.employee_number, person.phone, person.email.partition("@")[0]]
    if account.unit_id:
        facts.append(account.unit.code)
    return [fact.lower() for fact in facts if fact and len(fact) >= MIN_PERSONAL_CHARS]
