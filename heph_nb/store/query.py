"""Running a query that people wrote: checked, read-only, and within limits of time and memory."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Self

import duckdb

from heph_nb.errors import SqlRefusedError
from heph_nb.store import gate
from heph_nb.store.connection import available_memory, first_line
from heph_nb.store.results import plain

if TYPE_CHECKING:
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

TIMEOUT = 30.0
"""Seconds that a query may take unless the caller says otherwise."""

MOST_BYTES = 2**30
"""The largest result, as Arrow."""

BATCH_ROWS = 65_536
_LOOK = 0.05
_AGAIN = 0.02


class Together:
    """The queries that run now, and what the process took when the first of them began. Any thread may come and go."""

    def __init__(self) -> None:
        self.before = 0
        self._running = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Count one more."""
        with self._lock:
            if not self._running:
                self.before = _resident()
            self._running += 1

    def end(self) -> None:
        """Count one less."""
        with self._lock:
            self._running -= 1


_together = Together()


class Watch:
    """Interrupts a query that takes too long or too much memory, again and again until it has ended.

    One interruption is not enough: it is lost when it comes between two steps of a query. The process's memory is
    watched because not all that DuckDB takes counts against its own limit. Queries that run at the same time share what
    there is.

    Parameters
    ----------
    cursor : duckdb.DuckDBPyConnection
        The cursor that runs the query, in the thread that enters the watch.
    timeout : float
        Seconds.
    memory : int
        Bytes by which the process may grow while queries run.

    Attributes
    ----------
    reason : str or None
        ``"time"`` or ``"memory"`` once it has interrupted.
    """

    def __init__(self, cursor: DuckDBPyConnection, timeout: float, memory: int) -> None:
        self.reason: str | None = None
        self._cursor = cursor
        self._deadline = time.monotonic() + timeout
        self._most = memory
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heph-query-watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        _together.begin()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop watching; afterwards nothing is interrupted any more."""
        self._ended.set()
        self._thread.join()
        _together.end()
        if self.reason == "memory":
            _give_back()

    def _watch(self) -> None:
        while self.reason is None:
            left = self._deadline - time.monotonic()
            if self._ended.wait(max(0.0, min(_LOOK, left))):
                return
            if time.monotonic() >= self._deadline:
                self.reason = "time"
            elif _resident() > _together.before + self._most:
                self.reason = "memory"
        while not self._ended.wait(_AGAIN):
            self._cursor.interrupt()


def run(cursor: DuckDBPyConnection, query: str, limit: int | None = None, timeout: float = TIMEOUT) -> pa.Table:
    """Run one SELECT and return its rows.

    Parameters
    ----------
    cursor : duckdb.DuckDBPyConnection
        A cursor of the calling thread, used for nothing else.
    query : str
        One SELECT; see :mod:`heph_nb.store.gate`.
    limit : int, optional
        At most so many rows are returned.
    timeout : float
        Seconds until it is stopped.

    Returns
    -------
    pyarrow.Table
        Its types are those of :func:`heph_nb.store.results.plain`.

    Raises
    ------
    SqlRefusedError
        It was refused, or failed, or took too long or too much memory.
    """
    import pyarrow as pa

    if limit is not None and limit < 0:
        raise SqlRefusedError(f"A limit of {limit} rows makes no sense: it must not be negative.")
    memory = available_memory(cursor)
    with Watch(cursor, timeout, memory) as watch:
        try:
            gate.check(cursor, query)
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            table = _fetch(cursor, query, limit, min(MOST_BYTES, memory))
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise _failed(error, watch, timeout, memory) from error
    cursor.execute("ROLLBACK")
    return plain(table)


def _fetch(cursor: DuckDBPyConnection, query: str, limit: int | None, most: int) -> pa.Table:
    """Read rows as they come, so that no result is larger than we want."""
    import pyarrow as pa

    batches, rows, size = [], 0, 0
    with cursor.execute(query).to_arrow_reader(BATCH_ROWS) as reader:
        schema = reader.schema
        while limit is None or rows < limit:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            batches.append(batch if limit is None else batch.slice(0, limit - rows))
            rows, size = rows + len(batch), size + batch.nbytes
            if size > most:
                raise SqlRefusedError(
                    f"The result is larger than {most >> 20:,} MB: select fewer columns, aggregate, or give a limit."
                )
    return pa.Table.from_batches(batches, schema)


def _failed(error: Exception, watch: Watch, timeout: float, most: int) -> Exception:
    """Return what to raise instead of an error of DuckDB; an error of the file itself stays what it is."""
    if watch.reason == "time":
        return SqlRefusedError(
            f"The query did not end within {timeout:g} seconds and was stopped: ask for fewer rows, or give it longer.",
            reason="time",
        )
    if watch.reason == "memory" or "Out of Memory" in str(error):
        return SqlRefusedError(
            f"The query wanted more memory than queries may take ({most >> 20:,} MB) and was stopped: "
            "filter or aggregate sooner.",
            reason="memory",
        )
    if is_fatal(error) or "INTERRUPT" in str(error):
        return duckdb.FatalException(str(error))
    return SqlRefusedError(f"The query failed: {first_line(error)}")


def is_fatal(error: Exception) -> bool:
    """Return whether DuckDB will do nothing more with the file until it is opened again."""
    return isinstance(error, (duckdb.FatalException, duckdb.InternalException)) or "FATAL Error" in str(error)


def _resident() -> int:
    import psutil

    return psutil.Process().memory_info().rss


def _give_back() -> None:
    """Return to the system what was freed: the C library keeps gigabytes otherwise."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # a C library that has nothing of the kind
        ctypes.CDLL(None).malloc_trim(0)
