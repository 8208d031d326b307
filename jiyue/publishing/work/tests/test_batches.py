"""Batches: counted once, taken apart where a page fails, resumed, paused, overtaken."""

import errno
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from jiyue.core import outbox
from jiyue.core.models import AuditEntry, OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.core.schedule import Scheduler
from jiyue.library.enums import WithdrawalReason
from jiyue.library.services import submit_batch, withdraw_resource
from jiyue.publishing import archive, rendering, shared_files, topics
from jiyue.publishing.models import Placement
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.services import refresh_site
from jiyue.publishing.tests.output import occurrences, publish_many, read, root_of
from jiyue.publishing.work import batches as doors
from jiyue.publishing.work import steps
from jiyue.publishing.work.batches import STEP_TOPIC, BatchRefused, Work, batch_refusal, open_batch
from jiyue.publishing.work.enums import BatchKind, BatchState, StepState
from jiyue.publishing.work.models import BatchStep, PublishingBatch
from jiyue.publishing.work.rebuilding import open_rebuild
from jiyue.publishing.work.selectors import list_failures, progress_of
from jiyue.sites.models import Channel
from tests.factories import World, make_channel

pytestmark = pytest.mark.django_db
COUNT = 3


@pytest.fixture
def world(monkeypatch) -> World:
    monkeypatch.setattr(shared_files, "NEWEST_PAGES", COUNT - 1)  # more is a big site: its archive waits
    world = World()
    publish_many(world, COUNT, channels=(world.news,))
    return world


def new_menu(world: World) -> PublishingBatch:
    """A channel more, so that every page looks different; only the shared files are written."""
    make_channel(world.portal, "xin", world.unit_a, name="新开栏目")
    refresh_site(site_id=world.portal.pk)
    outbox.carry_out(outbox.claim("a", topics=[topics.SITE]))
    return PublishingBatch.objects.get(kind=BatchKind.FRAME)


def pages_of(world: World) -> list[str]:
    return [row.path for row in Placement.objects.filter(channel=world.news)]


def test_new_frame_is_a_batch_that_ends_with_every_page_written(world):
    batch = new_menu(world)
    assert (progress_of(batch).total, progress_of(batch).done) == (COUNT, 0)
    outbox.drain()
    batch.refresh_from_db()
    progress = progress_of(batch)
    assert (batch.state, progress.done, progress.failed, progress.percent) == (BatchState.DONE, COUNT, 0, 100)
    assert all("新开栏目" in read(world.portal, path) for path in pages_of(world))
    verbs = AuditEntry.objects.filter(subject_type="publishing_batch", subject_id=batch.pk)
    assert set(verbs.values_list("verb", flat=True)) == {"batch.opened", "batch.done"}
    assert find_discrepancies() == []


def test_item_that_cannot_be_shown_is_reported_and_the_others_are_written(world, monkeypatch):
    batch = new_menu(world)
    build = rendering.build_detail

    def fail_for_one(edition, *args, **values):
        if edition.content.title == "第002条":
            raise ValueError("template of this kind is broken")
        return build(edition, *args, **values)

    with monkeypatch.context() as patch:
        patch.setattr(rendering, "build_detail", fail_for_one)
        outbox.drain()
    batch.refresh_from_db()
    failure = list_failures(batch).get()
    assert (failure.placement.resource.title, failure.reason) == (
        "第002条",
        "ValueError: template of this kind is broken",
    )
    assert (batch.state, progress_of(batch).done, progress_of(batch).failed) == (
        BatchState.DONE,
        COUNT - 1,
        1,
    )
    stale = [path for path in pages_of(world) if "新开栏目" not in read(world.portal, path)]
    assert stale == [failure.placement.path]
    doors.retry_failures(batch_id=batch.pk, actor=world.manager)
    outbox.drain()
    assert "新开栏目" in read(world.portal, failure.placement.path)
    assert (progress_of(batch).done, progress_of(batch).failed) == (COUNT, 0)
    assert list_failures(batch).count() == 0
    assert AuditEntry.objects.filter(verb="batch.retried", subject_id=batch.pk).exists()


