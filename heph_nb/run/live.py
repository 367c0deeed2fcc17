"""Live: a run as it is now, in this process, for any number of views.

One thread follows the backend's changes. It alone writes the copy, under a lock, and tells the listeners before it lets
go of it: who reads the copy under the same lock and then listens misses nothing and hears nothing twice.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from heph_nb.client.feed import ChangeStream
from heph_nb.errors import BackendUnavailableError, HephError

if TYPE_CHECKING:
    from heph_nb.client.client import Client

log = logging.getLogger(__name__)

FIRST = 60.0
"""Seconds in which a backend tells what the run is; it may have to be started for it."""

CATCH_UP = 2.0
"""Seconds that showing something waits for the newest changes."""

MOST_MISSED = 1000

Record = dict[str, Any]
Change = dict[str, Any]
Listener = Callable[[Change], None]


class Live:
    """A run as it is now. Get the one of a run with :func:`live`.

    Attributes
    ----------
    lock : RLock
        Hold it while reading more than one thing.
    tables : dict
        Every record by table and id, as dicts without their long texts; in the order of creation.
    activity : dict
        What each agent did last: ``{agent id: {"ts", "kind", "text"}}``.
    needs : list of dict
        What waits for a person: kind, id, text, ways_out.
    standing : str or None
        Why nothing happens, if nothing does.
    used_tokens : int
        Tokens that its agents reported.
    link : {"live", "reconnecting", "ended", "lost"}
        Whether it hears of changes: ``ended`` when the backend was shut down on purpose.
    trouble : str or None
        What is the matter when it is not live, in one sentence.
    seq : int
        The event up to which it is current.
    """

    def __init__(self, client: Client, run_id: str) -> None:
        self.lock = threading.RLock()
        self.tables: dict[str, dict[str, Record]] = {}
        self.activity: dict[str, Record] = {}
        self.needs: list[Record] = []
        self.standing: str | None = None
        self.used_tokens = 0
        self.link = "reconnecting"
        self.trouble: str | None = None
        self.seq = 0
        self._moved = threading.Condition(self.lock)
        self._client = client
        self._run_id = run_id
        self._listeners: list[Listener] = []
        self._stream: ChangeStream | None = None
        self._thread: threading.Thread | None = None
        self._known = threading.Event()

    @property
    def run(self) -> Record:
        """The run's own record."""
        return self.tables["runs"][self._run_id]

    def rows(self, table: str) -> list[Record]:
        """Return the records of a table, in the order of creation."""
        with self.lock:
            return list(self.tables.get(table, {}).values())

    def join(self, listener: Listener) -> None:
        """Call ``listener(change)`` in the following thread on every change from now on.

        Returns once the run is known.

        Raises
        ------
        HephError
            The backend cannot be reached, or has no such run.
        """
        with self.lock:
            self._listeners.append(listener)
        self.revive()
        if not self._known.wait(FIRST):
            self.leave(listener)
            raise BackendUnavailableError(f"The backend of {self._client.state} did not answer within {FIRST:g} s.")
        if not self.tables:
            self.leave(listener)
            raise HephError(self.trouble or "The run cannot be read.")

    def leave(self, listener: Listener) -> None:
        """Tell this listener no more; the last one to leave ends the thread."""
        with self.lock:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)
            if self._listeners:
                return
        with _lock:
            _lives.pop(_key(self._client, self._run_id), None)
        self.close()

    def catch_up(self) -> None:
        """Wait until what has happened in the run so far is known here, which it is a moment later anyway.

        What a person did in the line above is part of what the next line shows.
        """
        with contextlib.suppress(HephError):
            missed = self._client.get("events", run_id=self._run_id, after=self.seq, limit=MOST_MISSED)["events"]
            if missed:
                with self.lock:
                    self._moved.wait_for(lambda: self.seq >= missed[-1]["seq"] or self.link != "live", timeout=CATCH_UP)

    def revive(self) -> None:
        """Follow the run again, if that has ended."""
        with self.lock:
            if self._stream is not None or not self._listeners:
                return
            self._known.clear()
            self._stream = self._client.changes(self._run_id)
            self._stream.on_cut, self._stream.on_open = self._cut, self._open
            self._thread = threading.Thread(
                target=self._follow, args=(self._stream,), name=f"heph live {self._run_id[:12]}", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """End the thread; whoever joins next begins a new one."""
        with self.lock:
            stream, self._stream = self._stream, None
            thread, self._thread = self._thread, None
        if stream is not None:
            stream.close()
        if thread is not None and thread is not threading.current_thread():
            thread.join(5)

    def _follow(self, stream: ChangeStream) -> None:
        link, trouble = "ended", None
        try:
            for change in stream:
                self._take(change)
        except BackendUnavailableError as error:
            trouble = error.detail
        except HephError as error:
            link, trouble = "lost", error.detail
        except Exception as error:
            log.exception("Following run %s", self._run_id)
            link, trouble = "lost", f"Following the run failed: {error!r}"
        with self.lock:
            if self._stream is stream:
                self._stream = None
            self._linked(link, trouble)
            self._known.set()

    def _take(self, change: Change) -> None:
        with self.lock:
            if change["whole"]:
                self.tables = {}
            for table, records in change["put"].items():
                kept = self.tables.setdefault(table, {})
                for record in records:
                    kept[record["id"]] = record
            self.activity |= change["activity"]
            self.needs, self.standing, self.used_tokens = change["needs"], change["standing"], change["used_tokens"]
            self.link, self.trouble, self.seq = "live", None, change["seq"]
            self._known.set()
            self._moved.notify_all()
            self._tell(change)

    def _cut(self) -> None:
        with self.lock:
            self._linked("reconnecting", "The backend has gone; it is being started again.")

    def _open(self) -> None:
        """Know that it hears again; what changed meanwhile comes next. The first time the whole run says so itself."""
        with self.lock:
            if self.tables:
                self._linked("live", None)

    def _linked(self, link: str, trouble: str | None) -> None:
        self.link, self.trouble = link, trouble
        self._tell({"whole": False, "put": {}, "activity": {}})

    def _tell(self, change: Change) -> None:
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:
                log.exception("A listener of run %s", self._run_id)


_lives: dict[tuple[str, str], Live] = {}
_lock = threading.Lock()


def live(client: Client, run_id: str) -> Live:
    """Return the live copy of a run; everybody in this process shares one."""
    fresh = Live(client, run_id)
    with _lock:
        return _lives.setdefault(_key(client, run_id), fresh)


def _key(client: Client, run_id: str) -> tuple[str, str]:
    return str(client.state), run_id


def _close(lives: Iterable[Live]) -> None:
    for one in list(lives):
        one.close()


atexit.register(lambda: _close(_lives.values()))
