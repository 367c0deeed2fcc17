"""Results as Arrow that every client can turn into a DataFrame, without warnings and without surprises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.errors import SqlRefusedError

if TYPE_CHECKING:
    import pyarrow as pa


def plain(table: pa.Table) -> pa.Table:
    """Return a result with types that analysis expects.

    Sums of whole numbers, 128 bits wide in DuckDB, become ``int64`` (``double`` if they do not fit), other decimals
    ``double``, intervals without months ``duration[us]``, enumerations text. Columns of the same name get ``_1``,
    ``_2``, ... added.

    Raises
    ------
    SqlRefusedError
        A column has a type that only DuckDB has.
    """
    import pyarrow as pa

    columns = [_column(name, column) for name, column in zip(table.column_names, table.columns, strict=True)]
    return pa.table(columns, names=_unique(table.column_names)) if columns else table


def _column(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.types as is_

    type_ = column.type
    if is_.is_decimal(type_):
        if type_.scale == 0:
            try:
                return column.cast(pa.int64())
            except pa.ArrowInvalid:
                pass  # a sum that no 64 bits hold
        return column.cast(pa.float64())
    if is_.is_interval(type_):
        return _durations(column)
    if is_.is_dictionary(type_):
        return column.cast(type_.value_type)
    _check_type(name, type_)
    return column


def _durations(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return intervals as durations, unless one of them has months, which have no length."""
    import numpy as np
    import pyarrow as pa

    layout = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
    chunks = []
    for chunk in column.chunks:
        data = np.frombuffer(chunk.buffers()[1], dtype=layout)[chunk.offset : chunk.offset + len(chunk)]
        missing = chunk.is_null().to_numpy(zero_copy_only=False)
        if data["months"][~missing].any():
            return column
        microseconds = data["days"].astype("int64") * 86_400_000_000 + data["nanoseconds"] // 1_000
        chunks.append(pa.array(microseconds, pa.int64(), mask=missing).cast(pa.duration("us")))
    return pa.chunked_array(chunks, pa.duration("us"))


def _check_type(name: str, type_: pa.DataType) -> None:
    import pyarrow as pa
    import pyarrow.types as is_

    if is_.is_union(type_) or isinstance(type_, pa.BaseExtensionType):
        raise SqlRefusedError(f"The column {name!r} has a type that only DuckDB has: cast it to VARCHAR or JSON.")
    if is_.is_nested(type_):
        for index in range(type_.num_fields):
            _check_type(name, type_.field(index).type)


def _unique(names: list[str]) -> list[str]:
    taken, found = set(names), []
    seen: set[str] = set()
    for name in names:
        unique, number = name, 0
        while unique in seen or (number and unique in taken):
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique)
        found.append(unique)
    return found