def test_full_disk_stops_a_step_until_there_is_space(world, monkeypatch):
    batch = new_menu(world)

    def no_space(*args, **values):
        raise OSError(errno.ENOSPC, "No space left on device")

    with time_machine.travel("2030-01-01 09:00:00+08:00", tick=False) as clock_face:
        with monkeypatch.context() as patch:
            patch.setattr(archive, "write_pages", no_space)
            for _attempt in range(30):
                outbox.drain()
                clock_face.shift(10)
        assert progress_of(batch).done == 0
        row = OutboxMessage.objects.get(topic=STEP_TOPIC, status=OutboxStatus.PENDING)
        assert "No space left" in row.last_error
        assert not OutboxMessage.objects.filter(status=OutboxStatus.FAILED).exists()
        outbox.drain()
    batch.refresh_from_db()
    assert (batch.state, progress_of(batch).done) == (BatchState.DONE, COUNT)


def test_two_workers_given_one_step_count_it_once(world, monkeypatch):
    batch = new_menu(world)
    step = batch.steps.get()
    work = archive.publish_archive_stretch

    def meanwhile_the_other(site_id, channel_id, first):
        written = work(site_id, channel_id, first)
        steps._finish(BatchStep.objects.get(pk=step.pk), [])  # the lease was lost: the other finished first
        return written

    monkeypatch.setattr("jiyue.publishing.tasks.publish_archive_stretch", meanwhile_the_other)
    steps.carry_out_steps([str(step.pk)])
    steps.carry_out_steps([str(step.pk)])
    assert progress_of(batch).done == COUNT
    ends = AuditEntry.objects.filter(verb="batch.done", subject_id=batch.pk)
    assert ends.count() == 1


def test_batch_goes_on_after_a_kill_and_after_its_rows_were_lost(world, monkeypatch):
    batch = new_menu(world)

    class Killed(BaseException):
        pass

    def killed(*args):
        raise Killed

    messages = outbox.claim("gone:1", topics=[STEP_TOPIC])
    with monkeypatch.context() as patch:
        patch.setattr(steps, "_finish", killed)
        with pytest.raises(Killed):
            outbox.carry_out(messages)
    OutboxMessage.objects.filter(topic=STEP_TOPIC).delete()
    outbox.drain()
    assert progress_of(batch).done == 0
    assert len(list(steps.watch_work())) >= 1
    outbox.drain()
    batch.refresh_from_db()
    assert (batch.state, progress_of(batch).done) == (BatchState.DONE, COUNT)


def test_paused_batch_waits_and_urgent_publication_overtakes_it(world):
    batch = new_menu(world)
    doors.pause_batch(batch_id=batch.pk, actor=world.manager)
    outbox.drain()
    assert progress_of(batch).done == 0
    doors.resume_batch(batch_id=batch.pk, actor=world.manager)
    world.decide_all(world.submitted(title="加急发布的稿件", channels=(world.news,)))
    order = []
    while messages := outbox.claim("a"):
        order += [message.topic for message in messages]
        outbox.carry_out(messages)
    assert order.index(topics.HOME) < order.index(STEP_TOPIC)
    doors_closed = batch_refusal(PublishingBatch.objects.get(pk=batch.pk), "pause", world.manager)
    assert doors_closed is not None
    verbs = set(AuditEntry.objects.filter(subject_id=batch.pk).values_list("verb", flat=True))
    assert {"batch.paused", "batch.open"} <= verbs


def test_cancelled_batch_leaves_pages_as_they_are_and_says_why(world):
    batch = new_menu(world)
    for actor, reason in ((world.inspector, "停用"), (world.manager, " ")):
        with pytest.raises(BatchRefused):
            doors.cancel_batch(batch_id=batch.pk, reason=reason, actor=actor)
    doors.cancel_batch(batch_id=batch.pk, reason="菜单改错了", actor=world.manager)
    outbox.drain()
    batch.refresh_from_db()
    assert (batch.state, batch.note, progress_of(batch).done) == (BatchState.CANCELLED, "菜单改错了", 0)
    assert "新开栏目" not in read(world.portal, pages_of(world)[0])


def test_newer_frame_ends_the_older_batch(world):
    first = new_menu(world)
    Channel.objects.filter(key="xin").update(name="又改名的栏目")
    refresh_site(site_id=world.portal.pk)
    outbox.drain()
    first.refresh_from_db()
    newest = PublishingBatch.objects.filter(kind=BatchKind.FRAME).latest("pk")
    assert (first.state, first.note) == (BatchState.CANCELLED, str(doors.SUPERSEDED))
    assert (newest.state, progress_of(newest).done) == (BatchState.DONE, COUNT)
    assert all("又改名的栏目" in read(world.portal, path) for path in pages_of(world))


