"""From the last approval to the files on disk and the item in the index, in a small and a large library.

The clock runs from the leader's approval to the end of everything the outbox
asks for. The number of files written must not depend on the size of the
library; the figures say so, and the run fails otherwise.
"""

import statistics
import time
from datetime import UTC, datetime

import pytest

from bench.empty_platform import migrate_platform, open_platform

open_platform("publish")

from bench.bulk_editions import add_many_editions  # noqa: E402
from bench.harness import Cost, Figure, Scale, cost_of, percentile  # noqa: E402
from bench.published_corpus import make_site, make_staff  # noqa: E402
from jiyue.core import outbox  # noqa: E402
from jiyue.library.content import ResourceContent  # noqa: E402
from jiyue.library.models import LiveEdition  # noqa: E402
from jiyue.library.services import create_resource, submit_for_review  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.organizations.models import StaffAccount  # noqa: E402
from jiyue.publishing.delivery.local import LocalStore  # noqa: E402
from jiyue.publishing.services import refresh_site  # noqa: E402
from jiyue.publishing.store import WrittenFile  # noqa: E402
from jiyue.review import services as review  # noqa: E402
from jiyue.review.enums import SecrecyResult, StepStatus  # noqa: E402
from jiyue.review.models import ReviewCase, ReviewStep  # noqa: E402
from jiyue.review.submission import Checks, SecrecyOpinion  # noqa: E402
from jiyue.sites.models import Channel  # noqa: E402

NAME = "publish"
SIZES: dict[Scale, tuple[int, ...]] = {
    "ci": (1_000, 20_000),
    "100k": (1_000, 100_000),
    "1m": (1_000, 100_000, 1_000_000),
}
SITES: dict[Scale, int] = {"ci": 10, "100k": 50, "1m": 500}
CHANNELS = 10  # of each site
ROUNDS = 21  # publications at each size; one of them fills a list page
BODY = "<p>全市集约化平台建设工作会议今天召开，部署统一信息资源库建设。</p>" * 12


def run(scale: Scale) -> list[Figure]:
    """Measure single publications at every size of the library."""
    migrate_platform()
    staff = make_staff()
    author = staff[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    everywhere = list(channels)
    for number in range(1, SITES[scale]):
        everywhere += make_site(author.unit, CHANNELS, f"bench-{number}")[1]
    figures: list[Figure] = []
    written: list[int] = []
    for size in SIZES[scale]:
        _grow(everywhere, author, size)
        refresh_site(site_id=site.pk)
        outbox.drain()
        _publish_one(staff, channels[0], "预热")
        seconds, own, files = _publish_many(staff, channels[0])
        written.append(files)
        label = f"{size:,} editions on {SITES[scale]} sites"
        figures += [
            Figure(f"approve to live, p50, {label}", statistics.median(seconds) * 1000, "ms", "<= 300"),
            Figure(f"approve to live, p99, {label}", percentile(seconds, 99) * 1000, "ms", "<= 1000"),
            Figure(f"approve to live, own time, p50, {label}", statistics.median(own) * 1000, "ms"),
            Figure(f"files written, {label}", files, "files"),
        ]
    print(f"files written at each size: {written}", flush=True)
    assert len(set(written)) == 1, written
    return figures


def _grow(channels: list[Channel], author: StaffAccount, size: int) -> None:
    """Fill the library up to `size` editions, and say how quickly."""
    count, started = size - LiveEdition.objects.count(), time.perf_counter()
    add_many_editions(channels, author, count)
    seconds = time.perf_counter() - started
    print(f"{count:,} editions made in {seconds:.1f} s ({count / seconds:,.0f} a second)", flush=True)


def _publish_many(
    staff: dict[StaffRole, StaffAccount], channel: Channel
) -> tuple[list[float], list[float], int]:
    """Return wall and own time of every publication and the usual number of files."""
    seconds: list[float] = []
    own: list[float] = []
    files: list[int] = []
    write = LocalStore.write
    count = 0

    def counting(store: LocalStore, path: str, data: bytes) -> WrittenFile:
        nonlocal count
        count += 1
        return write(store, path, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalStore, "write", counting)
        for number in range(ROUNDS):
            count = 0
            cost = _publish_one(staff, channel, f"第{number}次 {datetime.now(UTC):%H%M%S%f}")
            seconds.append(cost.wall_seconds)
            own.append(cost.cpu_seconds)
            files.append(count)
    return seconds, own, round(statistics.median(files))


def _publish_one(staff: dict[StaffRole, StaffAccount], channel: Channel, title: str) -> Cost:
    author = staff[StaffRole.ENTRY_CLERK]
    content = ResourceContent(
        kind="article",
        title=title,
        body_html=BODY,
        source="市政府办公室",
        author="编辑部",
        channel_ids=(channel.pk,),
    )
    resource = create_resource(unit=author.unit, content=content, actor=author)
    case = submit_for_review(resource=resource, actor=author)
    _approve(case, staff[StaffRole.REVIEW_LEAD])
    outbox.drain()

    def approve_and_publish() -> None:
        _approve(case, staff[StaffRole.LEADER_IN_CHARGE])
        outbox.drain()

    return cost_of(approve_and_publish)


def _approve(case: ReviewCase, account: StaffAccount) -> None:
    step = case.steps.get(status=StepStatus.OPEN)
    review.approve(step_id=step.pk, seen_digest=case.manifest_digest, actor=account, checks=_signed(step))


def _signed(step: ReviewStep) -> Checks:
    secrecy = SecrecyOpinion(SecrecyResult.PUBLIC, "不涉密") if step.needs_secrecy_review else None
    return Checks(gates=frozenset(step.gates), secrecy=secrecy)
