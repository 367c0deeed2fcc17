"""Streams of the backend as iterators that outlive it: they resume where they were, without gap or repeat."""

from __future__ import annotations

import json
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar
from urllib.parse import quote

import httpx

from heph_nb.domain.logs import Event
from heph_nb.errors import BackendUnavailableError

if TYPE_CHECKING:
    from heph_nb.client.client import Client

T = TypeVar("T")


class Stream(ABC, Generic[T]):
    """What comes from the backend, in order. Iterate over it in one thread; any thread may close it.

    Parameters
    ----------
    client : Client
        Where it comes from.
    path : str
        Where it is read.
    after : int or None
        The sequence number to begin after; None begins with everything there is.

    Attributes
    ----------
    on_cut, on_open : callable or None
        Called in the iterating thread whenever the connection was lost and is about to be made again, and whenever
        it was made.
    """

    def __init__(self, client: Client, path: str, after: int | None) -> None:
        self.last = after
        self.on_cut: Callable[[], None] | None = None
        self.on_open: Callable[[], None] | None = None
        self._client = client
        self._path = path
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closed = False

    @abstractmethod
    def _read(self, text: str) -> Iterator[T]:
        """Yield what one message tells that is new, and move :attr:`last` on."""

    def __iter__(self) -> Iterator[T]:
        while not self._closed:
            try:
                with self._client.open_stream(self._path, self.last) as answer:
                    self._attach(answer)
                    if self.on_open is not None:
                        self.on_open()
                    for text in _messages(answer.iter_raw()):
                        yield from self._read(text)
            except httpx.TransportError:  # cut off: by close(), or because the backend died and has to be found again
                if self.on_cut is not None and not self._closed:
                    self.on_cut()
                continue
            finally:
                self._socket = None
            if not self._closed:
                raise BackendUnavailableError(f"The backend of {self._client.state} was shut down.")

    def close(self) -> None:
        """End the iteration, also one that is waiting in another thread."""
        with self._lock:
            self._closed = True
            waiting = self._socket
        if waiting is not None:
            _hang_up(waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _attach(self, answer: httpx.Response) -> None:
        connection = answer.extensions["network_stream"].get_extra_info("socket")
        with self._lock:
            self._socket = connection
            if self._closed:
                _hang_up(connection)


class EventStream(Stream[Event]):
    """Events in order of ``seq``, as they happen.

    Parameters
    ----------
    client : Client
        Where the events come from.
    after : int
        Only events with a higher ``seq``.
    run_id : str, optional
        Only events of this run.

    Raises
    ------
    BackendUnavailableError
        The backend was shut down on purpose; a crash is not the end of the feed.

    Examples
    --------
    >>> for event in client.stream(after=0):  # doctest: +SKIP
    ...     print(event.seq, event.kind)
    """

    def __init__(self, client: Client, after: int, run_id: str | None = None) -> None:
        super().__init__(client, "/api/events/stream", after)
        self._run_id = run_id

    def _read(self, text: str) -> Iterator[Event]:
        event = read_event(text)
        if event.seq > (self.last or 0):
            self.last = event.seq
            if self._run_id is None or event.run_id == self._run_id:
                yield event


class ChangeStream(Stream[dict[str, Any]]):
    """A run as it is, then what changes in it: dicts as the backend's ``changes`` route describes them.

    Parameters
    ----------
    client : Client
        Where the run is.
    run_id : str
        The run.

    Raises
    ------
    BackendUnavailableError
        The backend was shut down on purpose; a crash is not the end of the stream.
    """

    def __init__(self, client: Client, run_id: str) -> None:
        super().__init__(client, f"/api/runs/{quote(run_id, safe='')}/changes", None)

    def _read(self, text: str) -> Iterator[dict[str, Any]]:
        change = json.loads(text)
        self.last = change["seq"]
        yield change


class OutputStream(ChangeStream):
    """What one agent says and does: the newest part, then what comes; dicts as the backend's ``output`` route says.

    Parameters
    ----------
    client : Client
        Where the agent is.
    agent_id : str
        The agent.

    Raises
    ------
    BackendUnavailableError
        The backend was shut down on purpose; a crash is not the end of the stream.
    """

    def __init__(self, client: Client, agent_id: str) -> None:
        Stream.__init__(self, client, f"/api/agents/{quote(agent_id, safe='')}/output/stream", None)


def read_event(text: str) -> Event:
    """Build an event from its JSON."""
    told = json.loads(text)
    return Event(
        seq=told["seq"],
        ts=datetime.fromisoformat(told["ts"]),
        run_id=told.get("run_id"),
        agent_id=told.get("agent_id"),
        task_id=told.get("task_id"),
        kind=told["kind"],
        data=told.get("data") or {},
    )


def _messages(pieces: Iterator[bytes]) -> Iterator[str]:
    """Cut the bytes of a server-sent event stream into the data of its messages; comments keep it alive.

    Only a line feed ends a line here: splitting decoded text would also cut at U+2028, which JSON may contain.
    """
    buffer = b""
    data: list[bytes] = []
    for piece in pieces:
        *lines, buffer = (buffer + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                data.append(line[5:].strip())
            elif not line.strip() and data:
                yield b"\n".join(data).decode()
                data = []


def _hang_up(connection: socket.socket) -> None:
    """Wake a thread that reads from the connection; closing it would not."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other end was faster