@pytest.mark.req("LIB-16")
def test_item_withdrawn_while_its_page_is_written_disappears(world, monkeypatch):
    new_menu(world)
    resource = Placement.objects.filter(channel=world.news).first().resource
    write = archive.write_pages

    def withdrawn_meanwhile(publisher, batch, **values):
        withdraw_resource(
            resource=resource,
            reason_type=WithdrawalReason.WRONG_CONTENT,
            reason="内容有误",
            actor=world.leader,
        )
        write(publisher, batch, **values)

    with monkeypatch.context() as patch:
        patch.setattr(archive, "write_pages", withdrawn_meanwhile)
        outbox.carry_out(outbox.claim("a", topics=[STEP_TOPIC]))
    assert occurrences(f">{resource.title}<") != []
    outbox.drain()
    assert occurrences(f">{resource.title}<") == []
    assert find_discrepancies() == []


def test_release_of_a_batch_case_is_followed_item_by_item(world):
    resources = [world.draft(channels=(world.news,), title=f"导入{number}") for number in range(4)]
    case = submit_batch(resources=resources, title="历史稿件", actor=world.author)
    world.decide_all(case)
    batch = PublishingBatch.objects.get(case=case)
    assert (progress_of(batch).total, progress_of(batch).done) == (4, 0)
    item = case.items.last()
    item.is_open, item.refusal = False, "栏目已停用"
    item.save()
    outbox.drain()
    batch.refresh_from_db()
    progress = progress_of(batch)
    assert (batch.state, progress.done, progress.failed) == (BatchState.DONE, 3, 1)
    with pytest.raises(BatchRefused):
        doors.pause_batch(batch_id=batch.pk, actor=world.manager)


def test_rebuild_from_the_terminal_is_a_batch_and_writes_everything(world):
    (root_of(world.portal) / pages_of(world)[0]).unlink()
    (root_of(world.portal) / "index.html").unlink()
    out = StringIO()
    call_command("publish", "--all", "--site", "shi", "--workers", "1", stdout=out)
    batch = PublishingBatch.objects.get(kind=BatchKind.REBUILD)
    assert batch.state == BatchState.DONE
    assert not batch.steps.exclude(state=StepState.DONE).exists()
    assert find_discrepancies() == []
    call_command("publish", "--status", stdout=out)
    assert out.getvalue().count(f"{batch.pk}  ") == 2
    with pytest.raises(CommandError):
        call_command("publish", "--all", "--site", "unknown")


def test_rate_and_remaining_time_follow_from_the_last_minute(world):
    with time_machine.travel("2030-01-01 09:00:00+08:00", tick=False) as clock_face:
        batch = open_rebuild(site_id=world.portal.pk)
        batch.steps.update(pages=100)
        outbox.carry_out(outbox.claim("a", topics=[STEP_TOPIC]))
        clock_face.shift(10)
        batch.refresh_from_db()
        progress = progress_of(batch)
        assert (progress.done, progress.rate) == (100, 10.0)
        assert progress.remaining_seconds == (progress.total - 100) / 10


def test_watch_is_a_job_of_the_schedule(world):
    open_batch(kind=BatchKind.REPAIR, site_id=world.portal.pk, work=[Work(topics.HOME, str(world.portal.pk))])
    OutboxMessage.objects.all().delete()
    scheduler = Scheduler("a")
    while scheduler.run_step():
        pass
    row = OutboxMessage.objects.get(topic=STEP_TOPIC)
    assert row.priority == OutboxPriority.BULK


def test_dependency_map_counts_outputs_of_settings_channels_and_themes(world):
    def lines(*arguments: str) -> list[str]:
        out = StringIO()
        call_command("publish", *arguments, stdout=out)
        return out.getvalue().splitlines()

    site = lines("--explain-site", "shi")
    assert int(site[0].split()[0]) == COUNT
    assert lines("--explain-theme", "plain") == site  # the county has no pages yet
    channel = lines("--explain-channel", str(world.news.pk))
    assert [int(line.split()[0]) for line in channel[:3]] == [COUNT, 1, 2]
    edition = Placement.objects.first().rendered_edition
    assert lines("--explain-edition", str(edition.pk)) == lines("--explain", str(edition.resource_id))
    for wrong in (("--explain-site", "x"), ("--explain-channel", "0"), ("--explain-edition", "0")):
        with pytest.raises(CommandError):
            lines(*wrong)
