"""The time, as far as the clock can be believed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MOST_LEAP = timedelta(hours=1)
"""By how much more than the time that has passed the clock may go forward at once."""

MOST_BEHIND = timedelta(minutes=1)
"""By how much the clock may be behind the newest time of a state file before it is worth a word."""

log = logging.getLogger(__name__)


class Clock:
    """The wall clock, but for leaps forward: one wrong reading would spoil every later time of a state file for good.

    After a leap, time goes on from the last reading that was believed, until the clock is back, or this process ends.
    Any thread may ask.

    Parameters
    ----------
    wall : callable
        Returns the wall clock's reading, in UTC.
    steady : callable
        Returns seconds that pass whatever is done to the wall clock, also while the machine sleeps.
    """

    def __init__(self, wall: Callable[[], datetime], steady: Callable[[], float]) -> None:
        self._wall = wall
        self._steady = steady
        self._believed = wall(), steady()
        self._leap: timedelta | None = None

    def __call__(self) -> datetime:
        """Return the present moment in UTC."""
        read, passed = self._wall(), self._steady()
        believed, at = self._believed
        expected = believed + timedelta(seconds=passed - at)
        if read - expected > MOST_LEAP:
            if self._leap is None:
                log.warning("The clock leapt from %s to %s: it is not believed.", expected, read)
            self._leap = read - expected
            return expected
        self._believed, self._leap = (read, passed), None
        return read

    def health(self, newest: datetime | None) -> dict[str, float | str | None]:
        """Say how the clock stands to the newest time of a file: ``behind`` and ``leap``, in seconds, and a warning."""
        behind = max(newest - self() if newest else timedelta(), timedelta())
        warning = None
        if self._leap is not None:
            warning = (
                f"this machine's clock leapt {self._leap} forward and is not believed until the backend starts again"
            )
        elif behind > MOST_BEHIND:
            warning = (
                f"the state file's newest time is {behind} ahead of this machine's clock; "
                "what happens now gets that time until the clock is there"
            )
        return {
            "behind": round(behind.total_seconds(), 3),
            "leap": round(self._leap.total_seconds(), 3) if self._leap else None,
            "warning": warning,
        }


def _steady() -> float:
    """Return seconds since the machine was started; where there is no such clock, sleep looks like a leap."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


now = Clock(lambda: datetime.now(UTC), _steady)
"""Returns the present moment in UTC."""
