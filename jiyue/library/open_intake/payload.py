"""What a foreign system sent, read against the metadata standard: an item, or all that is wrong with it.

Pure functions; nothing here asks the database but for the list of kinds.
"""

import base64
import binascii
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _

from jiyue.core.text import storable
from jiyue.library.content import MAX_BODY_CHARS, MAX_FIELD_CHARS, MAX_TITLE_CHARS, ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.open_intake.standards import Element, Obligation, Standard, ValueType
from jiyue.library.richtext import RichTextTooLarge, clean_html, html_to_text, text_to_html

MAX_SOURCE_ID_CHARS = 200
MAX_ATTACHMENTS = 20
MAX_KEYWORDS = 50
MAX_DEPTH = 100  # levels of a payload that are kept; the standard's own fields have three
CUT_OFF = "…"
_LIMITS = {"title": MAX_TITLE_CHARS, "body_html": MAX_BODY_CHARS}
_OWN_KEYS = frozenset({"source_id", "kind", "body_text", "channels", "attachments", "is_repost"})


@dataclass(frozen=True)
class Problem:
    """Why an item isn't taken in as it is: field, stable code, what happened, what to do."""

    field: str
    code: str
    message: str
    fix: str

    def as_json(self) -> dict[str, str]:
        """As the client and the clerk read it."""
        return {"field": self.field, "code": self.code, "message": self.message, "fix": self.fix}


@dataclass(frozen=True)
class IncomingAttachment:
    """A file that came with an item."""

    name: str
    title: str
    data: bytes


