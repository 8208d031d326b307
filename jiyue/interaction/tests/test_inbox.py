"""From the inbox to records: once each, with an audit entry, nothing lost on failure."""

import json
import uuid
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from jiyue.core import at_rest, audit, crypto, inbox
from jiyue.core.models import AuditEntry, InboxSubmission
from jiyue.interaction import view_totals
from jiyue.interaction.models import (
    CitizenInput,
    CitizenMessage,
    CorrectionReport,
    CountedSubmission,
    PageViews,
)
from jiyue.interaction.selectors import list_citizen_messages, list_correction_reports
from jiyue.interaction.services import FORGET_COUNTED_AFTER, count_views
from jiyue.publishing.visits.models import ReferralCount
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.services import assign_site_role
from tests.factories import World

pytestmark = pytest.mark.django_db

FIELDS = {"page": "/yaowen/202611/7.html", "page_title": "标题", "text": "错字", "contact": "0000-555"}
TOPICS: dict[str, type[CitizenInput]] = {"correction": CorrectionReport, "comment": CitizenMessage}


@pytest.fixture
def world(settings, tmp_path: Path) -> World:
    settings.JIYUE_KEY_DIR = tmp_path / "keys"
    settings.JIYUE_OUTPUT_DIR = tmp_path / "public"
    crypto.create_key_pair(inbox.KEY_NAME)
    at_rest.ensure_key()
    made = World()
    assert made.portal.pk != made.county.pk
    return made


def send(topic: str = "correction", site_key: str = "shi", **fields: str) -> uuid.UUID:
    """Put a submission into the inbox as the front does."""
    number = uuid.uuid4()
    values = fields if topic == "views" else {**FIELDS, **fields}
    assert inbox.store(submission_id=number, topic=topic, site_key=site_key, fields=values)
    return number


def handle_again(number: uuid.UUID) -> None:
    """Play a worker that was killed between handling a row and saying so."""
    InboxSubmission.objects.filter(pk=number).update(processed_at=None)
    assert inbox.process() == 1


@pytest.mark.parametrize("topic", TOPICS)
def test_submission_becomes_a_record_with_an_audit_entry(world: World, topic: str) -> None:
    number = send(topic)
    assert inbox.process() == 1
    row = TOPICS[topic]._default_manager.get()
    submission = InboxSubmission.objects.get(pk=number)
    assert (row.submission_id, row.site) == (number, world.portal)
    assert (row.page_url, row.page_title, row.text, row.contact) == tuple(FIELDS.values())
    assert (row.code_hash, row.received_at) == (submission.code_hash, submission.received_at)
    entry = AuditEntry.objects.get(verb__in=["correction_report.received", "citizen_message.received"])
    assert entry.subject_id == str(row.pk)
    assert entry.account_id is None
    assert "错字" not in entry.text.body
    assert "0000-555" not in entry.text.body


@pytest.mark.parametrize("topic", TOPICS)
def test_handling_twice_makes_one_record_and_one_entry(world: World, topic: str) -> None:
    number = send(topic)
    inbox.process()
    entries = AuditEntry.objects.count()
    handle_again(number)
    assert TOPICS[topic]._default_manager.count() == 1
    assert AuditEntry.objects.count() == entries


def test_submission_for_an_unknown_site_is_kept_with_its_reason(world: World) -> None:
    lost, good = send(site_key="nowhere"), send()
    assert inbox.process() == 1
    assert "DoesNotExist" in InboxSubmission.objects.get(pk=lost).failure
    assert CorrectionReport.objects.get().submission_id == good


def test_report_is_seen_by_the_units_that_sponsor_or_operate_the_site(world: World) -> None:
    send(site_key="shi")
    send("comment", site_key="shi")
    inbox.process()
    for account, sees in ((world.author, 1), (world.lead, 1), (world.other_author, 0)):
        assert list_correction_reports(account).count() == sees
        assert list_citizen_messages(account).count() == sees
    assign_site_role(
        site=world.portal,
        unit=world.unit_b,
        role=SiteRoleName.OPERATOR,
        starts_on=date(2020, 1, 1),
        actor=audit.PLATFORM,
    )
    assert list_correction_reports(world.other_author).count() == 1


