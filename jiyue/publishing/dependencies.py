"""The dependency map in words: which files a publication writes, and why.

The handlers in `tasks` follow the same map by asking the outbox; a test
compares what they write with what is said here.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiyue.library.models import Edition
from jiyue.publishing.addresses import (
    PAGE_SIZE,
    SHARD_SIZE,
    atom_path,
    feed_path,
    index_path,
    list_path,
    media_path,
    sitemap_path,
)
from jiyue.publishing.details import OLDER_ITEMS
from jiyue.publishing.models import MediaUse, OutputFile, Placement, PublishedChannel
from jiyue.publishing.selectors import (
    get_full_pages,
    list_live_placements,
    list_newer,
    list_older,
    list_shown,
)
from jiyue.sites.models import Channel, Site


@dataclass(frozen=True, slots=True)
class Dependent:
    """One file that follows an item."""

    site: str
    path: str
    reason: str


def explain_publication(resource_id: int) -> list[Dependent]:
    """Return the files that the first publication of an item writes, on all its sites."""
    found: dict[tuple[str, str], Dependent] = {}
    for placement in list_live_placements([resource_id]):
        for path, reason in _written_at_first(placement):
            found.setdefault((placement.site.key, path), Dependent(placement.site.key, path, reason))
    return list(found.values())


def explain_change(resource_id: int) -> list[Dependent]:
    """Return the files that a new title or a withdrawal writes beside those of the first publication."""
    first = {(dependent.site, dependent.path) for dependent in explain_publication(resource_id)}
    found: dict[tuple[str, str], Dependent] = {}
    for placement in list_live_placements([resource_id]):
        for path, reason in _written_at_change(placement):
            if (placement.site.key, path) not in first:
                found.setdefault((placement.site.key, path), Dependent(placement.site.key, path, reason))
    return list(found.values())


def _written_at_first(placement: Placement) -> list[tuple[str, str]]:
    channel = placement.channel
    files = [(placement.path, _("the page itself"))]
    files += [
        (item.path, _("the next older page links to it"))
        for item in list_older(channel.pk, placement.sequence, 1)
    ]
    files.append((index_path(channel.path), _("newest list page")))
    files += [(path(channel.path), _("channel feed")) for path in (feed_path, atom_path)]
    if placement.sequence % PAGE_SIZE == 0:
        files.append((list_path(channel.path, placement.list_page), _("list page is full and frozen")))
        if placement.list_page > 1:
            before = list_path(channel.path, placement.list_page - 1)
            files.append((before, _("list page before it gets its link to newer items")))
    if channel.parent is not None:
        files.append((index_path(channel.parent.path), _("page of the channel above")))
        files += [
            (path(channel.parent.path), _("feed of the channel above")) for path in (feed_path, atom_path)
        ]
    files.append(("index.html", _("home page")))
    files += [(path, _("site feed")) for path in ("feed.xml", "atom.xml")]
    files.append((sitemap_path(placement.sitemap_shard), _("sitemap part")))
    if placement.site_sequence % SHARD_SIZE == 1:
        files.append(("sitemap.xml", _("a new sitemap part begins")))
    names = MediaUse.objects.filter(placement=placement).order_by("name").values_list("name", flat=True)
    files += [(media_path(name), _("picture or attachment")) for name in names]
    return files


def _written_at_change(placement: Placement) -> list[tuple[str, str]]:
    channel = placement.channel
    files = [
        (item.path, _("names it as older or related item"))
        for item in list_newer(channel.pk, placement.sequence, OLDER_ITEMS)
    ]
    if placement.list_page <= get_full_pages(channel.pk):
        files.append((list_path(channel.path, placement.list_page), _("frozen list page that holds it")))
    return files


def find_resource(edition_id: int) -> int | None:
    """The item that an edition is of."""
    return Edition.objects.filter(pk=edition_id).values_list("resource_id", flat=True).first()


def count_site_outputs(site: Site) -> list[tuple[str, int]]:
    """How many files show a site's settings: name, units, menu, footer, colour."""
    channel_ids = list(Channel.objects.filter(site=site).values_list("pk", flat=True))
    own = OutputFile.objects.filter(site=site)
    return [
        *_count_channels(channel_ids),
        (_("home page, feeds of the site, maps, error pages"), own.exclude(path__contains="/").count()),
        (_("files of the theme and marks"), own.filter(path__startswith="assets/").count()),
    ]


def count_theme_outputs(theme: str) -> list[tuple[str, int]]:
    """How many files a theme shows in, over all sites that use it."""
    sums: Counter[str] = Counter()
    for site in Site.objects.filter(theme=theme):
        sums.update(dict(count_site_outputs(site)))
    return list(sums.items())


def count_channel_outputs(channel: Channel) -> list[tuple[str, int]]:
    """How many files show a channel's name and place: its own, those below it, and menus."""
    below = _with_descendants(channel)
    counts = _count_channels(below)
    is_in_menu = channel.parent is None or channel.parent.parent_id is None
    if is_in_menu:
        others = Channel.objects.filter(site=channel.site_id).exclude(pk__in=below)
        elsewhere = _count_channels(list(others.values_list("pk", flat=True)))
        pages = sum(count for _what, count in elsewhere[:2])  # feeds have no menu
        counts.append((_("pages of other channels, whose menu names it"), pages))
    parents = 3 if channel.parent_id else 0  # list page and two feeds
    counts.append((_("page and feeds of the channel above"), parents))
    counts.append((_("home page, map for people, first part of the sitemap"), 3))
    return counts


def _with_descendants(channel: Channel) -> list[int]:
    found, level = [channel.pk], [channel.pk]
    while level:
        level = list(
            Channel.objects.filter(parent__in=level).exclude(pk__in=found).values_list("pk", flat=True)
        )
        found += level
    return found


def _count_channels(channel_ids: Collection[int]) -> list[tuple[str, int]]:
    full = PublishedChannel.objects.filter(channel__in=channel_ids).values_list("last_sequence", flat=True)
    return [
        (_("detail pages"), list_shown().filter(channel__in=channel_ids).count()),
        (_("list pages"), sum(last // PAGE_SIZE for last in full) + len(channel_ids)),
        (_("feeds of channels"), 2 * len(channel_ids)),
    ]
