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

from bench.harness import Figure, Scale, percentile  # noqa: E402
from bench.published_corpus import add_editions, make_site, make_staff  # noqa: E402
from jiyue.core import outbox  # noqa: E402
from jiyue.library.content import ResourceContent  # noqa: E402
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
    "ci": (10_000, 200_000),
    "100k": (10_000, 200_000),
    "1m": (10_000, 200_000, 1_000_000),
}
CHANNELS = 10
ROUNDS = 21  # publications at each size; one of them fills a list page
BODY = "<p>全市集约化平台建设工作会议今天召开，部署统一信息资源库建设。</p>" * 12


def run(scale: Scale) -> list[Figure]:
    """Measure single publications at every size of the library."""
    migrate_platform()
    staff = make_staff()
    author = staff[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    figures: list[Figure] = []
    written: list[int] = []
    for size in SIZES[scale]:
        add_editions(site, channels, author, size)
        refresh_site(site_id=site.pk)
        outbox.drain()
        _publish_one(staff, channels[0], "预热")
        seconds, files = _publish_many(staff, channels[0])
        written.append(files)
        label = f"{size:,} editions"
        figures += [
            Figure(f"approve to live, p50, {label}", statistics.median(seconds) * 1000, "ms", "<= 300"),
            Figure(f"approve to live, p99, {label}", percentile(seconds, 99) * 1000, "ms", "<= 1000"),
            Figure(f"files written, {label}", files, "files"),
        ]
    assert len(set(written)) == 1, written
    return figures


def _publish_many(staff: dict[StaffRole, StaffAccount], channel: Channel) -> tuple[list[float], int]:
    """Return the time of every publication and the usual number of files."""
    seconds: list[float] = []
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
            seconds.append(_publish_one(staff, channel, f"第{number}次 {datetime.now(UTC):%H%M%S%f}"))
            files.append(count)
    return seconds, round(statistics.median(files))


def _publish_one(staff: dict[StaffRole, StaffAccount], channel: Channel, title: str) -> float:
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
    started = time.perf_counter()
    _approve(case, staff[StaffRole.LEADER_IN_CHARGE])
    outbox.drain()
    return time.perf_counter() - started


def _approve(case: ReviewCase, account: StaffAccount) -> None:
    step = case.steps.get(status=StepStatus.OPEN)
    review.approve(step_id=step.pk, seen_digest=case.manifest_digest, actor=account, checks=_signed(step))


def _signed(step: ReviewStep) -> Checks:
    secrecy = SecrecyOpinion(SecrecyResult.PUBLIC, "不涉密") if step.needs_secrecy_review else None
    return Checks(gates=frozenset(step.gates), secrecy=secrecy)
