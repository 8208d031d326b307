"""The tamper watch: a full comparison beside coreutils on the same files, and the time until a page is back.

The peer, `sha256sum --check` on as many processes as we use, digests the same
pages and nothing else: no names that are too much, no compressed copies, no
rights, no proof of the manifest. Restoration is measured on a watch of its own
process, from the moment a page is written over to the moment its bytes are back.
"""

import hashlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.empty_platform import migrate_platform, open_platform

PLATFORM = open_platform("tamper")

from django.db import connections  # noqa: E402

from bench.harness import Figure, Scale, alternate, cost_of, faster, median_wall  # noqa: E402
from bench.published_corpus import add_editions, make_site, make_staff  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.publishing.delivery.stores import site_root  # noqa: E402
from jiyue.publishing.integrity.models import Sweep, WatchSign  # noqa: E402
from jiyue.publishing.integrity.sealing import seal_all  # noqa: E402
from jiyue.publishing.integrity.sweeping import sweep_site  # noqa: E402
from jiyue.publishing.models import OutputFile, Placement  # noqa: E402
from jiyue.publishing.rebuild import rebuild_site  # noqa: E402
from jiyue.sites.models import Site  # noqa: E402

NAME = "tamper"
COUNTS: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 200_000}
CHANNELS = 10
PEER = "sha256sum --check"
TAMPERINGS = 11
SWEEP_SECONDS = 60  # for 200,000 pages; in proportion for fewer
PATIENCE_SECONDS = 120


def run(scale: Scale) -> list[Figure]:
    """Measure comparing and restoring on one site."""
    count = COUNTS[scale]
    migrate_platform()
    staff = make_staff()
    author = staff[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    add_editions(site, channels, author, count)
    rebuild_site(site.pk)
    started = time.perf_counter()
    seal_all(site.pk)
    sealing = time.perf_counter() - started
    sums = _write_sums(site)
    ours, peer = alternate(lambda: cost_of(lambda: _sweep(site)), lambda: cost_of(lambda: _check(sums)))
    files = OutputFile.objects.filter(site=site).count()
    limit = SWEEP_SECONDS * count / COUNTS["1m"]
    return [
        Figure(f"full comparison of {files:,} files", median_wall(ours), "s", f"<= {limit:g}"),
        faster(
            "the same files digested", median_wall(ours), PEER, median_wall(peer), unit="s", target=">= 0.2 x"
        ),
        Figure("compared per second", files / median_wall(ours), "files/s"),
        Figure("signing the whole manifest", sealing, "s"),
        *_measure_restoring(site),
    ]


def _sweep(site: Site) -> None:
    [*_steps, report] = sweep_site(site)
    assert report is not None
    assert not report.suspects, report.suspects[:5]
    assert not report.reasons, report.reasons


def _write_sums(site: Site) -> list[Path]:
    """Lists of the peer's digests, one for each of its processes."""
    root = site_root(site.key)
    paths = OutputFile.objects.filter(site=site).order_by("path").values_list("path", flat=True)
    lines = [f"{hashlib.sha256((root / path).read_bytes()).hexdigest()}  {root / path}\n" for path in paths]
    count = len(os.sched_getaffinity(0))
    lists = [PLATFORM / f"sums-{number}.txt" for number in range(count)]
    for number, each in enumerate(lists):
        each.write_text("".join(lines[number::count]), encoding="utf-8")
    return lists


def _check(lists: list[Path]) -> None:
    program = shutil.which("sha256sum")
    assert program is not None, "coreutils' sha256sum is missing"
    running = [subprocess.Popen([program, "--check", "--quiet", str(each)]) for each in lists]
    assert [process.wait() for process in running] == [0] * len(lists)


def _measure_restoring(site: Site) -> list[Figure]:
    """Write pages over while worker and watch run."""
    paths = list(
        Placement.objects.filter(site=site).order_by("pk").values_list("path", flat=True)[:TAMPERINGS]
    )
    root = site_root(site.key)
    swept = Sweep.objects.count()
    connections.close_all()
    copied: list[float] = []
    rendered: list[float] = []
    with _processes():
        _wait(lambda: Sweep.objects.count() > swept and WatchSign.objects.exists())
        for path in paths:
            page, copy = root / path, root / f"{path}.gz"
            copied.append(_restored_after(page, None))
            rendered.append(_restored_after(page, copy))
    return [
        Figure("tampering to restoration, copy intact, p50", statistics.median(copied), "s", "<= 5"),
        Figure("tampering to restoration, copy gone too, p50", statistics.median(rendered), "s", "<= 5"),
        Figure("tampering to restoration, slowest", max(copied + rendered), "s"),
    ]


def _restored_after(page: Path, copy: Path | None) -> float:
    """Seconds until a page written over has its bytes again."""
    before = page.read_bytes()
    started = time.perf_counter()
    if copy is not None:
        copy.write_bytes(b"tampered")
    page.write_bytes(b"tampered")
    _wait(lambda: page.exists() and page.read_bytes() == before)
    return time.perf_counter() - started


def _wait(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)


@contextmanager
def _processes() -> Iterator[None]:
    """Worker and watch, as they are shipped."""
    running = [subprocess.Popen([sys.executable, "-m", "jiyue", name]) for name in ("worker", "watch")]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(PATIENCE_SECONDS)