@dataclass
class Reading:
    """What was understood of one item.

    Attributes:
        source_id: The system's own number.
        content: The item; complete only where there are no problems.
        channels: Channels named as `<site>/<channel>`.
        attachments: Files that came with it.
        problems: Why it can't be taken in as it is.
        ignored: Keys nobody knows.
    """

    source_id: str = ""
    content: ResourceContent = field(default_factory=lambda: ResourceContent("article", ""))
    channels: tuple[str, ...] = ()
    attachments: tuple[IncomingAttachment, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    ignored: tuple[str, ...] = ()

    def wrong(self, name: str, code: str, message: str, fix: str) -> None:
        """Note one thing that is wrong."""
        self.problems.append(Problem(name, code, message, fix))


def bounded(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return JSON values that every database stores: without NUL, half surrogates and infinite numbers.

    What lies deeper than `depth` levels is cut off: no field of a standard lies there.
    """
    if isinstance(value, Mapping | list) and not depth:
        return CUT_OFF
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): bounded(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list):
        return [bounded(each, depth - 1) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > 2**63:
        return str(value)
    return value


def read_item(payload: Any, *, standard: Standard, kinds: Collection[str]) -> Reading:
    """Read one item as a system sent it.

    Args:
        payload: JSON value, already bounded.
        standard: What fields there are and which must be filled.
        kinds: Kinds that the system may hand in.

    Source: GL 二(二)2; GL 五(三)1; NB 20-21 (LIB-03, LIB-14).
    """
    reading = Reading()
    if not isinstance(payload, Mapping):
        reading.wrong("", "not_an_object", _("An item is an object with named fields."), _("Send an object."))
        return reading
    reading.source_id = _source_id(payload, reading)
    kind = _kind(payload, kinds, reading)
    values: dict[str, Any] = {"kind": kind}
    for element in standard.elements:
        if element.type != ValueType.DERIVED:
            values[element.field] = _READERS[element.type](payload.get(element.element), element, reading)
    values["body_html"] = _body(payload, values.get("body_html", ""), reading)
    values["is_repost"] = payload.get("is_repost") is True
    filled = {name: value for name, value in values.items() if value != ""}
    reading.content = ResourceContent(**{"title": "", **filled})
    _require(reading, standard)
    reading.channels = _texts(payload.get("channels"), "channels", MAX_KEYWORDS, reading)
    reading.attachments = _attachments(payload.get("attachments"), reading)
    known = _OWN_KEYS | {element.element for element in standard.elements}
    reading.ignored = tuple(str(key)[:100] for key in payload if key not in known)
    return reading


def _source_id(payload: Mapping[str, Any], reading: Reading) -> str:
    value = payload.get("source_id")
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > MAX_SOURCE_ID_CHARS:
        reading.wrong(
            "source_id",
            "missing",
            _("The item's own number in the sending system is missing or too long."),
            _("Send a number that stays the same whenever this item is sent."),
        )
        return ""
    return text


def _kind(payload: Mapping[str, Any], kinds: Collection[str], reading: Reading) -> str:
    kind = payload.get("kind", "article")
    if not isinstance(kind, str) or kind not in kinds or kind not in dict(KINDS):
        reading.wrong(
            "kind",
            "kind_not_allowed",
            _("This system may not hand in items of this kind."),
            _("Send one of the kinds agreed, or ask the platform manager."),
        )
        return "article"
    return kind


def _text(value: Any, element: Element, reading: Reading) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        reading.wrong(
            element.element, "not_text", _("This field isn't text."), _("Send it as text in quotation marks.")
        )
        return ""
    limit = _LIMITS.get(element.field, MAX_FIELD_CHARS)
    if len(value) > limit:
        reading.wrong(
            element.element,
            "too_long",
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(value), "limit": limit},
            _("Shorten it and send it again."),
        )
        return ""
    return value if element.type == ValueType.HTML else " ".join(value.split())


def _date(value: Any, element: Element, reading: Reading) -> date | str:
    text = _text(value, element, reading)
    if not text:
        return ""
    try:
        return date.fromisoformat(text)
    except ValueError:
        reading.wrong(
            element.element,
            "bad_date",
            _("“%(text)s” isn't a day of the calendar.") % {"text": text[:40]},
            _("Write dates as 2026-11-21."),
        )
        return ""


def _code(value: Any, element: Element, reading: Reading) -> str:
    text = _text(value, element, reading)
    ours = {theirs: own for own, theirs in element.codes.items()}
    if text and text not in ours:
        reading.wrong(
            element.element,
            "unknown_code",
            _("“%(text)s” isn't in the list of values.") % {"text": text[:40]},
            _("Send one of: %(values)s.") % {"values": ", ".join(ours)},
        )
        return ""
    return ours.get(text, "")


def _list(value: Any, element: Element, reading: Reading) -> tuple[str, ...]:
    return _texts(value, element.element, MAX_KEYWORDS, reading)


_READERS: dict[ValueType, Callable[[Any, Element, Reading], Any]] = {
    ValueType.TEXT: _text,
    ValueType.HTML: _text,
    ValueType.DATE: _date,
    ValueType.CODE: _code,
    ValueType.LIST: _list,
}


def _texts(value: Any, name: str, limit: int, reading: Reading) -> tuple[str, ...]:
    if value is None:
        return ()
    is_list = isinstance(value, list) and len(value) <= limit
    if not is_list or not all(isinstance(each, str) and len(each) <= MAX_TITLE_CHARS for each in value):
        reading.wrong(
            name,
            "not_a_list",
            _("This field isn't a list of at most %(limit)d short texts.") % {"limit": limit},
            _("Send it as a list."),
        )
        return ()
    return tuple(dict.fromkeys(text for each in value if (text := " ".join(each.split()))))


def _body(payload: Mapping[str, Any], html: str, reading: Reading) -> str:
    text = payload.get("body_text")
    if not html and isinstance(text, str):
        if len(text) > MAX_BODY_CHARS:
            reading.wrong("body_text", "too_long", _("The text is too long."), _("Send it in parts."))
            return ""
        html = text_to_html(text)
    try:
        cleaned = clean_html(storable(html))
    except RichTextTooLarge as refusal:
        reading.wrong("body_html", "too_large", str(refusal.message), str(refusal.fix))
        return ""
    if html.strip() and not html_to_text(cleaned).strip():
        reading.wrong(
            "body_html",
            "no_text_left",
            _("Nothing was left of the text after unsafe parts were removed."),
            _("Send paragraphs, headings, lists, tables and pictures only."),
        )
    return cleaned


def _require(reading: Reading, standard: Standard) -> None:
    kind = KINDS.get(reading.content.kind)
    wrong = {problem.field for problem in reading.problems}
    for element in standard.elements:
        is_needed = element.obligation == Obligation.MANDATORY or (
            element.obligation == Obligation.DOCUMENT and kind.is_document
        )
        if element.type == ValueType.DERIVED or not is_needed or element.element in wrong:
            continue
        if not getattr(reading.content, element.field):
            reading.wrong(
                element.element,
                "missing",
                _("“%(label)s” is missing.") % {"label": element.label},
                _("Fill it in and send the item again."),
            )


def _attachments(value: Any, reading: Reading) -> tuple[IncomingAttachment, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_ATTACHMENTS:
        reading.wrong(
            "attachments",
            "not_a_list",
            _("Attachments are a list of at most %(limit)d files.") % {"limit": MAX_ATTACHMENTS},
            _("Send objects with name, title and content_base64."),
        )
        return ()
    return tuple(found for each in value if (found := _attachment(each, reading)) is not None)


def _attachment(value: Any, reading: Reading) -> IncomingAttachment | None:
    try:
        name, content = value["name"], value["content_base64"]
        title = value.get("title") or name
        data = base64.b64decode(content, validate=True)
        if isinstance(name, str) and isinstance(title, str) and data:
            return IncomingAttachment(name[-MAX_TITLE_CHARS:], title[:MAX_TITLE_CHARS], data)
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        pass  # every one of them means the same to the sender
    reading.wrong(
        "attachments",
        "bad_attachment",
        _("A file can't be read."),
        _("Send objects with name, title and content_base64."),
    )
    return None
