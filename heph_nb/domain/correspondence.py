"""Records of what passes between agents and people: permissions and rules, questions, memories, reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from heph_nb.domain.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission(Record):
    """An agent asks before it acts; a person or a rule decides. ``options`` are the choices the agent offered.

    ``title`` and ``detail`` are for reading; ``subject`` is exactly what it asks for (the command line, the path), as
    rules compare it; None where that cannot be told apart from something else.
    """

    entity = "permission"
    table = "permissions"

    agent_id: str
    task_id: str | None = None
    attempt_id: str | None = None
    tool_kind: str
    title: str
    detail: str
    options: tuple[str, ...] = ()
    status: str = "pending"
    decided_by: str | None = None
    reason: str | None = None
    created_at: datetime
    decided_at: datetime | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Record):
    """What a person allowed once and for all in a run: every request of this kind about exactly this ``pattern``.

    ``permission_id`` is the request that it was made for; what it allows later names it in ``decided_by``.
    """

    entity = "rule"
    table = "rules"

    tool_kind: str
    pattern: str
    status: str = "active"
    permission_id: str
    created_by: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Record):
    """Something only a person can say; ``decided`` is how it was understood (``R-002: dropped``), newest of each."""

    entity = "question"
    table = "questions"

    text: str
    requirement_ids: tuple[str, ...] = ()
    agent_id: str | None = None
    task_id: str | None = None
    status: str = "open"
    answer: str | None = None
    answered_by: str | None = None
    created_at: datetime
    answered_at: datetime | None = None
    decided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Record):
    """Something worth knowing for the agents that come later."""

    entity = "memory"
    table = "memories"

    agent_id: str | None = None
    task_id: str | None = None
    kind: str
    text: str
    tags: tuple[str, ...] = ()
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Record):
    """What an agent wrote about its result, in Markdown."""

    entity = "report"
    table = "reports"

    task_id: str
    agent_id: str
    title: str
    markdown: str
    created_at: datetime
