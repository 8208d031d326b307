"""Editions: frozen, dated by the server, corrected by a new one at the same resource."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from jiyue.core import outbox
from jiyue.core.models import AuditEntry
from jiyue.library.content import ResourceContent
from jiyue.library.enums import ResourceStatus, WithdrawalReason
from jiyue.library.models import Edition, LiveEdition, Resource, ResourceRevision
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import get_content, list_visible_resources
from jiyue.library.services import (
    ConcurrentEdit,
    NotEditable,
    NotSubmittable,
    NotWithdrawable,
    create_resource,
    releasing,
    save_revision,
    submission_blockers,
    submit_batch,
    submit_for_review,
    withdraw_resource,
)
from jiyue.library.services.editing import BackDatingForbidden, ChannelNotOpen, TextTooLong
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.policy.selectors import PolicyValue, value
from tests.factories import World, make_channel, make_content, note_correction

pytestmark = pytest.mark.django_db


def correct(world: World, resource: Resource, **values: object) -> None:
    resource.refresh_from_db()
    content = get_content(resource).with_values(**values)
    save_revision(resource=resource, content=content, base_number=resource.last_revision, actor=world.author)
    resource.refresh_from_db()
    if LiveEdition.objects.filter(resource=resource).exists():
        note_correction(resource, world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    outbox.drain()


@pytest.mark.req("LIB-02")
@pytest.mark.parametrize("sql", ["DELETE FROM library_edition", "UPDATE library_edition SET title = '改'"])
def test_database_refuses_to_change_or_delete_an_edition(world: World, sql: str) -> None:
    world.publish()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.req("REV-29")
def test_publication_time_is_the_servers_and_imported_history_keeps_its_own_date(world: World) -> None:
    moment = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    case = world.submitted(originally_published_on=date(2019, 10, 14))
    with time_machine.travel(moment, tick=False):
        world.decide_all(case)
    edition = Edition.objects.get()
    assert edition.published_at == moment
    assert edition.content.originally_published_on == date(2019, 10, 14)
    assert "published_at" not in ResourceContent.__dataclass_fields__


@pytest.mark.req("REV-29")
def test_database_refuses_a_later_change_of_the_publication_time(world: World) -> None:
    world.publish()
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.update(published_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_correction_is_a_new_edition_and_keeps_index_number_and_first_date(world: World) -> None:
    resource = world.publish()
    first = Edition.objects.get()
    since = LiveEdition.objects.get().first_published_at
    correct(world, resource, title="更正后的标题")
    newest = Edition.objects.latest("number")
    live = LiveEdition.objects.get()
    assert (newest.number, live.edition, live.first_published_at) == (2, newest, since)
    assert newest.index_number == first.index_number
    assert Edition.objects.get(pk=first.pk).title == first.title


@pytest.mark.req("LIB-04")
def test_index_numbers_follow_unit_code_year_and_serial_without_gaps(world: World) -> None:
    with time_machine.travel(datetime(2026, 11, 21, tzinfo=UTC)):
        for number in range(3):
            world.publish(title=f"稿件{number}")
    assert list(Edition.objects.order_by("pk").values_list("index_number", flat=True)) == [
        "A00000001/2026-00001",
        "A00000001/2026-00002",
        "A00000001/2026-00003",
    ]


def test_imported_index_number_is_kept(world: World) -> None:
    world.publish(index_number="014207264/2019-07409")
    assert Edition.objects.get().index_number == "014207264/2019-07409"


def test_text_in_review_is_locked(world: World) -> None:
    resource = world.draft()
    submit_for_review(resource=resource, actor=world.author)
    resource.refresh_from_db()
    content = get_content(resource).with_values(title="偷偷改")
    with pytest.raises(NotEditable):
        save_revision(resource=resource, content=content, base_number=1, actor=world.author)


def test_two_clerks_editing_one_item_lose_nothing(world: World) -> None:
    resource = world.draft()
    mine = get_content(resource).with_values(title="己的标题")
    theirs = get_content(resource).with_values(title="甲的标题")
    save_revision(resource=resource, content=theirs, base_number=1, actor=world.author)
    with pytest.raises(ConcurrentEdit) as caught:
        save_revision(resource=resource, content=mine, base_number=1, actor=world.second_author)
    assert caught.value.newer.content.title == "甲的标题"
    assert ResourceRevision.objects.filter(resource=resource).count() == 2


def test_saving_without_a_change_makes_no_revision(world: World) -> None:
    resource = world.draft()
    save_revision(resource=resource, content=get_content(resource), base_number=1, actor=world.author)
    assert resource.revisions.count() == 1


def test_another_units_clerk_can_do_nothing_with_the_item(world: World) -> None:
    resource = world.draft()
    content = get_content(resource).with_values(title="别人的")
    with pytest.raises(NotYourUnit):
        save_revision(resource=resource, content=content, base_number=1, actor=world.other_author)
    with pytest.raises(NotYourUnit):
        submit_for_review(resource=resource, actor=world.other_author)
    with pytest.raises(NotYourUnit):
        create_resource(unit=world.unit_a, content=content, actor=world.other_author)
    assert not list_visible_resources(world.other_author)


def test_channel_of_another_unit_is_refused(world: World) -> None:
    closed = make_channel(world.county, "xianwen", world.unit_b)
    with pytest.raises(ChannelNotOpen):
        create_resource(unit=world.unit_a, content=make_content(closed), actor=world.author)


@pytest.mark.parametrize("missing", ["title", "body_html", "source", "author", "channel_ids"])
def test_drafts_may_be_incomplete_but_are_not_submitted(world: World, missing: str) -> None:
    empty: object = () if missing == "channel_ids" else ""
    content = make_content(world.news).with_values(**{missing: empty})
    resource = create_resource(unit=world.unit_a, content=content, actor=world.author)
    assert len(submission_blockers(resource, actor=world.author)) == 1
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)


def test_unchanged_published_item_cannot_be_submitted_again(world: World) -> None:
    resource = world.publish()
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)


@pytest.mark.req("LIB-16")
def test_withdrawal_needs_a_leader_and_a_reason_and_leaves_a_trace(world: World) -> None:
    resource = world.publish()

    def withdraw(actor: StaffAccount, reason: str) -> None:
        withdraw_resource(resource=resource, reason_type=WithdrawalReason.SECRECY, reason=reason, actor=actor)

    for account in (world.author, world.lead, world.other_leader, world.manager):
        with pytest.raises(NotYourUnit):
            withdraw(account, "内容有误")
    with pytest.raises(NotWithdrawable):
        withdraw(world.leader, " ")
    withdraw(world.leader, "含个人信息")
    with pytest.raises(NotWithdrawable):
        withdraw(world.leader, "再撤一次")
    resource.refresh_from_db()
    assert resource.status == ResourceStatus.WITHDRAWN
    assert not LiveEdition.objects.exists()
    assert Edition.objects.count() == 1
    entry = AuditEntry.objects.get(verb="resource.withdrawn")
    assert entry.person_id == world.leader.person_id
    assert "含个人信息" in entry.text.body


def test_withdrawn_item_comes_back_only_through_a_new_review(world: World) -> None:
    resource = world.publish()
    world.withdraw(resource)
    correct(world, resource, body_html="<p>已删除个人信息。</p>")
    assert LiveEdition.objects.get().edition.number == 2


@pytest.mark.req("REV-01")
def test_batch_case_takes_many_items_through_the_same_three_people(world: World) -> None:
    drafts = [world.draft(title=f"历史文件{number}") for number in range(5)]
    case = submit_batch(resources=drafts, title="历史文件导入", actor=world.author)
    assert (case.item_count, case.is_batch) == (5, True)
    world.decide_all(case)
    assert not Edition.objects.exists()
    outbox.drain()
    assert Edition.objects.count() == 5
    assert set(Edition.objects.values_list("case", flat=True)) == {case.pk}
    assert case.items.filter(released_at=None).count() == 0


def test_batch_puts_imported_history_in_the_order_of_its_own_dates(world: World) -> None:
    days = [date(2015, 3, 1), None, date(2001, 1, 9), date(2009, 12, 31)]
    drafts = [world.draft(title=str(day), originally_published_on=day) for day in days]
    case = submit_batch(resources=drafts, title="历史文件导入", actor=world.author)
    titles = list(case.items.order_by("position").values_list("title", flat=True))
    assert titles == ["2001-01-09", "2009-12-31", "2015-03-01", "None"]


def test_batch_with_one_incomplete_item_names_it_and_opens_no_case(world: World) -> None:
    drafts = [world.draft(), world.draft(title="缺来源的稿件", source="")]
    with pytest.raises(NotSubmittable, match="缺来源的稿件"):
        submit_batch(resources=drafts, title="一批", actor=world.author)
    assert set(Resource.objects.values_list("status", flat=True)) == {ResourceStatus.DRAFT}


def test_title_too_long_for_the_database_is_refused_in_words(world: World) -> None:
    with pytest.raises(TextTooLong):
        world.draft(title="长" * 301)
    assert world.draft(title="长" * 300).title == "长" * 300


def test_characters_no_database_stores_are_left_out(world: World) -> None:
    resource = world.draft(title="标\x00题\ud800", keywords=("词\x00",))
    content = get_content(resource)
    assert (content.title, content.keywords) == ("标题", ("词",))


@pytest.mark.req("REV-29")
def test_item_written_here_cannot_carry_an_earlier_date(world: World) -> None:
    content = make_content(world.news, originally_published_on=date(2019, 10, 14))
    with pytest.raises(BackDatingForbidden):
        create_resource(unit=world.unit_a, content=content, actor=world.author)
    resource = world.draft()
    dated = get_content(resource).with_values(originally_published_on=date(2019, 10, 14))
    with pytest.raises(BackDatingForbidden):
        save_revision(resource=resource, content=dated, base_number=1, actor=world.author)
    assert not Edition.objects.exists()


def profile_saying(key: str, stated: object) -> Callable[..., PolicyValue]:
    """A profile that states one value differently from the default."""

    def read(asked: str, unit: Organization) -> PolicyValue:
        found = value(asked, unit)
        return replace(found, value=stated) if asked == key else found  # type: ignore[arg-type]

    return read


@pytest.mark.req("LIB-04")
def test_profile_sets_the_pattern_of_index_numbers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read = profile_saying("library.index_number_pattern", "{year}/{unit}-{serial:03d}")
    monkeypatch.setattr(releasing, "value", read)
    with time_machine.travel(datetime(2026, 11, 21, tzinfo=UTC)):
        world.publish()
    assert Edition.objects.get().index_number == "2026/A00000001-001"
