"""A session: one agent, one attempt, from its worktree to the end of its turn.

It listens to the agent (``on_session``, ``on_event``, ``on_permission``) and writes what it hears through the ledger.
What the agent says of its own work is only a claim: the verifier decides.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heph_nb.agents.catalog import Preset
from heph_nb.agents.prompt import task_prompt
from heph_nb.agents.session import Decision, McpServer, PermissionRequest, SessionEnd
from heph_nb.domain import people, work
from heph_nb.domain.lifecycle import move
from heph_nb.domain.records import Agent, Attempt, Permission, Phase, Requirement, Run, Task, Ticket
from heph_nb.domain.state import Draft
from heph_nb.errors import BranchLostError, HephError, ObstacleError

log = logging.getLogger(__name__)

SHUTDOWN = "the backend is shutting down"

PATIENCE = 2.0
"""Seconds that an agent's process has to end by itself."""

LAST = 0.5
"""The same when the backend ends."""


class Session:
    """Drives one attempt. Lives on the event loop thread.

    Parameters
    ----------
    engine : Engine
        Gives the pool of processes and the verifier.
    run, preset, attempt, agent
        What is to be driven.
    token : str
        The agent's bearer token; only the agent gets it.
    """

    def __init__(self, engine: Any, run: Run, preset: Preset, attempt: Attempt, agent: Agent, token: str) -> None:
        self.engine = engine
        self.run = run
        self.preset = preset
        self.attempt = attempt
        self.agent = agent
        self._ledger = engine.backend.ledger
        self._state = engine.backend.state
        self._token = token
        self._process: Any = None
        self._conversation: asyncio.Task[SessionEnd] | None = None
        self._cancelled: str | None = None
        self._undecided: dict[str, asyncio.Event] = {}

    async def drive(self) -> None:
        """Drive the attempt to its end, whatever that is."""
        self._conversation = asyncio.create_task(self._converse(), name=f"conversation {self.attempt.id}")
        if self._cancelled is not None:
            self._conversation.cancel()
        try:
            end = await self._conversation
        except asyncio.CancelledError:
            await self._drop_process()
            await self._interrupted(self._cancelled or "it was cancelled")
            return
        except (BranchLostError, ObstacleError) as error:
            await self.engine.verifier.pause(self.run, error.detail)
            await self._interrupted(error.detail)
            return
        except HephError as error:
            await self._drop_process()
            await self._lost(error.detail)
            return
        except Exception as error:
            log.exception("Session of attempt %s", self.attempt.id)
            await self._drop_process()
            await self._lost(f"the backend met an error: {error!r}")
            return
        if end.error is None:
            await self.engine.pool.release(self._process)
        else:
            await self._drop_process()
            if self.engine.backend.ending:  # whatever ends the backend may have ended the agent first
                await self._interrupted(SHUTDOWN)
                return
        await self._ended(end)

    def cancel(self, reason: str) -> None:
        """End the session from outside; the attempt itself is left as whoever cancels has put it."""
        self._cancelled = reason
        if self._conversation is not None:
            self._conversation.cancel()

    def permission_decided(self, permission_id: str) -> None:
        """Let the agent go on that waits for this permission."""
        if permission_id in self._undecided:
            self._undecided[permission_id].set()

    async def on_session(self, session_id: str) -> None:
        """Note that the agent works: its prompt is sent now."""

        def working(draft: Draft) -> None:
            agent = draft.get(Agent, self.agent.id)
            if agent.status == "starting":
                move(draft, agent, "working", session_id=session_id)

        await self._ledger.execute(working, actor=self.agent.id)
        self.engine.heard_from(self.agent.id)

    async def on_event(self, kind: str, data: dict[str, object]) -> None:
        """Keep what the agent said or did."""
        self.engine.heard_from(self.agent.id)
        await self._ledger.tell(
            lambda draft: draft.note(kind, draft.get(Agent, self.agent.id), id=self.agent.id, **data),
            actor=self.agent.id,
        )

    async def on_permission(self, request: PermissionRequest) -> Decision:
        """Write down what the agent asks for, then let it wait for the decision."""

        def ask(draft: Draft) -> Permission:
            return people.ask_permission(
                draft,
                draft.get(Run, self.run.id),
                draft.get(Agent, self.agent.id),
                tool_kind=request.tool_kind,
                title=request.title,
                detail=request.detail,
                options=[option.name for option in request.options],
                subject=request.subject,
            )

        permission = await self._ledger.execute(ask, actor=self.agent.id)
        if permission.status == "pending":
            decided = self._undecided[permission.id] = asyncio.Event()
            try:
                while self._state.get(Permission, permission.id).status == "pending":
                    await decided.wait()
                    decided.clear()
            finally:
                del self._undecided[permission.id]
            permission = self._state.get(Permission, permission.id)
        self.engine.heard_from(self.agent.id)
        if permission.status == "allowed":
            return request.allow()
        return request.deny() if permission.status == "denied" else Decision(None)

    async def _converse(self) -> SessionEnd:
        worktree = await self._make_worktree()
        self._process = await self.engine.pool.acquire(self.preset)
        await self._ledger.execute(
            lambda draft: draft.change(
                draft.get(Agent, self.agent.id), pid=self._process.pid, process_started=self._process.started
            ),
            actor="scheduler",
        )
        backend = self.engine.backend
        tools = McpServer(
            f"{backend.url}/mcp/", {"Authorization": f"Bearer {self._token}", "X-Agent-ID": self.agent.id}
        )
        return await self._process.run_session(worktree, tools, self._prompt(), self)

    async def _make_worktree(self) -> Path:
        base = await self.engine.verifier.make_worktree(self.run, self.attempt)
        await self._ledger.execute(
            lambda draft: draft.change(draft.get(Attempt, self.attempt.id), base_commit=base), actor="scheduler"
        )
        return Path(self.attempt.worktree)

    def _prompt(self) -> str:
        task = self._state.get(Task, self.attempt.task_id)
        ticket = self._state.find(Ticket, task.ticket_id, self.run.id) if task.ticket_id else None
        wanted = set(ticket.requirement_ids) if ticket else set()
        return task_prompt(
            run=self.run,
            phase=self._state.get(Phase, f"phase-{task.phase}", self.run.id),
            phases=list(self._state.all(Phase, self.run.id)),
            task=task,
            ticket=ticket,
            requirements=[r for r in self._state.all(Requirement, self.run.id) if r.id in wanted],
            feedback=task.feedback,
            agent_id=self.agent.id,
            state_path=str(self.engine.backend.state_path),
        )

    async def _ended(self, end: SessionEnd) -> None:

        def close(draft: Draft) -> bool:
            agent, attempt = draft.get(Agent, self.agent.id), draft.get(Attempt, self.attempt.id)
            usage = asdict(end.usage)
            if any(value is not None for value in usage.values()):
                people.report_usage(draft, agent, **usage)
            people.expire_permissions(draft, agent, "the agent has ended")
            claimed = attempt.outcome == "running" and draft.get(Task, attempt.task_id).status == "checking"
            if attempt.outcome != "running" or claimed:
                work.end_agent(draft, agent, end.error or "it ended its turn")
                return claimed
            why = end.error or f"the agent ended its turn ({end.stop_reason}) without finishing its task"
            work.lose(draft, attempt, why, stuck=end.error is not None)
            return False

        if await self._ledger.execute(close, actor="monitor"):
            self.engine.verifier.submit(self.run.id, self.attempt.id)

    async def _lost(self, reason: str) -> None:
        def lose(draft: Draft) -> bool:
            agent, attempt = draft.get(Agent, self.agent.id), draft.get(Attempt, self.attempt.id)
            people.expire_permissions(draft, agent, "the agent has ended")
            if attempt.outcome == "running" and draft.get(Task, attempt.task_id).status == "checking":
                work.end_agent(draft, agent, reason)
                return True
            if attempt.outcome == "running":
                work.lose(draft, attempt, reason)
            else:
                work.end_agent(draft, agent, reason)
            return False

        if await self._ledger.execute(lose, actor="monitor"):
            self.engine.verifier.submit(self.run.id, self.attempt.id)

    async def _interrupted(self, reason: str) -> None:
        def interrupt(draft: Draft) -> bool:
            agent, attempt = draft.get(Agent, self.agent.id), draft.get(Attempt, self.attempt.id)
            people.expire_permissions(draft, agent, reason)
            status = draft.get(Task, attempt.task_id).status if attempt.outcome == "running" else None
            if status == "running":
                work.interrupt(draft, attempt, reason)
            else:
                work.end_agent(draft, agent, reason)
            return status == "checking"

        if await self._ledger.execute(interrupt, actor="scheduler"):
            self.engine.verifier.submit(self.run.id, self.attempt.id)

    async def _drop_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.stop(LAST if self.engine.backend.ending else PATIENCE)
