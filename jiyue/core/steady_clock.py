"""Watching the server's clock: whoever waits for a moment doesn't trust a clock that has just jumped.

The worker looks many times a second. When the time of day moved against the
time since the machine was started, releases at a planned second wait until the
clock has been steady for a minute, and an alarm is raised: a wrong clock that
is set right again within that minute has released nothing early.
"""

import time

from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.alarms import KINDS, AlarmKind, end_alarm, raise_alarm

TOLERANCE_SECONDS = 2  # a leap second and slewing stay below
STEADY_SECONDS = 60
KIND = "clock_jumped"
_SUBJECT = "clock"


class SteadyClock:
    """Compares the time of day with the time since start at every look of this process."""

    def __init__(self) -> None:
        self._difference: float | None = None
        self._steady_from = float("-inf")
        self._is_alarmed = False

    def look(self) -> bool:
        """Compare, the first look being the base; return whether the clock jumped since the last one."""
        running = _seconds_since_start()
        difference = clock.now().timestamp() - running
        before, self._difference = self._difference, difference
        if before is not None and abs(difference - before) > TOLERANCE_SECONDS:
            self._steady_from = running + STEADY_SECONDS
            self._is_alarmed = True
            raise_alarm(KIND, _SUBJECT, details={"seconds": round(difference - before, 1)})
            return True
        if self._is_alarmed and self.is_steady():
            self._is_alarmed = False
            end_alarm(KIND, _SUBJECT, how="the clock has been steady for a minute")
        return False

    def is_steady(self) -> bool:
        """Whether the clock can be trusted with a moment."""
        return _seconds_since_start() >= self._steady_from


def _seconds_since_start() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # runs on while the machine sleeps


KINDS.register(
    KIND,
    AlarmKind(
        _("The server's clock jumped"),
        _("Look at the time service (chrony, ntpd). Planned releases wait until the clock is steady."),
    ),
)
WATCH = SteadyClock()
