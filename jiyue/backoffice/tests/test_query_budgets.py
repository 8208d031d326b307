"""How often the daily pages and acts ask the database: a ceiling for each, so that none grows unnoticed.

Six queries of every request look after the session itself. Statements that
begin or end transactions aren't queries.
"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jiyue.backoffice.paging import CappedPaginator
from jiyue.backoffice.tests.test_review_screens import decide_address, decision
from jiyue.core.models import AuditEntry, AuditText
from jiyue.library.models import Resource
from jiyue.review import services as review
from jiyue.review.services.refusals import ChecksMissing
from tests.factories import sign_checks

SETTLE = "/sign-out/"  # the first request of a session records it
TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK")


def count(act: Callable[[], HttpResponseBase], status_code: int) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert act().status_code == status_code
    return sum(not query["sql"].startswith(TRANSACTIONS) for query in captured)


def typed(world, title: str) -> dict[str, object]:
    return {
        "base_number": 1,
        "kind": "article",
        "title": title,
        "body_html": "<p>会议召开。</p>",
        "source": "市政府办公室",
        "author": "编辑部",
        "channel_ids": [world.news.pk],
    }


def test_opening_an_item_to_write_on_it_needs_few_queries(world, enter):
    address = reverse("backoffice:resource_edit", args=[world.draft().pk])
    client = enter(world.author)
    client.get(SETTLE)
    assert count(lambda: client.get(address), 200) <= 17


def test_saving_needs_few_queries(world, enter):
    address = reverse("backoffice:resource_edit", args=[world.draft().pk])
    client = enter(world.author)
    client.get(SETTLE)
    assert count(lambda: client.post(address, typed(world, "第二稿")), 302) <= 22


def test_submitting_needs_few_queries(world, enter):
    address = reverse("backoffice:resource_submit", args=[world.draft().pk])
    client = enter(world.author)
    client.get(SETTLE)
    assert count(lambda: client.post(address, {"comment": "请审"}), 302) <= 40


def test_approving_needs_few_queries_however_many_cases_wait(world, enter):
    cases = [world.submitted(title=f"稿件{number}") for number in range(4)]
    client = enter(world.lead)
    client.get(SETTLE)
    for case in cases[:2]:
        answers = decision(case)
        assert count(lambda case=case, answers=answers: client.post(decide_address(case), answers), 302) <= 34


def test_entries_of_one_act_are_written_in_their_order(world):
    world.submitted()
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))[-3:]
    assert verbs == ["resource.created", "case.submit", "obligation.opened"]
    assert AuditText.objects.count() == AuditEntry.objects.count()


def test_refused_act_leaves_no_entry(world):
    case = world.submitted()
    step, lead = case.steps.get(status="open"), world.lead
    before = AuditEntry.objects.count()
    with pytest.raises(ChecksMissing):
        review.approve(step_id=step.pk, seen_digest=case.manifest_digest, actor=lead)
    assert AuditEntry.objects.count() == before


def test_role_that_ended_between_two_acts_counts_at_once(world):
    case = world.submitted()
    step = case.steps.get(status="open")
    world.lead.person.roles.all().delete()
    with pytest.raises(review.NotTheReviewer):
        review.approve(
            step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, checks=sign_checks(step)
        )


def test_long_list_is_counted_up_to_a_limit(world, monkeypatch):
    monkeypatch.setattr("jiyue.backoffice.paging.MOST_COUNTED", 2)
    for number in range(3):
        world.draft(title=f"稿件{number}")
    page = CappedPaginator(Resource.objects.order_by("-pk"), 1)
    assert (page.count, page.num_pages, page.is_cut) == (2, 2, True)
