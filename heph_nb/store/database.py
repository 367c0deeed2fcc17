"""The open state file: the one object through which its owner reads and writes it.

Who touches what: ``append`` is called by the writer thread only. Everything else may be called by any thread; each
call has a DuckDB cursor of its own, because a connection that two threads use returns wrong rows without an error.
"""

from __future__ import annotations

import stat
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb

from heph_nb.errors import HephError, SqlRefusedError, StateFileError, StorageError
from heph_nb.store import query as queries
from heph_nb.store import reader, snapshot, writer
from heph_nb.store.connection import CHECKPOINT, connect, explain, first_line, restrict
from heph_nb.store.lock import StateLock
from heph_nb.store.migrations import migrate
from heph_nb.store.views import make_views
from heph_nb.store.writer import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from heph_nb.domain.records import Answer, Event, Message, Usage
    from heph_nb.store.reader import Loaded

__all__ = ["Batch", "Database"]

T = TypeVar("T")

GRACE = 2.0
"""Seconds that queries get to end when the file is closed."""

PATIENCE = 10.0
"""Seconds to wait for queries to end when the file must be opened again."""

_AGAIN = 0.02
"""Seconds between two interruptions: one is lost when it comes between two steps of a query."""


class Database:
    """A state file that this process owns, from :meth:`open` to :meth:`close`.

    Attributes
    ----------
    path : Path
        The file, with links resolved.
    exports : Path
        The directory in which runs are exported.
    """

    def __init__(self, lock: StateLock) -> None:
        self.path = lock.state
        self.exports = self.path.with_name(self.path.name + ".exports")
        self._lock = lock
        self._checkpoint = CHECKPOINT
        self._writing = threading.Lock()
        self._exporting = threading.Lock()
        self._changed = threading.Condition()
        self._root: DuckDBPyConnection | None = None
        self._cursors: set[DuckDBPyConnection] = set()
        self._opened = 0
        self._ending = False
        self._closed = False

    @classmethod
    def open(cls, path: str | Path) -> Database:
        """Become the owner of a state file; make it if there is none.

        Parameters
        ----------
        path : str or Path
            The state file, usually ``hephaestus.duckdb``.

        Raises
        ------
        StateLockedError
            Another backend owns it.
        StateFileError
            It cannot be used: not DuckDB, newer, held by another program, not writable, ... The message says which.

        Examples
        --------
        >>> database = Database.open("/tmp/demo.duckdb")
        >>> database.close()
        """
        lock = StateLock(Path(path))
        _check_path(lock.state)
        lock.acquire()
        database = cls(lock)
        try:
            database._prepare()
        except BaseException:
            lock.release()
            raise
        return database

    def load(self) -> Loaded:
        """Return the newest version of every entity of every run, and where the sequence and the time stand."""
        return self._read(reader.load)

    def append(self, batch: Batch) -> None:
        """Store a batch in one transaction. For the writer thread only.

        Raises
        ------
        StorageError
            Nothing of the batch was kept. The file has been opened again, and can be read.
        """
        try:
            parts = writer.parts_of(batch)
        except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
            raise StorageError(f"A record cannot be stored in {self.path}: {error}") from error
        if not parts:
            return
        with self._writing:
            error = self._try(parts)
            if error is not None and (queries.is_fatal(error) or "Out of Memory" in str(error)):
                error = self._try(parts)  # a query had brought the file down or taken the memory; that is over now
            if error is None:
                return
        raise StorageError(
            f"The state file {self.path} could not be written, and nothing of the request was kept: "
            f"{first_line(error)}. Reading goes on.",
            path=str(self.path),
        ) from error

    def query(self, query: str, limit: int | None = None, timeout: float | None = None) -> pa.Table:
        """Run one SELECT that a person wrote; see :func:`heph_nb.store.query.run`.

        Raises
        ------
        SqlRefusedError
            It was refused, or failed, or took too long or too much memory.
        """
        seconds = queries.TIMEOUT if timeout is None else timeout
        return self._read(partial(queries.run, query=query, limit=limit, timeout=seconds), SqlRefusedError)

    def events(self, after: int = 0, limit: int | None = None, run_id: str | None = None) -> list[Event]:
        """Return events with a greater ``seq`` than ``after``, oldest first; of one run, or of all."""
        return self._read(partial(reader.events, after=after, limit=limit, run_id=run_id))

    def messages(self, after: int = 0, limit: int | None = None, run_id: str | None = None) -> list[Message]:
        """Return messages with a greater ``seq`` than ``after``, oldest first; of one run, or of all."""
        return self._read(partial(reader.messages, after=after, limit=limit, run_id=run_id))

    def usage(self, after: int = 0, limit: int | None = None, run_id: str | None = None) -> list[Usage]:
        """Return what turns used, with a greater ``seq`` than ``after``, oldest first; of one run, or of all."""
        return self._read(partial(reader.usage, after=after, limit=limit, run_id=run_id))

    def answers(self, limit: int | None = None) -> list[Answer]:
        """Return the newest ``limit`` answers to idempotency keys, oldest first."""
        return self._read(partial(reader.answers, limit=limit))

    def export(self, run_id: str, name: str) -> Path:
        """Write one run into a DuckDB file of its own, in the directory :attr:`exports`.

        Parameters
        ----------
        run_id : str
            The run.
        name : str
            The file's name, without a directory. A file of that name is replaced.

        Raises
        ------
        NotFoundError
            There is no such run.
        StorageError
            The file could not be written.
        """
        with self._exporting:
            return self._read(partial(snapshot.export, run_id=run_id, folder=self.exports, name=name))

    def close(self) -> None:
        """Stop what is running, write everything into the file, and let go of it."""
        with self._writing:
            self._closed = True
            if self._end_reads(GRACE):
                self._lock.release()
            # else a query cannot be stopped: file and lock stay with this process until it ends

    def _prepare(self) -> None:
        root = connect(self.path, checkpoint=self._checkpoint)
        try:
            migrate(root, self.path)
            make_views(root)
            restrict(root, self.exports)
        except BaseException as error:
            root.close()
            if isinstance(error, duckdb.Error):
                raise explain(self.path, error) from error
            raise
        self._root = root

    def _try(self, parts: list[writer.Part]) -> Exception | None:
        """Write the parts. If that fails, open the file again, and return the error unless the rows are there.

        They can be there: DuckDB also reports it as a failed commit when the rows are safe in the write-ahead log, but
        moving them into the file failed. Values that a column does not take are no reason to open the file again.
        """
        try:
            self._ensure_open()
            with self._cursor() as (cursor, _):
                writer.write(cursor, parts)
        except Exception as error:  # noqa: BLE001 - whatever it was, the file must be as it was before
            failure = error
        else:
            return None
        if not queries.is_fatal(failure) and not isinstance(failure, duckdb.OperationalError):
            return failure
        try:
            self._reopen()
            with self._cursor() as (cursor, _):
                return None if writer.holds(cursor, parts[0]) else failure
        except (HephError, duckdb.Error) as error:
            return error

    @contextmanager
    def _cursor(self) -> Iterator[tuple[DuckDBPyConnection, int]]:
        """Lend a cursor of its own to a call, with the number of the opening that it belongs to."""
        with self._changed:
            self._changed.wait_for(lambda: not self._ending)
            if self._root is None:
                raise StorageError(f"The state file {self.path} is not open.", path=str(self.path))
            cursor, opened = self._root.cursor(), self._opened
            self._cursors.add(cursor)
        try:
            yield cursor, opened
        finally:
            with self._changed:
                self._cursors.discard(cursor)
                cursor.close()
                self._changed.notify_all()

    def _read(self, function: Callable[[DuckDBPyConnection], T], failure: type[HephError] = StorageError) -> T:
        """Call a function with a cursor; once more if the file had to be opened again meanwhile."""
        error: Exception = StorageError("it was never open")
        for _ in range(2):
            if self._root is None:
                with self._writing:
                    self._ensure_open()
            with self._cursor() as (cursor, opened):
                try:
                    return function(cursor)
                except (duckdb.FatalException, duckdb.InternalException, duckdb.InterruptException) as raised:
                    error = raised
            with self._writing:
                if self._opened == opened and self._root is not None:
                    self._reopen()
        raise failure(f"The state file {self.path} could not be read: {first_line(error)}") from error

    def _ensure_open(self) -> None:
        """Open the file if opening it again failed before."""
        if self._root is None and not self._closed:
            try:
                self._reopen()
            except StateFileError as error:
                raise StorageError(error.detail, **error.facts) from error

    def _reopen(self) -> None:
        """Open the file again under the lock that is held all the time, and put off the next checkpoint."""
        if not self._end_reads(PATIENCE):
            raise StorageError("a query that cannot be interrupted keeps it from being opened again")
        with suppress(FileNotFoundError):
            wal = self.path.with_name(self.path.name + ".wal").stat().st_size
            self._checkpoint = max(self._checkpoint, wal + CHECKPOINT)
        root = connect(self.path, checkpoint=self._checkpoint)
        try:
            restrict(root, self.exports)
        except duckdb.Error as error:
            root.close()
            raise explain(self.path, error) from error
        with self._changed:
            self._root = root
            self._opened += 1

    def _end_reads(self, seconds: float) -> bool:
        """Interrupt every call that has a cursor, and close the file once there is none; say whether it is closed."""
        with self._changed:
            self._ending = True
            deadline = time.monotonic() + seconds
            while self._cursors and time.monotonic() < deadline:
                for cursor in self._cursors:
                    cursor.interrupt()
                self._changed.wait(_AGAIN)
            if not self._cursors and self._root is not None:
                self._root.close()
                self._root = None
            self._ending = False
            self._changed.notify_all()
            return self._root is None


def _check_path(path: Path) -> None:
    """Refuse what is no file of its own."""
    try:
        found = path.stat()
    except OSError:
        return
    if stat.S_ISDIR(found.st_mode):
        raise StateFileError(f"The state file {path} is a directory: name a file in it.", path=str(path))
    if found.st_size == 0:
        raise StateFileError(f"{path} is empty, so it is not a DuckDB file. Name another state file.", path=str(path))
    if found.st_nlink > 1:
        raise StateFileError(
            f"The state file {path} has {found.st_nlink} names (hard links), and one lock cannot guard them all. "
            "Use a copy, or a symbolic link.",
            path=str(path),
        )
