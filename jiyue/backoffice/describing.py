"""The fields of an item in words: labels, and values as people read them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.templatetags.backoffice import day
from jiyue.library.content import ResourceContent
from jiyue.library.enums import ValidityStatus
from jiyue.library.kinds import KINDS
from jiyue.sites.models import Channel

LABELS: dict[str, Promise] = {
    "kind": _("Kind"),
    "title": _("Title"),
    "summary": _("Summary"),
    "document_number": _("Document number"),
    "index_number": _("Index number"),
    "issuing_body": _("Issuing body"),
    "written_on": _("Date of writing"),
    "originally_published_on": _("Originally published on"),
    "validity_status": _("Validity"),
    "subject_category": _("Subject category"),
    "genre_category": _("Genre"),
    "audience": _("Service audience"),
    "source": _("Source"),
    "author": _("Author"),
    "keywords": _("Keywords"),
    "picture": _("Picture"),
    "picture_alt": _("Description of the picture"),
    "attachments": _("Attachments"),
    "channel_ids": _("Channels"),
}
_DATES = frozenset({"written_on", "originally_published_on"})
_SHOWN_ELSEWHERE = frozenset({"title", "picture", "attachments"})


def describe(content: ResourceContent, name: str, channel_names: dict[int, str]) -> str:
    """The value of one field as text."""
    value = getattr(content, name)
    if name in _DATES:
        return day(value)
    match name:
        case "kind":
            return str(KINDS.get(value).label)
        case "validity_status":
            return str(ValidityStatus(value).label) if value else ""
        case "keywords":
            return "、".join(value)
        case "attachments":
            return "；".join(attachment.title for attachment in value)
        case "channel_ids":
            return "；".join(channel_names.get(pk, str(pk)) for pk in value)
    return str(value)


def described_fields(content: ResourceContent, channel_names: dict[int, str]) -> list[tuple[Promise, str]]:
    """Every filled field except title and text, with its label."""
    rows = [
        (label, describe(content, name, channel_names))
        for name, label in LABELS.items()
        if name not in _SHOWN_ELSEWHERE
    ]
    return [(label, text) for label, text in rows if text]


def get_channel_names(*contents: ResourceContent) -> dict[int, str]:
    """“Site / channel” for every channel the contents name."""
    ids = {pk for content in contents for pk in content.channel_ids}
    return {channel.pk: str(channel) for channel in Channel.objects.filter(pk__in=ids).select_related("site")}
