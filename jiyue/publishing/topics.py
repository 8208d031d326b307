"""What the publisher can be asked for: topics of the outbox and their keys.

A key names what to bring up to date. Whoever carries it out reads the present
state, so that asking twice, or too often, costs time and nothing else.
"""

from collections.abc import Iterable, Sequence

from jiyue.core import outbox
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus

PLACEMENT = "publishing.placement"  # placement id: its page, its media
LIST = "publishing.list"  # channel id/number: one frozen list page
CHANNEL = "publishing.channel"  # channel id: newest list page and feed
HOME = "publishing.home"  # site id: home page and the site's feed
SITEMAP = "publishing.sitemap"  # site id/shard: one part of the sitemap
SITE = "publishing.site"  # site id: theme files, marks, robots.txt, sitemaps, routing table
MOURNING = "publishing.mourning"  # site id: the stylesheet that turns the site grey, or not
NEWEST = "publishing.newest"  # site id/part: some of the site's newest pages, in a new frame
STRETCH_PAGES = 25  # list pages, with their items, in one step through the archive
ARCHIVE = "publishing.archive"  # channel id/first list page: a stretch of old pages in a new frame

CAPTURED = "publishing.captured"  # site id/part: some of the pages captured from a former site


def pair(first: int, second: int) -> str:
    """Write a key of two numbers."""
    return f"{first}/{second}"


def parse_pair(key: str) -> tuple[int, int]:
    """Read a key of two numbers."""
    first, _, second = key.partition("/")
    return int(first), int(second)


def lane_of(topic: str, keys: Sequence[str]) -> dict[str, OutboxPriority]:
    """Priorities of the rows now being carried out: follow-up work travels in the same lane."""
    rows = OutboxMessage.objects.filter(topic=topic, key__in=keys, status=OutboxStatus.RUNNING)
    found = dict(rows.values_list("key", "priority"))
    return {key: OutboxPriority(found.get(key, OutboxPriority.URGENT)) for key in keys}


class Requests:
    """Follow-up work of a batch, each thing asked for once, in the most urgent lane that needs it."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, str], OutboxPriority] = {}

    def add(self, topic: str, key: object, priority: OutboxPriority) -> None:
        """Ask for one thing."""
        wanted = (topic, str(key))
        self._wanted[wanted] = min(priority, self._wanted.get(wanted, priority))

    def add_all(self, topic: str, keys: Iterable[object], priority: OutboxPriority) -> None:
        """Ask for several things of one topic."""
        for key in keys:
            self.add(topic, key, priority)

    def wanted(self) -> list[tuple[str, str]]:
        """Topics and keys asked for so far."""
        return list(self._wanted)

    def send(self) -> None:
        """Insert the outbox rows, in the caller's transaction."""
        for (topic, key), priority in self._wanted.items():
            outbox.request(topic, key, priority=priority)
