"""A changed menu on a big site: until its first parts show it, and until every page does.

Two workers carry out what the change asks for, as they would in production.
The first parts are the home page, the newest list of every channel and the
newest 1,000 pages. Meanwhile single items are published, and their pages must
be there soon. The peer is Hugo, which builds the whole site for a new menu.
"""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.empty_platform import migrate_platform, open_platform

PLATFORM = open_platform("menu")

from django.db import connections  # noqa: E402

from bench.bulk_editions import add_many_editions  # noqa: E402
from bench.harness import Figure, Scale, cost_of_command, faster  # noqa: E402
from bench.hugo import build_command  # noqa: E402
from bench.hugo_source import write_hugo_source  # noqa: E402
from bench.published_corpus import make_site, make_staff  # noqa: E402
from jiyue.core import outbox  # noqa: E402
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus  # noqa: E402
from jiyue.core.worker import Worker  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.publishing import topics  # noqa: E402
from jiyue.publishing.delivery.stores import site_root  # noqa: E402
from jiyue.publishing.models import Placement, PublishedSite  # noqa: E402
from jiyue.publishing.rebuild import rebuild_site  # noqa: E402
from jiyue.publishing.services import refresh_site  # noqa: E402
from jiyue.publishing.work.enums import BatchKind, BatchState, StepState  # noqa: E402
from jiyue.publishing.work.models import PublishingBatch  # noqa: E402
from jiyue.sites.models import Channel, Site  # noqa: E402

NAME = "menu"
COUNTS: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 200_000}
CHANNELS = 10
WORKERS = 2
PEER = "Hugo 0.168"
LOOK_SECONDS = 0.05
URGENT_EVERY_SECONDS = 2.0
NEW_NAME = "换了名称的栏目"


def run(scale: Scale) -> list[Figure]:
    """Measure one change of a channel's name."""
    count = COUNTS[scale]
    migrate_platform()
    staff = make_staff()
    author = staff[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    add_many_editions(channels, author, count)
    rebuild_site(site.pk)
    outbox.drain()
    source, output = PLATFORM / "hugo", PLATFORM / "hugo-output"
    write_hugo_source(source, site, channels)
    first, everything, urgent = _change_menu(site, channels[-1])
    _check(site)
    peer = cost_of_command(build_command(source, output)).wall_seconds
    label = f"menu change, {count:,} pages"
    return [
        Figure(f"{label}: home, indexes, newest 1,000", first, "s", "<= 5"),
        faster(f"{label}: all pages", everything, PEER, peer, unit="s", target=">= 1 x"),
        Figure(f"{label}: all pages", everything, "s", "<= 90" if count == COUNTS["1m"] else None),
        Figure(f"{label}: slowest urgent page meanwhile", max(urgent, default=0.0) * 1000, "ms", "<= 1000"),
    ]


def _change_menu(site: Site, channel: Channel) -> tuple[float, float, list[float]]:
    """Return seconds to the first parts, to the end, and of every urgent page in between."""
    urgent: list[float] = []
    first = 0.0
    with _workers():
        started = time.perf_counter()
        Channel.objects.filter(pk=channel.pk).update(name=NEW_NAME)
        refresh_site(site_id=site.pk)
        asked = started
        while not _is_over(site):
            now = time.perf_counter()
            if not first and _has_first_parts(site):
                first = now - started
            if first and now - asked >= URGENT_EVERY_SECONDS:
                urgent.append(_publish_again(site, len(urgent)))
                asked = time.perf_counter()
            time.sleep(LOOK_SECONDS)
        everything = time.perf_counter() - started
    return first or everything, everything, urgent


def _has_first_parts(site: Site) -> bool:
    batch = PublishingBatch.objects.filter(site=site, kind=BatchKind.FRAME).first()
    waiting = OutboxMessage.objects.filter(
        status__in=(OutboxStatus.PENDING, OutboxStatus.RUNNING), priority__lte=OutboxPriority.URGENT
    )
    return (
        batch is not None
        and not batch.steps.filter(topic=topics.NEWEST, state=StepState.WAITING).exists()
        and not waiting.filter(topic__in=(topics.SITE, topics.HOME, topics.CHANNEL)).exists()
    )


def _is_over(site: Site) -> bool:
    batch = PublishingBatch.objects.filter(site=site, kind=BatchKind.FRAME).first()
    return batch is not None and batch.state == BatchState.DONE


def _publish_again(site: Site, number: int) -> float:
    """Have one page in the middle of the archive written urgently; return how long it took."""
    last = PublishedSite.objects.get(site=site).last_sequence
    placement = Placement.objects.get(site=site, site_sequence=last // 2 + number)
    started = time.perf_counter()
    outbox.request(topics.PLACEMENT, placement.pk, priority=OutboxPriority.URGENT)
    row = OutboxMessage.objects.filter(topic=topics.PLACEMENT, key=str(placement.pk))
    while row.exclude(status=OutboxStatus.DONE).exists():
        time.sleep(LOOK_SECONDS / 5)
    return time.perf_counter() - started


@contextmanager
def _workers() -> Iterator[None]:
    connections.close_all()  # a forked child must not share our connections
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_work) for _ in range(WORKERS)]
    for child in children:
        child.start()
    try:
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.join()


def _work() -> None:
    Worker().run()


def _check(site: Site) -> None:
    """Every page shows the new name."""
    root = site_root(site.key)
    for path in Placement.objects.filter(site=site, is_live=True).values_list("path", flat=True).iterator():
        assert NEW_NAME in (root / path).read_text(encoding="utf-8"), path
