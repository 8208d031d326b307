"""What staff wait for in a large library: list, open, save, submit, approve; and the chain's own time.

The views run in this process through the whole stack of middleware, with
sessions as after a sign-in. Queries are counted by Django. With
`JIYUE_BENCH_DATABASE_URL` the library lies in PostgreSQL, otherwise in SQLite.
"""

import time
from collections.abc import Callable, Iterator

from bench.empty_platform import engine_suffix, migrate_platform, open_platform
from bench.harness import Figure, Scale, percentile

NAME = f"staff{engine_suffix()}"
open_platform(NAME)

from django.db import connection, reset_queries  # noqa: E402
from django.http import HttpResponseBase  # noqa: E402
from django.test import Client  # noqa: E402
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
View = Callable[[int], HttpResponseBase]


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    migrate_platform()
    units, channel = make_city()
    staff = make_staff(units[0])
    started = time.perf_counter()
    fill_library(units, channel, staff[StaffRole.ENTRY_CLERK], SIZES[scale])
    print(f"{SIZES[scale]:,} items in {time.perf_counter() - started:.0f} s", flush=True)
    figures: list[Figure] = []
    for name, view in _views(staff, channel):
        figures += _measure(name, view)
    return [*figures, _chain(staff, channel)]


def _measure(name: str, view: View) -> Iterator[Figure]:
    view(0)
    seconds, queries = [], []
    for number in range(1, ROUNDS + 1):
        reset_queries()
        with CaptureQueriesContext(connection) as captured:
            started = time.perf_counter()
            answer = view(number)
            seconds.append(time.perf_counter() - started)
        queries.append(len(captured))
        if answer.status_code not in (200, 302):
            raise AssertionError(f"{name}: {answer.status_code}")
    yield Figure(f"{name}, p95", percentile(seconds, 95) * 1000, "ms", LIMIT_MS)
    yield Figure(f"{name}, queries", max(queries), "queries", LIMIT_QUERIES)


def _views(staff: Staff, channel: Channel) -> Iterator[tuple[str, View]]:
    clerk, lead = staff[StaffRole.ENTRY_CLERK], staff[StaffRole.REVIEW_LEAD]
    writing, reviewing = signed_in(clerk), signed_in(lead)
    own = list(
        Resource.objects.filter(unit=clerk.unit, status="draft").values_list("pk", flat=True)[: ROUNDS + 1]
    )
    listed = reverse("backoffice:resource_list")
    yield "list of the library", lambda _number: writing.get(listed)
    yield "list, filtered by state", lambda _number: writing.get(listed, {"status": "draft"})
    yield "list, a word of the title", lambda _number: writing.get(listed, {"q": "通知"})
    yield "workbench", lambda _number: writing.get(reverse("backoffice:workbench"))
    yield (
        "open for editing",
        lambda number: writing.get(reverse("backoffice:resource_edit", args=[own[number]])),
    )
    yield (
        "save",
        lambda number: writing.post(
            reverse("backoffice:resource_edit", args=[own[number]]), _form(channel, number)
        ),
    )
    yield "submit", lambda number: _submit(writing, own[number])
    cases = [
        submit_for_review(resource=_new(staff, channel, number), actor=clerk) for number in range(ROUNDS + 1)
    ]
    yield "reviewer's list", lambda _number: reviewing.get(reverse("backoffice:case_list"))
    yield (
        "open a case",
        lambda number: reviewing.get(reverse("backoffice:case_detail", args=[cases[number].pk])),
    )
    yield "approve", lambda number: _approve_on_screen(reviewing, cases[number])


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


def _submit(client: Client, pk: int) -> HttpResponseBase:
    answer = client.post(reverse("backoffice:resource_submit", args=[pk]), {"comment": "请审核"})
    if Resource.objects.values_list("status", flat=True).get(pk=pk) != "in_review":
        raise AssertionError("not submitted")
    return answer


def _approve_on_screen(client: Client, case: ReviewCase) -> HttpResponseBase:
    step = case.steps.get(status=StepStatus.OPEN)
    answer = client.post(
        reverse("backoffice:case_decide", args=[case.pk]),
        {
            "step": step.pk,
            "seen_digest": case.manifest_digest,
            "decision": "approve",
            "gates": step.gates,
            "secrecy_result": SecrecyResult.PUBLIC.value,
            "secrecy_basis": "不涉密",
        },
    )
    step.refresh_from_db()
    if step.status != StepStatus.APPROVED:
        raise AssertionError("not approved")
    return answer


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
