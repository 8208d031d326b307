"""Days of mourning: one file turns a site grey at the second, and no page is written."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from jiyue.core import clock, outbox
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.tests.output import publish_many, read
from jiyue.sites.keeping import NotSiteKeeper
from jiyue.sites.mourning import MourningRefused, end_mourning, is_in_mourning, order_mourning
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db
START = datetime(2030, 5, 19, 14, 28, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    world = World()
    publish_many(world, 3, channels=(world.news,))
    return world


def is_grey(world: World) -> bool:
    return "grayscale(1)" in read(world.portal, "mourning.css")


def test_site_turns_grey_and_back_at_the_second_by_one_file(world, monkeypatch):
    manager = make_account("mourning-keeper", world.unit_a, StaffRole.PLATFORM_MANAGER)
    with time_machine.travel(START - timedelta(days=1), tick=False) as face:
        outbox.drain()
        end = START + timedelta(minutes=3)
        (period,) = order_mourning(
            sites=[world.portal], starts_at=START, ends_at=end, reason="国办公告", actor=manager
        )
        outbox.drain()
        assert not is_grey(world)
        written: list[str] = []
        record = "jiyue.publishing.publisher.record_files"
        monkeypatch.setattr(record, lambda site, files: written.extend(file.path for file in files))
        for moment, grey in ((START - timedelta(seconds=1), False), (START, True)):
            face.move_to(moment)
            outbox.drain()
            assert is_grey(world) is grey
        face.move_to(end - timedelta(seconds=1))
        outbox.drain()
        assert is_grey(world)
        face.move_to(end)
        outbox.drain()
        assert not is_grey(world)
        assert set(written) == {"mourning.css"}
        monkeypatch.undo()
        outbox.drain()
        entry = AuditEntry.objects.get(verb="site.mourning_ordered")
        assert (entry.subject_id, entry.account_id) == (str(world.portal.pk), manager.pk)
        with pytest.raises(MourningRefused):
            end_mourning(period=period, actor=manager)


def test_mourning_ends_early_and_only_by_those_who_look_after_the_site(world):
    manager = make_account("mourning-keeper", world.unit_a, StaffRole.PLATFORM_MANAGER)
    values = {"sites": [world.portal], "starts_at": clock.now(), "ends_at": clock.now() + timedelta(days=1)}
    with pytest.raises(NotSiteKeeper):
        order_mourning(**values, reason="试", actor=world.author)
    (period,) = order_mourning(**values, reason="试", actor=manager)
    outbox.drain()
    assert is_grey(world)
    assert find_discrepancies() == []
    with pytest.raises(NotSiteKeeper):
        end_mourning(period=period, actor=world.author)
    end_mourning(period=period, actor=manager)
    outbox.drain()
    assert not is_grey(world)
    assert AuditEntry.objects.filter(verb="site.mourning_ended", subject_id=str(world.portal.pk)).count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sites": []}, "sites"),
        ({"reason": "  "}, "reason"),
        ({"ends_at": timedelta(hours=-1)}, "ends_at"),
        ({"ends_at": timedelta(days=40)}, "ends_at"),
    ],
)
def test_wrong_order_is_refused_and_nothing_saved(world, change, field):
    manager = make_account("mourning-keeper", world.unit_a, StaffRole.PLATFORM_MANAGER)
    values = {"sites": [world.portal], "ends_at": timedelta(hours=1), "reason": "试"} | change
    values["ends_at"] = clock.now() + values["ends_at"]
    with pytest.raises(MourningRefused) as refused:
        order_mourning(starts_at=clock.now(), actor=manager, **values)
    assert refused.value.field == field
    assert not is_in_mourning(world.portal.pk)


def test_two_periods_of_a_site_do_not_overlap(world):
    manager = make_account("mourning-keeper", world.unit_a, StaffRole.PLATFORM_MANAGER)
    now = clock.now()
    order_mourning(
        sites=[world.portal], starts_at=now, ends_at=now + timedelta(days=2), reason="试", actor=manager
    )
    with pytest.raises(MourningRefused):
        order_mourning(
            sites=[world.portal],
            starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=3),
            reason="试",
            actor=manager,
        )
