"""The monitor: notices agents that have fallen silent.

That a process died is heard at once by its session; only silence needs a clock, and only time in which the backend
itself ran is counted. An agent that waits for a permission is not silent: it waits.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

from heph_nb.backend.clock import now
from heph_nb.domain import work
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Agent, Attempt, Task
from heph_nb.domain.state import Draft

BEAT = 10.0
"""Seconds between two looks at the latest."""


class Monitor:
    """Watches for silence. Lives on the event loop thread.

    Attributes
    ----------
    last_beat : datetime or None
        When it last looked.
    """

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.last_beat: datetime | None = None
        self._heard: dict[str, float] = {}
        self._work: asyncio.Task[None] | None = None

    @property
    def watching(self) -> int:
        """How many agents are watched."""
        return len(self._heard)

    def start(self) -> None:
        """Begin to watch."""
        self._work = asyncio.create_task(self._watch(), name="monitor")

    async def close(self) -> None:
        """Watch no more."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    def heard_from(self, agent_id: str) -> None:
        """Note a sign of life of an agent."""
        self._heard[agent_id] = time.monotonic()

    def notice(self, events: list[Event], run_ids: set[str]) -> None:  # noqa: ARG002 - a ledger watcher gets both
        """Forget agents that have ended."""
        for event in events:
            if event.kind == "agent.status" and event.data["to"] in ("terminated", "stuck") and event.agent_id:
                self._heard.pop(event.agent_id, None)

    async def _watch(self) -> None:
        while True:
            self.last_beat = now()
            limit = self.engine.backend.limits.silence
            due = [limit - (time.monotonic() - heard) for heard in self._heard.values()]
            beat, began = max(0.05, min([BEAT, limit, *due])), time.monotonic()
            await asyncio.sleep(beat)
            self._excuse(time.monotonic() - began - beat)
            for agent_id, heard in list(self._heard.items()):
                if time.monotonic() - heard >= limit:
                    await self._silent(agent_id, limit)

    def _excuse(self, away: float) -> None:
        """Count no time in which this process did not run (stopped, a laptop asleep): it could not have heard."""
        here = time.monotonic()
        for agent_id, heard in self._heard.items():
            self._heard[agent_id] = min(here, heard + max(0.0, away))

    async def _silent(self, agent_id: str, limit: float) -> None:
        def stall(draft: Draft) -> None:
            agent = draft.get(Agent, agent_id)
            attempt = draft.find(Attempt, agent.attempt_id or "", agent.run_id)
            if agent.status != "working" or attempt is None or attempt.outcome != "running":
                return
            if draft.get(Task, attempt.task_id).status == "running":
                work.stall(draft, attempt, f"it has been silent for {limit:g} seconds")
            else:
                work.end_agent(draft, agent, f"it handed in its work, and was silent for {limit:g} seconds then")

        waiting = self.engine.backend.state.get(Agent, agent_id).status == "waiting"
        self.heard_from(agent_id)
        if not waiting:
            await self.engine.backend.ledger.execute(stall, actor="monitor")
