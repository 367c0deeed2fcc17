"""The scheduler: puts agents on the tasks that are ready, as soon as one is ready and a place is free.

It is woken by commits, never by a clock. A claim is a command of the ledger like any other, so two claims of one task
cannot both succeed.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Any

from heph_nb.agents.catalog import find_preset
from heph_nb.backend import auth
from heph_nb.backend.clock import now
from heph_nb.backend.session import SHUTDOWN, Session
from heph_nb.domain import runs, tasks, work
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Agent, Attempt, Phase, Run, Task
from heph_nb.domain.state import Draft
from heph_nb.errors import HephError, StorageError

log = logging.getLogger(__name__)


class Scheduler:
    """Claims ready tasks and drives an attempt at each. Lives on the event loop thread."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.sessions: dict[str, Session] = {}
        self.last_beat: datetime | None = None
        self._news = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._driving: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to schedule."""
        self._news.set()
        self._work = asyncio.create_task(self._schedule(), name="scheduler")

    async def close(self) -> None:
        """Claim nothing more, and end the sessions that run."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        for session in list(self.sessions.values()):
            session.cancel(SHUTDOWN)
        await asyncio.gather(*self._driving, return_exceptions=True)

    def notice(self, events: list[Event], run_ids: set[str]) -> None:
        """Look again after a commit, and end the sessions whose attempt is over."""
        if run_ids:
            self._news.set()
        for event in events:
            if event.kind == "attempt.status":
                session = self.sessions.get(str(event.data["id"]))
                if session is not None and event.data["to"] in ("superseded", "cancelled", "failed"):
                    session.cancel(f"the attempt is {event.data['to']}")
            elif event.kind == "agent.status" and event.data["to"] == "terminated" and event.agent_id:
                self.engine.backend.gatekeeper.revoke(event.agent_id)
                for session in self.sessions.values():
                    if session.agent.id == event.agent_id:
                        session.cancel("the agent was ended")
            elif event.kind == "permission.status":
                for session in self.sessions.values():
                    session.permission_decided(str(event.data["id"]))

    def wake(self) -> None:
        """Look again: something that held work back is gone."""
        self._news.set()

    async def _schedule(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            self.last_beat = now()
            for run in list(self.engine.backend.state.all(Run)):
                if run.status == "active" and not self.engine.tidier.behind(run):
                    await self._fill(run)

    async def _fill(self, run: Run) -> None:
        state = self.engine.backend.state
        for task in tasks.ready(state, run.id):
            phase = state.get(Phase, f"phase-{task.phase}", run.id)
            if self.engine.backend.spending.exhausted(run):
                await self._pause(run)
                return
            if free_places(state, run) <= 0 or self.engine.tidier.behind(run):
                return
            if free_places(state, run, phase) <= 0:
                continue
            try:
                await self._claim(run, task)
            except StorageError as error:
                log.error("A task could not be claimed: %s", error)
                return
            except HephError as error:
                log.info("Task %s was not claimed: %s", task.id, error)

    async def _claim(self, run: Run, task: Task) -> None:
        backend = self.engine.backend
        preset = find_preset(tasks.agent_of(backend.state, task), backend.presets)
        token = auth.new_token()

        def claim(draft: Draft) -> tuple[Attempt, Agent]:
            present = draft.get(Run, run.id)
            if present.status != "active" or free_places(draft, run) <= 0 or backend.spending.exhausted(present):
                raise HephError(f"Run {run.id} has no free place any more.")
            return work.claim(
                draft,
                draft.get(Task, task.id),
                preset=preset.name,
                label=preset.label,
                token_hash=auth.hash_token(token),
                worktrees=run.worktrees,
            )

        attempt, agent = await backend.ledger.execute(claim, actor="scheduler")
        backend.gatekeeper.admit(token, agent.id)
        session = self.sessions[attempt.id] = Session(self.engine, run, preset, attempt, agent, token)
        driving = asyncio.create_task(self._drive(session), name=f"session {attempt.id}")
        self._driving.add(driving)
        driving.add_done_callback(self._driving.discard)

    async def _pause(self, run: Run) -> None:
        """Let a run rest that has used its budget."""
        spending = self.engine.backend.spending

        def pause(draft: Draft) -> None:
            present = draft.get(Run, run.id)
            if present.status == "active" and spending.exhausted(present):
                runs.run_out(draft, present, spending.used(run.id))

        try:
            await self.engine.backend.ledger.execute(pause, actor="scheduler")
        except StorageError as error:
            log.error("Run %s could not be paused: %s", run.id, error)

    async def _drive(self, session: Session) -> None:
        try:
            await session.drive()
        finally:
            del self.sessions[session.attempt.id]
            attempt = self.engine.backend.state.get(Attempt, session.attempt.id)
            if attempt.outcome in ("failed", "superseded", "cancelled"):
                self.engine.tidier.submit(session.run, [attempt])


def free_places(state: Any, run: Run, phase: Phase | None = None) -> int:
    """Return how many more agents a run (or one phase of it) may have at work.

    An agent that has handed in its work keeps its place until its turn has ended: then its process serves the next.
    """
    most = run.max_agents if phase is None else (phase.max_agents or run.max_agents)
    at_work = [a for a in state.all(Agent, run.id) if a.status in ("starting", "working", "waiting")]
    if phase is not None:
        at_work = [a for a in at_work if state.get(Task, a.task_id).phase == phase.number]
    return most - len(at_work)
