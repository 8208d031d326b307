"""Corrections, changed dates and manuscripts: what was wrong, what changed, and why."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from jiyue.core import clock, outbox
from jiyue.core.files import open_file
from jiyue.core.models import AuditEntry
from jiyue.library.checks import Moment, run_checks
from jiyue.library.completeness import NotSubmittable
from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Edition, Resource
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import get_content
from jiyue.library.services import create_resource, save_revision, submit_batch, submit_for_review
from jiyue.library.services.editing import BackDatingForbidden
from jiyue.library.use.corrections import CorrectionRefused, is_correction_needed, list_open_corrections
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.library.use.manuscripts import (
    HandedIn,
    ManuscriptRefused,
    answer_problem,
    explain_differences,
    keep_manuscript,
    send_problem_back,
)
from jiyue.library.use.models import CorrectionRecord, DateChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffNotice
from tests.factories import World, make_account, make_content, make_unit, note_correction

pytestmark = pytest.mark.django_db


def change(world: World, resource: Resource, **values: object) -> Resource:
    resource = Resource.objects.get(pk=resource.pk)
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(**values),
        base_number=resource.last_revision,
        actor=world.author,
    )
    return Resource.objects.get(pk=resource.pk)


# Corrections


@pytest.mark.req("REV-30")
def test_changed_public_item_goes_to_review_only_with_the_record_of_its_error(world: World):
    with time_machine.travel(datetime.fromisoformat("2026-11-02T09:00:00+08:00"), tick=False) as now:
        resource = change(world, world.publish(), title="更正后的标题")
        for submit in (
            lambda: submit_for_review(resource=resource, actor=world.author),
            lambda: submit_batch(resources=[resource], title="批次", actor=world.author),
        ):
            with pytest.raises(NotSubmittable):
                submit()
        found_at = clock.now() + timedelta(hours=1)
        now.shift(timedelta(hours=3))
        record = note_correction(
            resource, world.author, found_at=found_at, finder=Finder.CITIZEN, reference="JC-2026-7"
        )
        case = submit_for_review(resource=resource, actor=world.author)
        assert case.steps.count() == 2
        now.shift(timedelta(hours=1))
        world.decide_all(case)
    record = CorrectionRecord.objects.select_related("fix").get(pk=record.pk)
    assert record.fix.edition == Edition.objects.get(number=2)
    assert record.fix.fixed_at - record.found_at == timedelta(hours=3)
    assert (record.kind, record.finder, record.person) == (
        ErrorKind.FACT,
        Finder.CITIZEN,
        world.author.person,
    )
    verbs = set(AuditEntry.objects.filter(subject_id=str(resource.pk)).values_list("verb", flat=True))
    assert {"correction.recorded", "correction.fixed"} <= verbs


def test_one_record_covers_one_edition_only(world: World):
    resource = change(world, world.publish(), title="更正后的标题")
    note_correction(resource, world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    outbox.drain()
    resource = change(world, resource, title="再次更正")
    assert is_correction_needed(resource, get_content(resource))
    assert not list_open_corrections(resource).exists()


def test_new_and_withdrawn_items_need_no_record(world: World):
    draft = world.draft()
    assert not is_correction_needed(draft, get_content(draft))
    resource = world.publish()
    assert not is_correction_needed(resource, get_content(resource))
    world.withdraw(resource)
    resource = change(world, resource, title="改")
    assert not is_correction_needed(resource, get_content(resource))


@pytest.mark.req("REV-30")
def test_record_that_does_not_hold_together_is_refused(world: World):
    resource = world.publish()
    wrong: list[dict[str, object]] = [
        {"error": " "},
        {"error": "错" * 2_001},
        {"reference": "号" * 101},
        {"found_at": clock.now() + timedelta(minutes=5)},
        {"found_at": clock.now() - timedelta(days=400)},
    ]
    for values in wrong:
        with pytest.raises(CorrectionRefused):
            note_correction(resource, world.author, **values)
    with pytest.raises(CorrectionRefused):
        note_correction(world.draft(), world.author)
    with pytest.raises(NotYourUnit):
        note_correction(resource, world.other_author)
    assert not CorrectionRecord.objects.exists()


@pytest.mark.parametrize("table", ["correctionrecord", "correctionfix", "datechange", "manuscript"])
def test_what_was_recorded_cannot_be_changed(world: World, table: str):
    resource = world.publish(channels=[world.news], event_on=date(2026, 1, 1))
    keep_manuscript(resource=resource, handed_in=HandedIn(world.unit_b, text="原稿"), actor=world.author)
    resource = change(world, resource, event_on=date(2026, 1, 2))
    note_correction(resource, world.author)
    explain_differences(resource=resource, text="统一用语", actor=world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    column = "edition_id" if table == "correctionfix" else "resource_id"
    for statement in (f"DELETE FROM library_use_{table}", f"UPDATE library_use_{table} SET {column} = 1"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# Dates


@pytest.mark.req("REV-29")
def test_changed_date_of_a_public_item_is_logged_and_alarmed(world: World):
    world.leader, world.principal, world.inspector  # noqa: B018  # those who are told
    resource = world.publish(
        originally_published_on=date(2019, 10, 14), written_on=date(2019, 10, 1), event_on=date(2019, 9, 30)
    )
    assert not DateChange.objects.exists()
    resource = change(
        world, resource, originally_published_on=date(2020, 1, 1), written_on=None, title="日期改了"
    )
    note_correction(resource, world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    changes = {row.field: (row.before, row.after) for row in DateChange.objects.all()}
    assert changes == {
        "originally_published_on": (date(2019, 10, 14), date(2020, 1, 1)),
        "written_on": (date(2019, 10, 1), None),
    }
    assert DateChange.objects.first().writer == world.author.person  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(verb="edition.date_changed", subject_id=str(resource.pk)).count() == 2
    told = StaffNotice.objects.filter(topic="edition.date_changed").values_list("person_id", flat=True)
    assert set(told) == {each.person_id for each in (world.leader, world.principal, world.inspector)}


@pytest.mark.req("REV-29")
def test_publication_time_is_the_servers_and_no_change_of_words_alarms(world: World):
    resource = world.publish(written_on=date(2026, 1, 1))
    resource = change(world, resource, title="只改标题")
    note_correction(resource, world.author)
    before = clock.now()
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    assert not DateChange.objects.exists()
    assert Edition.objects.get(number=2).published_at >= before
    live = resource.live
    live.refresh_from_db()
    assert live.first_published_at < before


@pytest.mark.req("REV-29")
def test_item_written_here_gets_no_earlier_date_through_any_service(world: World):
    content = make_content(world.news, originally_published_on=date(2019, 1, 1))
    with pytest.raises(BackDatingForbidden):
        create_resource(unit=world.unit_a, content=content, actor=world.author)
    draft = world.draft(channels=[world.news])
    with pytest.raises(BackDatingForbidden):
        change(world, draft, originally_published_on=date(2019, 1, 1))
    for mode in set(AcquisitionMode) - {AcquisitionMode.SELF_WRITTEN}:
        values = content.with_values(source_url="https://www.example.gov.cn/1.html", title=f"导入{mode}")
        imported = create_resource(
            unit=world.unit_a, content=values, actor=world.author, acquisition_mode=mode
        )
        assert imported.is_history


# Manuscripts


def handed_in(world: World, **values: object) -> HandedIn:
    return HandedIn(**{"provider": world.unit_b, "text": "原稿第一段。\n原稿第二段。", **values})  # type: ignore[arg-type]


@pytest.mark.req("REV-26")
def test_text_that_differs_from_its_manuscript_waits_for_an_explanation(world: World):
    resource = world.draft(body_html="<p>原稿第一段。</p><p>原稿第二段。</p>")
    keep_manuscript(resource=resource, handed_in=handed_in(world), actor=world.author)
    assert not _blocking(resource)
    resource = change(world, resource, body_html="<p>改过的第一段。</p>")
    assert _blocking(resource)
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)
    for actor, text in (
        (world.author, " "),
        (world.author, "长" * 2_001),
        (world.other_author, "我不在该单位"),
    ):
        with pytest.raises((ManuscriptRefused, NotYourUnit)):
            explain_differences(resource=resource, text=text, actor=actor)
    explain_differences(resource=resource, text="按文字关要求精简", actor=world.author)
    with pytest.raises(ManuscriptRefused):
        explain_differences(resource=resource, text="再说一遍", actor=world.author)
    assert not _blocking(resource)
    resource = change(world, resource, body_html="<p>又改了。</p>")
    assert _blocking(resource)
    explain_differences(resource=resource, text="补充说明", actor=world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    assert Edition.objects.count() == 1


def _blocking(resource: Resource) -> list[str]:
    resource = Resource.objects.get(pk=resource.pk)
    remarks = run_checks(resource, get_content(resource), unit=resource.unit, moment=Moment.SUBMISSION)
    return [remark.field for remark in remarks if remark.field == "manuscript" and remark.is_blocking]


@pytest.mark.req("REV-26")
def test_later_round_keeps_the_earlier_manuscript(world: World):
    resource = world.draft()
    first = keep_manuscript(resource=resource, handed_in=handed_in(world), actor=world.author)
    second = keep_manuscript(resource=resource, handed_in=handed_in(world, text="第二稿"), actor=world.author)
    assert (first.round, second.round) == (1, 2)
    first.refresh_from_db()
    assert first.text.startswith("原稿")


@pytest.mark.req("REV-26")
def test_file_is_kept_as_it_came_and_opens_for_the_two_units_only(world: World):
    data = "关于开展检查的通知\n\n各区县：\n请于月底前报送。".encode()
    resource = world.draft()
    kept = keep_manuscript(
        resource=resource,
        handed_in=handed_in(world, text="", file_name="原稿.txt", data=data),
        actor=world.author,
    )
    assert kept.file is not None
    assert "请于月底前报送" in kept.text
    assert open_file(file=kept.file, actor=world.author.audit_actor()) == data
    assert open_file(file=kept.file, actor=world.other_author.audit_actor()) == data
    stranger = make_account("wai", make_unit("C00000003"), StaffRole.ENTRY_CLERK)
    assert open_file(file=kept.file, actor=stranger.audit_actor()) is None


@pytest.mark.req("REV-26")
def test_problem_of_the_original_goes_back_to_its_unit_and_is_answered_once(world: World):
    resource = world.draft()
    kept = keep_manuscript(resource=resource, handed_in=handed_in(world), actor=world.author)
    world.other_author  # noqa: B018  # who is told
    with pytest.raises(NotYourUnit):
        send_problem_back(manuscript=kept, problem="数字对不上", actor=world.other_author)
    problem = send_problem_back(manuscript=kept, problem="数字对不上", actor=world.author)
    notice = StaffNotice.objects.get(topic="manuscript.problem")
    assert (notice.person_id, notice.body) == (world.other_author.person_id, "数字对不上")
    with pytest.raises(ManuscriptRefused):
        answer_problem(problem=problem, answer="我来答", actor=world.second_author)
    answer_problem(problem=problem, answer="应为三千", actor=world.other_author)
    with pytest.raises(ManuscriptRefused):
        answer_problem(problem=problem, answer="再答", actor=world.other_author)
    assert StaffNotice.objects.get(topic="manuscript.answer").person_id == world.author.person_id
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"manuscript.kept", "manuscript.problem_sent", "manuscript.problem_answered"} <= verbs


def test_manuscript_without_text_or_of_a_foreign_item_is_refused(world: World):
    resource = world.draft()
    for values in ({"text": " "}, {"text": "长" * 400_001}):
        with pytest.raises(ManuscriptRefused):
            keep_manuscript(resource=resource, handed_in=handed_in(world, **values), actor=world.author)
    with pytest.raises(NotYourUnit):
        keep_manuscript(resource=resource, handed_in=handed_in(world), actor=world.other_author)
