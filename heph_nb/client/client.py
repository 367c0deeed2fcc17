"""Talking to the backend: one HTTP client that starts the backend when it is not there, and goes on when it is back.

Requests that surely did not arrive are sent again. Requests that create something carry a key, so that the backend
recognises a second one; all others are only sent again when doing them twice is the same as doing them once.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
import uuid
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import httpx

from heph_nb.client.discovery import BackendInfo, existing_state, find_state
from heph_nb.client.feed import ChangeStream, EventStream, OutputStream
from heph_nb.client.launch import ensure_backend, wait_until_gone
from heph_nb.errors import BY_CODE, BackendUnavailableError, HephError, InvalidError, NotFoundError

if TYPE_CHECKING:
    import pyarrow as pa

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_SQL_MARGIN = 60.0
"""Seconds beyond its own time-out in which a query is answered: for the queue, and for a large answer."""

_RECONNECTS = 6
"""How often one request may find the backend gone before the caller is told."""


@dataclass(frozen=True, slots=True)
class _Link:
    """A backend and the open connections to it."""

    info: BackendInfo
    http: httpx.Client


class Client:
    """A connection to the backend of one state file; threads may share it.

    Parameters
    ----------
    state : str or Path, optional
        The state file; without it the one that :func:`heph_nb.client.discovery.find_state` finds.
    create : bool
        Whether the state file may be created; otherwise it must exist.

    Raises
    ------
    NotFoundError
        There is no state file and it may not be created.

    Examples
    --------
    >>> client = Client("hephaestus.duckdb")  # doctest: +SKIP
    >>> client.call("tickets/create", {"title": "Parser", "requirement_ids": ["R-001"]})  # doctest: +SKIP
    {'success': True, 'ticket_id': 'ticket-...', 'status': 'backlog', 'message': 'Ticket created successfully'}
    """

    def __init__(self, state: str | Path | None = None, *, create: bool = False) -> None:
        self.state: Path = find_state(state) if create else existing_state(state)
        self._may_create = create
        self._lock = threading.Lock()
        self._link: _Link | None = None
        self._refused: BackendInfo | None = None
        self._closed = False
        self._finishers: list[weakref.finalize] = []
        _clients.add(self)

    @property
    def info(self) -> BackendInfo:
        """Where the backend listens now; it is started when there is none."""
        return self._connect().info

    def health(self) -> dict[str, Any]:
        """Return what is true of the backend's store, scheduler and monitor at this moment."""
        return self._send("GET", "/health").json()

    def call(self, operation: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Carry out an operation.

        Parameters
        ----------
        operation : str
            Noun and verb, such as ``tickets/create``; /docs of the backend lists all.
        fields : mapping, optional
            What the operation takes: JSON values, or values and columns of numpy and pandas. What creates something
            gets a key of its own if it has none.

        Returns
        -------
        dict
            The answer, ``{"success": True, ..., "message": "..."}``.

        Raises
        ------
        InvalidError
            A field holds something that is no value.
        HephError
            The class that belongs to the ``code`` of the answer (see :data:`heph_nb.errors.BY_CODE`).
        """
        from heph_nb.backend.operations import find_operation

        body = dict(fields or {})
        if "idempotency_key" in find_operation(operation).request.model_fields:
            body.setdefault("idempotency_key", uuid.uuid4().hex)
        content = json.dumps(body, default=partial(_as_json, operation))
        return self._send("POST", f"/api/{operation}", content=content).json()

    def get(self, noun: str, *parts: str, **query: Any) -> dict[str, Any]:
        """Read records, ``get("tickets", run_id=..., limit=50)``, or one of them, ``get("tickets", "ticket-...")``."""
        path = "/".join(["/api", noun, *(quote(part, safe="") for part in parts)])
        return self._send("GET", path, params={k: v for k, v in query.items() if v is not None}).json()

    def sql(self, query: str, limit: int | None = None, timeout: float = 60.0) -> pa.Table:
        """Run one read-only SELECT over the whole state file.

        Parameters
        ----------
        query : str
            One statement of type SELECT, or DESCRIBE, SHOW or SUMMARIZE of a view.
        limit : int, optional
            At most so many rows.
        timeout : float
            Seconds after which the backend stops it.

        Raises
        ------
        SqlRefusedError
            The query is something else, DuckDB refused it, or it took too long.
        BusyError
            Too many other queries are running.
        """
        import pyarrow as pa

        body: dict[str, Any] = {"query": query, "timeout": timeout} | ({} if limit is None else {"limit": limit})
        patience = httpx.Timeout(timeout + _SQL_MARGIN, connect=5.0)
        answer = self._send("POST", "/api/sql", json=body, timeout=patience)
        with pa.ipc.open_stream(pa.py_buffer(answer.content)) as reader:
            return reader.read_all()

    def stream(self, after: int, run_id: str | None = None) -> EventStream:
        """Follow the events after a sequence number, as they happen, across restarts of the backend."""
        return EventStream(self, after, run_id)

    def changes(self, run_id: str) -> ChangeStream:
        """Follow a run as it is: first all of it, then whatever changed, at most ten times a second."""
        return ChangeStream(self, run_id)

    def output(self, agent_id: str) -> OutputStream:
        """Follow what an agent says and does: the newest part of it at once, then at most ten messages a second."""
        return OutputStream(self, agent_id)

    @contextmanager
    def open_stream(self, path: str, after: int | None) -> Iterator[httpx.Response]:
        """Open one connection to a stream; it ends with the backend. Most callers want :meth:`stream`."""
        link = self._connect()
        timeout = httpx.Timeout(None, connect=5.0)
        params = {} if after is None else {"after": after}
        try:
            with link.http.stream("GET", path, params=params, timeout=timeout) as answer:
                if answer.status_code == 401:
                    self._drop(link, refused=True)
                if answer.is_error:
                    answer.read()
                    raise _error(answer)
                yield answer
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._drop(link)
            raise

    def close(self) -> None:
        """Close the connections; the backend goes on."""
        with self._lock:
            self._closed = True
            self._link = None
        for finish in self._finishers:
            finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(state={self.state.name!r})"

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        for _ in range(_RECONNECTS):
            link = self._connect()
            try:
                answer = link.http.request(method, path, **content)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                self._drop(link)
                continue
            except httpx.TimeoutException as error:
                raise BackendUnavailableError(f"The backend of {self.state} did not answer in time.") from error
            except httpx.TransportError:
                continue  # cut off in the middle; whether the backend is gone shows when we connect again
            if answer.status_code == 401:
                self._drop(link, refused=True)
                continue
            if answer.status_code == 503 and isinstance(_error(answer), BackendUnavailableError):
                wait_until_gone(link.info.pid)  # it is ending, and takes no more; the next one may begin when it has
                self._drop(link)
                continue
            if answer.is_error:
                raise _error(answer)
            return answer
        raise BackendUnavailableError(f"The backend of {self.state} went away {_RECONNECTS} times during one request.")

    def _connect(self) -> _Link:
        with self._lock:
            if self._closed:
                raise BackendUnavailableError(f"This client of {self.state} was closed.")
            if self._link is None:
                if not self._may_create and not self.state.exists():
                    raise NotFoundError(
                        f"The state file {self.state} was deleted or moved away; "
                        "`heph bootstrap` starts a new one, heph.connect(path) finds a moved one.",
                        path=str(self.state),
                    )
                info = ensure_backend(self.state, self._refused)
                http = _http(info)
                self._finishers.append(weakref.finalize(self, http.close))  # also when the handle is forgotten
                self._link = _Link(info, http)
                self._may_create = False
            return self._link

    def _drop(self, link: _Link, *, refused: bool = False) -> None:
        """Forget a backend that does not answer; the next request looks for it again.

        Its connections stay open: another thread may still read from one, and closing it under its hands would leave
        that thread waiting for the end of a timeout instead of showing it that the backend is gone.
        """
        with self._lock:
            if self._link is link:
                self._link = None
                self._refused = link.info if refused else None

    def begin_anew(self) -> None:
        """Forget locks and connections in a child that was forked: they belong to threads of the parent."""
        self._lock = threading.Lock()
        self._link = None
        for finish in self._finishers:
            finish.detach()
        self._finishers = []


_clients: weakref.WeakSet[Client] = weakref.WeakSet()
"""What a forked child has to begin anew."""


def _after_fork() -> None:
    for client in list(_clients):
        client.begin_anew()


os.register_at_fork(after_in_child=_after_fork)


def _http(info: BackendInfo) -> httpx.Client:
    headers: Mapping[str, str] = {"Authorization": f"Bearer {info.token}"}
    no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading the system's certificates would take 30 ms for nothing
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    return httpx.Client(
        base_url=info.url, headers=headers, timeout=_TIMEOUT, limits=limits, trust_env=False, verify=no_tls
    )


def _as_json(operation: str, value: Any) -> Any:
    """Return a value or column of numpy or pandas, or a path, as JSON has it."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    kind = type(value).__name__
    raise InvalidError(f"{operation} takes text, numbers and lists of them, not a {kind}: {value!r:.80}")


def _error(answer: httpx.Response) -> HephError:
    try:
        told = answer.json()
        detail, code = str(told["detail"]), str(told["code"])
    except (ValueError, KeyError, TypeError):
        return BackendUnavailableError(f"The backend answered {answer.status_code} to {answer.request.url.path}.")
    return BY_CODE.get(code, HephError)(detail)
