"""What staff wait for in a large library: list, open, save, submit, approve; and the chain's own time.

The views run in this process through the whole stack of middleware, with
sessions as after a sign-in. Queries are counted by Django; statements that
begin or end transactions and savepoints aren't queries, and what the benchmark
looks up itself lies outside. An approval is the POST alone: the page it leads to
is "open a case". With `JIYUE_BENCH_DATABASE_URL` the library lies in
PostgreSQL, otherwise in SQLite.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.empty_platform import engine_suffix, migrate_platform, open_platform
from bench.harness import Figure, Scale, percentile

NAME = f"staff{engine_suffix()}"
open_platform(NAME)

from django.db import connection, reset_queries  # noqa: E402
from django.http import HttpResponseBase  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench.staff_library import Staff, fill_library, make_city, make_staff  # noqa: E402
from bench.staff_sessions import signed_in  # noqa: E402
from jiyue.library.content import ResourceContent  # noqa: E402
from jiyue.library.models import Edition, Resource  # noqa: E402
from jiyue.library.services import create_resource, submit_for_review  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.review import services as review  # noqa: E402
from jiyue.review.enums import SecrecyResult, StepStatus  # noqa: E402
from jiyue.review.models import ReviewCase, ReviewStep  # noqa: E402
from jiyue.review.submission import Checks, SecrecyOpinion  # noqa: E402
from jiyue.sites.models import Channel  # noqa: E402

SIZES: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 1_000_000}
ROUNDS = 40
CHAINS = 40
LIMIT_MS = "<= 300"
LIMIT_QUERIES = "<= 15"
BODY = "<p>市政府召开集约化平台建设工作会议，部署统一信息资源库建设。</p>" * 12
TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")  # statements that ask nothing
View = Callable[[int], HttpResponseBase]


@dataclass(frozen=True)
class Measured:
    """One view with what has to be looked up or verified around it.

    Attributes:
        name: Of the figure.
        view: Makes one request.
        check: Refuses an answer that didn't do what was asked.
    """

    name: str
    view: View
    check: Callable[[int], bool] = lambda _number: True


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    migrate_platform()
    units, channel = make_city()
    staff = make_staff(units[0])
    started = time.perf_counter()
    fill_library(units, channel, staff[StaffRole.ENTRY_CLERK], SIZES[scale])
    print(f"{SIZES[scale]:,} items in {time.perf_counter() - started:.0f} s", flush=True)
    figures: list[Figure] = []
    for measured in _views(staff, channel):
        figures += _measure(measured)
    return [*figures, _chain(staff, channel)]


def _measure(measured: Measured) -> Iterator[Figure]:
    name, view = measured.name, measured.view
    view(0)
    seconds, queries = [], []
    for number in range(1, ROUNDS + 1):
        reset_queries()
        with CaptureQueriesContext(connection) as captured:
            started = time.perf_counter()
            answer = view(number)
            seconds.append(time.perf_counter() - started)
        queries.append(sum(not query["sql"].startswith(TRANSACTIONS) for query in captured))
        if answer.status_code not in (200, 302) or not measured.check(number):
            raise AssertionError(f"{name}: {answer.status_code}")
    yield Figure(f"{name}, p95", percentile(seconds, 95) * 1000, "ms", LIMIT_MS)
    yield Figure(f"{name}, queries", max(queries), "queries", LIMIT_QUERIES)


def _views(staff: Staff, channel: Channel) -> Iterator[Measured]:
    clerk, lead = staff[StaffRole.ENTRY_CLERK], staff[StaffRole.REVIEW_LEAD]
    writing, reviewing = signed_in(clerk), signed_in(lead)
    own = list(
        Resource.objects.filter(unit=clerk.unit, status="draft").values_list("pk", flat=True)[: ROUNDS + 1]
    )
    listed = reverse("backoffice:resource_list")
    yield Measured("list of the library", lambda _number: writing.get(listed))
    yield Measured("list, filtered by state", lambda _number: writing.get(listed, {"status": "draft"}))
    yield Measured("list, a word of the title", lambda _number: writing.get(listed, {"q": "通知"}))
    yield Measured("workbench", lambda _number: writing.get(reverse("backoffice:workbench")))
    yield Measured(
        "open for editing",
        lambda number: writing.get(reverse("backoffice:resource_edit", args=[own[number]])),
    )
    yield Measured(
        "save",
        lambda number: writing.post(
            reverse("backoffice:resource_edit", args=[own[number]]), _form(channel, number)
        ),
    )
    yield Measured(
        "submit",
        lambda number: writing.post(
            reverse("backoffice:resource_submit", args=[own[number]]), {"comment": "请审核"}
        ),
        lambda number: Resource.objects.filter(pk=own[number], status="in_review").exists(),
    )
    cases = [
        submit_for_review(resource=_new(staff, channel, number), actor=clerk) for number in range(ROUNDS + 1)
    ]
    steps = [case.steps.get(status=StepStatus.OPEN) for case in cases]
    yield Measured("reviewer's list", lambda _number: reviewing.get(reverse("backoffice:case_list")))
    yield Measured(
        "open a case",
        lambda number: reviewing.get(reverse("backoffice:case_detail", args=[cases[number].pk])),
    )
    yield Measured(
        "approve",
        lambda number: reviewing.post(
            reverse("backoffice:case_decide", args=[cases[number].pk]),
            _decision(cases[number], steps[number]),
        ),
        lambda number: ReviewStep.objects.filter(pk=steps[number].pk, status=StepStatus.APPROVED).exists(),
    )


def _form(channel: Channel, number: int) -> dict[str, object]:
    return {
        "base_number": 1,
        "kind": "article",
        "title": f"集约化平台建设工作会议召开（{number}）",
        "body_html": BODY,
        "source": "市政府办公室",
        "author": "编辑部",
        "channel_ids": [channel.pk],
    }


def _decision(case: ReviewCase, step: ReviewStep) -> dict[str, object]:
    return {
        "step": step.pk,
        "seen_digest": case.manifest_digest,
        "decision": "approve",
        "gates": step.gates,
        "secrecy_result": SecrecyResult.PUBLIC.value,
        "secrecy_basis": "不涉密",
    }


def _new(staff: Staff, channel: Channel, number: int) -> Resource:
    clerk = staff[StaffRole.ENTRY_CLERK]
    content = ResourceContent(
        kind="article",
        title=f"第{number}次会议召开",
        body_html=BODY,
        source="市政府办公室",
        author="编辑部",
        channel_ids=(channel.pk,),
    )
    return create_resource(unit=clerk.unit, content=content, actor=clerk)


def _chain(staff: Staff, channel: Channel) -> Figure:
    """Own time of entry, submission and every approval up to the edition, without rendering."""
    before = Edition.objects.count()
    started = time.process_time()
    for number in range(CHAINS):
        case = submit_for_review(
            resource=_new(staff, channel, 1_000 + number), actor=staff[StaffRole.ENTRY_CLERK]
        )
        for step in case.steps.all():
            review.approve(
                step_id=step.pk,
                seen_digest=case.manifest_digest,
                actor=staff[StaffRole(step.role)],
                checks=signed(step),
            )
    seconds = time.process_time() - started
    if Edition.objects.count() - before != CHAINS:
        raise AssertionError("not every chain ended in an edition")
    return Figure("entry to edition, own time", seconds / CHAINS * 1000, "ms", "<= 60")


def signed(step: ReviewStep) -> Checks:
    """Everything that a step asks its reviewer to sign."""
    secrecy = SecrecyOpinion(SecrecyResult.PUBLIC, "不涉密") if step.needs_secrecy_review else None
    return Checks(gates=frozenset(step.gates), secrecy=secrecy)
