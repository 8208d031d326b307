"""Unsaved text and locks: one row, the newest wins, nobody loses anything."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from jiyue.core.models import AuditEntry
from jiyue.library.drafting.errors import NoSuchSlot, TextTooLarge, WrittenElsewhere
from jiyue.library.drafting.locking import get_lock, hold_lock, release_lock, take_over_lock
from jiyue.library.drafting.models import LOCK_MINUTES, Autosave, EditLock
from jiyue.library.drafting.services import (
    MAX_KEPT_CHARS,
    Outcome,
    TypedText,
    forget_text,
    get_kept_text,
    keep_text,
    list_kept_texts,
)
from jiyue.library.drafting.sweeping import KEEP_TEXT, forget_old_texts
from jiyue.library.models import Resource, ResourceRevision
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import get_current_revision
from jiyue.library.services import save_revision
from jiyue.organizations.models import StaffNotice
from tests.factories import World

NOW = datetime(2026, 5, 20, 2, 20, tzinfo=UTC)


def typed(text: str, sequence: int = 1, **values: object) -> TypedText:
    defaults: dict[str, object] = {"window": "w1", "device": "d1", "base_number": 1}
    return TypedText(sequence=sequence, values={"title": [text]}, **{**defaults, **values})  # type: ignore[arg-type]


def keep(world: World, resource, text: TypedText, **values: object):
    defaults = {"account": world.author, "unit": world.unit_a, "resource": resource, "text": text}
    return keep_text(**{**defaults, **values})[0]


def kept(world: World, resource) -> str:
    row = get_kept_text(account=world.author, unit=world.unit_a, resource=resource)
    return row.values["title"][0] if row else ""


def test_one_row_is_overwritten_in_place_without_revision_or_trail(world):
    resource = world.draft()
    entries, revisions = AuditEntry.objects.count(), ResourceRevision.objects.count()
    for number in range(1, 6):
        assert keep(world, resource, typed(f"第{number}稿", number)) == Outcome.KEPT
    assert Autosave.objects.count() == 1
    assert kept(world, resource) == "第5稿"
    assert AuditEntry.objects.count() == entries
    assert ResourceRevision.objects.count() == revisions


def test_late_request_of_the_same_window_overwrites_nothing(world):
    resource = world.draft()
    keep(world, resource, typed("新", 7))
    assert keep(world, resource, typed("旧", 6)) == Outcome.OLDER
    assert keep(world, resource, typed("又旧", 7)) == Outcome.OLDER
    assert kept(world, resource) == "新"


def test_unchanged_text_is_not_written(world):
    resource = world.draft()
    keep(world, resource, typed("同", 1))
    before = Autosave.objects.get().saved_at
    assert keep(world, resource, typed("同", 2)) == Outcome.UNCHANGED
    assert Autosave.objects.get().saved_at == before


def test_second_window_is_refused_until_its_writer_decides(world):
    resource = world.draft()
    keep(world, resource, typed("甲窗", 9))
    with pytest.raises(WrittenElsewhere):
        keep(world, resource, typed("乙窗", 1, window="w2"))
    assert kept(world, resource) == "甲窗"
    assert keep(world, resource, typed("乙窗", 1, window="w2"), takes_over=True) == Outcome.KEPT
    with pytest.raises(WrittenElsewhere):
        keep(world, resource, typed("甲窗又来", 10))
    assert kept(world, resource) == "乙窗"


def test_accounts_items_and_new_drafts_have_places_of_their_own(world):
    first, second = world.draft(), world.draft(title="另一篇")
    keep(world, first, typed("一"))
    keep(world, second, typed("二"))
    keep(world, None, typed("新稿"))
    keep(world, first, typed("己的", 1), account=world.second_author)
    assert list_kept_texts(world.author)[0].values["title"] == ["新稿"]
    assert len(list_kept_texts(world.author)) == 3
    assert kept(world, first) == "一"
    assert forget_text(account=world.author, unit=world.unit_a, resource=first)
    assert not forget_text(account=world.author, unit=world.unit_a, resource=first)
    assert Autosave.objects.filter(account=world.second_author).exists()


def test_clerk_of_another_unit_keeps_nothing_here(world):
    resource = world.draft()
    for act in (
        lambda: keep(world, resource, typed("外"), account=world.other_author),
        lambda: hold_lock(resource=resource, actor=world.other_author, window="w"),
        lambda: take_over_lock(resource=resource, actor=world.other_author, window="w"),
    ):
        with pytest.raises(NotYourUnit):
            act()
    assert not Autosave.objects.exists()
    assert not EditLock.objects.exists()


@pytest.mark.parametrize(
    "values",
    [{"window": ""}, {"window": "x" * 41}, {"window": "中"}, {"device": ""}, {"base_number": -1}],
)
def test_text_that_says_not_where_it_belongs_is_refused(world, values):
    with pytest.raises(NoSuchSlot):
        keep(world, world.draft(), typed("x", **values))
    with pytest.raises(NoSuchSlot):
        keep(world, world.draft(), typed("x", -1))


def test_text_over_the_limit_is_refused_and_the_earlier_one_stays(world):
    resource = world.draft()
    keep(world, resource, typed("短", 1))
    with pytest.raises(TextTooLarge):
        keep(world, resource, typed("长" * (MAX_KEPT_CHARS + 1), 2))
    assert kept(world, resource) == "短"


def test_what_no_database_stores_is_dropped(world):
    resource = world.draft()
    keep(world, resource, typed("𠮷\x00野\ud800家"))
    assert kept(world, resource) == "𠮷野家"


def test_old_texts_are_swept_in_steps(world):
    resource = world.draft()
    with time_machine.travel(NOW, tick=False):
        keep(world, resource, typed("旧"))
        hold_lock(resource=resource, actor=world.author, window="w")
    with time_machine.travel(NOW + KEEP_TEXT - timedelta(minutes=1), tick=False):
        list(forget_old_texts())
        assert Autosave.objects.count() == 1
        assert not EditLock.objects.exists()
    with time_machine.travel(NOW + KEEP_TEXT + timedelta(minutes=1), tick=False):
        list(forget_old_texts())
    assert not Autosave.objects.exists()


def test_lock_names_the_person_and_expires_without_a_sign_of_life(world):
    resource = world.draft()
    with time_machine.travel(NOW, tick=False) as clock:
        lock = hold_lock(resource=resource, actor=world.author, window="w", device="Chrome / Windows")
        assert (lock.person.name, lock.since) == ("甲", NOW)
        assert hold_lock(resource=resource, actor=world.second_author, window="v").person.name == "甲"
        clock.shift(timedelta(minutes=LOCK_MINUTES - 1))
        assert hold_lock(resource=resource, actor=world.author, window="w").since == NOW
        clock.shift(timedelta(minutes=LOCK_MINUTES))
        assert get_lock(resource) is None
        taken = hold_lock(resource=resource, actor=world.second_author, window="v")
        assert (taken.person.name, taken.since) == ("己", NOW + timedelta(minutes=2 * LOCK_MINUTES - 1))
        assert get_lock(resource).account == world.second_author


def test_sign_of_life_within_45_seconds_writes_nothing(world):
    resource = world.draft()
    with time_machine.travel(NOW, tick=False) as clock:
        hold_lock(resource=resource, actor=world.author, window="w")
        clock.shift(timedelta(seconds=20))
        hold_lock(resource=resource, actor=world.author, window="w")
        assert EditLock.objects.get().seen_at == NOW
        clock.shift(timedelta(seconds=30))
        hold_lock(resource=resource, actor=world.author, window="w")
        assert EditLock.objects.get().seen_at == NOW + timedelta(seconds=50)


def test_taking_over_tells_the_other_and_leaves_an_entry(world):
    resource = world.draft()
    hold_lock(resource=resource, actor=world.author, window="w")
    lock = take_over_lock(resource=resource, actor=world.second_author, window="v")
    assert lock.person == world.second_author.person
    notice = StaffNotice.objects.get(person=world.author.person, topic="editing")
    assert "己" in notice.title
    assert notice.path == f"/resources/{resource.pk}/edit/"
    entry = AuditEntry.objects.filter(verb="resource.lock_taken").get()
    assert entry.subject_id == str(resource.pk)
    assert hold_lock(resource=resource, actor=world.author, window="w").person.name == "己"
    release_lock(resource=resource, actor=world.author)
    assert get_lock(resource) is not None
    release_lock(resource=resource, actor=world.second_author)
    assert get_lock(resource) is None


def test_taking_over_a_free_lock_bothers_nobody(world):
    resource = world.draft()
    take_over_lock(resource=resource, actor=world.author, window="w")
    take_over_lock(resource=resource, actor=world.author, window="w2")
    assert not StaffNotice.objects.filter(topic="editing").exists()
    assert not AuditEntry.objects.filter(verb="resource.lock_taken").exists()


def test_unchanged_content_makes_no_revision_even_where_the_row_lacks_newer_keys(world):
    resource = world.draft()
    revision = get_current_revision(resource)
    old = dict(revision.content_json)
    for name in ("openness", "details", "relations", "justifications", "language"):
        old.pop(name)
    ResourceRevision.objects.create(
        resource=resource,
        number=2,
        content_json=old,
        digest="0" * 64,
        account=world.author,
        person=world.author.person,
        created_at=NOW,
    )
    Resource.objects.filter(pk=resource.pk).update(last_revision=2)
    resource.refresh_from_db()
    again = save_revision(resource=resource, content=revision.content, base_number=2, actor=world.author)
    assert again.number == 2
    assert resource.revisions.count() == 2
