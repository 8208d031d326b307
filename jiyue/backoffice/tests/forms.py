"""What the browser sends for the item form."""

from jiyue.library.content import ResourceContent
from jiyue.library.models import Resource
from jiyue.library.selectors import get_current_revision


def form_of(content: ResourceContent, base_number: int, **values: object) -> dict[str, object]:
    """The fields of the form as a browser sends them."""
    data: dict[str, object] = {
        name: getattr(content, name)
        for name in [
            "kind",
            "title",
            "body_html",
            "summary",
            "document_number",
            "index_number",
            "issuing_body",
            "subject_category",
            "genre_category",
            "audience",
            "validity_status",
            "source",
            "author",
            "picture",
            "picture_alt",
        ]
    }
    data |= {
        "base_number": base_number,
        "written_on": content.written_on.isoformat() if content.written_on else "",
        "originally_published_on": "",
        "keywords": " ".join(content.keywords),
        "channel_ids": list(content.channel_ids),
        "attachment_media": [attachment.media for attachment in content.attachments],
        "attachment_title": [attachment.title for attachment in content.attachments],
    }
    return data | values


def form_of_resource(resource: Resource, **values: object) -> dict[str, object]:
    """The form as it stands right after opening the item."""
    revision = get_current_revision(resource)
    return form_of(revision.content, revision.number, **values)
