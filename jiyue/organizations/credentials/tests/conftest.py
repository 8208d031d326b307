import pytest

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from tests.factories import World, make_account


@pytest.fixture
def manager(world: World) -> StaffAccount:
    """Account manager of unit A."""
    return make_account("guan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="管")


@pytest.fixture
def second_manager(world: World) -> StaffAccount:
    """Another account manager of unit A."""
    return make_account("guan2", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="管二")


@pytest.fixture
def stranger(world: World) -> StaffAccount:
    """Account manager of unit B."""
    return make_account("guan3", world.unit_b, StaffRole.ACCOUNT_MANAGER, name="管三")
