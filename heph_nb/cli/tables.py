"""Rows for people and for programs: aligned text, JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from heph_nb.run.reprs import visible

if TYPE_CHECKING:
    import pyarrow as pa


def show(table: pa.Table, form: str) -> str:
    """Return what a query found as ``table``, ``json`` or ``csv``."""
    columns = [column.to_pylist() for column in table.columns]
    rows: list[Any] = list(zip(*columns, strict=True))
    return {"table": as_table, "json": as_json, "csv": as_csv}[form](table.column_names, rows)


def as_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as aligned text, a line per row.

    Examples
    --------
    >>> print(as_table(["status", "n"], [["done", 3]]))
    status  n
    ------  -
    done    3
    """
    texts = [[_cell(value) for value in row] for row in rows]
    numeric = [bool(rows) and all(isinstance(row[i], int | float | Decimal) for row in rows) for i in range(len(names))]
    widths = [max([len(name), *(len(row[i]) for row in texts)]) for i, name in enumerate(names)]

    def line(cells: Sequence[str]) -> str:
        padded = (c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, numeric, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(names), line(["-" * w for w in widths]), *map(line, texts)])


def as_json(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as a JSON list of objects; times are ISO text, NaN is null."""
    return json.dumps([dict(zip(names, map(plain, row), strict=True)) for row in rows], indent=2, ensure_ascii=False)


def as_csv(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as CSV with a header; lists and dicts are JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        values = map(plain, row)
        writer.writerow([json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for v in values])
    return text.getvalue().rstrip("\n")


def plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _cell(value: Any) -> str:
    value = plain(value)
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return visible(text.replace("\n", "⏎"))
