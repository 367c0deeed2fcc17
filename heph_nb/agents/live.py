"""Live: one session while it runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from heph_nb.agents.asking import permission_request, tool_call_facts
from heph_nb.agents.session import SessionEnd, TurnUsage
from heph_nb.agents.updates import ChunkBuffer, Event, chunk_of, event_of
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from heph_nb.agents.session import Listener

_TOOL_CALLS = 200
"""Tool calls that are remembered, for the permission requests that refer to them."""


class AgentGoneError(AgentError):
    """The agent's output ended, or is no protocol any more. ``end`` is what is known of the session's end."""

    def __init__(self, detail: str, end: SessionEnd) -> None:
        super().__init__(detail)
        self.end = end


class DidNotStopError(AgentError):
    """The agent was told to stop and did not; its process has to be ended."""


class LiveSession:
    """Tells one listener, in order and one call at a time, what one agent says and asks.

    Parameters
    ----------
    cwd : Path
        The session's directory, resolved.
    listener : Listener
        Who hears of it. What it raises is kept in ``failure`` and ends the session.
    """

    def __init__(self, cwd: Path, listener: Listener) -> None:
        self.cwd = cwd
        self.id = ""
        """The agent's id for it; empty until the agent has opened it."""
        self.cancelled = False
        self.grace = 10.0
        """Seconds that the agent has to end its turn after it was told to."""
        self.failure: BaseException | None = None
        self.interrupted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the agent shall stop: the session was cancelled, or its listener failed."""
        self._listener = listener
        self._chunks = ChunkBuffer()
        self._turn = asyncio.Lock()
        self._tool_calls: dict[str, dict[str, Any]] = {}
        self._asked: set[asyncio.Task[Any]] = set()
        self._cost: dict[str, Any] = {}

    @property
    def deadline(self) -> float | None:
        """The loop time at which ``flush`` is due, or None."""
        return self._chunks.deadline

    async def opened(self, session_id: str, early: list[tuple[dict[str, Any], int]]) -> None:
        """Take the session's id, and what the agent said before we knew it."""
        async with self._turn:
            self.id = session_id
            for update, size in early:
                await self._take(update, size)

    async def begin(self) -> None:
        """Let the listener know that the prompt comes next."""
        await self._call(self._listener.on_session(self.id))

    async def take(self, update: dict[str, Any], size: int) -> None:
        """Hear one update; returns when the listener has heard what it completes."""
        async with self._turn:
            await self._take(update, size)

    async def flush(self) -> None:
        """Let the listener hear what is held."""
        async with self._turn:
            await self._tell(self._chunks.flush())

    async def ask(self, params: dict[str, Any]) -> str | None:
        """Let the listener decide; return the chosen option's id, or None for a cancelled request.

        Raises
        ------
        ValueError
            It is not a permission request.
        """
        asked = params.get("toolCall")
        key = asked.get("toolCallId") if isinstance(asked, dict) else None
        known = self._tool_calls.get(key, {}) if isinstance(key, str) else {}
        request = permission_request(params, known, self.cwd)
        if request is None:
            raise ValueError("a permission request needs toolCall.toolCallId and options")
        if self.interrupted.done():
            return None
        task = asyncio.ensure_future(self._listener.on_permission(request))
        self._asked.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._asked.discard(task)
            task.cancel()
        if task.cancelled():
            return None
        if (error := task.exception()) is not None:
            self.fail(error)
            return None
        chosen = task.result().option_id
        if chosen is not None and chosen not in {option.id for option in request.options}:
            self.fail(AgentError(f"The decision {chosen!r} is none of the options of the request."))
            return None
        return chosen

    def cancel(self, grace: float) -> None:
        """Make the agent stop, within so many seconds."""
        self.cancelled = True
        self.grace = grace
        self._interrupt()

    def fail(self, error: BaseException) -> None:
        """End the session because its listener failed; the first failure counts."""
        if self.failure is None:
            self.failure = error
        self._interrupt()

    def close(self) -> None:
        """End it: who still waits for a decision waits no more."""
        self._interrupt()

    def usage(self, reported: Any) -> TurnUsage:
        """Return what the agent reported, given the ``usage`` of its answer to the prompt."""
        tokens = reported if isinstance(reported, dict) else {}
        cost, currency = self._cost.get("cost"), self._cost.get("currency")
        return TurnUsage(
            input_tokens=_count(tokens.get("inputTokens")),
            output_tokens=_count(tokens.get("outputTokens")),
            total_tokens=_count(tokens.get("totalTokens")),
            cost=float(cost) if isinstance(cost, int | float) else None,
            currency=currency if isinstance(currency, str) else None,
        )

    def _interrupt(self) -> None:
        if not self.interrupted.done():
            self.interrupted.set_result(None)
        for task in self._asked:
            task.cancel()

    async def _take(self, update: dict[str, Any], size: int) -> None:
        chunk = chunk_of(update)
        if chunk is not None:
            await self._tell(self._chunks.add(*chunk, asyncio.get_running_loop().time()))
            return
        kind, data = event_of(update, size)
        self._remember(kind, update, data)
        await self._tell([*self._chunks.flush(), (kind, data)])

    async def _tell(self, events: list[Event]) -> None:
        for kind, data in events:
            await self._call(self._listener.on_event(kind, data))

    async def _call(self, told: Coroutine[Any, Any, None]) -> None:
        if self.failure is not None:
            told.close()
            return
        try:
            await told
        except Exception as error:  # noqa: BLE001 - not ours: run_session raises it to who brought the listener
            self.fail(error)

    def _remember(self, kind: str, update: dict[str, Any], data: dict[str, Any]) -> None:
        if kind == "agent.usage" and data["cost"] is not None:
            self._cost = data
        key = update.get("toolCallId")
        if not kind.startswith("agent.tool_call") or not isinstance(key, str):
            return
        self._tool_calls[key] = {**self._tool_calls.pop(key, {}), **tool_call_facts(update)}
        while len(self._tool_calls) > _TOOL_CALLS:
            del self._tool_calls[next(iter(self._tool_calls))]


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
