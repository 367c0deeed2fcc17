"""The open state file: the one object through which its owner reads and writes it.

Who touches what: ``append`` is called by the writer thread only. Everything else may be called by any thread; each
call has a DuckDB cursor of its own, because a connection that two threads use returns wrong rows without an error.
"""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from heph_nb.errors import HephError, SqlRefusedError, StorageError
from heph_nb.store import query as queries
from heph_nb.store import reader, snapshot, writer
from heph_nb.store.connection import first_line
from heph_nb.store.owned import OwnedFile
from heph_nb.store.writer import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from heph_nb.domain.logs import Answer, Event, Message
    from heph_nb.store.reader import Loaded

__all__ = ["Batch", "Database"]

T = TypeVar("T")


class Database:
    """A state file that this process owns, from :meth:`open` to :meth:`close`.

    Attributes
    ----------
    path : Path
        The file, with links resolved.
    exports : Path
        The directory in which runs are exported.
    """

    def __init__(self, file: OwnedFile) -> None:
        self.path = file.path
        self.exports = file.exports
        self._file = file
        self._writing = threading.Lock()
        self._exporting = threading.Lock()

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
        file = OwnedFile(Path(path))
        file.open()
        return cls(file)

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
        if (why := self.missing()) is not None:
            raise StorageError(f"{why}; nothing of the request was kept.", path=str(self.path))
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

    def page(
        self, cls: type[Any], *, after: int, limit: int, offset: int, run_id: str | None, to: str | None = None
    ) -> tuple[list[Any], int]:
        """Return some lines of a log, oldest first, and how many there are; ``to`` leaves an agent's messages."""
        return self._read(partial(reader.page, cls=cls, after=after, limit=limit, offset=offset, run_id=run_id, to=to))

    def output(
        self, *, run_id: str | None, agent_id: str, kinds: Sequence[str], before: int | None, limit: int
    ) -> tuple[list[Event], list[Message], Event | None]:
        """Return the newest events of an agent and its messages before a ``seq``, oldest first, and its newest plan."""
        bounds = {"agent_id": agent_id, "kinds": kinds, "before": before, "limit": limit}
        return self._read(partial(reader.output, run_id=run_id, **bounds))

    def answers(self, limit: int | None = None) -> list[Answer]:
        """Return the newest ``limit`` answers to idempotency keys, oldest first."""
        return self._read(partial(reader.answers, limit=limit))

    def last(self, run_id: str, kind: str) -> datetime | None:
        """Return when an event of a kind last happened in a run; None if it never did."""
        return self._read(partial(reader.last, run_id=run_id, kind=kind))

    def tokens(self) -> dict[str, int]:
        """Return for each run the tokens that its agents have reported so far."""
        return self._read(reader.tokens)

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

    def missing(self) -> str | None:
        """Say why the file that is open is no longer the one at its path; None as long as it is."""
        return self._file.missing()

    @property
    def may_close(self) -> bool:
        """Whether closing is safe; if not, the process must end without it, and without destroying this object."""
        return self._file.may_close

    def close(self) -> None:
        """Stop what is running, write everything into the file, and let go of it."""
        with self._writing:
            self._file.close()

    def _try(self, parts: list[writer.Part]) -> Exception | None:
        """Write the parts. If that fails, open the file again, and return the error unless the rows are there.

        They can be there: DuckDB also reports it as a failed commit when the rows are safe in the write-ahead log, but
        moving them into the file failed. Values that a column does not take are no reason to open the file again.
        """
        try:
            self._file.ensure_open()
            with self._file.writer() as appending:
                appending.write(parts)
        except Exception as error:  # noqa: BLE001 - whatever it was, the file must be as it was before
            failure = error
        else:
            return None
        if not queries.is_fatal(failure) and not isinstance(failure, duckdb.OperationalError):
            return failure
        try:
            self._file.reopen()
            with self._file.cursor() as cursor:
                return None if writer.holds(cursor, parts[0]) else failure
        except (HephError, duckdb.Error) as error:
            return error

    def _read(self, function: Callable[[DuckDBPyConnection], T], failure: type[HephError] = StorageError) -> T:
        """Call a function with a cursor; once more if the file had to be opened again meanwhile."""
        error: Exception = StorageError("it was never open")
        for _ in range(2):
            if not self._file.is_open:
                with self._writing:
                    self._file.ensure_open()
            opened = self._file.opened
            try:
                with self._file.cursor() as cursor:
                    return function(cursor)
            except (duckdb.FatalException, duckdb.InternalException, duckdb.InterruptException) as raised:
                error = raised
            with self._writing:
                if self._file.opened == opened and self._file.is_open:
                    self._file.reopen()
        raise failure(f"The state file {self.path} could not be read: {first_line(error)}") from error
