"""The current state of every run, and a draft of what a command changes in it.

A :class:`State` is only read. A :class:`Draft` lies over it (or over another draft), takes what a command puts, and is
joined to it as a whole or dropped as a whole. Neither knows a clock, a file or a random number: those are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from heph_nb.domain.logs import Event, Log
from heph_nb.domain.records import Record
from heph_nb.errors import NotFoundError

R = TypeVar("R", bound=Record)
Table = dict[str, Record]


class State:
    """The newest version of every record, by entity, run and id."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._tables: dict[tuple[type[Record], str | None], Table] = {}
        self._home: dict[tuple[type[Record], str], str | None] = {}
        for record in records:
            self.join(record)

    def join(self, record: Record) -> None:
        """Make a record the current version."""
        cls = type(record)
        self._tables.setdefault((cls, record.run_id), {})[record.id] = record
        self._home[cls, record.id] = record.run_id

    def find(self, cls: type[R], id: str, run_id: str | None = None) -> R | None:
        """Return the record, or None. Without ``run_id`` the id must be unique in the file."""
        home = run_id if run_id is not None else self._home.get((cls, id))
        return cast("R | None", self._tables.get((cls, home), {}).get(id))

    def all(self, cls: type[R], run_id: str | None = None) -> Iterator[R]:
        """Every record of a run in the order of creation; with ``run_id`` None those of every run."""
        if run_id is not None:
            yield from cast("Iterable[R]", self._tables.get((cls, run_id), {}).values())
            return
        for (kind, _), table in self._tables.items():
            if kind is cls:
                yield from cast("Iterable[R]", table.values())

    def get(self, cls: type[R], id: str, run_id: str | None = None) -> R:
        """Return the record.

        Raises
        ------
        NotFoundError
            There is none.
        """
        found = self.find(cls, id, run_id)
        if found is None:
            where = f" in run {run_id}" if run_id else ""
            raise NotFoundError(f"There is no {cls.entity.replace('_', ' ')} {id!r}{where}.", id=id)
        return found


class Draft(State):
    """What one command (or one batch of them) changes, lying over the state that it was decided on.

    Parameters
    ----------
    base : State
        What is read where the draft holds nothing.
    now : datetime
        The moment of the command, in UTC.
    actor : str
        Who gives the command: an agent's id, the person's, or ``scheduler``, ``monitor``, ...
    new_id : callable
        Returns a new unique text, without a prefix.
    """

    def __init__(self, base: State, *, now: datetime, actor: str, new_id: Callable[[], str]) -> None:
        super().__init__()
        self.base = base
        self.now = now
        self.actor = actor
        self.new_id = new_id
        self.changes: list[tuple[str, Record]] = []
        self.logs: list[tuple[type, dict[str, Any]]] = []
        self.touched: set[str] = set()

    def find(self, cls: type[R], id: str, run_id: str | None = None) -> R | None:
        """Return the record as this draft leaves it, or None."""
        return super().find(cls, id, run_id) or self.base.find(cls, id, run_id)

    def all(self, cls: type[R], run_id: str | None = None) -> Iterator[R]:
        """Every record of a run as this draft leaves it, in the order of creation."""
        mine = {(r.run_id, r.id): r for r in super().all(cls, run_id)}
        if not mine:
            yield from self.base.all(cls, run_id)
            return
        for record in self.base.all(cls, run_id):
            yield cast("R", mine.pop((record.run_id, record.id), record))
        yield from cast("Iterable[R]", mine.values())

    def id(self, prefix: str = "") -> str:
        """Return a new unique id, for example ``ticket-<uuid>``."""
        return f"{prefix}-{self.new_id()}" if prefix else self.new_id()

    def put(self, record: R, **why: Any) -> R:
        """Make a record current and note the event that says so.

        The event is ``<entity>.created``, ``<entity>.status`` (a change of status or outcome, with ``from`` and
        ``to``) or ``<entity>.updated`` (with the names of the changed fields); ``why`` is added to its data.
        """
        before = self.find(type(record), record.id, record.run_id)
        if before == record:
            return record
        kind, data = _describe(before, record)
        self.changes.append((self.actor, record))
        self.join(record)
        self.note(kind, record, id=record.id, **data, **why)
        return record

    def change(self, record: R, **values: Any) -> R:
        """Put a new version of a record with some fields changed."""
        return self.put(replace(record, **values))

    def note(self, kind: str, about: Record | None = None, *, run_id: str | None = None, **data: Any) -> None:
        """Note an event without changing anything."""
        run_id = about.run_id if about is not None else run_id
        if run_id is not None:
            self.touched.add(run_id)
        agent_id = about.id if about is not None and about.entity == "agent" else getattr(about, "agent_id", None)
        task_id = about.id if about is not None and about.entity == "task" else getattr(about, "task_id", None)
        by = {} if self.actor == agent_id else {"by": self.actor}
        self.log(Event, run_id=run_id, agent_id=agent_id, task_id=task_id, kind=kind, data={**data, **by})

    def log(self, cls: type[Log], **values: Any) -> None:
        """Append a line to a log; its ``seq`` and ``ts`` are given when it is stored."""
        self.logs.append((cls, values))

    def absorb(self, draft: Draft) -> None:
        """Take everything that another draft on top of this one has put."""
        for _, record in draft.changes:
            self.join(record)
        self.changes += draft.changes
        self.logs += draft.logs
        self.touched |= draft.touched


def _describe(before: Record | None, after: Record) -> tuple[str, dict[str, Any]]:
    entity = after.entity
    if before is None:
        status = getattr(after, "status", None)
        return f"{entity}.created", {"status": status} if status is not None else {}
    word = "outcome" if entity == "attempt" else "status"
    old, new = getattr(before, word, None), getattr(after, word, None)
    if old != new:
        reason = getattr(after, "reason", None)
        return f"{entity}.status", {"from": old, "to": new} | ({"reason": reason} if reason else {})
    changed = [f.name for f in fields(after) if getattr(before, f.name) != getattr(after, f.name)]
    return f"{entity}.updated", {"fields": changed}
