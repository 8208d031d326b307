"""What the editor sends beside the form: unsaved text, and reasons for findings."""

import json
from collections.abc import Mapping

from django.http import QueryDict

from jiyue.library.content import MAX_FIELD_CHARS, ResourceContent
from jiyue.library.drafting.errors import NoSuchSlot
from jiyue.library.drafting.services import TypedText

MAX_JUSTIFICATIONS = 300  # as many findings as one answer of the text check has
_COMPARED = (
    "title",
    "body_html",
    "summary",
    "document_number",
    "index_number",
    "issuing_body",
    "audience",
    "source",
    "author",
    "picture_alt",
    "picture_caption",
)


def read_typed(data: QueryDict) -> TypedText:
    """The form as it stands in the editor's window.

    Raises:
        NoSuchSlot: It isn't what the editor sends.
    """
    try:
        values = json.loads(data.get("values", ""))
        sequence, base_number = int(data.get("sequence", "")), int(data.get("base_number", ""))
    except (ValueError, RecursionError) as error:
        raise NoSuchSlot from error
    if not isinstance(values, dict) or not all(map(_is_text_list, values.values())):
        raise NoSuchSlot
    return TypedText(data.get("window", ""), data.get("device", ""), sequence, base_number, values)


def _is_text_list(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(text, str) for text in values)


def read_justifications(data: QueryDict) -> dict[str, str]:
    """Reasons given for findings that stay, by the key of the finding; empty ones are left out."""
    pairs = zip(data.getlist("justification_key"), data.getlist("justification_text"), strict=False)
    reasons = {key[:200]: text.strip()[:MAX_FIELD_CHARS] for key, text in pairs if key and text.strip()}
    return dict(list(reasons.items())[:MAX_JUSTIFICATIONS])


def content_of_values(values: Mapping[str, list[str]], newest: ResourceContent) -> ResourceContent:
    """Unsaved text as content, for comparing: what was typed, and everything else as it was saved last."""
    typed = {name: texts[0] for name in _COMPARED if (texts := values.get(name))}
    return newest.with_values(**typed)
