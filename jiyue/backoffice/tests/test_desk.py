"""The reviewer's desk: list, dossier, rounds, batches."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from jiyue.backoffice.marking import mark_body
from jiyue.core import clock
from jiyue.library.models import Resource, ResourceRevision
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_batch, submit_for_review
from jiyue.library.textchecking import check_content
from jiyue.review import services as review
from jiyue.review.enums import CaseStatus
from jiyue.review.models import Referral, ReviewCase
from jiyue.review.submission import Handling
from jiyue.textcheck.findings import Finding, Severity
from tests.factories import World, approve_step, make_content


def case_address(case: ReviewCase) -> str:
    return reverse("backoffice:case_detail", args=[case.pk])


def titles(page: object) -> list[str]:
    return [row.case.title for row in page.context["rows"]]


def test_urgent_cases_stand_first_and_waiting_time_and_overdue_are_shown(world: World, enter):
    now = clock.now()
    with time_machine.travel(now - timedelta(days=9)):
        world.submitted(title="等了九天")
    urgent = submit_for_review(
        resource=world.draft(title="防汛紧急"),
        actor=world.author,
        handling=Handling(is_urgent=True, urgent_reason="汛情"),
    )
    page = enter(world.lead).get(reverse("backoffice:case_list"))
    assert titles(page) == [urgent.title, "等了九天"]
    assert [row.clock.left.is_late for row in page.context["rows"]] == [False, True]
    text = page.content.decode()
    assert "status-mark-urgent" in text
    assert 'class="overdue"' in text


def test_list_is_narrowed_by_sort_urgency_unit_and_held(world: World, enter):
    general = world.submitted(title="一般信息")
    world.submitted(title="通知", sort="notice")
    Referral.objects.create(
        case=general, referred_to="保密局", question="能否公开", opened_by=world.lead, opened_at=clock.now()
    )
    client = enter(world.lead)
    address = reverse("backoffice:case_list")
    assert titles(client.get(f"{address}?sort=notice")) == ["通知"]
    assert titles(client.get(f"{address}?held=1")) == ["一般信息"]
    assert titles(client.get(f"{address}?urgent=1")) == []
    assert len(titles(client.get(f"{address}?unit={world.unit_a.pk}"))) == 2
    assert titles(client.get(f"{address}?show=all&unit={world.unit_b.pk}")) == []
    for forged in ("sort=none", "unit=x", "unit=²", f"unit={'9' * 40}", "show=none", "page=x"):
        assert client.get(f"{address}?{forged}").status_code == 200
    world.other_lead  # noqa: B018  # somebody of another unit
    assert titles(enter(world.other_lead).get(f"{address}?show=all")) == []


def test_list_costs_the_same_for_any_number_of_cases(world: World, enter, django_assert_max_num_queries):
    for number in range(12):
        world.submitted(title=f"第{number}件")
    client = enter(world.lead)
    for shown in ("waiting", "open", "all"):
        client.get(reverse("backoffice:case_list") + f"?show={shown}")
        with django_assert_max_num_queries(21):
            client.get(reverse("backoffice:case_list") + f"?show={shown}")


def test_case_shows_findings_as_a_list_and_as_marks_with_the_reasons_given(world: World, enter):
    content = make_content(world.news, body_html="<p>服务电话13812345678，欢迎来电。</p>")
    found = check_content(content, unit=world.unit_a)
    (phone,) = [one for one in found if one.excerpt == "13812345678"]
    case = world.submitted(body_html=content.body_html, justifications={phone.key: "对外服务电话"})
    page = enter(world.lead).get(case_address(case))
    (shown,) = [one for one in page.context["dossiers"][0].findings if one.finding.excerpt == "13812345678"]
    assert shown.reason == "对外服务电话"
    text = page.content.decode()
    assert f'<mark id="finding-{shown.number}-text" class="finding">13812345678</mark>' in text
    assert "对外服务电话" in text


def finding(excerpt: str, occurrence: int = 1) -> Finding:
    return Finding(
        "rule", "words", "body_html", 0, 0, excerpt, occurrence, "", "", None, Severity.ADVICE, "", excerpt
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("html", "found", "expected"),
    [
        (
            "<p>今天开会，今天散会</p>",
            finding("今天", 2),
            '<p>今天开会，<mark id="finding-1-text" class="finding">今天</mark>散会</p>',
        ),
        (
            "<p>a &amp; b</p>",
            finding("& b"),
            '<p>a <mark id="finding-1-text" class="finding">&amp;</mark><mark class="finding"> b</mark></p>',
        ),
        (
            "<p>市<strong>政</strong>府</p>",
            finding("市政府"),
            '<p><mark id="finding-1-text" class="finding">市</mark><strong>'
            '<mark class="finding">政</mark></strong><mark class="finding">府</mark></p>',
        ),
        ("<p>甲</p><p>乙</p>", finding("甲乙"), "<p>甲</p><p>乙</p>"),
        ("<p>没有</p>", finding("<script>"), "<p>没有</p>"),
    ],
)
def test_marks_stand_at_the_words_and_break_nothing(html, found, expected):
    assert mark_body(html, [(1, found)]) == expected


@pytest.mark.req("REV-03")
def test_in_a_later_round_the_change_since_the_last_approval_is_shown(world: World, enter):
    case = world.submitted()
    approve_step(case, world.lead)
    item = Resource.objects.get(pk=case.items.get().subject_key)
    content = get_content(item).with_values(title="审核中改过的标题")
    save_revision(
        resource=item, content=content, base_number=1, actor=world.second_author, during_review=True
    )
    case.refresh_from_db()
    assert case.round == 2
    page = enter(world.lead).get(case_address(case))
    earlier = page.context["dossiers"][0].earlier
    assert earlier.action.person_id == world.lead.person_id
    assert any("改过" in p.text for d in earlier.differences for g in d.paragraphs for p in g.pieces)
    assert "审核中改过的标题" in page.content.decode()
    story = page.context["story"][0]
    assert [event.action.verb for event in story.events] == ["submit", "approve", "revise"]


def test_after_a_return_the_reviewer_sees_what_was_changed_since(world: World, enter):
    case = world.submitted()
    step = case.steps.get(status="open")
    review.return_case(step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="改标题")
    item = Resource.objects.get(pk=case.items.get().subject_key)
    content = get_content(item).with_values(title="按意见改好的标题")
    save_revision(resource=item, content=content, base_number=1, actor=world.author)
    item.refresh_from_db()
    again = submit_for_review(resource=item, actor=world.author)
    earlier = enter(world.lead).get(case_address(again)).context["dossiers"][0].earlier
    assert earlier.action.verb == "return"
    assert len(earlier.differences) == 1


@pytest.mark.req("REV-32")
def test_time_taken_by_each_level_stands_on_the_case(world: World, enter):
    start = clock.now()
    with time_machine.travel(start, tick=False):
        case = world.submitted()
    with time_machine.travel(start + timedelta(hours=3), tick=False):
        approve_step(case, world.lead)
    with time_machine.travel(start + timedelta(hours=5)):
        page = enter(world.leader).get(case_address(case))
        text = page.content.decode()
    steps = page.context["steps"]
    assert [(step.decided_at - step.opened_at) if step.decided_at else None for step in steps] == [
        timedelta(hours=3),
        None,
    ]
    assert "durations" in text
    first = page.context["story"][0].events[1]
    assert first.duration == timedelta(hours=3)


def test_passing_an_item_over_leads_on_to_the_one_behind_it(world: World, enter):
    cases = [world.submitted(title=f"第{number}件") for number in range(3)]
    for case in cases:
        approve_step(case, world.lead)
    client = enter(world.leader)
    middle = cases[1]
    page = client.get(case_address(middle))
    assert (page.context["previous_case"], page.context["next_case"]) == (cases[0].pk, cases[2].pk)
    step = middle.steps.get(status="open")
    data = {"step": step.pk, "seen_digest": middle.manifest_digest, "decision": "approve", "opinion": ""}
    answer = client.post(reverse("backoffice:case_decide", args=[middle.pk]), data)
    assert answer.url == case_address(cases[2])
    last = cases[2].steps.get(status="open")
    data = {"step": last.pk, "seen_digest": cases[2].manifest_digest, "decision": "approve", "opinion": ""}
    assert client.post(reverse("backoffice:case_decide", args=[cases[2].pk]), data).url == case_address(
        cases[0]
    )


def test_batch_is_approved_only_after_its_spot_check_was_read(world: World, enter):
    resources = [world.draft(title=f"第{number}号文件") for number in range(12)]
    case = submit_batch(resources=resources, title="导入批次", actor=world.author)
    client = enter(world.lead)
    page = client.get(case_address(case))
    sample = page.context["sample"]
    assert 0 < len(sample.items) <= 12
    assert str(len(sample.unread)) in page.content.decode()
    step = case.steps.get(status="open")
    data = {
        "step": step.pk,
        "seen_digest": case.manifest_digest,
        "decision": "approve",
        "opinion": "",
        "gates": step.gates,
        "secrecy_result": "public",
        "secrecy_basis": "逐件核对",
    }
    address = reverse("backoffice:case_decide", args=[case.pk])
    assert client.post(address, data).status_code == 409
    for item in sample.items:
        client.get(reverse("backoffice:case_item", args=[case.pk, item.pk]))
    assert client.get(case_address(case)).context["sample"].unread == ()
    assert client.post(address, data).status_code == 302
    action = case.actions.get(verb="approve")
    assert action.record_json["sample"] == [item.pk for item in sample.items]


def test_clerk_who_opens_items_of_a_batch_reads_nothing_for_the_reviewer(world: World, enter):
    resources = [world.draft(title=f"第{number}号文件") for number in range(4)]
    case = submit_batch(resources=resources, title="批次", actor=world.author)
    clerk = enter(world.author)
    for item in case.items.all():
        assert clerk.get(reverse("backoffice:case_item", args=[case.pk, item.pk])).status_code == 200
    sample = enter(world.lead).get(case_address(case)).context["sample"]
    assert sample.read_ids == frozenset()


def test_held_case_can_be_returned_but_not_approved(world: World, enter):
    case = world.submitted()
    Referral.objects.create(
        case=case, referred_to="保密局", question="能否公开", opened_by=world.lead, opened_at=clock.now()
    )
    page = enter(world.lead).get(case_address(case))
    assert page.context["held"]
    assert "data-blocked" in page.content.decode()
    step = case.steps.get(status="open")
    data = {"step": step.pk, "seen_digest": case.manifest_digest, "decision": "return", "opinion": "先不发"}
    enter(world.lead).post(reverse("backoffice:case_decide", args=[case.pk]), data)
    case.refresh_from_db()
    assert case.status == CaseStatus.RETURNED


def test_reviewer_sees_exactly_the_pinned_state(world: World, enter):
    case = world.submitted(title="钉住的标题")
    item = case.items.get()
    other = ResourceRevision.objects.get(pk=item.pin)
    page = enter(world.lead).get(case_address(case))
    assert page.context["dossiers"][0].revision == other
    assert page.context["form"]["seen_digest"].value() == case.manifest_digest
