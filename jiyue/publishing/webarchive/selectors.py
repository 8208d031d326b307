"""What is in the web archive, as renderer, search and later rooms ask it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from jiyue.publishing.models import Placement
from jiyue.publishing.webarchive.models import ACTIVE, ArchiveMark, FormerPath
from jiyue.sites.models import Channel


@dataclass(frozen=True)
class ArchiveDays:
    """Since when pages are in the archive: the earliest mark that covers a page counts.

    Attributes:
        channels: Day by channel; marks of whole sites stand at each of their channels asked about.
        placements: Day by placement.
    """

    channels: Mapping[int, date]
    placements: Mapping[int, date]

    @property
    def has_any(self) -> bool:
        """Whether anything asked about is in the archive."""
        return bool(self.channels or self.placements)

    def of_page(self, channel_id: int, placement_id: int) -> str:
        """Day of a page, "2026-11-21"; "" outside of the archive."""
        return _earliest(self.channels.get(channel_id), self.placements.get(placement_id))

    def of_channel(self, channel_id: int) -> str:
        """Day of a channel as a whole; "" outside of the archive."""
        return _earliest(self.channels.get(channel_id))


def _earliest(*days: date | None) -> str:
    return min((day.isoformat() for day in days if day is not None), default="")


def get_site_day(site_id: int) -> str:
    """Day on which a whole site went into the archive; "" outside of it."""
    marks = ArchiveMark.objects.filter(ACTIVE, site=site_id, channel=None, placement=None)
    return _earliest(marks.values_list("archived_on", flat=True).first())


def get_archive_days(*, channel_ids: Collection[int], placement_ids: Collection[int] = ()) -> ArchiveDays:
    """Since when channels, and the given placements in them, are in the archive."""
    channels: dict[int, date] = {}
    placements: dict[int, date] = {}
    covering = Q(channel__in=channel_ids) | Q(placement__in=placement_ids)
    whole = Q(channel=None, placement=None, site__channels__in=channel_ids)
    wanted = set(channel_ids)
    for mark in ArchiveMark.objects.filter(ACTIVE, covering | whole).distinct():
        if mark.placement_id:
            placements[mark.placement_id] = mark.archived_on
        elif mark.channel_id:
            channels[mark.channel_id] = min(mark.archived_on, channels.get(mark.channel_id, mark.archived_on))
        else:
            of_site = Channel.objects.filter(site=mark.site_id, pk__in=wanted).values_list("pk", flat=True)
            for pk in of_site:
                channels[pk] = min(mark.archived_on, channels.get(pk, mark.archived_on))
    return ArchiveDays(channels, placements)


def is_archived(placement: Placement) -> bool:
    """Tell whether a page is in the web archive: checks of updating leave it out.

    Source: GL 三(二)3 (SITE-23).
    """
    days = get_archive_days(channel_ids=[placement.channel_id], placement_ids=[placement.pk])
    return bool(days.of_page(placement.channel_id, placement.pk))


def is_channel_archived(channel: Channel) -> bool:
    """Tell whether a channel as a whole is in the web archive: nothing has to be updated in it."""
    return bool(get_archive_days(channel_ids=[channel.pk]).of_channel(channel.pk))


def without_archived(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """Leave out the pages of the web archive: what checks of updating look at.

    Source: GL 三(二)3 (SITE-23).
    """
    covering = ArchiveMark.objects.filter(
        ACTIVE,
        Q(placement=OuterRef("pk"))
        | Q(channel=OuterRef("channel_id"))
        | Q(site=OuterRef("site_id"), channel=None, placement=None),
    )
    return placements.filter(~Exists(covering))


def list_marks(site_ids: Collection[int]) -> QuerySet[ArchiveMark]:
    """Marks of sites, active ones first, the newest of each first."""
    rows = ArchiveMark.objects.filter(site__in=site_ids)
    return rows.select_related("site", "channel", "placement__resource", "change").order_by(
        F("ended_on").desc(nulls_first=True), "-archived_on", "-pk"
    )


def list_former_paths(site_id: int) -> dict[int, list[FormerPath]]:
    """Addresses that channels of a site had, by channel, the newest first."""
    found: dict[int, list[FormerPath]] = {}
    for former in FormerPath.objects.filter(site=site_id).order_by("-left_on", "-pk"):
        found.setdefault(former.channel_id, []).append(former)
    return found
