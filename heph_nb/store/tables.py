"""Which record goes to which table, and how its values cross the border between Python and DuckDB.

Everything here follows from the fields of the records; ``schema.sql`` says the same by hand, and a test compares them.
"""

from __future__ import annotations

import json
import types
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from heph_nb.domain.logs import LOGS
from heph_nb.domain.records import ENTITIES, Agent, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from heph_nb.domain.logs import Log

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
STAMPS = {"seq": "BIGINT", "ts": "TIMESTAMPTZ", "actor": "VARCHAR"}
"""The columns that every ``<entity>_versions`` table has in front of the record's fields."""

PRIVATE_COLUMNS = frozenset({"token_hash"})
"""Columns that no view shows and no export carries."""

LINES = "STRUCT(line_start INTEGER, line_end INTEGER)[]"
_SCALARS = {
    str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", datetime: "TIMESTAMPTZ", dict: "JSON",
    tuple[str, ...]: "VARCHAR[]", tuple[tuple[int, int], ...]: LINES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the state file, and the record that is one row of it.

    Attributes
    ----------
    name : str
        The table that rows are appended to.
    cls : type
        The record; an entity's table has the columns ``seq, ts, actor`` before its fields.
    types : dict
        DuckDB's type for each column, in order. Whole numbers are bound as BIGINT, whatever width the column has.
    """

    name: str
    cls: type[Any]
    types: dict[str, str]

    @property
    def is_entity(self) -> bool:
        """Whether rows are versions of an entity, rather than lines of a log."""
        return issubclass(self.cls, Record)

    @property
    def fields(self) -> list[str]:
        """The names of the record's fields."""
        return [name for name in self.types if not (self.is_entity and name in STAMPS)]


def _type(hint: Any) -> str:
    """Return DuckDB's type for a field's annotation, whether or not it may be None."""
    if isinstance(hint, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    return _SCALARS[dict if get_origin(hint) is dict else hint]


def _table(cls: type[Any]) -> Table:
    hints = get_type_hints(cls)
    own = {f.name: _type(hints[f.name]) for f in fields(cls)}
    if not issubclass(cls, Record):
        return Table(cls.table, cls, own)
    name = f"{cls.entity}_versions"
    return Table(f"private_{name}" if cls is Agent else name, cls, STAMPS | own)


TABLES: dict[type[Any], Table] = {cls: _table(cls) for cls in (*ENTITIES, *LOGS)}
"""The table of every record."""


def _clean(text: str | None) -> str | None:
    """Return text as UTF-8 can hold it: half of a surrogate pair, which JSON can carry, becomes ``?``."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(value: dict[str, object]) -> str:
    return str(_clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)))


_TO_DUCKDB: dict[str, Callable[[Any], Any]] = {
    "VARCHAR": _clean,
    "VARCHAR[]": lambda texts: None if texts is None else [_clean(text) for text in texts],
    LINES: lambda lines: [{"line_start": start, "line_end": end} for start, end in lines],
    "JSON": _json,
    "TIMESTAMPTZ": lambda moment: None if moment is None else (moment - EPOCH) // MICROSECOND,
}
_FROM_DUCKDB: dict[str, Callable[[Any], Any]] = {
    "VARCHAR[]": tuple,
    LINES: lambda lines: tuple((line["line_start"], line["line_end"]) for line in lines),
    "JSON": json.loads,
    "TIMESTAMPTZ": lambda microseconds: EPOCH + timedelta(microseconds=microseconds),
}


def to_columns(table: Table, rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Turn rows in the table's column order into one list per column, with values that DuckDB takes.

    Times become microseconds since 1970, lines of the PRD structs, events' data JSON text.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    for index, type_ in enumerate(table.types.values()):
        convert = _TO_DUCKDB.get(type_)
        if convert is not None:
            columns[index] = [convert(value) for value in columns[index]]
    return columns


def version_rows(table: Table, versions: Sequence[tuple[int, datetime, str, Record]]) -> list[tuple[Any, ...]]:
    """Return versions of one entity as rows of its table."""
    values = attrgetter(*table.fields)
    return [(seq, ts, actor, *values(record)) for seq, ts, actor, record in versions]


def log_rows(table: Table, logs: Sequence[Log]) -> list[tuple[Any, ...]]:
    """Return lines of one log as rows of its table."""
    values = attrgetter(*table.fields)
    return [values(log) for log in logs]


def select_list(table: Table) -> str:
    """Return what to select so that :func:`from_rows` can read it.

    Times are read as microseconds, because DuckDB's own way to Python datetimes wants pytz.
    """
    return ", ".join(f"epoch_us({c})" if table.types[c] == "TIMESTAMPTZ" else c for c in table.fields)


def from_rows(table: Table, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Turn rows that were read with :func:`select_list` into records."""
    names = table.fields
    convert = [(i, f) for i, name in enumerate(names) if (f := _FROM_DUCKDB.get(table.types[name])) is not None]
    records = []
    for row in rows:
        values = list(row)
        for index, function in convert:
            if values[index] is not None:
                values[index] = function(values[index])
        records.append(table.cls(**dict(zip(names, values, strict=True))))
    return records
