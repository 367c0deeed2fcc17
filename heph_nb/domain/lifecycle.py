"""Lifecycles: which status may follow which. Everything else is refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from heph_nb.domain.records import Record
from heph_nb.domain.state import Draft
from heph_nb.errors import RefusedError, WrongStateError

R = TypeVar("R", bound=Record)

ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "run": {
        "active": ("paused", "completed", "failed", "stopped"),
        "paused": ("active", "stopped"),
        "completed": ("active",),
        "failed": ("active", "stopped"),
        "stopped": (),
    },
    "phase": {
        "pending": ("open",),
        "open": ("complete",),
        "complete": ("open",),
    },
    "task": {
        "pending": ("blocked", "queued", "cancelled", "duplicate"),
        "blocked": ("pending", "queued", "cancelled", "duplicate"),
        "queued": ("pending", "blocked", "running", "cancelled", "duplicate"),
        "running": ("queued", "checking", "needs_work", "done", "failed", "cancelled"),
        "checking": ("merging", "queued", "needs_work", "done", "failed", "cancelled"),
        "merging": ("checking", "done", "queued", "needs_work", "failed", "cancelled"),
        "needs_work": ("pending", "blocked", "queued", "failed", "cancelled"),
        "failed": ("queued", "cancelled"),
        "done": (),
        "cancelled": ("queued",),
        "duplicate": (),
    },
    "attempt": {
        "running": ("merged", "failed", "superseded", "cancelled"),
        "merged": (),
        "failed": (),
        "superseded": (),
        "cancelled": (),
    },
    "agent": {
        "starting": ("working", "stuck", "terminated"),
        "working": ("waiting", "stuck", "terminated"),
        "waiting": ("working", "stuck", "terminated"),
        "stuck": ("working", "terminated"),
        "terminated": (),
    },
    "merge": {
        "queued": ("merged", "conflict", "rejected"),
        "merged": (),
        "conflict": (),
        "rejected": (),
    },
    "permission": {"pending": ("allowed", "denied", "expired"), "allowed": (), "denied": (), "expired": ()},
    "rule": {"active": ("revoked",), "revoked": ()},
    "question": {"open": ("answered",), "answered": ()},
}
"""For each entity: from which status to which. A ticket's are the columns of its board, in any order."""

TASK_ENDED = frozenset({"done", "cancelled", "duplicate"})
"""Tasks that hold nothing up any more."""

AT_WORK = frozenset({"running", "checking", "merging"})
"""Tasks that something is being done about right now."""

RUN_ENDED = frozenset({"completed", "failed", "stopped"})
"""Runs in which nothing happens any more by itself."""

REQUIREMENT_LADDER = ("open", "specified", "implemented", "verified")
"""How far a requirement is, lowest first."""

MARKS = {
    "unclear": "nobody can say yet when it is met: it counts as open, and nothing else changes",
    "accepted": "you vouch that it is met: validation takes your word, its status stays what is proven",
    "disputed": "it is not agreed on: it counts as open, and nothing else changes",
    "dropped": "it is left out of what is planned, specified and asked from now on",
}
"""A person's word on a requirement, beside how far it is."""

TICKET_TYPES = ("component", "bug", "design-revision", "documentation", "infrastructure")
PRIORITIES = ("low", "medium", "high", "critical")
COLUMNS = ("backlog", "building", "building-done", "validating", "validating-done", "done")
"""The columns of the default board, left to right."""


def refuse_unknown(name: str, value: str, words: Collection[str]) -> None:
    """Refuse a value that is not one of the words.

    Raises
    ------
    RefusedError
        It is none of them; the message lists them.
    """
    if value not in words:
        raise RefusedError(f"{name} {value!r} is unknown; it is one of {', '.join(words)}.", **{name: value})


def move(draft: Draft, record: R, status: str, **values: Any) -> R:
    """Give a record its next status.

    Parameters
    ----------
    draft : Draft
        Takes the new version.
    record : Record
        A run, phase, task, attempt, agent, merge, permission, rule or question.
    status : str
        The status that follows (for an attempt: its outcome).
    **values
        Further fields to change with it.

    Returns
    -------
    Record
        The new version.

    Raises
    ------
    WrongStateError
        That status may not follow; the message names the state and what is allowed.
    """
    word = "outcome" if record.entity == "attempt" else "status"
    now = getattr(record, word)
    allowed = ALLOWED[record.entity].get(now, ())
    if status not in allowed:
        options = f"it can become {', '.join(allowed)}" if allowed else "that is final"
        raise WrongStateError(
            f"{record.entity.capitalize()} {record.id} is {now}: it cannot become {status}; {options}.",
            id=record.id,
            state=now,
            allowed=allowed,
        )
    return draft.change(record, **{word: status}, **values)
