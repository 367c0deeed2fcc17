"""Pool: agent processes that are ready, so that a session need not wait for a start."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from heph_nb.agents.process import AgentProcess
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from heph_nb.agents.catalog import Preset


class AgentPool:
    """Hands out processes, one to an agent, and takes them back.

    A process that may serve another session (see ``Preset.reuse``) waits for it; every other is ended. Two agents
    never share a process at the same time.

    Parameters
    ----------
    log_path : Path
        Where the processes' stderr goes: the process in slot 3 writes ``<stem>.3<suffix>``.
    owner : str
        Whose they are (the path of the state file), for ``ownership.kill_orphans``.
    max_idle : int
        How many processes of one preset may wait; what comes back beyond that is ended.
    env : mapping, optional
        More environment variables for every process.
    """

    def __init__(
        self, log_path: Path, *, owner: str = "", max_idle: int = 8, env: Mapping[str, str] | None = None
    ) -> None:
        self._log_path = log_path
        self._owner = owner
        self._max_idle = max_idle
        self._env = dict(env or {})
        self._ready: dict[str, deque[asyncio.Task[AgentProcess]]] = {}
        self._slots: dict[AgentProcess, int] = {}
        self._starting: set[int] = set()
        self._closed = False

    @property
    def processes(self) -> tuple[AgentProcess, ...]:
        """Every process that was started and not ended yet, waiting or at work."""
        return tuple(process for process in self._slots if not process.stopped)

    async def acquire(self, preset: Preset) -> AgentProcess:
        """Return a process for one agent; ``release`` takes it back.

        Raises
        ------
        AgentError
            It cannot be started, or the pool is closed.
        """
        ready = self._ready.setdefault(preset.name, deque())
        while ready and not self._closed:
            starting = ready.popleft()
            try:
                # Shielded: who gives up waiting leaves the process to the next.
                process = await asyncio.shield(starting)
            except asyncio.CancelledError:
                if starting.cancelled() and self._closed:
                    break
                ready.appendleft(starting)
                raise
            except AgentError:
                break  # starting it again, below, tells the caller why
            if process.reusable or (process.alive and not preset.reuse):
                return process
            await self._end(process)
        return await self._start(preset)

    async def release(self, process: AgentProcess) -> None:
        """Take a process back after its session: it waits for the next, or is ended if it may not serve one."""
        waiting = self._ready.setdefault(process.preset.name, deque())
        if self._closed or not process.reusable or len(waiting) >= self._max_idle:
            await self._end(process)
            return
        waiting.append(asyncio.ensure_future(_itself(process)))

    async def prewarm(self, preset: Preset, count: int) -> None:
        """Have ``count`` processes of a preset ready; return at once, while they start.

        One that cannot be started is not missed here: the next ``acquire`` says why.
        """
        waiting = self._ready.setdefault(preset.name, deque())
        while len(waiting) < min(count, self._max_idle) and not self._closed:
            start = asyncio.create_task(self._start(preset), name=f"heph.pool.prewarm.{preset.name}")
            start.add_done_callback(_look)
            waiting.append(start)

    async def close(self, grace: float = 0.5) -> None:
        """End every process, also those at work, and hand out no more; ``grace`` as in ``AgentProcess.stop``."""
        self._closed = True
        starts = [start for waiting in self._ready.values() for start in waiting]
        self._ready.clear()
        for start in starts:
            start.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        await asyncio.gather(*(self._end(process, grace) for process in self.processes))

    async def _start(self, preset: Preset) -> AgentProcess:
        if self._closed:
            raise AgentError("The backend is ending; no agent is started any more.")
        self._slots = {process: slot for process, slot in self._slots.items() if not process.stopped}
        taken = self._starting.union(self._slots.values())
        slot = next(n for n in range(1, len(taken) + 2) if n not in taken)
        self._starting.add(slot)
        log_path = self._log_path.with_name(f"{self._log_path.stem}.{slot}{self._log_path.suffix}")
        try:
            process = await AgentProcess.start(preset, log_path, env=self._env, owner=self._owner)
            self._slots[process] = slot
        finally:
            self._starting.discard(slot)
        if self._closed:
            await self._end(process)
            raise AgentError("The backend is ending; no agent is started any more.")
        return process

    async def _end(self, process: AgentProcess, grace: float = 2.0) -> None:
        try:
            await process.stop(grace)
        finally:
            self._slots.pop(process, None)


async def _itself(process: AgentProcess) -> AgentProcess:
    return process


def _look(start: asyncio.Task[AgentProcess]) -> None:
    # Nobody may ever ask for this process; its failure must not count as one that was never looked at.
    if not start.cancelled():
        start.exception()
