"""Records: what a run consists of, as plain frozen values.

Each class is one entity. A changed entity is a new record; every record that was ever current is one row of
``<entity>_versions`` in the state file, and the plural view (``Entity.table``) shows the newest. Fields are columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from heph_nb.domain.correspondence import Memory, Permission, Question, Report, Rule
from heph_nb.domain.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Record):
    """One PRD on its way into one repository. Its ``run_id`` is its own ``id``."""

    entity = "run"
    table = "runs"

    name: str
    status: str = "active"
    reason: str | None = None
    prd_path: str
    prd_text: str
    prd_sha256: str
    working_dir: str
    worktrees: str
    branch: str
    base_commit: str
    workflow: str
    agent: str
    max_agents: int
    manual: bool = False
    policy: str = "allow"
    created_at: datetime
    ended_at: datetime | None = None
    budget_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Record):
    """A traceable statement of the PRD. ``lines`` holds every place it is stated, counted from 1, ends included."""

    entity = "requirement"
    table = "requirements"

    label: str | None = None
    text: str
    section: str
    line_start: int
    line_end: int
    lines: tuple[tuple[int, int], ...]
    level: str
    kind: str
    criteria: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    status: str = "open"
    mark: str | None = None
    evidence: str | None = None
    evidence_ref: str | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(Record):
    """A requirement was found in a file, a test or a commit of an attempt; ``merged`` once it is on the run branch."""

    entity = "trace"
    table = "traces"

    requirement_id: str
    kind: str
    target: str
    ticket_id: str | None = None
    attempt_id: str | None = None
    merged: bool = False
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase(Record):
    """A kind of work. ``checks`` are the commands that decide whether its work may be merged.

    ``columns`` are the two columns of the board that a ticket enters when a task of this phase starts and ends;
    ``role`` is what the work is to others: ``analysis``, ``implementation`` or ``validation``.
    """

    entity = "phase"
    table = "phases"

    number: int
    name: str
    status: str = "pending"
    description: str = ""
    instructions: str = ""
    done_definitions: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    agent: str | None = None
    max_agents: int | None = None
    columns: tuple[str, ...] = ()
    created_at: datetime
    role: str = "implementation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Record):
    """What is to be done, on the board. ``resolved`` is what unblocks others, whatever the column."""

    entity = "ticket"
    table = "tickets"

    title: str
    description: str
    ticket_type: str
    priority: str
    status: str
    blocked_by: tuple[str, ...] = ()
    requirement_ids: tuple[str, ...] = ()
    resolved: bool = False
    resolution: str | None = None
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Record):
    """A remark on a ticket."""

    entity = "comment"
    table = "comments"

    ticket_id: str
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCommit(Record):
    """A commit that belongs to a ticket."""

    entity = "ticket_commit"
    table = "ticket_commits"

    ticket_id: str
    commit_sha: str
    message: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Record):
    """One piece of work in a phase; ``kind`` is ``work``, ``clarification`` (it asks) or ``answer`` (taken up later).

    ``lost`` counts attempts that died or fell silent, ``reworks`` those whose work was sent back (a conflict, a red
    check); ``feedback`` is what the next attempt is told about the one before.
    """

    entity = "task"
    table = "tasks"

    phase: int
    ticket_id: str | None = None
    parent_task_id: str | None = None
    title: str
    description: str
    kind: str = "work"
    status: str = "pending"
    reason: str | None = None
    priority: str = "medium"
    agent: str | None = None
    lost: int = 0
    reworks: int = 0
    feedback: str | None = None
    summary: str | None = None
    learned: tuple[str, ...] = ()
    created_by: str
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Record):
    """One agent's try at a task, on a branch and in a worktree of its own."""

    entity = "attempt"
    table = "attempts"

    task_id: str
    agent_id: str
    number: int
    branch: str
    worktree: str
    base_commit: str
    head_commit: str | None = None
    outcome: str = "running"
    reason: str | None = None
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Record):
    """One ACP session on one attempt; or the person (preset ``person``, no run). Only a hash of its token is kept."""

    entity = "agent"
    table = "agents"

    preset: str
    status: str
    label: str = ""
    task_id: str | None = None
    attempt_id: str | None = None
    pid: int | None = None
    process_started: float | None = None
    session_id: str | None = None
    token_hash: str | None = None
    read_seq: int = 0
    reason: str | None = None
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Record):
    """A command that the backend ran on a merge candidate, and its exit code. ``seconds`` is wall time.

    Attempts that are merged together are checked together: each has a row of its own, and ``shared`` says how many
    rows tell of the same run of the command, so that ``sum(seconds / shared)`` is the time that checks took.
    """

    entity = "check"
    table = "checks"

    task_id: str
    attempt_id: str
    command: str
    exit_code: int
    seconds: float
    output: str
    commit_sha: str
    created_at: datetime
    shared: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Record):
    """An attempt on its way into the run branch (``target``)."""

    entity = "merge"
    table = "merges"

    task_id: str
    attempt_id: str
    status: str = "queued"
    target: str
    merge_commit: str | None = None
    conflicts: tuple[str, ...] = ()
    reason: str | None = None
    created_at: datetime
    ended_at: datetime | None = None


ENTITIES: tuple[type[Record], ...] = (
    Run, Requirement, Trace, Phase, Ticket, Comment, TicketCommit, Task, Attempt, Agent, Permission, Rule, Question,
    Check, Merge, Memory, Report,
)  # fmt: skip
"""Every entity that has a ``<entity>_versions`` table."""
