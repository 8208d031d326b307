"""The tree stays a tree whatever is asked for, and nobody reaches beyond the own subtree."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import list_managed_units, list_visible_units, walk_upward
from jiyue.organizations.services import (
    NotYourSubtree,
    UnitRefused,
    UnitValues,
    change_unit,
    close_unit,
    closing_blockers,
    found_unit,
)
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def top() -> Organization:
    """The government at the top."""
    return make_unit("T01", "市政府")


@pytest.fixture
def manager(top: Organization) -> StaffAccount:
    """Platform manager of the whole tree."""
    return make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER)


def values(name: str = "机构", **relations: Organization | None) -> UnitValues:
    """What a form says about a unit."""
    return UnitValues(name=name, level="prefecture_city", kind="department", **relations)


def assert_sound() -> None:
    """Every path equals the walk upward, and every walk ends."""
    for unit in Organization.objects.all():
        line, seen = [unit.code], {unit.pk}
        for above in walk_upward(unit):
            assert above.pk not in seen, f"{unit} stands above itself"
            seen.add(above.pk)
            line.append(above.code)
        assert unit.path == f"/{'/'.join(reversed(line))}/"


MOVES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(-1, 6), st.integers(-1, 6)), min_size=1, max_size=12
)


@pytest.mark.req("ORG-01")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_no_row_of_moves_ever_makes_a_ring_and_paths_equal_the_walk(moves, top, manager):
    code = Organization.objects.count()
    units = [make_unit(f"N{code}{number}", superior=top) for number in range(7)]
    for which, superior, supervising in moves:
        unit = Organization.objects.get(pk=units[which].pk)
        relations = {
            "superior": Organization.objects.get(pk=units[superior].pk) if superior >= 0 else top,
            "supervising_unit": (
                Organization.objects.get(pk=units[supervising].pk) if supervising >= 0 else None
            ),
        }
        before = dict(Organization.objects.values_list("pk", "path"))
        try:
            change_unit(unit=unit, values=values(**relations), actor=manager)
        except UnitRefused:
            assert dict(Organization.objects.values_list("pk", "path")) == before
        assert_sound()


@pytest.mark.req("ORG-01")
def test_both_relations_are_stored_apart_and_the_supervising_unit_comes_first(top, manager):
    county = found_unit(code="C1", values=values("县政府", superior=top), actor=manager)
    bureau = found_unit(code="B1", values=values("市局", superior=top), actor=manager)
    office = found_unit(
        code="O1", values=values("县局", superior=bureau, supervising_unit=county), actor=manager
    )
    assert (office.superior, office.supervising_unit) == (bureau, county)
    assert office.path == "/T01/C1/O1/"
    assert AuditEntry.objects.filter(verb="unit.created", subject_id=str(office.pk)).exists()


@pytest.mark.req("ORG-01")
def test_moving_takes_the_whole_subtree_along_and_is_recorded(top, manager):
    old, new = (make_unit(code, superior=top) for code in ("OLD", "NEW"))
    child = make_unit("CHILD", superior=old)
    leaf = make_unit("LEAF", superior=child)
    twin = make_unit("CHIL", superior=top)
    change_unit(unit=child, values=values("改名", superior=new), actor=manager)
    for unit in (child, leaf, twin):
        unit.refresh_from_db()
    assert leaf.path == "/T01/NEW/CHILD/LEAF/"
    assert twin.path == "/T01/CHIL/"
    assert AuditEntry.objects.filter(verb="unit.changed", subject_id=str(child.pk)).count() == 1


def test_unit_is_never_placed_below_itself(top, manager):
    above = make_unit("UP", superior=top)
    below = make_unit("DOWN", superior=above)
    for relations in ({"superior": below}, {"supervising_unit": below, "superior": top}, {"superior": above}):
        with pytest.raises(UnitRefused):
            change_unit(unit=above, values=values(**relations), actor=manager)
    assert_sound()


def test_tree_that_would_get_too_deep_is_refused_with_the_reason(top, manager):
    parent = top
    for number in range(13):
        parent = make_unit(f"{number:018d}", superior=parent)
    with pytest.raises(UnitRefused, match="255"):
        make_unit("D" * 18, superior=parent)
    tower = make_unit("M" * 18, superior=top)
    with pytest.raises(UnitRefused):
        change_unit(unit=tower, values=values(superior=parent), actor=manager)


@pytest.mark.req("ORG-04")
def test_administrator_founds_and_changes_only_inside_the_own_subtree(top):
    mine, other = (make_unit(code, superior=top) for code in ("MINE", "OTHER"))
    below, foreign = make_unit("BELOW", superior=mine), make_unit("FOREIGN", superior=other)
    county = make_account("zheng.li", mine, StaffRole.PLATFORM_MANAGER)
    assert set(list_managed_units(county)) == {mine, below}
    found_unit(code="FINE", values=values(superior=below), actor=county)
    for place in (top, other, foreign):
        with pytest.raises(NotYourSubtree):
            found_unit(code="X", values=values(superior=place), actor=county)
    for unit, place in ((below, other), (foreign, mine), (mine, other), (below, top)):
        with pytest.raises(NotYourSubtree):
            change_unit(unit=unit, values=values(superior=place), actor=county)
    with pytest.raises(NotYourSubtree):
        found_unit(code="X", values=values(), actor=county)
    with pytest.raises(NotYourSubtree):
        close_unit(unit=mine, actor=county, reason="撤销")
    assert not Organization.objects.filter(code="X").exists()
    assert_sound()


@pytest.mark.req("ORG-04")
def test_account_without_the_role_today_changes_nothing(top):
    ended = make_account("wang.jun", top, StaffRole.PLATFORM_MANAGER)
    ended.person.roles.update(ends_on=date(2020, 12, 31))
    clerk = make_account("feng.yu", top, StaffRole.ENTRY_CLERK)
    for account in (ended, clerk):
        with pytest.raises(NotYourSubtree):
            found_unit(code="X", values=values(superior=top), actor=account)


def test_others_see_their_unit_and_the_line_above_only(top):
    mine, other = (make_unit(code, superior=top) for code in ("MINE", "OTHER"))
    make_unit("BELOW", superior=mine)
    clerk = make_account("feng.yu", mine, StaffRole.ENTRY_CLERK)
    assert [unit.code for unit in list_visible_units(clerk, ())] == ["T01", "MINE"]
    assert other not in list_visible_units(clerk, ())


def test_unit_with_people_is_not_closed_and_an_empty_one_stays_readable(top, manager):
    unit = make_unit("U1", superior=top)
    make_account("chen.hao", unit, StaffRole.ENTRY_CLERK)
    assert len(closing_blockers(unit)) == 2
    with pytest.raises(UnitRefused):
        close_unit(unit=unit, actor=manager, reason="撤销")
    empty = make_unit("U2", superior=top)
    with pytest.raises(UnitRefused, match=r"原因|reason"):
        close_unit(unit=empty, actor=manager, reason=" ")
    closed = close_unit(unit=empty, actor=manager, reason="编办〔2026〕3号")
    assert closed.status == UnitStatus.CLOSED
    assert AuditEntry.objects.filter(verb="unit.closed", subject_id=str(empty.pk)).exists()
    with pytest.raises(UnitRefused):
        make_unit("U3", superior=closed)
    with pytest.raises(UnitRefused):
        change_unit(unit=closed, values=values(superior=top), actor=manager)
