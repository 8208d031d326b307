"""What lists, feeds and neighbouring pages say about an item, kept beside its placement.

So a list page of twenty items reads twenty short rows instead of twenty bodies.
An entry is made from an approved edition in the same batch that renders its page.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property

from jiyue.library.content import ResourceContent
from jiyue.library.enums import ValidityStatus
from jiyue.library.media.recordings import is_recording
from jiyue.publishing.pages import Link, ListItem

MOMENT_FORMAT = "%Y-%m-%d %H:%M"
NOT_IN_FORCE = frozenset({ValidityStatus.AMENDED, ValidityStatus.REPEALED, ValidityStatus.LAPSED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One item in a list; the publication time is the server's (REV-29)."""

    title: str
    published_at: str  # first release of the public item, Asia/Shanghai, "2026-11-21 09:30"
    changed_at: str  # release of the edition shown, Asia/Shanghai, "2026-11-21 09:30"
    summary: str = ""
    picture: str = ""  # name in the media store
    picture_alt: str = ""
    validity: str = ""  # only when the document is not in force
    originally_published_on: str = ""  # imported history: the date lists show, "2019-10-14"
    source: str = ""
    author: str = ""
    recording: str = ""  # name in the media store of the first video or sound recording
    archived_on: str = ""  # "2026-11-21" on a page of the web archive

    @classmethod
    def of(
        cls,
        content: ResourceContent,
        *,
        first_published_at: datetime,
        released_at: datetime,
        validity: str | None = None,
        archived_on: str = "",
    ) -> "Entry":
        """Build the entry of an approved edition.

        Args:
            content: What was approved.
            first_published_at: First release of the public item.
            released_at: Release of the edition shown.
            validity: Where others changed what it says itself.
            archived_on: Day on which the placement went into the web archive, "" outside of it.
        """
        validity = content.validity_status if validity is None else validity
        return cls(
            title=content.title,
            published_at=local_moment(first_published_at),
            changed_at=local_moment(released_at),
            summary=content.summary,
            picture=content.picture,
            picture_alt=content.picture_alt,
            validity=validity if validity in NOT_IN_FORCE else "",
            originally_published_on=(
                content.originally_published_on.isoformat() if content.originally_published_on else ""
            ),
            source=content.source,
            author=content.author,
            recording=next((file.media for file in content.attachments if is_recording(file.media)), ""),
            archived_on=archived_on,
        )

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Entry":
        """Rebuild a stored entry."""
        return cls(**data)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    def reads_like(self, stored: dict[str, Any] | None) -> bool:
        """Tell whether lists and neighbouring pages would say the same as with the stored entry."""
        return stored is not None and self.as_json() == {**stored, "changed_at": self.changed_at}


@dataclass(frozen=True)
class ShownItem:
    """A placement whose page is out, as lists and neighbours need it."""

    placement_id: int
    resource_id: int
    sequence: int
    path: str
    entry: Entry

    @property
    def url(self) -> str:
        """Site-relative address."""
        return f"/{self.path}"

    @cached_property
    def link(self) -> Link:
        """As a neighbour."""
        return Link(self.entry.title, self.url)

    @cached_property
    def list_item(self) -> ListItem:
        """As a line of a list."""
        entry = self.entry
        return ListItem(
            title=entry.title,
            url=self.url,
            date=entry.originally_published_on or entry.published_at,
            summary=entry.summary,
            image_url=f"/media/{entry.picture}" if entry.picture else "",
            image_alt=entry.picture_alt,
            validity=validity_label(entry.validity),
            archived_on=entry.archived_on,
        )


@lru_cache(maxsize=4096)
def local_moment(moment: datetime) -> str:
    """Write a moment as pages do, in Asia/Shanghai."""
    return timezone.localtime(moment).strftime(MOMENT_FORMAT)


def validity_label(validity: str) -> str:
    """Name a validity status in the active language; other text stays as it is."""
    if not validity:
        return ""
    return str(ValidityStatus(validity).label) if validity in ValidityStatus.values else validity
