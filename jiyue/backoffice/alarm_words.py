"""What an alarm says, for people: its facts with their units, and how it ended by itself."""

import re
from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.backoffice.templatetags.backoffice import moment, size
from jiyue.backoffice.wording import word
from jiyue.backoffice.work_words import ALARM_DETAILS
from jiyue.core.models import Alarm
from jiyue.publishing.integrity.models import TamperKind, TamperState

# How an alarm ends by itself is kept as an English sentence in its record; these are the sentences.
_ENDINGS: dict[str, Promise] = {
    "the clock has been steady for a minute": gettext_lazy("the clock has been steady for a minute"),
    "a worker of this host reports again, or was stopped as asked": gettext_lazy(
        "a worker of this host reports again, or was stopped as asked"
    ),
    "within its bounds again": gettext_lazy("within its bounds again"),
    "a trial file could be written and removed": gettext_lazy("a trial file could be written and removed"),
    "the folder of kept pages takes files": gettext_lazy("the folder of kept pages takes files"),
    "the cache took the addresses": gettext_lazy("the cache took the addresses"),
    "the manifest holds again": gettext_lazy("the manifest holds again"),
    "the watch runs again": gettext_lazy("the watch runs again"),
    "the kernel reports changes again": gettext_lazy("the kernel reports changes again"),
}
_BACKUP_ENDING = re.compile(r"backup (\S+) (is complete|was restored)\Z")


def how_it_ended(alarm: Alarm) -> str:
    """What a person wrote, or in words how the alarm ended by itself."""
    text = alarm.handling
    if alarm.handled_by_person_id:
        return text
    if found := _BACKUP_ENDING.match(text):
        if found[2] == "is complete":
            return _("backup %(name)s is complete") % {"name": found[1]}
        return _("backup %(name)s was restored") % {"name": found[1]}
    return word(_ENDINGS, text)


def describe_details(alarm: Alarm) -> list[tuple[str, str]]:
    """The facts of an alarm as label and text; what is empty is left out."""
    return [
        (word(ALARM_DETAILS, key), _shown(key, value))
        for key, value in alarm.details.items()
        if value not in ("", None, [])
    ]


def _shown(key: str, value: object) -> str:
    if isinstance(value, list | tuple):
        return _(", ").join(str(part) for part in value)
    return _FORMS[key](value) if key in _FORMS else str(value)


def _moment(value: object) -> str:
    return moment(datetime.fromisoformat(str(value)))


def _percent(value: object) -> str:
    return f"{value} %"


def _bytes(value: object) -> str:
    return size(int(str(value)))


def _seconds(value: object) -> str:
    return _("%(seconds)s s") % {"seconds": value}


def _kind(value: object) -> str:
    return str(TamperKind(value).label) if value in TamperKind.values else str(value)


def _state(value: object) -> str:
    return str(TamperState(value).label) if value in TamperState.values else str(value)


_FORMS: dict[str, Callable[[object], str]] = {
    **dict.fromkeys(("ends_at", "last_sign", "oldest", "seen_at"), _moment),
    **dict.fromkeys(("free_percent", "load_percent"), _percent),
    **dict.fromkeys(("bytes", "expected_bytes", "found_bytes"), _bytes),
    **dict.fromkeys(("oldest_seconds", "seconds"), _seconds),
    "kind": _kind,
    "state": _state,
}