def test_role_that_ended_shows_no_reports(world: World) -> None:
    send()
    inbox.process()
    today = timezone.localdate()
    world.author.person.roles.update(ends_on=today.replace(year=today.year - 1))
    assert not list_correction_reports(world.author)


def test_list_needs_a_fixed_number_of_queries(world: World, django_assert_num_queries) -> None:
    for _ in range(5):
        send()
    inbox.process()
    account = world.author
    with django_assert_num_queries(2):  # roles, reports with their sites
        assert [report.site.name for report in list_correction_reports(account)]


def test_newest_report_comes_first(world: World) -> None:
    for text in ("一", "二", "三"):
        send(text=text)
    inbox.process()
    assert [report.text for report in list_correction_reports(world.author)] == ["三", "二", "一"]


def test_views_are_added_up_and_published(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, tmp_path: Path
) -> None:
    resource = world.publish()
    with django_capture_on_commit_callbacks(execute=True):
        for number in ("2", "3"):
            send("views", site_key="", **{str(resource.pk): number})
        assert inbox.process() == 2
    assert PageViews.objects.get().count == 5
    assert view_totals.read(resource.pk) == 5
    [file] = (tmp_path / "public" / ".views").iterdir()
    assert json.loads(file.read_text()) == {str(resource.pk): 5}
    assert file.stat().st_mode & 0o777 == 0o644


def test_views_handled_twice_count_once(world: World) -> None:
    resource = world.publish()
    number = send("views", site_key="", **{str(resource.pk): "2"})
    inbox.process()
    handle_again(number)
    assert PageViews.objects.get().count == 2


def test_senders_of_readers_are_added_up_once_with_the_views(world: World) -> None:
    resource = world.publish()
    sums = {"referral:2026-11-21:shi:baidu.com": "4", "referral:2026-11-22:shi:baidu.com": "1"}
    gone = {"referral:2026-11-22:no-such-site:baidu.com": "9"}
    number = send("views", site_key="", **{str(resource.pk): "2"}, **sums, **gone)
    inbox.process()
    handle_again(number)
    assert PageViews.objects.get().count == 2
    rows = ReferralCount.objects.order_by("day").values_list("site__key", "day", "host", "count")
    assert list(rows) == [
        ("shi", date(2026, 11, 21), "baidu.com", 4),
        ("shi", date(2026, 11, 22), "baidu.com", 1),
    ]


def test_views_of_what_is_not_public_are_dropped(world: World) -> None:
    draft, withdrawn = world.draft(), world.publish()
    world.withdraw(withdrawn)
    send("views", site_key="", **{str(draft.pk): "1", str(withdrawn.pk): "1", "999999999999999": "1"})
    assert inbox.process() == 1
    assert not PageViews.objects.exists()


def test_nonsense_instead_of_views_spoils_nothing_else(world: World) -> None:
    resource = world.publish()
    bad = send("views", site_key="", **{str(resource.pk): "many"})
    send("views", site_key="", **{str(resource.pk): "2"})
    assert inbox.process() == 1
    assert InboxSubmission.objects.get(pk=bad).failure
    assert PageViews.objects.get().count == 2


def test_old_marks_of_counted_batches_are_forgotten(world: World) -> None:
    send("views", site_key="", **{"1": "1"})
    inbox.process()
    CountedSubmission.objects.update(counted_at=timezone.now() - FORGET_COUNTED_AFTER * 2)
    count_views(inbox.Submission(uuid.uuid4(), "", timezone.now(), "", {}))
    assert CountedSubmission.objects.count() == 1


def test_total_of_an_unread_resource_is_zero(world: World) -> None:
    assert view_totals.read(7) == 0
    assert view_totals.publish([7]) == 1
    assert view_totals.read(7) == 0
