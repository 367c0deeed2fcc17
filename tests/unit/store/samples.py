"""Records to store: one of each kind with every field filled, and builders for those that tests need many of."""

from __future__ import annotations

import types
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints

from heph_nb.domain.logs import Answer, Event, Message, Usage
from heph_nb.domain.records import Agent, Record, Run, Ticket
from heph_nb.store.database import Batch

T0 = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def moment(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def sample(cls: type[Any], *, filled: bool = True, **values: Any) -> Any:
    """Make a record from its annotations: every field filled, or every optional one None."""
    hints = get_type_hints(cls)
    made = {f.name: _value(f.name, hints[f.name], filled) for f in fields(cls)}
    return cls(**made | values)


def _value(name: str, hint: Any, filled: bool) -> Any:
    if isinstance(hint, types.UnionType):
        if not filled:
            return None
        hint = next(option for option in get_args(hint) if option is not type(None))
    if hint == tuple[str, ...]:
        return (f"{name}-1", 'it\'s "2"', "") if filled else ()
    if hint == tuple[tuple[int, int], ...]:
        return ((1, 2), (30, 31)) if filled else ()
    if get_origin(hint) is dict:
        return {"text": "é", "list": [1, None, {"deep": True}]} if filled else {}
    return {str: f"{name} ü 'quoted' \\ \n😀", int: 7, float: 0.1, bool: filled, datetime: T0}[hint]


def run(id: str = "run-1", **values: Any) -> Run:
    return sample(Run, id=id, run_id=id, status="active", **values)


def ticket(number: int = 1, run_id: str = "run-1", **values: Any) -> Ticket:
    return sample(Ticket, id=f"ticket-{number}", run_id=run_id, **{"status": "backlog", **values})


def agent(id: str = "agent-1", run_id: str | None = "run-1", **values: Any) -> Agent:
    return sample(Agent, id=id, run_id=run_id, **{"token_hash": "secret-hash", **values})


def event(seq: int, run_id: str | None = "run-1", **values: Any) -> Event:
    return sample(Event, seq=seq, run_id=run_id, **{"ts": moment(min(seq, 10**9)), **values})


def message(seq: int, run_id: str | None = "run-1", **values: Any) -> Message:
    return sample(Message, seq=seq, run_id=run_id, **values)


def usage(seq: int, run_id: str | None = "run-1") -> Usage:
    return sample(Usage, seq=seq, run_id=run_id)


def answer(seq: int, key: str) -> Answer:
    return sample(Answer, seq=seq, key=key)


def versions(*records: Record, start: int = 1, actor: str = "someone") -> Batch:
    """Return a batch of versions, numbered from ``start``, a second apart."""
    return Batch([(start + i, moment(start + i), actor, record) for i, record in enumerate(records)])
