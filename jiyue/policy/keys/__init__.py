"""Every rule a profile may state, by key: what it governs and how two values compare."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.content import CONTENT_KEYS
from jiyue.policy.keys.definitions import Definition, Shape, Stricter
from jiyue.policy.keys.handling import HANDLING_KEYS
from jiyue.policy.keys.media import MEDIA_KEYS
from jiyue.policy.keys.oversight import OVERSIGHT_KEYS
from jiyue.policy.keys.people import PEOPLE_KEYS
from jiyue.policy.keys.service import SERVICE_KEYS
from jiyue.policy.keys.sites import SITE_KEYS

__all__ = ["AREAS", "KEYS", "Definition", "Shape", "Stricter", "area_of", "definition_of", "general_key_of"]

KEYS: Mapping[str, Definition] = (
    SITE_KEYS | CONTENT_KEYS | HANDLING_KEYS | MEDIA_KEYS | SERVICE_KEYS | PEOPLE_KEYS | OVERSIGHT_KEYS
)
# First part of a key → heading, in the order of the screen.
AREAS: Mapping[str, Promise] = {
    "site": _("Websites"),
    "channel": _("Channels and updating"),
    "library": _("Resource library"),
    "intake": _("Taking content in"),
    "review": _("Review"),
    "publish": _("Time of publication"),
    "style": _("Wording"),
    "textcheck": _("Text checks"),
    "media": _("Pictures, recordings and attachments"),
    "repost": _("Reposting"),
    "interpretation": _("Interpretation of policies"),
    "message": _("Letters and comments"),
    "correction": _("Correction reports"),
    "foi": _("Disclosure on request"),
    "newmedia": _("New media"),
    "account": _("Accounts"),
    "personnel": _("Responsible persons"),
    "register": _("Registers"),
    "terminal": _("Terminals"),
    "security": _("Security"),
    "exchange": _("Data exchange"),
    "inspect": _("Inspection"),
    "assess": _("Assessment"),
    "report": _("Reports"),
    "reminder": _("Reminders and escalation"),
}
# Rules that may be stated for one kind of clock alone: `reminder.lead.correction.reply`.
PER_KIND = ("reminder.lead", "reminder.escalation")


def general_key_of(key: str) -> str | None:
    """The general rule behind one for a single kind of clock: `reminder.lead` for `reminder.lead.letter`."""
    for general in PER_KIND:
        if key.startswith(f"{general}."):
            return general
    return None


def definition_of(key: str) -> Definition:
    """What is known about a rule.

    Raises:
        LookupError: There is no such rule.
    """
    general = general_key_of(key)
    try:
        return KEYS[general or key]
    except KeyError:
        raise LookupError(f"There is no rule {key!r}.") from None


def area_of(key: str) -> str:
    """First part of a key: the area of work it belongs to."""
    return key.partition(".")[0]
