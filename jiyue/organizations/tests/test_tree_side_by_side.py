"""Two administrators move units at the same moment: no ring, on PostgreSQL."""

import pytest

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.services import UnitRefused, UnitValues, change_unit
from jiyue.organizations.tests.test_unit_tree import assert_sound
from tests.factories import make_account, make_unit
from tests.plumbing.processes import at_once


@pytest.mark.req("ORG-01")
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_moves_at_the_same_moment_never_make_a_ring():
    top = make_unit("TOP")
    units = [make_unit(f"U{number}", superior=top) for number in range(4)]
    manager = make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER)
    turn = iter(range(1000))

    def move() -> int:
        number, done = next(turn), 0
        for step in range(12):
            unit = Organization.objects.get(pk=units[(number + step) % 4].pk)
            above = Organization.objects.get(pk=units[(number + step * 3 + 1) % 4].pk)
            values = UnitValues(
                name=unit.name, level=unit.level, kind=unit.kind, superior=above if unit != above else top
            )
            try:
                change_unit(unit=unit, values=values, actor=manager)
                done += 1
            except UnitRefused:
                continue
        return done

    assert sum(at_once(*[move] * 4)) > 0
    assert_sound()
