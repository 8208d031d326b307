"""Detail pages from editions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jiyue.library.content import ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.publishing.entries import ShownItem, local_moment, validity_label
from jiyue.publishing.frames import ChannelFrame
from jiyue.publishing.pages import DetailPage, Link, MetadataRow
from jiyue.publishing.qr import draw_qr

RELATED_ITEMS = 5
# Related are the next older items after the older neighbour: a new publication
# changes none of the pages that mention it.
OLDER_ITEMS = 1 + RELATED_ITEMS

_MEDIA = re.compile(r"/media/([0-9a-f]{32}\.[a-z0-9]{1,8})(?![\w.-])")
_MEDIA_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class PublicEdition:
    """The live edition of a resource, as far as pages show it."""

    resource_id: int
    edition_id: int
    number: int
    index_number: str
    released_at: datetime
    first_published_at: datetime
    content: ResourceContent


def build_detail(
    edition: PublicEdition,
    channel: ChannelFrame,
    path: str,
    *,
    newer: ShownItem | None,
    older: Sequence[ShownItem],
) -> DetailPage:
    """Return the page of an edition in a channel.

    Args:
        edition: What is shown.
        channel: Where it is shown.
        path: Site-relative path of the page.
        newer: The next newer page of the channel.
        older: The next older pages, the nearest first, at most `OLDER_ITEMS`.
    """
    content, url = edition.content, f"/{path}"
    canonical_url = channel.frame.base_url + url
    is_document = KINDS.get(content.kind).is_document
    original = content.originally_published_on
    return DetailPage(
        frame=channel.frame,
        public_id=str(edition.resource_id),
        url=url,
        canonical_url=canonical_url,
        title=content.title,
        breadcrumbs=channel.breadcrumbs,
        source=content.source,
        author=content.author,
        published_at=local_moment(edition.first_published_at),
        originally_published_on=original.isoformat() if original else "",
        summary=content.summary,
        body_html=content.body_html,
        qr_svg=draw_qr(canonical_url),
        is_document=is_document,
        metadata=_metadata(edition) if is_document else (),
        validity=content.validity_status if is_document else "",
        validity_label=validity_label(content.validity_status) if is_document else "",
        attachments=tuple(Link(file.title, f"/media/{file.media}") for file in content.attachments),
        related=tuple([item.list_item for item in older[1:]]),
        older=older[0].link if older else None,
        newer=newer.link if newer else None,
        column_type=channel.column_type,
    )


def _metadata(edition: PublicEdition) -> tuple[MetadataRow, ...]:
    """The metadata panel of a document (PUB-14); rows without a value are left out."""
    content = edition.content
    original = content.originally_published_on
    rows = (
        (_("Index number"), edition.index_number),
        (_("Document number"), content.document_number),
        (_("Issuing body"), content.issuing_body),
        (_("Date written"), content.written_on.isoformat() if content.written_on else ""),
        (_("Date published"), local_moment(edition.first_published_at)[:10]),
        (_("First published on"), original.isoformat() if original else ""),
        (_("Subject category"), content.subject_category),
        (_("Genre"), content.genre_category),
        (_("Audience"), content.audience),
    )
    return tuple(MetadataRow(label, value) for label, value in rows if value)


def media_names(content: ResourceContent) -> frozenset[str]:
    """Names of the media files that the pages of an edition need."""
    named = [content.picture, *(file.media for file in content.attachments)]
    names = {name for name in named if _MEDIA_NAME.match(name)}
    if "/media/" in content.body_html:
        names.update(_MEDIA.findall(content.body_html))
    return frozenset(names)
