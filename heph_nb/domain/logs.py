"""Logs: what is only ever appended, and never held in memory: events, messages, usage, and answers to be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Events are appended, never changed, and not held in memory."""

    table: ClassVar[str] = "events"

    seq: int
    ts: datetime
    run_id: str | None = None
    agent_id: str | None = None
    task_id: str | None = None
    kind: str
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A line from one agent (or the person) to another; ``recipient`` None reaches every agent of the run."""

    table: ClassVar[str] = "messages"

    seq: int
    ts: datetime
    run_id: str | None
    id: str
    sender: str
    recipient: str | None = None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one turn of an agent used, as the agent reported it; None where it did not. Cost is in ``currency``."""

    table: ClassVar[str] = "usage"

    seq: int
    ts: datetime
    run_id: str | None
    agent_id: str
    task_id: str | None = None
    attempt_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost: float | None = None
    currency: str | None = None

    @property
    def tokens(self) -> int:
        """What counts against a run's budget: the total, or else what went in and came out."""
        if self.total_tokens is not None:
            return max(0, self.total_tokens)
        return max(0, self.input_tokens or 0) + max(0, self.output_tokens or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer that an idempotency key was given, so that a retry gets the same one.

    ``request`` is a hash of what was asked, so that the key cannot be used again for something else.
    """

    table: ClassVar[str] = "answers"

    seq: int
    ts: datetime
    key: str
    actor: str
    operation: str
    response: str
    request: str = ""


Log: TypeAlias = Event | Message | Usage | Answer
"""A line of a log."""

LOGS: tuple[type[Log], ...] = (Event, Message, Usage, Answer)
"""The plain append tables; ``table`` is the name of each in the state file."""
