"""Who sees which clocks, and the evidence for the assessment."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiyue.core import audit, clock
from jiyue.obligations.evidence import get_evidence_by_kind, get_evidence_by_unit, list_evidence_rows
from jiyue.obligations.models import Obligation
from jiyue.obligations.selectors import (
    ObligationFilter,
    describe_rows,
    get_soon_moment,
    list_my_obligations,
    list_overseen_obligations,
    list_visible_obligations,
)
from jiyue.obligations.tests.conftest import moment
from jiyue.obligations.tests.scenes import start_clock, stop_clock
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.selectors import get_role_pairs
from tests.factories import make_unit

pytestmark = pytest.mark.django_db
TASK = {"kind": "content_task.delivery"}


@pytest.fixture
def below(world):
    return make_unit("C00000003", "市档案馆", supervising_unit=world.unit_a)


def keys(rows) -> list[str]:
    return [row.subject_key for row in rows]


def test_unit_roles_see_their_unit_and_overseeing_roles_the_subtree(world, below, at_work):
    start_clock(world.unit_a, "a")
    start_clock(below, "below")
    start_clock(world.unit_b, "b")
    start_clock(world.unit_b, "mine", person_id=world.lead.person_id)
    expected = {
        world.author: ["a"],
        world.lead: ["a", "mine"],
        world.manager: ["a", "below"],
        world.inspector: ["a", "below"],
        world.other_lead: ["b", "mine"],
    }
    for account, seen in expected.items():
        assert sorted(keys(list_visible_obligations(account))) == seen, account
    assert keys(list_overseen_obligations(get_role_pairs(world.author))) == []


def test_my_list_holds_what_is_named_on_me_and_what_i_handle_for_the_unit(world, at_work):
    start_clock(world.unit_a, "unit")
    start_clock(world.unit_a, "named", person_id=world.leader.person_id)
    start_clock(world.unit_a, "somebody", person_id=world.lead.person_id)
    assert sorted(keys(list_my_obligations(world.leader))) == ["named", "unit"]
    assert keys(list_my_obligations(world.author)) == []


def test_a_role_that_ends_today_still_shows_the_unit_and_not_tomorrow(world, at_work):
    start_clock(world.unit_a, "a")
    world.author.person.roles.update(ends_on=clock.today())
    assert keys(list_visible_obligations(world.author)) == ["a"]
    at_work.move_to(moment(11, 3))
    assert keys(list_visible_obligations(world.author)) == []


def test_the_list_begins_with_the_most_urgent_and_can_be_narrowed(world, below, at_work):
    start_clock(world.unit_a, "late", **TASK, due_at=moment(10, 30))
    start_clock(below, "soon", **TASK, due_at=moment(11, 4))
    start_clock(world.unit_a, "far", **TASK, due_at=moment(12, 30))
    start_clock(world.unit_a, "kind")
    rows = list_visible_obligations(world.manager).order_by("due_at")
    assert keys(rows)[:2] == ["late", "soon"]
    narrow = {
        "late": ObligationFilter(standing="late"),
        "soon": ObligationFilter(standing="soon", soon_until=get_soon_moment()),
        "kind": ObligationFilter(kind="personnel.successor"),
    }
    for key, narrowing in narrow.items():
        assert key in keys(narrowing.apply(rows))
        assert "far" not in keys(narrowing.apply(rows))
    assert keys(ObligationFilter(unit_path=below.path).apply(rows)) == ["soon"]


def test_time_left_is_told_in_the_unit_of_the_term(world, at_work):
    start_clock(world.unit_a, "task", **TASK, due_at=moment(11, 6, 18))
    (row,) = describe_rows(Obligation.objects.all())
    assert (row.left.is_late, row.left.length.number, row.left.length.unit) == (False, 4, "working_days")
    at_work.move_to(moment(11, 10))
    (row,) = describe_rows(Obligation.objects.all())
    assert (row.left.is_late, row.left.length.number) == (True, 2)


def test_evidence_counts_by_unit_and_kind_what_was_due_in_the_period(world, below, at_work):
    start_clock(world.unit_a, "in time", **TASK, due_at=moment(11, 20))
    start_clock(world.unit_a, "done late", **TASK, due_at=moment(11, 21))
    start_clock(below, "open late", **TASK, due_at=moment(11, 22))
    start_clock(below, "lapsed", **TASK, due_at=moment(11, 23))
    start_clock(below, "running", **TASK, due_at=moment(11, 29))
    start_clock(below, "other period", **TASK, due_at=moment(12, 2))
    stop_clock("in time", **TASK)
    stop_clock("lapsed", **TASK, reason="撤销")
    at_work.move_to(moment(11, 25))
    stop_clock("done late", **TASK)
    period = moment(11, 1, 0), moment(12, 1, 0)
    rows = Obligation.objects.all()
    first, second = get_evidence_by_unit(rows, *period)
    assert (first.name, first.total, first.in_time, first.late) == ("市政府办公室", 2, 1, 1)
    assert (second.name, second.total, second.late, second.lapsed, second.running) == ("市档案馆", 3, 1, 1, 1)
    (kind,) = get_evidence_by_kind(rows, *period)
    assert (kind.total, kind.in_time, kind.late) == (5, 1, 2)
    assert round(kind.in_time_percent) == 33
    lines = list(list_evidence_rows(rows, *period))
    assert len(lines) == 6
    assert {len(line) for line in lines} == {12}


def test_a_date_at_24_00_belongs_to_the_period_that_ends_then(world, at_work):
    start_clock(world.unit_a, "last day", **TASK, due_at=moment(12, 1, 0))
    november, december = (moment(11, 1, 0), moment(12, 1, 0)), (moment(12, 1, 0), moment(12, 31, 0))
    rows = Obligation.objects.all()
    assert [len(get_evidence_by_unit(rows, *period)) for period in (november, december)] == [1, 0]


def test_evidence_takes_one_query_however_many_units_there_are(world, at_work):
    for number in range(6):
        start_clock(make_unit(f"N{number}"), "1" * (number + 1), **TASK, due_at=moment(11, 20))
    with CaptureQueriesContext(connection) as queries:
        assert len(get_evidence_by_unit(Obligation.objects.all(), moment(11, 1), moment(12, 1))) == 6
    assert len(queries) == 1


def test_a_reform_carries_open_clocks_along_and_leaves_the_evidence_where_it_was(world, at_work):
    start_clock(world.unit_a, "done", **TASK, due_at=moment(11, 20))
    stop_clock("done", **TASK)
    start_clock(world.unit_a, "unit", **TASK, due_at=moment(11, 20))
    start_clock(world.unit_a, "person", **TASK, due_at=moment(11, 20), person_id=world.lead.person_id)
    other = make_unit("D00000004", "新单位")
    handover = Handover(
        predecessor=world.unit_a,
        successor=world.unit_b,
        day=clock.today(),
        actor=audit.PLATFORM,
        persons={world.lead.person_id: other},
    )
    carrier = CARRIERS.get("obligations")
    assert carrier.count(world.unit_a) == 2
    assert carrier.carry(handover) == 2
    assert carrier.count(world.unit_a) == 0
    units = {row.subject_key: row.unit for row in Obligation.objects.select_related("unit")}
    assert units == {"done": world.unit_a, "unit": world.unit_b, "person": other}
