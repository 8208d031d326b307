"""Items of a library standard as XML or as JSON lines, written and read as a stream (LIB-15)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from lxml import etree  # type: ignore[import-untyped]

from jiyue.core.errors import DomainError
from jiyue.library.models import LiveEdition
from jiyue.library.open_intake.conformance import CHUNK_ROWS, Value, values_of
from jiyue.library.open_intake.standards import Standard, ValueType
from jiyue.library.use.recording import record_exported
from jiyue.organizations.models import Organization, StaffAccount

MAX_FILE_MEGABYTES = 50
MAX_ITEMS = 5_000  # of one imported file
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format(StrEnum):
    """How items are written."""

    XML = "xml"
    JSONL = "jsonl"


class StandardFileRefused(DomainError):
    """A file that isn't what the standard says."""

    code = "standard_file_refused"


def export_items(
    items: Iterable[LiveEdition],
    standard: Standard,
    form: Format,
    *,
    account: StaffAccount | None,
    unit: Organization | None = None,
) -> Iterator[bytes]:
    """Write live items in a standard's terms, piece by piece; each is a use of the item.

    Args:
        items: Live items, as `iterate_live` gives them.
        standard: The standard.
        form: XML or JSON lines, in UTF-8.
        account: Who takes them; None for a command.
        unit: On whose behalf.

    Source: NB 21; NT 20 (LIB-15); GL 八(二)3 (LIB-11).
    """
    if form == Format.XML:
        yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
        yield f'<{standard.root} standard="{standard.code}" version="{standard.version}">\n'.encode()
    chunk: list[tuple[int, int]] = []
    for live in items:
        values = values_of(live, standard)
        yield _as_xml(values, standard) if form == Format.XML else _as_line(values)
        chunk.append((live.resource_id, live.edition_id))
        if len(chunk) == CHUNK_ROWS:
            record_exported(editions=chunk, account=account, unit=unit, interface=standard.code)
            chunk = []
    record_exported(editions=chunk, account=account, unit=unit, interface=standard.code)
    if form == Format.XML:
        yield f"</{standard.root}>\n".encode()


def _as_line(values: Mapping[str, Value]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _as_xml(values: Mapping[str, Value], standard: Standard) -> bytes:
    item = etree.Element(standard.item)
    for name, value in values.items():
        for text in value if isinstance(value, list) else [value]:
            etree.SubElement(item, name).text = _NOT_XML.sub("", text)
    return bytes(etree.tostring(item, encoding="utf-8", xml_declaration=False)) + b"\n"


def read_items(data: bytes, standard: Standard, form: Format) -> list[dict[str, Any]]:
    """Items of a file in a standard's terms, as the intake takes them.

    Raises:
        StandardFileRefused: Too large, too many items, or not the standard's format.

    Source: NB 21; NT 20 (LIB-15).
    """
    if len(data) > MAX_FILE_MEGABYTES * 1024 * 1024:
        raise StandardFileRefused(
            _("The file is larger than %(limit)s MB.") % {"limit": MAX_FILE_MEGABYTES},
            fix=_("Split it and import the parts."),
            field="file",
        )
    items = _read_xml(data, standard) if form == Format.XML else _read_lines(data)
    if len(items) > MAX_ITEMS:
        raise StandardFileRefused(
            _("The file has more than %(limit)d items.") % {"limit": MAX_ITEMS},
            fix=_("Split it and import the parts."),
            field="file",
        )
    return items


def _read_lines(data: bytes) -> list[dict[str, Any]]:
    items = []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _unreadable(_("Line %(number)d isn't JSON.") % {"number": number}) from error
        if not isinstance(item, dict):
            raise _unreadable(_("Line %(number)d isn't an object.") % {"number": number})
        items.append(item)
    return items


def _unreadable(message: Any) -> StandardFileRefused:
    return StandardFileRefused(
        message, fix=_("Choose the right format and standard, or ask for a new file."), field="file"
    )


def _read_xml(data: bytes, standard: Standard) -> list[dict[str, Any]]:
    """No entities, no outside references, no huge trees: such a file is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _unreadable(_("The file isn't well-formed XML.")) from error
    if root.getroottree().docinfo.doctype or root.tag != standard.root:
        raise _unreadable(_("The file isn't a list of items of this standard."))
    lists = {element.element for element in standard.elements if element.type == ValueType.LIST}
    return [_read_xml_item(node, lists) for node in root.iterchildren(standard.item)]


def _read_xml_item(node: Any, lists: set[str]) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for child in node.iterchildren(tag=etree.Element):
        text = child.text or ""
        if child.tag in lists:
            item.setdefault(child.tag, []).append(text)
        else:
            item[child.tag] = text
    return item
