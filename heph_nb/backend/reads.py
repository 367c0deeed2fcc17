"""Reads: records from memory, as JSON. Events, messages and usage come from the state file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from heph_nb.backend.auth import Caller
from heph_nb.backend.feed import as_json
from heph_nb.backend.naming import whole_id
from heph_nb.domain import people, tickets, work
from heph_nb.domain.logs import Event, Message, Usage
from heph_nb.domain.records import (
    ENTITIES,
    Agent,
    Comment,
    Memory,
    Phase,
    Record,
    Requirement,
    Run,
    Task,
    Ticket,
    TicketCommit,
    Trace,
)  # fmt: skip
from heph_nb.errors import InvalidError, NotAllowedError, RefusedError

R = TypeVar("R", bound=Record)

MOST_ROWS = 10_000
HIDDEN: dict[type[Record], set[str]] = {Agent: {"token_hash"}}
LONG: dict[type[Record], set[str]] = {Run: {"prd_text"}}
BY_TABLE: dict[str, type[Record]] = {cls.table: cls for cls in ENTITIES}
LOG_TABLES = {"events": Event, "messages": Message, "usage": Usage}
FILTERS = frozenset(
    {"status", "phase", "ticket_id", "task_id", "attempt_id", "agent_id", "outcome", "preset", "kind", "level",
     "ticket_type", "priority", "requirement_id", "mark"}
)  # fmt: skip


@cache
def _adapter(cls: type[Record]) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[cls])  # pyright: ignore[reportInvalidTypeForm]


def as_dicts(records: Iterable[Record], *, whole: bool = False) -> list[dict[str, Any]]:
    """Return records of one kind as JSON values; what is secret is left out, and what is long unless ``whole``."""
    found = list(records)
    if not found:
        return []
    cls = type(found[0])
    without = HIDDEN.get(cls, set()) | (set() if whole else LONG.get(cls, set()))
    return _adapter(cls).dump_python(found, mode="json", exclude={"__all__": without} if without else None)


def as_dict(record: Record, *, whole: bool = True) -> dict[str, Any]:
    """Return one record as JSON values."""
    return as_dicts([record], whole=whole)[0]


async def list_records(backend: Any, caller: Caller, table: str, query: dict[str, str]) -> dict[str, Any]:
    """Return a page of a table: ``{"<table>": [...], "total": n, "limit": n, "offset": n}``.

    Raises
    ------
    InvalidError
        ``limit`` or ``offset`` is not a number in range, or a filter is unknown.
    """
    query = dict(query)
    limit, offset = _number(query, "limit", 100, MOST_ROWS), _number(query, "offset", 0, 10**9)
    run_id = run_of(backend, caller, query.pop("run_id", None))
    if table in LOG_TABLES:
        return await _list_log(backend, caller, table, query, run_id, limit, offset)
    cls = BY_TABLE[table]
    unknown = set(query) - (FILTERS & set(cls.__dataclass_fields__))
    if unknown:
        raise InvalidError(f"{table} cannot be filtered by {', '.join(sorted(unknown))}.")
    if cls is not Run and run_id is None and not (cls is Agent and caller.owner):
        run_id = backend.find_run(None, caller).id
    rows = list(backend.state.all(cls, run_id))
    for name, value in query.items():
        rows = [r for r in rows if str(getattr(r, name)) == value]
    page = rows[offset : offset + limit]
    return {table: as_dicts(page), "total": len(rows), "limit": limit, "offset": offset}


def get_record(backend: Any, caller: Caller, table: str, id: str, run_id: str | None) -> dict[str, Any]:
    """Return one record: ``{"<entity>": {...}}``; a ticket comes with its comments, commits and what it blocks.

    Raises
    ------
    NotFoundError
        There is none.
    """
    cls = BY_TABLE[table]
    record = find_record(backend, caller, cls, id, run_id)
    answer: dict[str, Any] = {cls.entity: as_dict(record)}
    if isinstance(record, Ticket):
        answer |= _about_ticket(backend, record)
    return answer


def find_record(backend: Any, caller: Caller, cls: type[R], id: str, run_id: str | None) -> R:
    """Return the record that a caller means: of its own run, if it is an agent.

    Raises
    ------
    NotFoundError
        There is none.
    """
    run_id = run_of(backend, caller, run_id)
    if cls in (Requirement, Phase) and run_id is None:
        run_id = backend.find_run(None, caller).id
    if cls is Phase and id.isdigit():
        id = f"phase-{id}"
    if caller.owner:
        id = whole_id(backend.state, cls, id, run_id if cls is not Run else None)
    return backend.state.get(cls, id, caller.run_id if cls is not Agent and not caller.owner else run_id)


def own_task(backend: Any, agent: Agent) -> dict[str, Any]:
    """Return what an agent needs to know of its task."""
    state = backend.state
    if agent.task_id is None:
        raise RefusedError(f"Agent {agent.id} has no task.")
    task: Task = state.get(Task, agent.task_id)
    run: Run = state.get(Run, task.run_id or "")
    ticket = state.find(Ticket, task.ticket_id, run.id) if task.ticket_id else None
    wanted = set(ticket.requirement_ids) if ticket else set()
    return {
        "task": as_dict(task),
        "phase": as_dict(state.get(Phase, f"phase-{task.phase}", run.id)),
        "ticket": as_dict(ticket) if ticket else None,
        "requirements": as_dicts(r for r in state.all(Requirement, run.id) if r.id in wanted),
        "traces": as_dicts(t for t in state.all(Trace, run.id) if t.requirement_id in wanted),
        "feedback": task.feedback,
        "run": as_dict(run, whole=False),
        "attempt": as_dict(attempt) if (attempt := work.current_attempt(state, task)) else None,
    }


def _about_ticket(backend: Any, ticket: Ticket) -> dict[str, Any]:
    state = backend.state
    waiting = tickets.blockers(state, ticket)
    return {
        "comments": as_dicts(c for c in state.all(Comment, ticket.run_id) if c.ticket_id == ticket.id),
        "commits": as_dicts(c for c in state.all(TicketCommit, ticket.run_id) if c.ticket_id == ticket.id),
        "blocked": bool(waiting),
        "blocking_ticket_ids": [t.id for t in waiting],
        "blocks_ticket_ids": [t.id for t in state.all(Ticket, ticket.run_id) if ticket.id in t.blocked_by],
    }


async def _list_log(
    backend: Any, caller: Caller, table: str, query: dict[str, str], run_id: str | None, limit: int, offset: int
) -> dict[str, Any]:
    after = _number(query, "after", 0, 2**62)
    if query:
        raise InvalidError(
            f"{table} can be read by run_id, after, limit and offset, not by {', '.join(sorted(query))}."
        )
    to = caller.id if table == "messages" and not caller.owner else None
    rows, total = await backend.reading.run(
        backend.database.page, LOG_TABLES[table], after=after, limit=limit, offset=offset, run_id=run_id, to=to
    )
    plain = [as_json(e) for e in rows] if table == "events" else TypeAdapter(list[Any]).dump_python(rows, mode="json")
    return {table: plain, "total": total, "limit": limit, "offset": offset}


def list_memories(backend: Any, run_id: str, query: str | None, limit: int) -> list[dict[str, Any]]:
    """Return memories of a run, those that fit a query first if there is one."""
    memories = backend.state.all(Memory, run_id)
    return as_dicts(people.search_memories(memories, query, limit) if query else list(memories)[-limit:])


def run_of(backend: Any, caller: Caller, run_id: str | None) -> str | None:
    """Return the id of the run that a caller means, if it means one.

    Raises
    ------
    NotAllowedError
        An agent means another than its own.
    """
    if caller.owner:
        return whole_id(backend.state, Run, run_id) if run_id else caller.run_id
    if run_id is not None and run_id != caller.run_id:
        raise NotAllowedError(f"Agent {caller.id} belongs to run {caller.run_id} only.")
    return caller.run_id


def _number(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.pop(name, None)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise InvalidError(f"{name} must be a whole number from 0 to {most}, not {text[:50]!r}.")
    return int(text)
