"""The fields of an item in words: labels, and values as people read them."""

from collections.abc import Iterator

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.templatetags.backoffice import day
from jiyue.library.content import ResourceContent
from jiyue.library.enums import Openness, RelationKind, TimelinessClass, ValidityStatus
from jiyue.library.kinds import KINDS
from jiyue.review.enums import SortOfContent
from jiyue.sites.models import Channel

LABELS: dict[str, Promise] = {
    "kind": _("Kind"),
    "sort": _("Sort of content"),
    "title": _("Title"),
    "summary": _("Summary"),
    "document_number": _("Document number"),
    "index_number": _("Index number"),
    "issuing_body": _("Issuing body"),
    "written_on": _("Date of writing"),
    "event_on": _("Date of the event"),
    "timeliness": _("Time limit of publication"),
    "originally_published_on": _("Originally published on"),
    "validity_status": _("Validity"),
    "subject_category": _("Subject category"),
    "genre_category": _("Genre"),
    "audience": _("Service audience"),
    "region": _("Region"),
    "language": _("Language"),
    "openness": _("Openness"),
    "openness_basis": _("Basis of the openness"),
    "source": _("Source"),
    "is_repost": _("Repost"),
    "source_url": _("Address of the original"),
    "author": _("Author"),
    "keywords": _("Keywords"),
    "details": _("Particulars"),
    "relations": _("Related documents"),
    "picture": _("Picture"),
    "picture_alt": _("Description of the picture"),
    "picture_caption": _("Caption of the picture"),
    "attachments": _("Attachments"),
    "channel_ids": _("Channels"),
    "justifications": _("Reasons given for findings"),
}
LANGUAGES: dict[str, Promise] = {
    "zh-Hans": _("simplified Chinese"),
    "zh-Hant": _("traditional Chinese"),
    "en": _("English"),
}
_DATES = frozenset({"written_on", "originally_published_on", "event_on"})
_CHOICES: dict[str, type[TextChoices]] = {
    "sort": SortOfContent,
    "validity_status": ValidityStatus,
    "timeliness": TimelinessClass,
    "openness": Openness,
}
_SHOWN_ELSEWHERE = frozenset({"title", "picture", "picture_caption", "attachments", "justifications"})


def describe(content: ResourceContent, name: str, channel_names: dict[int, str]) -> str:
    """The value of one field as text."""
    value = getattr(content, name)
    if name in _DATES:
        return day(value)
    if name in _CHOICES:
        return str(dict(_CHOICES[name].choices).get(value, value))
    if name in _LISTS:
        return "；".join(_LISTS[name](content, channel_names))
    match name:
        case "kind":
            return str(KINDS.get(value).label)
        case "keywords":
            return "、".join(value)
        case "language":
            return str(LANGUAGES.get(value, value))
        case "is_repost":
            return str(_("yes")) if value else ""
    return str(value)


def _attachment_words(content: ResourceContent, _names: dict[int, str]) -> Iterator[str]:
    yield from (f"{attachment.title} [{attachment.media[:8]}]" for attachment in content.attachments)


def _channel_words(content: ResourceContent, names: dict[int, str]) -> Iterator[str]:
    yield from (names.get(pk, str(pk)) for pk in content.channel_ids)


def _detail_words(content: ResourceContent, _names: dict[int, str]) -> Iterator[str]:
    kind = KINDS.get(content.kind)
    for name, text in content.details.items():
        field = kind.get_field(name)
        yield f"{field.label if field else name}：{text}"


def _relation_words(content: ResourceContent, _names: dict[int, str]) -> Iterator[str]:
    for relation in content.relations:
        kind = dict(RelationKind.choices).get(relation.kind, relation.kind)
        number = f" #{relation.resource_id}" if relation.resource_id else ""
        yield f"{kind}：{relation.title}{number} {relation.effective_on}".strip()


def _reason_words(content: ResourceContent, _names: dict[int, str]) -> Iterator[str]:
    yield from content.justifications.values()


_LISTS = {
    "attachments": _attachment_words,
    "channel_ids": _channel_words,
    "details": _detail_words,
    "relations": _relation_words,
    "justifications": _reason_words,
}


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
