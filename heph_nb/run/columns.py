"""The columns of every table in the state file, in an order for reading, and how an answer becomes a DataFrame.

Text and ids are ``string``, times ``datetime64[us, UTC]``, whole numbers ``Int64``, reals ``float64``; lists are Python
lists, events' data Python dicts. An empty frame has the same columns and types as a full one.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from heph_nb.domain import logs, records

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_KINDS = {str: "text", int: "whole", float: "real", bool: "flag", datetime: "time", tuple: "list", dict: "json"}
_FIRST = {
    "runs": "id name status reason prd_path branch agent max_agents budget_tokens manual policy workflow created_at "
    "ended_at",
    "requirements": "id label text status mark level lines section kind criteria depends_on evidence evidence_ref",
    "phases": "number name status role agent max_agents description checks",
    "tickets": "id title status ticket_type priority requirement_ids blocked_by resolved resolution description",
    "comments": "id text author created_at",
    "ticket_commits": "id commit_sha message created_at",
    "tasks": "id title phase status reason priority agent summary learned lost reworks feedback kind description",
    "attempts": "id number outcome reason branch worktree",
    "agents": "id preset status label reason started_at ended_at pid",
    "permissions": "id title status reason detail subject tool_kind decided_by options created_at",
    "rules": "id tool_kind pattern status created_by created_at revoked_at",
    "questions": "id text status requirement_ids answer decided answered_by created_at answered_at",
    "checks": "id command exit_code seconds shared output commit_sha created_at",
    "merges": "id status reason merge_commit target conflicts created_at ended_at",
    "memories": "id text kind tags created_at",
    "reports": "id title markdown created_at",
    "traces": "id requirement_id kind target merged created_at",
    "events": "seq ts kind data",
    "messages": "seq ts sender recipient text",
    "usage": "seq ts input_tokens output_tokens total_tokens cost currency",
}
"""What a person reads first in each table; then comes the rest, ids of other things last."""

_HIDDEN = {"agents": {"token_hash"}}
_LOGS = {cls.table: cls for cls in logs.LOGS}


@cache
def columns(table: str) -> dict[str, str]:
    """Return the columns of a frame in order, with the kind of each.

    The kinds are text, whole, real, flag, time, list, lines (``"12-14, 40"`` for a list of ranges) and json.

    Parameters
    ----------
    table : str
        ``tickets``, ``tasks``, ``events``, ...

    Examples
    --------
    >>> columns("comments")["created_at"]
    'time'
    """
    for cls in records.ENTITIES:
        if cls.table == table:
            return _ordered(table, _fields(cls, _HIDDEN.get(table, set())) | {"updated_at": "time"})
    return _ordered(table, _fields(_LOGS[table], set()))


def to_frame(table: pa.Table, kinds: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Turn an Arrow table into a DataFrame with the types of this module.

    Parameters
    ----------
    table : pyarrow.Table
        What a query returned.
    kinds : mapping, optional
        The columns to have, in order; those that the table lacks are empty. Without it the types follow the table's.
    """
    import pandas as pd
    import pyarrow as pa

    if kinds is None:
        data = {i: _series(column, _kind_of(column.type)) for i, column in enumerate(table.columns)}
        return pd.DataFrame(data, index=pd.RangeIndex(table.num_rows)).set_axis(table.column_names, axis=1)
    given = {name: table.column(name) for name in table.column_names}
    nothing = pa.chunked_array([pa.nulls(table.num_rows)])
    data = {name: _series(given.get(name, nothing), kind) for name, kind in kinds.items()}
    return pd.DataFrame(data, index=pd.RangeIndex(table.num_rows))


def _ordered(table: str, kinds: dict[str, str]) -> dict[str, str]:
    first = _FIRST[table].split()
    rest = sorted((n for n in kinds if n not in first), key=lambda n: (n == "run_id", n == "id" or n.endswith("_id")))
    if table == "requirements":
        kinds["lines"] = "lines"
    return {name: kinds[name] for name in (*first, *rest)}


def in_words(ranges: list[dict[str, int]] | None) -> str | None:
    """Return ranges of lines as people write them.

    Examples
    --------
    >>> in_words([{"line_start": 12, "line_end": 14}, {"line_start": 40, "line_end": 40}])
    '12-14, 40'
    """
    if ranges is None:
        return None
    pairs = [(r["line_start"], r["line_end"]) for r in ranges]
    return ", ".join(str(start) if start == end else f"{start}-{end}" for start, end in pairs)


def _series(column: pa.ChunkedArray, kind: str) -> pd.Series:
    import pandas as pd
    import pyarrow as pa

    if kind == "json":
        return pd.Series(_parsed(column.to_pylist()), dtype=object)
    if kind == "lines":
        return pd.Series([in_words(ranges) for ranges in column.to_pylist()], dtype=pd.StringDtype("pyarrow"))
    if kind == "list":
        return pd.Series(column.to_pylist(), dtype=object)
    if kind == "other":
        return column.to_pandas()
    arrow = {"text": pa.string(), "time": pa.timestamp("us", "UTC"), "whole": pa.int64(), "real": pa.float64()}
    pandas = {"text": pd.StringDtype("pyarrow"), "time": pd.DatetimeTZDtype("us", "UTC"), "whole": pd.Int64Dtype()}
    try:
        typed = column.cast(arrow.get(kind, pa.bool_()))
    except pa.ArrowInvalid:  # a sum that no 64 bits hold
        return column.to_pandas()
    dtype = pandas.get(kind, pd.BooleanDtype())
    return typed.to_pandas() if kind == "real" else typed.to_pandas(types_mapper=lambda _: dtype)


def _parsed(texts: list[Any]) -> list[Any]:
    """Read many small JSON texts as one, and without collecting garbage among a million new dicts: six times faster."""
    whole = f"[{','.join('null' if text is None else text for text in texts)}]"
    collecting = gc.isenabled()
    gc.disable()
    try:
        return json.loads(whole)
    finally:
        if collecting:
            gc.enable()


def _kind_of(type_: pa.DataType) -> str:
    from pyarrow import types as is_

    if is_.is_string(type_) or is_.is_large_string(type_):
        return "text"
    if is_.is_timestamp(type_):
        return "time" if type_.tz else "other"
    if is_.is_integer(type_):
        return "whole" if not is_.is_uint64(type_) else "other"
    if is_.is_floating(type_) or is_.is_decimal(type_):
        whole = is_.is_decimal(type_) and type_.scale == 0  # DuckDB sums whole numbers as decimals of 38 digits
        return "whole" if whole else "real"
    if is_.is_list(type_) or is_.is_large_list(type_):
        return "list"
    return "flag" if is_.is_boolean(type_) else "other"


def _fields(cls: type, hidden: set[str]) -> dict[str, str]:
    hints = typing.get_type_hints(cls)
    return {f.name: _kind(hints[f.name]) for f in dataclasses.fields(cls) if f.name not in hidden}


def _kind(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    return _KINDS[typing.get_origin(hint) or hint]
