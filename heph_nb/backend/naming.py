"""The one place where ids that the owner shortened become whole; agents say whole ones."""

from __future__ import annotations

from typing import Any, TypeVar

from heph_nb.backend.auth import Caller
from heph_nb.domain.naming import SHORTEST, meant
from heph_nb.domain.records import Agent, Permission, Question, Record, Rule, Run, Task, Ticket
from heph_nb.domain.state import State
from heph_nb.errors import NotFoundError, RefusedError

_FIELDS: dict[str, type[Record]] = {
    "run_id": Run,
    "ticket_id": Ticket,
    "blocked_by": Ticket,
    "task_id": Task,
    "question_id": Question,
    "permission_id": Permission,
    "rule_id": Rule,
    "agent_id": Agent,
    "recipient": Agent,
}
"""The fields of requests that hold ids, or lists of them."""

_SHORTENED = frozenset(_FIELDS.values())
_MOST_LISTED = 10

M = TypeVar("M", bound=Any)


def with_whole_ids(state: State, caller: Caller, request: M) -> M:
    """Return a request with the ids that are meant in place of those that were shortened.

    Raises
    ------
    RefusedError
        Several things are called so.
    NotFoundError
        A run is named that does not exist.
    """
    if not caller.owner:
        return request
    run_id = request.run_id and whole_id(state, Run, request.run_id)
    whole: dict[str, Any] = {}
    for name, cls in _FIELDS.items():
        given = getattr(request, name, None)
        if given and not (name == "recipient" and given == "person"):
            within = run_id if cls is not Run else None
            several = isinstance(given, list)
            ids = [whole_id(state, cls, id, within) for id in (given if several else [given])]
            whole[name] = ids if several else ids[0]
    return request.model_copy(update=whole)


def whole_id(state: State, cls: type[Record], given: str, run_id: str | None = None) -> str:
    """Return the id that is meant by the beginning of one; what nothing is called comes back as it is.

    Parameters
    ----------
    state : State
        What is committed: nobody can have seen more.
    cls : type
        What it is the id of.
    given : str
        A whole id, or at least four characters of its beginning or of the beginning of its part behind the word.
    run_id : str, optional
        Only things of this run are meant.

    Raises
    ------
    RefusedError
        Several things are called so, or too little is said; the message lists them.
    NotFoundError
        There is no such run; the message lists those that there are.
    """
    if cls not in _SHORTENED or state.find(cls, given, run_id) is not None:
        return given
    records = {record.id: record for record in state.all(cls, run_id)}
    found = meant(records, given)
    if len(found) > 1:
        listed = _listed([records[id] for id in found])
        raise RefusedError(f"{given!r} begins the ids of several {cls.table}: {listed}. Say more of one.", id=given)
    if not found and (short := meant(records, given, shortest=1)):
        raise RefusedError(
            f"{given!r} is too short for an id: say {SHORTEST} characters of {_listed([records[id] for id in short])}.",
            id=given,
        )
    if not found and cls is Run:
        there = f"there are {_listed(list(records.values()))}" if records else "there is none yet"
        raise NotFoundError(f"There is no run {given!r}; {there}.", id=given)
    return found[0] if found else given


def _listed(records: list[Any]) -> str:
    """Name things, the newest first."""
    told = [f"{r.id} ({getattr(r, 'title', None) or r.status})" for r in reversed(records)]
    more = f" and {len(told) - _MOST_LISTED} more" if len(told) > _MOST_LISTED else ""
    return ", ".join(told[:_MOST_LISTED]) + more
