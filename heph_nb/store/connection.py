"""Opening a DuckDB file safely: its settings, and what its refusals mean in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from heph_nb.errors import StateFileError
from heph_nb.store.lock import name_process

if TYPE_CHECKING:
    from pathlib import Path

CHECKPOINT = 16 * 2**20
"""Bytes in the write-ahead log from which DuckDB moves them into the file."""

LEAST_MEMORY, MOST_MEMORY = 256 * 2**20, 2 * 2**30
THREADS = 1
"""A second one takes a part of every small commit: 1.9 ms of processor time instead of 1.1 for one ticket, and 3.6
instead of 2.4 for 32. A query over a million events is hardly slower without it: most of its time is one thread's."""

_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def connect(path: Path | str, *, read_only: bool = False, checkpoint: int = CHECKPOINT) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, or make it.

    Nothing is spilled to disk, extensions are neither fetched nor loaded, Python variables are no tables, and times
    are UTC. The memory for queries is a quarter of what DuckDB would take, at most 2 GiB.

    Parameters
    ----------
    path : Path or str
        The file; ``:memory:`` for none.
    checkpoint : int
        Bytes in the write-ahead log from which a commit moves them into the file.

    Raises
    ------
    StateFileError
        It is not a DuckDB file, or it is newer, damaged, or held by another program (named in the message).
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "temp_directory": "",
        "max_expression_depth": 250,
        "checkpoint_threshold": f"{checkpoint}B",
    }
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=settings)
    except duckdb.Error as error:
        raise explain(path, error) from error
    if _is_restricted(connection):
        return connection  # this process has the file open already, and DuckDB gives every opening the same settings
    memory = min(max(available_memory(connection) // 4, LEAST_MEMORY), MOST_MEMORY)
    connection.execute(f"SET GLOBAL memory_limit = '{memory}B'")
    connection.execute(f"SET GLOBAL threads = {THREADS}")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def restrict(connection: duckdb.DuckDBPyConnection, exports: Path | None = None) -> None:
    """Take from a connection, and from all of the same file, every way to other files and to its settings.

    Parameters
    ----------
    exports : Path, optional
        The only directory in which files may still be attached.
    """
    if _is_restricted(connection):
        return
    if exports is not None:
        connection.execute(f"SET GLOBAL allowed_directories = [{quote(f'{exports}/')}]")
    connection.execute("SET GLOBAL enable_external_access = false")
    connection.execute("SET GLOBAL lock_configuration = true")


def _is_restricted(connection: duckdb.DuckDBPyConnection) -> bool:
    return connection.execute("SELECT current_setting('lock_configuration')").fetchone() == (True,)


def available_memory(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the bytes that DuckDB may use for queries now."""
    row = connection.execute("SELECT current_setting('memory_limit')").fetchone()
    number, unit = str(row[0] if row else "1 GiB").split()
    return int(float(number) * _UNITS[unit])


def quote(text: str) -> str:
    """Return text as an SQL literal; a NUL, which would end the statement, becomes the sign for what is unreadable."""
    return "'" + text.replace("'", "''").replace("\0", "\ufffd") + "'"


def first_line(error: Exception) -> str:
    """Return what an error of DuckDB says, without the query that it repeats and its advice on settings."""
    text = str(error).split("\n\n", 1)[0].split("\nLINE ", 1)[0].strip()
    return " ".join(re.sub(r"^(?:\w+ )+?Error: ", "", text).split())


def explain(path: Path | str, error: duckdb.Error) -> StateFileError:
    """Return what it means that DuckDB cannot open a file."""
    text = str(error)
    if lock := re.search(r"Conflicting lock is held in .*?\(PID (\d+)\)", text):
        pid = int(lock[1])
        why = f"is open in another program: {name_process(pid)}. Close it there"
        return StateFileError(f"The state file {path} {why}.", path=str(path), pid=pid)
    if version := re.search(r"version number (\d+), but we can only read versions between \d+ and (\d+)", text):
        why = f"was written by a newer DuckDB (storage version {version[1]}; this one reads up to {version[2]})"
        return StateFileError(f"The state file {path} {why}. Use the newer heph_nb that wrote it.", path=str(path))
    if "not a valid DuckDB database file" in text or "sqlite" in text:
        return StateFileError(f"{path} is not a DuckDB file. Name another state file.", path=str(path))
    return StateFileError(f"The state file {path} cannot be opened: {first_line(error)}", path=str(path))
