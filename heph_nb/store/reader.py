"""Reading the state file for the backend itself: trusted, and without pandas or pyarrow.

Values stand in the SQL as literals, because the first bound parameter makes DuckDB import pandas: 85 MB and 0.35 s.

Queries of people go through :mod:`heph_nb.store.gate` instead.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heph_nb.domain.logs import Answer, Event, Message, Usage
from heph_nb.domain.records import ENTITIES, Record
from heph_nb.store.connection import quote
from heph_nb.store.tables import EPOCH, TABLES, from_rows, select_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection


class Loaded(NamedTuple):
    """Everything that is current in a file.

    Attributes
    ----------
    records : list of Record
        The newest version of every entity of every run, in the order in which they were first written.
    last_seq : int
        The greatest sequence number in any table; 0 in a new file.
    last_ts : datetime
        The latest time in any table; the start of 1970 in a new file.
    """

    records: list[Record]
    last_seq: int
    last_ts: datetime


def load(cursor: DuckDBPyConnection) -> Loaded:
    """Read all that is current, for the memory of the process that decides."""
    records: list[Record] = []
    for cls in ENTITIES:
        table = TABLES[cls]
        rows = cursor.execute(
            f"SELECT {select_list(table)} FROM {table.name} "
            f"JOIN (SELECT max(seq) AS seq, min(seq) AS first FROM {table.name} GROUP BY run_id, id) USING (seq) "
            "ORDER BY first"
        ).fetchall()
        records += from_rows(table, rows)
    newest = " UNION ALL ".join(f"SELECT max(seq) AS seq, max(ts) AS ts FROM {t.name}" for t in TABLES.values())
    row = cursor.execute(f"SELECT coalesce(max(seq), 0), coalesce(epoch_us(max(ts)), 0) FROM ({newest})").fetchone()
    seq, microseconds = row or (0, 0)
    return Loaded(records, seq, EPOCH + timedelta(microseconds=microseconds))


def events(
    cursor: DuckDBPyConnection, after: int = 0, limit: int | None = None, run_id: str | None = None
) -> list[Event]:
    """Return events with a greater sequence number than ``after``, oldest first; of one run or of all."""
    return _lines(cursor, Event, _where(after, run_id), limit)


def messages(
    cursor: DuckDBPyConnection, after: int = 0, limit: int | None = None, run_id: str | None = None
) -> list[Message]:
    """Return messages with a greater sequence number than ``after``, oldest first; of one run or of all."""
    return _lines(cursor, Message, _where(after, run_id), limit)


def page(
    cursor: DuckDBPyConnection,
    cls: type[Any],
    *,
    after: int,
    limit: int,
    offset: int,
    run_id: str | None,
    to: str | None,
) -> tuple[list[Any], int]:
    """Return some lines of a log, oldest first, and how many there are; ``to`` leaves an agent's messages."""
    where = _where(after, run_id)
    if to is not None:
        where.append(f"({quote(to)} IN (sender, recipient) OR recipient IS NULL)")
    found = cursor.execute(f"SELECT count(*) FROM {TABLES[cls].name} WHERE {' AND '.join(where)}").fetchone()
    return _lines(cursor, cls, where, limit, offset=offset), found[0] if found else 0


def output(
    cursor: DuckDBPyConnection,
    *,
    run_id: str | None,
    agent_id: str,
    kinds: Sequence[str],
    before: int | None,
    limit: int,
) -> tuple[list[Event], list[Message], Event | None]:
    """Return the newest events of an agent and its messages before a sequence number, and the newest plan of all."""
    until = [] if before is None else [f"seq < {int(before)}"]
    about = f"agent_id = {quote(agent_id)}"
    theirs = f"({quote(agent_id)} IN (sender, recipient) OR recipient IS NULL)"
    some = f"kind IN ({', '.join(map(quote, kinds))})"
    told = _lines(cursor, Event, [about, some, *until], limit, newest=True)
    said = _lines(cursor, Message, [*_where(0, run_id), theirs, *until], limit, newest=True)
    plans = _lines(cursor, Event, [about, "kind = 'agent.plan'"], 1, newest=True)
    return told, said, plans[0] if plans else None


def answers(cursor: DuckDBPyConnection, limit: int | None = None) -> list[Answer]:
    """Return the newest ``limit`` answers to idempotency keys, oldest first."""
    return _lines(cursor, Answer, [], limit, newest=True)


def last(cursor: DuckDBPyConnection, run_id: str, kind: str) -> datetime | None:
    """Return when an event of a kind last happened in a run."""
    where = [*_where(0, run_id), f"kind = {quote(kind)}"]
    row = cursor.execute(f"SELECT epoch_us(max(ts)) FROM {TABLES[Event].name} WHERE {' AND '.join(where)}").fetchone()
    return EPOCH + timedelta(microseconds=row[0]) if row is not None and row[0] is not None else None


def tokens(cursor: DuckDBPyConnection) -> dict[str, int]:
    """Return for each run the tokens that its agents have reported, counted like :attr:`Usage.tokens`."""
    parts = "greatest(coalesce(input_tokens, 0), 0) + greatest(coalesce(output_tokens, 0), 0)"
    spent = (
        f"SELECT run_id, sum(CASE WHEN total_tokens IS NULL THEN {parts} ELSE greatest(total_tokens, 0) END) "
        f"FROM {TABLES[Usage].name} WHERE run_id IS NOT NULL GROUP BY run_id"
    )
    return {run_id: int(total) for run_id, total in cursor.execute(spent).fetchall()}


def _where(after: int, run_id: str | None) -> list[str]:
    return [f"seq > {int(after)}"] + ([f"run_id = {quote(run_id)}"] if run_id is not None else [])


def _lines(
    cursor: DuckDBPyConnection,
    cls: type[Any],
    where: list[str],
    limit: int | None,
    *,
    offset: int = 0,
    newest: bool = False,
) -> list[Any]:
    table = TABLES[cls]
    condition = f"WHERE {' AND '.join(where)}" if where else ""
    at_most = "" if limit is None else f"LIMIT {int(limit)} OFFSET {int(offset)}"
    order = "DESC" if newest else "ASC"
    rows = cursor.execute(
        f"SELECT {select_list(table)} FROM {table.name} {condition} ORDER BY seq {order} {at_most}"
    ).fetchall()
    return from_rows(table, rows[::-1] if newest else rows)
