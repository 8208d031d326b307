"""What visitors are served: our nginx beside a bare one, the embedded server beside nginx, 1,500 readers.

Everything runs on loopback: generator and servers share the cores, so rates
are lower and times longer than with a generator on a machine of its own. The
ratios aren't: both sides lose the same. The readers' addresses are 70 in 100
articles, 18 lists, 5 feeds, 5 view counts and 2 searches; a reader pauses for a
second on average. Meanwhile the whole site is rebuilt again and again.
"""

import random
import statistics
import threading
from pathlib import Path
from urllib.parse import quote

from bench.empty_platform import migrate_platform, open_platform

PLATFORM = open_platform("front")

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from bench.front_servers import (  # noqa: E402
    Load,
    bare_nginx,
    front_server,
    load,
    nginx_version,
    shipped_nginx,
)
from bench.harness import ROUNDS, Figure, Scale, higher  # noqa: E402
from bench.published_corpus import add_editions, make_site, make_staff  # noqa: E402
from jiyue.core import outbox  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.publishing.delivery.stores import output_root, site_root  # noqa: E402
from jiyue.publishing.models import Placement  # noqa: E402
from jiyue.publishing.rebuild import rebuild_site  # noqa: E402
from jiyue.publishing.services import refresh_site  # noqa: E402
from jiyue.sites.models import Channel, Site  # noqa: E402
from tests.plumbing.ports import free_port  # noqa: E402

NAME = "front"
COUNTS: dict[Scale, int] = {"ci": 2_000, "100k": 20_000, "1m": 100_000}
SECONDS: dict[Scale, tuple[int, int]] = {
    "ci": (3, 20),
    "100k": (5, 30),
    "1m": (10, 60),
}  # a round, the readers
CHANNELS = 10
CONNECTIONS = 64
READERS = 1_500
WORDS = ("养老保险", "入学", "公积金", "通知", "实施方案", "消防", "2026", "医保结算")


def run(scale: Scale) -> list[Figure]:
    """Measure rates of one page, then readers during a rebuild."""
    site, channels = _publish(COUNTS[scale])
    round_seconds, reader_seconds = SECONDS[scale]
    page = "/" + Placement.objects.filter(site=site).order_by("sequence").values_list("path", flat=True)[0]
    front, shipped, bare = free_port(), free_port(), free_port()
    with (
        front_server(front, PLATFORM / "front.log"),
        shipped_nginx(PLATFORM / "shipped", output_root(), shipped, front),
        bare_nginx(PLATFORM / "bare", site_root(site.key), bare),
    ):

        def rates(*ports: int) -> list[float]:
            """Ask each server in turn, round after round; return the median rates."""
            measured: list[list[float]] = [[] for _ in ports]
            for _ in range(ROUNDS):
                for port, into in zip(ports, measured, strict=True):
                    into.append(_rate(port, page, site.host, round_seconds))
            return [statistics.median(each) for each in measured]

        peer = f"bare {nginx_version()}"
        ours, theirs = rates(shipped, bare)
        embedded, ours_again = rates(front, shipped)
        figures = [
            higher("one page, nginx as shipped", ours, peer, theirs, unit="requests/s", target=">= 0.9 x"),
            higher(
                "one page, embedded server",
                embedded,
                "nginx as shipped",
                ours_again,
                unit="requests/s",
                target=">= 0.5 x",
            ),
        ]
        during, rebuilt = _during_rebuild(site, shipped, reader_seconds, _addresses(site, channels))
    label = f"{READERS:,} readers during a rebuild"
    return [
        *figures,
        Figure(f"{label}, p50", during.p50_ms, "ms"),
        Figure(f"{label}, p95", during.p95_ms, "ms", "<= 1000"),
        Figure(f"{label}, p99", during.p99_ms, "ms"),
        Figure(f"{label}, errors", during.errors, "requests", "<= 0"),
        Figure(f"{label}, rate", during.rate, "requests/s"),
        Figure(f"{label}, articles rebuilt meanwhile", rebuilt, "articles"),
    ]


def _publish(count: int) -> tuple[Site, list[Channel]]:
    migrate_platform()
    staff = make_staff()
    author = staff[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    Site.objects.filter(pk=site.pk).update(base_url=f"http://{site.host}")  # no certificate on loopback
    add_editions(site, channels, author, count)
    refresh_site(site_id=site.pk)
    outbox.drain()
    rebuild_site(site.pk)
    call_command("reindex", verbosity=0)
    return site, channels


def _rate(port: int, page: str, host: str, seconds: int) -> float:
    """Return requests per second for one page.

    Raises:
        RuntimeError: An answer was an error, so the rate would say nothing.
    """
    url = f"http://127.0.0.1:{port}{page}"
    done = load(url, host=host, seconds=seconds, connections=CONNECTIONS, folder=PLATFORM)
    if done.errors:
        raise RuntimeError(f"{done.errors} errors from {url}")
    return done.rate


def _addresses(site: Site, channels: list[Channel]) -> list[str]:
    """Return what readers choose from, in the shares of the module's first lines."""
    chance = random.Random(20261122)
    placed = list(Placement.objects.filter(site=site).values_list("path", "resource_id"))
    pages = [f"/{path}" for path, _resource in placed]
    views = [f"/views/{resource}" for _path, resource in placed]
    lists = ["/", *(f"/{channel.path}/" for channel in channels)]
    feeds = ["/feed.xml", *(f"/{channel.path}/feed.xml" for channel in channels)]
    searches = [f"/search/?q={quote(word)}" for word in WORDS]
    shares = ((pages, 70), (lists, 18), (feeds, 5), (views, 5), (searches, 2))
    mixed = [chance.choice(kind) for kind, share in shares for _ in range(share * 20)]
    chance.shuffle(mixed)
    return mixed


def _during_rebuild(site: Site, port: int, seconds: int, addresses: list[str]) -> tuple[Load, int]:
    """Let the readers in while the site is rebuilt; return their times and the articles rebuilt."""
    stop = threading.Event()
    rebuilt = 0

    def rebuild() -> None:
        nonlocal rebuilt
        while not stop.is_set():
            rebuilt += rebuild_site(site.pk, workers=1).pages
        connections.close_all()

    rebuilding = threading.Thread(target=rebuild, name="rebuild")
    rebuilding.start()
    try:
        url = f"http://127.0.0.1:{port}/"
        readers = load(
            url,
            host=site.host,
            seconds=seconds,
            connections=READERS,
            folder=Path(PLATFORM),
            paths=addresses,
        )
    finally:
        stop.set()
        rebuilding.join()
    return readers, rebuilt
