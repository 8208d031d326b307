from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests.factories import World

CHINA = ZoneInfo("Asia/Shanghai")


def moment(month: int, day: int, hour: int = 9, *, year: int = 2026) -> datetime:
    """A moment of 2026 in China."""
    return datetime(year, month, day, hour, tzinfo=CHINA)


@pytest.fixture
def world(db: None) -> World:
    """Two units; accounts come as they are asked for."""
    return World()


@pytest.fixture
def at_work() -> Iterator[time_machine.Traveller]:
    """Monday 2026-11-02, 09:00: no holiday near."""
    with time_machine.travel(moment(11, 2), tick=False) as traveller:
        yield traveller
