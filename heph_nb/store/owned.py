"""The owned file: DuckDB's side of it, which can be lent out, taken back and opened again under one lock."""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

import duckdb

from heph_nb.errors import StateFileError, StorageError
from heph_nb.store.connection import CHECKPOINT, connect, explain, restrict
from heph_nb.store.lock import StateLock
from heph_nb.store.migrations import migrate
from heph_nb.store.views import make_views
from heph_nb.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

GRACE = 2.0
"""Seconds that queries get to end when the file is closed."""

PATIENCE = 10.0
"""Seconds to wait for queries to end when the file must be opened again."""

_AGAIN = 0.02
"""Seconds between two interruptions: one is lost when it comes between two steps of a query."""


class OwnedFile:
    """A state file that this process has locked and opened.

    Every call gets a cursor of its own from :meth:`cursor`. The connection that they come from runs nothing itself.
    :meth:`reopen` and :meth:`close` end all calls that have a cursor first, because DuckDB keeps a file open as long as
    anybody has a cursor of it.

    Attributes
    ----------
    path : Path
        The file, with links resolved.
    exports : Path
        The directory in which runs are exported.
    opened : int
        How often it was opened again.
    """

    def __init__(self, path: Path) -> None:
        self._lock = StateLock(path)
        self.path = self._lock.state
        self.exports = self.path.with_name(self.path.name + ".exports")
        self.opened = 0
        self._identity: os.stat_result | None = None
        self._checkpoint = CHECKPOINT
        self._changed = threading.Condition()
        self._root: DuckDBPyConnection | None = None
        self._cursors: set[DuckDBPyConnection] = set()
        self._writer: Writer | None = None
        self._ending = False
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether cursors can be had; False for an instant while it is opened again, and after that failed."""
        return self._root is not None

    def open(self) -> None:
        """Take the lock, then open the file; make it, or bring it up to date.

        Raises
        ------
        StateFileError
            It cannot be used; the lock is free again.
        """
        _check_path(self.path)
        self._lock.acquire()
        new = not self.path.exists()
        try:
            if new:
                self._keep_old_log()
            self._prepare()
            self._keep_private()
            self._identity = self.path.stat()
        except BaseException:
            if new:  # half a file would be in the way of the next try
                for suffix in ("", ".wal"):
                    self._beside(suffix).unlink(missing_ok=True)
            self._lock.release()
            raise

    def missing(self) -> str | None:
        """Say why the file that is open is no longer the one at its path; None as long as it is."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return f"The state file {self.path} was deleted or moved away while its backend had it open"
        except OSError:
            return None
        if self._identity is None or os.path.samestat(found, self._identity):
            return None
        return f"Another file was put in the place of {self.path} while its backend had it open"

    @property
    def may_close(self) -> bool:
        """Whether nobody else can own a file at the path: closing writes and removes files there."""
        return self.missing() is None or self._lock.is_current

    @contextmanager
    def cursor(self) -> Iterator[DuckDBPyConnection]:
        """Lend a cursor to the calling thread.

        Raises
        ------
        StorageError
            The file is not open.
        """
        cursor = self._lend(lambda root: root.cursor())
        try:
            yield cursor
        finally:
            self._take_back(cursor, close=True)

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """Lend the one cursor that writes; it is kept for the next call, unless this one fails.

        Raises
        ------
        StorageError
            The file is not open.
        """

        def kept(root: DuckDBPyConnection) -> DuckDBPyConnection:
            if self._writer is None:
                self._writer = Writer(root.cursor())
            return self._writer.cursor

        cursor, failed = self._lend(kept), True
        try:
            yield cast("Writer", self._writer)
            failed = False
            self._keep_private()
        finally:
            self._writer = None if failed else self._writer
            self._take_back(cursor, close=failed)

    def _lend(self, choose: Callable[[DuckDBPyConnection], DuckDBPyConnection]) -> DuckDBPyConnection:
        with self._changed:
            self._changed.wait_for(lambda: not self._ending)
            if self._root is None:
                raise StorageError(f"The state file {self.path} is not open.", path=str(self.path))
            cursor = choose(self._root)
            self._cursors.add(cursor)
            return cursor

    def _take_back(self, cursor: DuckDBPyConnection, *, close: bool) -> None:
        with self._changed:
            self._cursors.discard(cursor)
            if close:
                cursor.close()
            self._changed.notify_all()

    def ensure_open(self) -> None:
        """Open the file if opening it again failed before.

        Raises
        ------
        StorageError
            That fails too.
        """
        if self._root is None and not self._closed:
            try:
                self.reopen()
            except StateFileError as error:
                raise StorageError(error.detail, **error.facts) from error

    def reopen(self) -> None:
        """Open the file again under the lock that is held all the time, and put off the next checkpoint.

        Raises
        ------
        StateFileError, StorageError
            It cannot be opened, or a query that cannot be interrupted keeps it from being closed.
        """
        if (why := self.missing()) is not None:
            raise StorageError(why, path=str(self.path))
        if not self._end_calls(PATIENCE):
            raise StorageError("a query that cannot be interrupted keeps it from being opened again")
        with suppress(FileNotFoundError):
            wal = self._beside(".wal").stat().st_size
            self._checkpoint = max(self._checkpoint, wal + CHECKPOINT)
        root = connect(self.path, checkpoint=self._checkpoint)
        try:
            restrict(root, self.exports)
        except duckdb.Error as error:
            root.close()
            raise explain(self.path, error) from error
        with self._changed:
            self._root = root
            self.opened += 1

    def close(self) -> None:
        """End what is running, write everything into the file, and let go of it."""
        self._closed = True
        if self._end_calls(GRACE):
            self._lock.release()
        # else a query cannot be stopped: file and lock stay with this process until it ends

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _keep_private(self) -> None:
        """Let only the owner read the file and its log; DuckDB makes the log again and again."""
        for path in (self.path, self._beside(".wal")):
            with suppress(OSError):
                if path.stat().st_mode & 0o077:
                    path.chmod(0o600)

    def _keep_old_log(self) -> None:
        """Put the log of a file that is gone aside: DuckDB would delete it, and what is only in it."""
        log = self._beside(".wal")
        with suppress(FileNotFoundError):
            log.rename(self._beside(f".old-{time.strftime('%Y%m%dT%H%M%S')}.wal"))

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

    def _end_calls(self, seconds: float) -> bool:
        """Interrupt every call that has a cursor, and close the file once there is none; say whether it is closed."""
        with self._changed:
            self._ending = True
            deadline = time.monotonic() + seconds
            while self._cursors and time.monotonic() < deadline:
                for cursor in self._cursors:
                    cursor.interrupt()
                self._changed.wait(_AGAIN)
            if not self._cursors and self._root is not None:
                if self._writer is not None:
                    self._writer.cursor.close()
                    self._writer = None
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
