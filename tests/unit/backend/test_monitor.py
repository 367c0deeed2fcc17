"""The monitor: only time in which the backend itself ran counts as silence."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from heph_nb.backend import monitor
from heph_nb.backend.monitor import Monitor


class Clock:
    """A clock that goes on only while somebody sleeps, and once much further than was asked for."""

    def __init__(self, absent: float) -> None:
        self.now = 0.0
        self.absent = absent

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.absent
        self.absent = 0.0


@pytest.mark.parametrize("absent", [0.0, 5000.0])
def test_the_absence_of_the_backend_is_not_the_silence_of_an_agent(monkeypatch, absent):
    clock = Clock(absent)
    monkeypatch.setattr(monitor.time, "monotonic", clock.monotonic)
    monkeypatch.setattr(monitor.asyncio, "sleep", clock.sleep)
    watch = Monitor(SimpleNamespace(backend=SimpleNamespace(limits=SimpleNamespace(silence=60.0))))
    watch.heard_from("agent")
    silent = []

    async def note(agent_id: str, limit: float) -> None:
        silent.append((agent_id, clock.now))
        raise asyncio.CancelledError

    monkeypatch.setattr(watch, "_silent", note)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch._watch())
    assert silent == [("agent", absent + 60.0)]
