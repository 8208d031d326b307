"""From the event to the release: the four limits of HT, late items, and the time a paper took."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jiyue.core import clock, outbox
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import create_resource, save_revision, submit_for_review
from jiyue.library.timeliness import (
    count_late,
    get_late_ids,
    list_first_moment,
    list_late,
    list_released,
    read_limits,
    track,
)
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.policy.terms import Term, TermUnit
from jiyue.review.enums import Office, PaperKind
from jiyue.review.models import ApproverOffice
from jiyue.review.services.papers import Paper, file_paper
from jiyue.review.submission import Handling
from tests.factories import World, approve_step, make_content

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WEDNESDAY = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 09:00 in Asia/Shanghai
EVENT = date(2026, 11, 25)


def at(day: date, hour: int = 24) -> datetime:
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    return midnight + timedelta(hours=hour)


def written(world: World, limit: str, on: date | None = EVENT, **values: Any) -> Resource:
    content = make_content(world.news, event_on=on, timeliness=limit, **values)
    return create_resource(unit=world.unit_a, content=content, actor=world.author)


def released(world: World, resource: Resource) -> None:
    case = submit_for_review(resource=resource, actor=world.author)
    approve_step(case, world.lead)
    approve_step(case, world.leader)
    outbox.drain()


def clocks(resource: Resource, status: str = ObligationStatus.OPEN) -> dict[str, Obligation]:
    rows = Obligation.objects.filter(subject_type="resource", subject_key=str(resource.pk), status=status)
    return {row.kind: row for row in rows}


@pytest.mark.req("REV-19")
@pytest.mark.parametrize(
    ("sort", "due_on"),
    [
        ("major_event", date(2026, 11, 26)),  # at latest the next day
        ("work_news", date(2026, 11, 30)),  # 3 working days: Thursday, Friday, Monday
        ("document", date(2026, 12, 2)),  # 5 working days
        ("other", date(2026, 12, 4)),  # 7 working days
    ],
)
def test_limit_counts_from_the_event_over_the_working_day_calendar(
    world: World, sort: str, due_on: date
) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        resource = written(world, sort)
        limit = read_limits([resource.pk])[resource.pk]
    assert limit.due_at == at(due_on)
    assert limit.event_on == EVENT
    row = clocks(resource)[f"publish.limit.{sort}"]
    assert row.clause == "HT 二(二)1"
    assert row.working["steps"]
    aims = [kind for kind in clocks(resource) if kind.endswith(".aim")]
    assert len(aims) == (sort == "major_event")


@pytest.mark.req("REV-19")
def test_major_event_aims_at_the_same_day_and_is_late_after_the_next_one(world: World) -> None:
    with time_machine.travel(WEDNESDAY, tick=False) as traveller:
        resource = written(world, "major_event")
        limit = read_limits([resource.pk])[resource.pk]
        assert limit.aim_due_at == at(EVENT)
        assert (limit.is_late, limit.is_aim_missed) == (False, False)
        traveller.shift(timedelta(days=1))
        limit = read_limits([resource.pk])[resource.pk]
        assert (limit.is_late, limit.is_aim_missed) == (False, True)
        released(world, resource)
        limit = read_limits([resource.pk])[resource.pk]
        assert (limit.is_late, limit.is_aim_missed) == (False, True)
        assert limit.released_at == clock.now()
        assert clocks(resource) == {}


@pytest.mark.req("REV-19")
def test_late_item_is_flagged_with_its_days_and_counted(world: World) -> None:
    with time_machine.travel(WEDNESDAY, tick=False) as traveller:
        late, overdue, in_time = (
            written(world, "work_news", title=f"工作动态{number}") for number in range(3)
        )
        released(world, in_time)
        traveller.shift(timedelta(days=8))  # Thursday 3 December; due on Monday 30 November
        released(world, late)
        limits = read_limits([late.pk, overdue.pk, in_time.pk])
        assert limits[late.pk].is_late
        assert limits[late.pk].late_by == Term(3, TermUnit.WORKING_DAYS)
        assert (limits[overdue.pk].is_late, limits[overdue.pk].released_at) == (True, None)
        assert not limits[in_time.pk].is_late
        assert get_late_ids([late.pk, overdue.pk, in_time.pk]) == {late.pk, overdue.pk}
        start, end = at(date(2026, 11, 1), 0), at(date(2026, 12, 31))
        counts = {row.sort: row for row in count_late(world.unit_a, start, end)}
        news = counts["work_news"]
        assert (news.released, news.late, news.overdue) == (2, 1, 1)
        assert counts["other"].released == 0
        units = [world.unit_a.pk]
        assert set(list_late(units, start)) == {late, overdue}
        assert set(list_released(units, start)) == {late, in_time}
        assert not list_late([world.unit_b.pk], start).exists()
        assert all(row.late == 0 for row in count_late(world.unit_b, start, end))


@pytest.mark.req("REV-19")
def test_stated_otherwise_the_clock_starts_anew_and_without_a_day_it_stops(world: World) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        resource = written(world, "work_news")

        def save(**values: Any) -> None:
            resource.refresh_from_db()
            content = get_content(resource).with_values(**values)
            number = resource.last_revision
            save_revision(resource=resource, content=content, base_number=number, actor=world.author)

        save(title="换个标题")
        assert clocks(resource)["publish.limit.work_news"].title.count("换个标题") == 1
        assert clocks(resource, ObligationStatus.LAPSED) == {}
        save(timeliness="document", event_on=EVENT - timedelta(days=1))
        assert list(clocks(resource)) == ["publish.limit.document"]
        assert list(clocks(resource, ObligationStatus.LAPSED)) == ["publish.limit.work_news"]
        save(event_on=None)
        assert clocks(resource) == {}
        assert read_limits([resource.pk]) == {}


def test_document_counts_from_the_day_it_was_written_and_old_events_owe_nothing(world: World) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        document = written(world, "", None, sort="government_document", written_on=EVENT)
        assert list(clocks(document)) == ["publish.limit.document"]
        assert clocks(written(world, "", None, title="没有日期")) == {}
        assert clocks(written(world, "other", date(1949, 10, 1), title="历史")) == {}
        assert clocks(written(world, "other", date(2099, 12, 31), title="太远")) == {}
        assert list(clocks(written(world, "", title="有日期没分类"))) == ["publish.limit.other"]


def test_correction_of_a_published_item_starts_no_clock_and_history_has_none(world: World) -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        resource = written(world, "work_news")
        released(world, resource)
        resource.refresh_from_db()
        content = get_content(resource).with_values(title="更正", event_on=EVENT - timedelta(days=3))
        save_revision(
            resource=Resource.objects.get(pk=resource.pk),
            content=content,
            base_number=Resource.objects.get(pk=resource.pk).last_revision,
            actor=world.author,
        )
        assert clocks(resource) == {}
        history = world.draft(originally_published_on=date(2024, 1, 2), event_on=date(2024, 1, 1))
        assert clocks(history) == {}


@pytest.mark.req("REV-20")
def test_important_and_urgent_items_are_tracked_from_the_event_to_the_release(world: World) -> None:
    with time_machine.travel(WEDNESDAY, tick=False) as traveller:
        meeting = written(world, "major_event", title="全市重要会议召开")
        policy = written(world, "document", title="关于某政策的通知")
        news = written(world, "work_news", title="日常动态")
        alarm = world.draft(title="暴雪预警")
        urgent = Handling(is_urgent=True, urgent_reason="预警")
        submit_for_review(resource=alarm, actor=world.author, handling=urgent)
        traveller.shift(timedelta(hours=1))
        case = submit_for_review(resource=meeting, actor=world.author)
        units = [world.unit_a.pk]
        tracked = {row.resource: row for row in track(list_first_moment(units))}
        assert set(tracked) == {meeting, policy, alarm}
        assert news not in tracked
        found = tracked[meeting]
        assert found.limit is not None
        assert (found.limit.event_on, found.case, found.first_published_at) == (EVENT, case, None)
        assert found.step is not None
        assert found.step.role == "review_lead"
        assert tracked[alarm].limit is None
        approve_step(case, world.lead)
        approve_step(case, world.leader)
        assert meeting not in list_first_moment(units)
        (done,) = track(list_released(units, at(EVENT, 0)))
        assert done.first_published_at == clock.now()
        assert not list_first_moment([world.unit_b.pk]).exists()


@pytest.mark.req("REV-19")
def test_waiting_for_the_signed_paper_is_shown_apart_and_stops_no_clock(world: World) -> None:
    ApproverOffice.objects.create(
        governed_unit=world.unit_a, office=Office.PORTAL, unit=world.unit_a, starts_on=date(2020, 1, 1)
    )
    with time_machine.travel(WEDNESDAY, tick=False) as traveller:
        resource = written(world, "major_event")
        traveller.shift(timedelta(hours=30))
        paper = file_paper(
            paper=Paper(
                unit=world.unit_a,
                kind=PaperKind.STAMPED_SUBMISSION,
                filing_number="1",
                title="会议",
                signed_by="某某",
                signed_on=EVENT,
                has_stamp=True,
                scan=PDF,
                scan_name="a.pdf",
            ),
            actor=world.lead,
        )
        handling = Handling(paper_ids=(paper.pk,))
        case = submit_for_review(resource=resource, actor=world.author, handling=handling)
        traveller.shift(timedelta(hours=10))
        approve_step(case, world.lead)
        approve_step(case, world.leader)
        limit = read_limits([resource.pk])[resource.pk]
    assert limit.is_late
    assert limit.paper_wait == timedelta(hours=30)
