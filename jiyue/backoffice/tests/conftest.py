from collections.abc import Callable

import pytest
from django.test import Client

from jiyue.backoffice.tests.clients import both_factors
from jiyue.organizations.models import StaffAccount


@pytest.fixture
def enter() -> Callable[[StaffAccount], Client]:
    """Sign an account in with both factors."""
    return both_factors


@pytest.fixture(autouse=True)
def _fresh_throttle(db: None) -> None:
    """Forget earlier failures of signing in."""
    from django.core.cache import cache  # noqa: PLC0415  # needs settings

    cache.clear()
