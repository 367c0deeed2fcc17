"""Session: what an agent is given, what it may ask, and what comes back. Plain values, no protocol library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT_KINDS = (
    "agent.message",
    "agent.thought",
    "agent.tool_call",
    "agent.tool_call_update",
    "agent.plan",
    "agent.usage",
    "agent.mode",
    "agent.other",
)
"""The kinds that ``Listener.on_event`` is called with; what is not known arrives whole as ``agent.other``."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """Where the agent finds its tools: streamable HTTP, with the headers that say who it is."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = "heph"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that the agent offers: ``kind`` is allow_once, allow_always, reject_once or reject_always."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a permission request. ``option_id`` None cancels the request: nothing was decided."""

    option_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequest:
    """An agent asks before it acts.

    ``title`` is one line for a person; ``detail`` shows what will be done (command, paths, difference, input) and
    does not rest on what the agent calls it. ``subject`` is exactly what it is about, or None; rules compare it.
    """

    session_id: str
    tool_call_id: str
    tool_kind: str
    title: str
    detail: str
    options: tuple[Choice, ...]
    subject: str | None = None

    def allow(self) -> Decision:
        """Choose the narrowest option that allows; cancel if there is none."""
        return self._first("allow_once", "allow_always")

    def deny(self) -> Decision:
        """Choose the narrowest option that denies; cancel if there is none."""
        return self._first("reject_once", "reject_always")

    def _first(self, *kinds: str) -> Decision:
        return Decision(next((o.id for kind in kinds for o in self.options if o.kind == kind), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnUsage:
    """What the agent says it used, in tokens and ``currency``; None where it says nothing."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a session ended. That an agent stopped by itself says nothing about its work.

    Attributes
    ----------
    stop_reason : str
        The agent's word (``end_turn``, ``max_tokens``, ``max_turn_requests``, ``refusal``, ``cancelled``, ...), or
        ``error``.
    error : str or None
        One sentence on what went wrong; None if the agent ended its turn as it should.
    usage : TurnUsage
        What it reported.
    """

    stop_reason: str
    error: str | None = None
    usage: TurnUsage = TurnUsage()


class Listener(Protocol):
    """Who hears of a session. Calls come one at a time, except ``on_permission``, which may wait as long as it likes.

    The agent's output is not read while ``on_event`` is awaited: a slow listener slows the agent, and nothing piles
    up. What a method raises ends the session and is raised by ``run_session``. None of them may await
    ``AgentProcess.stop``.
    """

    async def on_session(self, session_id: str) -> None:
        """Know that the session is open; the prompt is sent when this returns."""
        ...

    async def on_event(self, kind: str, data: dict[str, object]) -> None:
        """Hear what the agent said or did. ``kind`` is one of ``EVENT_KINDS``."""
        ...

    async def on_permission(self, request: PermissionRequest) -> Decision:
        """Decide; the agent waits. Cancelled when the session ends or is cancelled meanwhile."""
        ...
