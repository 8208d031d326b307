"""Detail pages from editions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.library.content import Attachment, ResourceContent
from jiyue.library.enums import LANGUAGES, Openness, RelationKind
from jiyue.library.kinds import KINDS, Kind
from jiyue.library.kinds.formats import is_web_address
from jiyue.library.media.recordings import PLAYED_TYPES, is_recording
from jiyue.publishing.entries import ShownItem, local_moment, validity_label
from jiyue.publishing.frames import ChannelFrame
from jiyue.publishing.pages import DetailPage, Link, MetadataRow, Recording, RelationRow
from jiyue.publishing.qr import draw_qr
from jiyue.publishing.related_items import RelatedItem
from jiyue.publishing.structured_data import ARTICLE, SCHEMA_TYPES

RELATED_ITEMS = 5
# Related are the next older items after the older neighbour: a new publication
# changes none of the pages that mention it.
OLDER_ITEMS = 1 + RELATED_ITEMS

# What this document does to another one, and what another one does to it.
_DOES: dict[RelationKind, Promise] = {
    RelationKind.AMENDS: gettext_lazy("Amends"),
    RelationKind.REPEALS: gettext_lazy("Repeals"),
    RelationKind.LAPSES: gettext_lazy("Declares lapsed"),
    RelationKind.INTERPRETS: gettext_lazy("Interprets"),
}
_DONE_TO: dict[RelationKind, Promise] = {
    RelationKind.AMENDS: gettext_lazy("Amended by"),
    RelationKind.REPEALS: gettext_lazy("Repealed by"),
    RelationKind.LAPSES: gettext_lazy("Declared lapsed by"),
    RelationKind.INTERPRETS: gettext_lazy("Interpreted in"),
}


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
    unit_name: str = ""
    validity: str = ""  # derived: what it says itself, and what others did to it
    related_items: tuple[RelatedItem, ...] = ()


def build_detail(
    edition: PublicEdition,
    channel: ChannelFrame,
    path: str,
    *,
    newer: ShownItem | None,
    older: Sequence[ShownItem],
    canonical_path: str = "",
    archived_on: str = "",
) -> DetailPage:
    """Return the page of an edition in a channel.

    Args:
        edition: What is shown.
        channel: Where it is shown.
        path: Site-relative path of the page.
        newer: The next newer page of the channel.
        older: The next older pages, the nearest first, at most `OLDER_ITEMS`.
        canonical_path: Where the item counts as being on this site; "" = here.
        archived_on: Day on which the page went into the web archive, "" outside of it.
    """
    content, url = edition.content, f"/{path}"
    own_url = channel.frame.base_url + url
    canonical_url = f"{channel.frame.base_url}/{canonical_path}" if canonical_path else own_url
    kind = KINDS.get(content.kind)
    is_document = kind.is_document
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
        qr_svg=draw_qr(own_url),
        is_document=is_document,
        metadata=_metadata(edition) if is_document else (),
        validity=edition.validity if is_document else "",
        validity_label=validity_label(edition.validity) if is_document else "",
        attachments=tuple(
            Link(file.title, f"/media/{file.media}")
            for file in content.attachments
            if not is_recording(file.media)
        ),
        recordings=tuple(_recording(file) for file in content.attachments if is_recording(file.media)),
        related=tuple([item.list_item for item in older[1:]]),
        older=older[0].link if older else None,
        newer=newer.link if newer else None,
        column_type=channel.column_type,
        details=_details(kind, content),
        portrait=Link(content.picture_alt, f"/media/{content.picture}")
        if kind.shows_picture and content.picture
        else None,
        relations=_relations(edition, channel.channel.site_id),
        changed_at=local_moment(edition.released_at),
        schema_type=SCHEMA_TYPES.get(content.kind, ARTICLE),
        image_url=f"/media/{content.picture}" if content.picture else "",
        archived_on=archived_on,
    )


def _details(kind: Kind, content: ResourceContent) -> tuple[MetadataRow, ...]:
    """The kind's own fields that are filled, in the kind's order (LIB-06)."""
    return tuple(
        MetadataRow(str(field.label), text, text if field.format == "url" and is_web_address(text) else "")
        for field in kind.fields
        if (text := content.details.get(field.name, "").strip())
    )


def _relations(edition: PublicEdition, site_id: int) -> tuple[RelationRow, ...]:
    rows = [
        RelationRow(
            label=str((_DONE_TO if item.is_about else _DOES)[RelationKind(item.kind)]),
            title=item.title,
            url=item.address_on(site_id),
            date=item.effective_on.isoformat(),
            is_mark=item.is_about and item.kind != RelationKind.INTERPRETS,
        )
        for item in edition.related_items
        if item.title
    ]
    rows += [
        RelationRow(str(_DOES[RelationKind(named.kind)]), named.title, "", named.effective_on)
        for named in edition.content.relations
        if not named.resource_id and named.kind in RelationKind.values
    ]
    return tuple(rows)


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
        (_("Region"), content.region),
        (_("Keywords"), _(", ").join(content.keywords)),
        (_("Openness"), str(Openness(content.openness).label) if content.openness else ""),
        (_("Originating unit"), edition.unit_name),
        (_("Language"), str(LANGUAGES.get(content.language, content.language))),
        (_("Version"), str(edition.number)),
    )
    return tuple(MetadataRow(label, value) for label, value in rows if value)


def _recording(file: Attachment) -> Recording:
    content_type = PLAYED_TYPES[file.media.rpartition(".")[2]]
    lines = (line.strip() for line in file.transcript.splitlines())
    return Recording(
        title=file.title,
        url=f"/media/{file.media}",
        content_type=content_type,
        is_video=content_type.startswith("video/"),
        captions_url=f"/media/{file.captions}" if file.captions else "",
        poster_url=f"/media/{file.poster}" if file.poster else "",
        transcript=tuple(line for line in lines if line),
    )
