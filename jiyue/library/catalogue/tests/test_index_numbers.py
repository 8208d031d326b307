"""Index numbers: one item each, in one line without gaps, also when several go out at once (LIB-04)."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction

from jiyue.library.catalogue.listening import IndexNumberTaken
from jiyue.library.catalogue.models import IssuedIndexNumber
from jiyue.library.catalogue.tests.scenes import fields_of, remarks
from jiyue.library.models import Edition, IndexCounter
from jiyue.library.services.releasing import NotReleasable
from jiyue.library.tests.test_races import at_once, refusals
from tests.factories import World, approve_step

pytestmark = pytest.mark.django_db


def numbers() -> list[str]:
    return list(Edition.objects.order_by("pk").values_list("index_number", flat=True))


@pytest.mark.req("LIB-04")
def test_numbers_are_unit_code_year_and_five_digits_and_start_anew_each_year(world):
    with time_machine.travel(datetime(2026, 12, 31, 4, tzinfo=UTC), tick=False):
        world.publish()
        world.publish()
    with time_machine.travel(datetime(2026, 12, 31, 17, tzinfo=UTC), tick=False):  # 2027 in China
        world.publish()
    code = world.unit_a.code
    assert numbers() == [f"{code}/2026-00001", f"{code}/2026-00002", f"{code}/2027-00001"]
    assert all(re.fullmatch(r"[^/]+/\d{4}-\d{5}", number) for number in numbers())


@pytest.mark.req("LIB-04")
def test_a_release_that_fails_leaves_no_gap(world, monkeypatch):
    world.publish()
    case = world.submitted()
    approve_step(case, world.lead)
    monkeypatch.setattr(
        "jiyue.library.services.releasing._make_live",
        lambda edition, live: (_ for _ in ()).throw(NotReleasable("x")),
    )
    with pytest.raises(NotReleasable):
        approve_step(case, world.leader)
    monkeypatch.undo()
    assert IndexCounter.objects.get().last_serial == 1
    approve_step(case, world.leader)
    assert [number[-5:] for number in numbers()] == ["00001", "00002"]


@pytest.mark.req("LIB-04")
def test_a_number_that_was_brought_along_belongs_to_its_item_and_is_passed_over(world):
    code = world.unit_a.code
    year = datetime.now(tz=UTC).year
    taken = f"{code}/{year}-00001"
    world.publish(index_number=taken)
    assert fields_of(remarks(world, index_number=taken)) == {"index_number"}
    world.publish()
    assert numbers() == [taken, f"{code}/{year}-00002"]
    with pytest.raises(IntegrityError), transaction.atomic():
        IssuedIndexNumber.objects.update(number="x")


def test_two_items_in_review_with_the_same_number_do_not_both_go_out(world):
    cases = [world.submitted(index_number="老号/2020-00007") for _ in range(2)]
    world.decide_all(cases[0])
    approve_step(cases[1], world.lead)
    with pytest.raises((NotReleasable, IndexNumberTaken)):
        approve_step(cases[1], world.leader)
    assert numbers() == ["老号/2020-00007"]


@pytest.mark.req("LIB-04")
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_releases_at_the_same_moment_get_numbers_without_gap_or_double():
    world = World()
    cases = [world.submitted(title=f"第{number}条") for number in range(8)]
    for case in cases:
        approve_step(case, world.lead)
    leader = world.leader
    results = at_once(*[lambda case=case: approve_step(case, leader) for case in cases])
    assert refusals(results) == []
    assert sorted(number[-5:] for number in numbers()) == [f"{serial:05}" for serial in range(1, 9)]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_number_released_twice_at_the_same_moment_goes_out_once():
    world = World()
    cases = [world.submitted(index_number="老号/2020-00009") for _ in range(3)]
    for case in cases:
        approve_step(case, world.lead)
    leader = world.leader
    results = at_once(*[lambda case=case: approve_step(case, leader) for case in cases])
    assert len(refusals(results)) == 2
    assert numbers() == ["老号/2020-00009"]
