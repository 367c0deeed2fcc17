"""The history of a ticket: its versions, compared one with the next, and what was said and committed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from heph_nb.domain.naming import SHORTEST, meant
from heph_nb.errors import NotFoundError, RefusedError
from heph_nb.run.columns import to_frame
from heph_nb.run.frames import quote

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Query = Callable[[str], "pa.Table"]
"""Sends a query to where the run is."""

Source = Callable[[str], str]
"""Returns what to select from, for a table."""

_COMPARED = (
    "title", "description", "ticket_type", "priority", "status", "blocked_by", "requirement_ids", "resolved",
    "resolution",
)  # fmt: skip
_KINDS = {"ts": "time", "actor": "text", "what": "text", "before": "text", "after": "text"}

_Change = tuple[int, Any, str, str, str | None, str | None]
"""The sequence number, ts, actor, what, before, after."""


def history(query: Query, source: Source, ticket: str) -> pd.DataFrame:
    """Return one row per change of a ticket: ts, actor, what, before, after.

    Parameters
    ----------
    query : callable
        Sends a query to where the run is.
    source : callable
        Says what to select from, for a table.
    ticket : str
        Its id, or the beginning of it.
    """
    import pyarrow as pa

    id = quote(whole_id(query, source, "tickets", ticket))
    changes = [
        *_changes(query(f"SELECT * FROM {source('ticket_versions')} WHERE id = {id} ORDER BY seq").to_pylist()),
        *_added(query, source, id, "comment", "text"),
        *_added(query, source, id, "ticket_commit", "concat_ws(' ', commit_sha, nullif(message, ''))"),
    ]
    changes.sort(key=lambda change: change[0])
    names = actors(query, source)
    rows = [(ts, names.get(actor, actor), *rest) for _, ts, actor, *rest in changes]
    by_column = zip(*rows, strict=True) if rows else ((),) * len(_KINDS)
    types = (pa.timestamp("us", "UTC"), *(pa.string(),) * 4)
    table = pa.table({name: pa.array(c, t) for name, c, t in zip(_KINDS, by_column, types, strict=True)})
    return to_frame(table, _KINDS)


def actors(query: Query, source: Source) -> dict[str, str]:
    """Return what agents are called by their ids; the person, who belongs to no run, is among them."""
    run = f"SELECT id, label, preset FROM {source('agents')}"
    rows = query(f"{run} UNION ALL SELECT id, label, preset FROM agents WHERE preset = 'person'").to_pylist()
    return {row["id"]: row["label"] or row["preset"] for row in rows}


def whole_id(query: Query, source: Source, table: str, given: str) -> str:
    """Return the id that is meant by the beginning of one.

    Raises
    ------
    NotFoundError
        Nothing is called so.
    RefusedError
        Several things are.
    """
    ids = query(f"SELECT id FROM {source(table)} ORDER BY id").column(0).to_pylist()
    found = [given] if given in ids else meant(ids, given)
    if not found:
        raise NotFoundError(f"There is no {table.removesuffix('s')} {given!r} in this run.", id=given)
    if len(found) > 1:
        raise RefusedError(f"{given!r} begins the ids of {len(found)} {table}: say more than {SHORTEST} characters.")
    return found[0]


def _changes(versions: Sequence[dict[str, Any]]) -> Iterator[_Change]:
    for first in versions[:1]:
        yield first["seq"], first["ts"], first["actor"], "created", None, first["title"]
    for before, after in pairwise(versions):
        for name in _COMPARED:
            if before[name] != after[name]:
                values = _in_words(before[name]), _in_words(after[name])
                yield after["seq"], after["ts"], after["actor"], name, *values


def _added(query: Query, source: Source, ticket: str, what: str, text: str) -> Iterator[_Change]:
    versions = source(f"{what}_versions")
    rows = query(f"SELECT seq, ts, actor, {text} AS said FROM {versions} WHERE ticket_id = {ticket} ORDER BY seq")
    for row in rows.to_pylist():
        yield row["seq"], row["ts"], row["actor"], what.removeprefix("ticket_"), None, row["said"]


def _in_words(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(value) or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
