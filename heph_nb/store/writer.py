"""Appending a batch of rows to the state file in one transaction.

Measured here (DuckDB 1.5, two tables): 32 rows bound as lists 2.6 ms, as a JSON literal 3.2 ms, as a multi-row VALUES
4.6 ms, one by one 25 ms, through Arrow 3.5 ms; 1,000 rows as JSON 20 ms, through Arrow 9 ms. But the first parameter
that is bound, and the first Arrow table, make DuckDB import pandas: 85 MB and 0.35 s. So what a backend writes in its
daily life goes as one JSON literal per table, to a statement that was prepared before (32 rows then take 1.2 ms), and
only very long batches go through Arrow.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heph_nb.store.connection import quote
from heph_nb.store.tables import LINES, TABLES, Table, log_rows, to_columns, version_rows

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from heph_nb.domain.logs import Log
    from heph_nb.domain.records import Record

ARROW_FROM = 2_000
"""Rows of one table from which Arrow is worth its imports."""


_JSON_TYPES: dict[str, object] = {
    "TIMESTAMPTZ": "BIGINT",
    "JSON": "VARCHAR",
    "VARCHAR[]": ["VARCHAR"],
    LINES: [{"line_start": "INTEGER", "line_end": "INTEGER"}],
}


@dataclass(slots=True)
class Batch:
    """What one transaction appends.

    Attributes
    ----------
    versions : list of (seq, ts, actor, Record)
        New versions of entities, by whom and when. Every ``seq`` must be greater than all that the file has.
    logs : list of Event, Message, Usage or Answer
        New lines; their ``seq`` from the same sequence.
    """

    versions: list[tuple[int, datetime, str, Record]] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a batch for one table, ready to be bound."""

    table: Table
    columns: list[list[Any]]

    @property
    def first_seq(self) -> int:
        """The sequence number of the first row."""
        return self.columns[0][0]


def parts_of(batch: Batch) -> list[Part]:
    """Sort a batch by table and turn its values into those of DuckDB. Nothing is written yet."""
    versions: dict[type, list[tuple[int, datetime, str, Record]]] = defaultdict(list)
    for version in batch.versions:
        versions[type(version[3])].append(version)
    logs: dict[type, list[Log]] = defaultdict(list)
    for log in batch.logs:
        logs[type(log)].append(log)
    rows = [(TABLES[cls], version_rows(TABLES[cls], found)) for cls, found in versions.items()]
    rows += [(TABLES[cls], log_rows(TABLES[cls], found)) for cls, found in logs.items()]
    return [Part(table, to_columns(table, found)) for table, found in rows]


class Writer:
    """The cursor that writes, with the statements that it has prepared: planning one anew takes longer than it runs.

    Parameters
    ----------
    cursor : duckdb.DuckDBPyConnection
        Used for nothing else. After an error it is of no use any more.
    """

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self.cursor = cursor
        self._prepared: set[str] = set()

    def write(self, parts: list[Part]) -> None:
        """Append the parts in one transaction. What it raises says that the transaction was not completed here."""
        self.cursor.begin()
        for part in parts:
            if len(part.columns[0]) < ARROW_FROM:
                self._insert(part)
            else:
                self.cursor.from_arrow(_arrow(part)).insert_into(part.table.name)
        self.cursor.commit()

    def _insert(self, part: Part) -> None:
        name = f"append_to_{part.table.name}"
        if name not in self._prepared:
            self.cursor.execute(f"PREPARE {name} AS {_insert(part.table)}")
            self._prepared.add(name)
        rows = json.dumps(
            [dict(zip(part.table.types, values, strict=True)) for values in zip(*part.columns, strict=True)]
        )
        self.cursor.execute(f"EXECUTE {name}({quote(rows)})")


def holds(connection: DuckDBPyConnection, part: Part) -> bool:
    """Return whether the file has the rows of a part."""
    found = connection.execute(f"SELECT 1 FROM {part.table.name} WHERE seq = {int(part.first_seq)} LIMIT 1").fetchone()
    return found is not None


def _insert(table: Table) -> str:
    """Return the statement that appends rows to a table; it takes them as the text of one JSON list."""
    types = table.types
    row = {name: _JSON_TYPES.get(type_, type_) for name, type_ in types.items()}
    values = ", ".join(f"make_timestamptz(x.{n})" if type_ == "TIMESTAMPTZ" else f"x.{n}" for n, type_ in types.items())
    return (
        f"INSERT INTO {table.name} ({', '.join(types)}) SELECT {values} "
        f"FROM (SELECT unnest(from_json_strict($1::VARCHAR, {quote(json.dumps([row]))})) AS x)"
    )


def _arrow(part: Part) -> pa.Table:
    import pyarrow as pa

    types = {
        "BIGINT": pa.int64(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "VARCHAR": pa.string(),
        "JSON": pa.string(),
        "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
        "VARCHAR[]": pa.list_(pa.string()),
    }
    lines = pa.list_(pa.struct([("line_start", pa.int32()), ("line_end", pa.int32())]))
    schema = pa.schema([(name, types.get(type_, lines)) for name, type_ in part.table.types.items()])
    return pa.Table.from_arrays(
        [pa.array(column, type_) for column, type_ in zip(part.columns, schema.types, strict=True)], schema=schema
    )
