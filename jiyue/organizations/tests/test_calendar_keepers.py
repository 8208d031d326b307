"""Only who answers for the whole platform may change its calendar."""

from dataclasses import replace

import pytest

from jiyue.core import audit
from jiyue.organizations.calendar_keepers import is_calendar_keeper
from jiyue.organizations.enums import StaffRole
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


def test_a_platform_manager_of_a_top_unit_keeps_the_calendar():
    assert is_calendar_keeper(World().manager.audit_actor())


def test_a_platform_manager_of_a_part_of_the_platform_does_not():
    world = World()
    below = make_unit("C00000003", supervising_unit=world.unit_a)
    manager = make_account("xiaji", below, StaffRole.PLATFORM_MANAGER)
    assert not is_calendar_keeper(manager.audit_actor())


def test_other_roles_the_platform_itself_and_borrowed_accounts_do_not():
    world = World()
    assert not is_calendar_keeper(world.leader.audit_actor())
    assert not is_calendar_keeper(audit.PLATFORM)
    assert not is_calendar_keeper(replace(world.manager.audit_actor(), account_id=world.author.pk))
