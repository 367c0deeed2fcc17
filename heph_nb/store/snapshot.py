"""One run in a file of its own: writing it, and opening it again without a backend."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb

from heph_nb.domain.logs import Answer
from heph_nb.domain.records import Agent
from heph_nb.errors import InvalidError, NotFoundError, StateFileError, StorageError
from heph_nb.store import query as queries
from heph_nb.store.connection import connect, explain, first_line, quote, restrict
from heph_nb.store.migrations import MIGRATIONS, apply_steps, check_version, current_version, make_tables, read_version
from heph_nb.store.tables import PRIVATE_COLUMNS, TABLES
from heph_nb.store.views import make_views

if TYPE_CHECKING:
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection


UNFETCHED = 86_400.0
"""Seconds for which an exported file that nobody moved to its place is kept."""


def export(cursor: DuckDBPyConnection, run_id: str, folder: Path, name: str) -> Path:
    """Write one run, and the person's row, into a new file with the same tables, views and macros.

    Answers to idempotency keys and token hashes stay behind.

    Parameters
    ----------
    cursor : duckdb.DuckDBPyConnection
        A cursor of the state file, which may attach files in the folder.
    run_id : str
        The run.
    folder : Path
        The directory to write to; it is made if need be.
    name : str
        The name of the file; one that is there is replaced.

    Raises
    ------
    NotFoundError
        There is no such run.
    InvalidError
        The name is not one of a file in the folder.
    StorageError
        The file could not be written; nothing is left of it.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise InvalidError(f"{name!r} is not a name for a file.")
    target = folder / name
    if not cursor.execute(f"SELECT 1 FROM run_versions WHERE id = {quote(run_id)} LIMIT 1").fetchone():
        raise NotFoundError(f"There is no run {run_id}.", run_id=run_id)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _remove(target)
        for left in folder.iterdir():
            with suppress(FileNotFoundError):  # whoever asked for it moves it to its place just now
                if time.time() - left.stat().st_mtime > UNFETCHED:
                    left.unlink()
        with connect(target) as made:
            make_tables(made)
            make_views(made)
        _verify(target, _copy(cursor, run_id, target))
    except (duckdb.Error, OSError, StorageError, StateFileError) as error:
        _remove(target)
        if isinstance(error, (duckdb.FatalException, duckdb.InterruptException)):
            raise
        why = (error.strerror if isinstance(error, OSError) and error.strerror else first_line(error)).rstrip(".")
        raise StorageError(f"Run {run_id} could not be written to {target}: {why}.", path=str(target)) from error
    return target


def _copy(cursor: DuckDBPyConnection, run_id: str, target: Path) -> dict[str, int]:
    """Copy the rows, as they are at one moment; return how many each table got."""
    copied: dict[str, int] = {}
    cursor.execute(f"ATTACH {quote(str(target))} AS heph_export")
    try:
        cursor.begin()
        for cls, table in TABLES.items():
            if cls is not Answer:
                values = ", ".join("NULL" if name in PRIVATE_COLUMNS else name for name in table.types)
                mine = f"run_id = {quote(run_id)}" + (" OR run_id IS NULL" if cls is Agent else "")
                copy = f"INSERT INTO heph_export.{table.name} SELECT {values} FROM {table.name} WHERE {mine}"
                copied[table.name] = (cursor.execute(copy).fetchone() or (0,))[0]
        cursor.commit()
        cursor.execute("CHECKPOINT heph_export")  # into the file itself: its log would be left behind when it is moved
    except BaseException:
        with suppress(duckdb.Error):
            cursor.rollback()
        raise
    finally:
        cursor.execute("DETACH heph_export")
    return copied


def _verify(target: Path, copied: dict[str, int]) -> None:
    """Open the file as whoever gets it will, and count."""
    if _log(target).exists():
        raise StorageError("not everything got from its log into the file")
    with connect(target, read_only=True) as made:
        for name, count in copied.items():
            if made.execute(f"SELECT count(*) FROM {name}").fetchone() != (count,):
                raise StorageError(f"{name} has not the {count:,} rows that were written")


def _log(target: Path) -> Path:
    return target.with_name(f"{target.name}.wal")


def _remove(target: Path) -> None:
    for path in (target, _log(target)):
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


class Snapshot:
    """A file that no backend has open, for reading.

    Use it in a ``with`` statement, or close it. Queries may come from any thread.

    Attributes
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path, connection: DuckDBPyConnection) -> None:
        self.path = path
        self._connection: DuckDBPyConnection | None = connection
        self._lending = threading.Lock()

    def __repr__(self) -> str:
        """Return the path."""
        return f"<Snapshot {self.path}>"

    def query(self, query: str, limit: int | None = None, timeout: float | None = None) -> pa.Table:
        """Run one SELECT; the same queries pass as on a live run, see :func:`heph_nb.store.query.run`.

        Raises
        ------
        SqlRefusedError
            It was refused, or failed, or took too long or too much memory.
        StateFileError
            The file was closed.
        """
        with self._lending:
            if self._connection is None:
                raise StateFileError(f"{self.path} was closed: open it again.", path=str(self.path))
            cursor = self._connection.cursor()
        try:
            return queries.run(cursor, query, limit, queries.TIMEOUT if timeout is None else timeout)
        except duckdb.Error as error:
            raise explain(self.path, error) from error
        finally:
            cursor.close()

    def runs(self) -> list[str]:
        """Return the ids of the runs in the file, the newest first."""
        return self.query("SELECT id FROM runs ORDER BY created_at DESC, id").column("id").to_pylist()

    def close(self) -> None:
        """Let go of the file."""
        with self._lending:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of the file."""
        self.close()


def open_snapshot(path: str | Path) -> Snapshot:
    """Open an exported run, or a state file that no backend has open, for reading. The file is not changed.

    A file from an older version is read into memory and brought up to date there.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    NotFoundError
        There is no such file.
    StateFileError
        It is not DuckDB, not one of heph_nb, newer, or a backend has it open.

    Examples
    --------
    >>> with open_snapshot("run.duckdb") as snapshot:  # doctest: +SKIP
    ...     snapshot.query("SELECT status, count(*) FROM tickets GROUP BY 1")
    """
    resolved = Path(path).expanduser().resolve()
    if not resolved.is_file():
        raise NotFoundError(f"There is no file {resolved}.", path=str(resolved))
    if resolved.stat().st_size == 0:
        raise StateFileError(f"{resolved} is empty, so it is not a DuckDB file.", path=str(resolved))
    connection = connect(resolved, read_only=True)
    try:
        found = read_version(connection, resolved)
        check_version(found or 0, resolved)
        if found is not None and found < current_version():
            connection.close()
            connection = _in_memory(resolved, found)
        restrict(connection)
    except duckdb.Error as error:
        connection.close()
        raise explain(resolved, error) from error
    except BaseException:
        connection.close()
        raise
    if found is None:
        connection.close()
        raise StateFileError(f"{resolved} is a DuckDB file without tables: no run is in it.", path=str(resolved))
    return Snapshot(resolved, connection)


def _in_memory(path: Path, found: int) -> DuckDBPyConnection:
    connection = connect(":memory:")
    connection.execute(f"ATTACH {quote(os.fspath(path))} AS heph_old (READ_ONLY)")
    connection.execute("COPY FROM DATABASE heph_old TO memory")
    connection.execute("DETACH heph_old")
    apply_steps(connection, [step for step in MIGRATIONS if step.version > found])
    make_views(connection)
    return connection
