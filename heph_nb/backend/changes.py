"""Changes: a run as it is, then at a steady pace the newest version of whatever changed in it.

What a view needs to stay true costs one message for a thousand changes as for one, and a listener that was cut off
goes on where it was: every message carries the ``seq`` up to which it is current. The event loop thread builds them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from heph_nb.backend.reads import BY_TABLE, HIDDEN, as_dict
from heph_nb.domain import standing
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Check, Comment, Memory, Record, Report, Run, Task, Ticket

PACE = 0.1
"""Seconds between two messages to one listener."""

_LONG: dict[type[Record], set[str]] = {
    Run: {"prd_text"},
    Ticket: {"description"},
    Comment: {"text"},
    Task: {"description", "feedback", "summary", "learned"},
    Check: {"output"},
    Memory: {"text"},
    Report: {"markdown"},
}
"""What is left out: long texts, which are read one at a time when somebody looks at them."""

_BY_ENTITY = {cls.entity: cls for cls in BY_TABLE.values()}
_CHANGED = frozenset({"created", "status", "updated"})
_LEFT_OUT = {cls: {"run_id"} | _LONG.get(cls, set()) | HIDDEN.get(cls, set()) for cls in BY_TABLE.values()}
_ADAPTERS = {cls: TypeAdapter(list[cls]) for cls in BY_TABLE.values()}  # pyright: ignore[reportInvalidTypeForm]


async def follow_changes(backend: Any, run: Run, after: int | None = None) -> AsyncIterator[bytes | None]:
    """Yield what a run is and what changes in it, as JSON; None says that nothing happened.

    Parameters
    ----------
    backend : Backend
        Where the run is.
    run : Run
        The run.
    after : int, optional
        The ``seq`` of the last message that the listener got. Without it, or where there is nothing so new, the first
        message is the whole run.

    Yields
    ------
    bytes
        ``{"seq", "whole", "put": {table: [record, ...]}, "activity": {agent id: {"ts", "kind", "text"}}, "needs",
        "standing", "used_tokens"}``. A record comes without ``run_id`` and without its long texts.
    """
    known = after is not None and after <= backend.ledger.seq  # it may come from a file that was put aside since
    seq: int = after if known and after is not None else backend.ledger.seq
    if not known:
        everything = {cls: backend.state.all(cls, run.id) for cls in BY_TABLE.values()}
        yield _message(backend, run, seq, everything, {}, whole=True)
    async for events in backend.feed.follow(seq, run.id, pace=PACE):
        if not events:
            yield None
            continue
        found = {
            cls: [record for id in ids if (record := backend.state.find(cls, id, run.id)) is not None]
            for cls, ids in _changed(events).items()
        }
        yield _message(backend, run, events[-1].seq, found, _activity(events), whole=False)


def _changed(events: Iterable[Event]) -> dict[type[Record], dict[str, None]]:
    """Return the ids of the records that events tell of, each once, in the order of their first change."""
    changed: dict[type[Record], dict[str, None]] = {}
    for event in events:
        entity, _, what = event.kind.partition(".")
        if what in _CHANGED and entity in _BY_ENTITY:
            changed.setdefault(_BY_ENTITY[entity], {})[str(event.data["id"])] = None
    return changed


def _activity(events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """Return what each agent did last."""
    return {
        event.agent_id: {"ts": event.ts.isoformat(), "kind": event.kind, "text": _in_brief(event.data)}
        for event in events
        if event.agent_id is not None and event.kind.startswith("agent.") and event.kind[6:] not in _CHANGED
    }


def _in_brief(data: dict[str, Any]) -> str:
    text = data.get("title") or data.get("text") or ""
    lines = text.strip().splitlines() if isinstance(text, str) else []
    return lines[-1][-160:] if lines else ""


def _message(
    backend: Any,
    run: Run,
    seq: int,
    records: Mapping[type[Record], Iterable[Record]],
    activity: dict[str, dict[str, Any]],
    *,
    whole: bool,
) -> bytes:
    run = backend.state.get(Run, run.id)
    put = b",".join(
        b'"%s":%s' % (cls.table.encode(), _ADAPTERS[cls].dump_json(found, exclude={"__all__": _LEFT_OUT[cls]}))
        for cls, several in records.items()
        if (found := list(several))
    )
    rest = {"seq": seq, "whole": whole, "activity": activity, **_for_the_person(backend, run)}
    return b'{"put":{%s},%s' % (put, json.dumps(rest, ensure_ascii=False, separators=(",", ":")).encode()[1:])


def summary(backend: Any, run: Run) -> dict[str, Any]:
    """Return a run, what waits for a person in it, why it stands still, and how many tokens its agents reported."""
    return {"run": as_dict(run, whole=False), **_for_the_person(backend, run)}


def _for_the_person(backend: Any, run: Run) -> dict[str, Any]:
    return {
        "needs": [
            {"kind": n.kind, "id": n.id, "text": n.text, "ways_out": list(n.ways_out)}
            for n in standing.needs(backend.state, run, backend.presets)
        ],
        "standing": standing.explain(backend.state, run, backend.presets) or backend.explain(run),
        "used_tokens": backend.spending.used(run.id),
    }
