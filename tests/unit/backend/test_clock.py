"""A clock that leaps is not believed; a file that is ahead of the clock is told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from heph_nb.backend.clock import Clock
from heph_nb.client.ending import shutdown

T0 = datetime(2026, 1, 1, tzinfo=UTC)


class Hands:
    """A wall clock and the seconds that really pass."""

    def __init__(self) -> None:
        self.wall = T0
        self.steady = 100.0
        self.clock = Clock(lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float, leap: timedelta = timedelta()) -> datetime:
        self.steady += seconds
        self.wall += timedelta(seconds=seconds) + leap
        return self.clock()


def test_time_goes_on_through_a_leap_and_is_believed_again_when_the_clock_is_back():
    hands = Hands()
    assert hands.passes(10, timedelta(days=365)) == T0 + timedelta(seconds=10)
    assert hands.passes(20) == T0 + timedelta(seconds=30)
    told = hands.clock.health(T0)
    assert (told["leap"], told["behind"]) == (365 * 86_400, 0)
    assert "is not believed" in str(told["warning"])
    assert hands.passes(5, -timedelta(days=365)) == T0 + timedelta(seconds=35)
    assert hands.clock.health(T0) == {"behind": 0, "leap": None, "warning": None}


def test_a_machine_that_slept_and_a_clock_that_is_set_a_little_are_believed():
    hands = Hands()
    assert hands.passes(8 * 3600) == T0 + timedelta(hours=8)
    assert hands.passes(1, timedelta(minutes=59)) == T0 + timedelta(hours=8, minutes=59, seconds=1)
    assert hands.passes(1, -timedelta(days=1)) == T0 + timedelta(hours=-16, minutes=59, seconds=2)


def test_a_clock_behind_the_file_is_told_from_a_minute_on():
    clock = Hands().clock
    assert clock.health(T0 + timedelta(seconds=59))["warning"] is None
    told = clock.health(T0 + timedelta(days=2))
    assert told["behind"] == 172_800
    assert "newest time is 2 days, 0:00:00 ahead of this machine's clock" in str(told["warning"])


def test_a_backend_says_that_its_file_is_ahead_and_no_time_decreases(running_in, tmp_path):
    first = running_in(tmp_path / "ahead")
    state = first.client.state
    shutdown(state)
    ahead = datetime.now(UTC) + timedelta(days=365)
    with duckdb.connect(str(state)) as connection:
        connection.execute("UPDATE private_agent_versions SET ts = ?", [ahead])
    assert 364 * 86_400 < first.client.health()["clock"]["behind"] < 366 * 86_400
    log = state.with_name(f"{state.name}.backend.log").read_text()
    assert log.count("ahead of this machine's clock") == 1
