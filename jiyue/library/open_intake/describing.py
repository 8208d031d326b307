"""The metadata standard as the open interface describes it to other systems."""

from typing import Any

from jiyue.library.kinds import KINDS
from jiyue.library.open_intake.payload import MAX_ATTACHMENTS, MAX_SOURCE_ID_CHARS
from jiyue.library.open_intake.receiving import Door
from jiyue.library.open_intake.standards import Element, Obligation, ValueType, get_standard

_SCHEMAS: dict[ValueType, dict[str, Any]] = {
    ValueType.TEXT: {"type": "string"},
    ValueType.HTML: {"type": "string", "format": "html"},
    ValueType.DATE: {"type": "string", "format": "date"},
    ValueType.LIST: {"type": "array", "items": {"type": "string"}},
    ValueType.CODE: {"type": "string"},
}


def _property(element: Element) -> dict[str, Any]:
    schema = {**_SCHEMAS[element.type], "description": element.label}
    return schema | {"enum": list(element.codes.values())} if element.codes else schema


def item_schema() -> dict[str, Any]:
    """JSON schema of one item, from the metadata standard."""
    elements = [each for each in get_standard("gl-core").elements if each.type != ValueType.DERIVED]
    attachment = {
        "type": "object",
        "required": ["name", "content_base64"],
        "properties": {
            "name": {"type": "string"},
            "title": {"type": "string"},
            "content_base64": {"type": "string", "format": "byte"},
        },
    }
    return {
        "type": "object",
        "required": [
            "source_id",
            *(each.element for each in elements if each.obligation == Obligation.MANDATORY),
        ],
        "properties": {
            "source_id": {"type": "string", "maxLength": MAX_SOURCE_ID_CHARS},
            "kind": {"type": "string", "enum": [key for key, _kind in KINDS]},
            **{each.element: _property(each) for each in elements},
            "body_text": {"type": "string"},
            "is_repost": {"type": "boolean"},
            "channels": {"type": "array", "items": {"type": "string"}},
            "attachments": {"type": "array", "maxItems": MAX_ATTACHMENTS, "items": attachment},
        },
    }


def batch_schema() -> dict[str, Any]:
    """JSON schema of several items."""
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": item_schema()}},
    }


def describe_door(door: Door) -> dict[str, Any]:
    """Fields with their obligation, and the kinds and channels that may be named."""
    return {
        "standard": {
            "code": door.standard.code,
            "name": door.standard.name,
            "version": door.standard.version,
        },
        "fields": [
            {
                "name": each.element,
                "label": each.label,
                "type": each.type,
                "obligation": each.obligation,
                "values": list(each.codes.values()),
            }
            for each in door.standard.elements
            if each.type != ValueType.DERIVED
        ],
        "kinds": list(door.kinds),
        "channels": sorted(door.channel_names),
    }
