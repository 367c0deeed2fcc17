"""Ending a backend, and putting its state file aside."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import datetime
from itertools import count
from pathlib import Path

import httpx

from heph_nb.client.discovery import beside, find_state, read_backend_file, refuse_foreign
from heph_nb.client.launch import TIME_TO_END, answers, wait_until_gone
from heph_nb.errors import BackendUnavailableError, StateFileError, StateLockedError
from heph_nb.store.lock import StateLock, find_holder

_BACKEND = frozenset({"heph_nb.backend", "serve"})
"""What the command line of a backend has in it: ``python -m heph_nb.backend``, or ``heph serve``."""

_LOOK_AGAIN = 0.005
"""Seconds between two tries to take a lock: shorter than any backend takes to start."""

_OF_OTHERS = 3
_LOOK = f"""
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as file:
    tables = {{name for (name,) in file.execute("SELECT table_name FROM duckdb_tables()").fetchall()}}
sys.exit({_OF_OTHERS} if tables and "schema_version" not in tables else 0)
"""
"""Another process looks: this one may have the file open, and would drop its lock when it closes it."""

_TIME_TO_ANSWER = 3.0
"""Seconds in which whoever holds the lock shows where it can be asked; after that it is signalled."""


def shutdown(state: str | Path | None = None) -> bool:
    """End the backend of a state file in an orderly way, and wait until it has let go of the file.

    Work in progress is not lost: the next command starts a backend that goes on with it.

    Parameters
    ----------
    state : str or Path, optional
        The state file; without it the one that is found from the current directory.

    Returns
    -------
    bool
        False when no backend was running.

    Raises
    ------
    BackendUnavailableError
        It did not end in time.

    Examples
    --------
    >>> heph.shutdown()  # doctest: +SKIP
    True
    """
    state = find_state(state)
    pid = _ask(state) or _signal(state)
    if pid is None:
        return False
    wait_until_gone(pid)
    return True


def _ask(state: Path) -> int | None:
    """Ask the backend that the address file names to end; return its process id, None when it cannot be asked."""
    info = read_backend_file(state)
    if info is None or not answers(state, info):
        return None
    headers = {"Authorization": f"Bearer {info.token}"}
    try:
        with httpx.Client(base_url=info.url, headers=headers, timeout=10.0, trust_env=False) as http:
            http.post("/api/backend/shutdown").raise_for_status()
    except httpx.HTTPError:
        return None
    return info.pid


def _signal(state: Path) -> int | None:
    """Signal the process that holds the lock, if it is a backend; the address file may be lost, or wrong.

    Raises
    ------
    BackendUnavailableError
        Some other program holds the lock.
    """
    import psutil

    holder = find_holder(state)
    if holder is None:
        return None
    try:
        process = psutil.Process(holder.pid)
        if not _BACKEND & set(process.cmdline()):
            raise BackendUnavailableError(f"{state} is held by {holder}, which is no backend: end it there.")
        process.terminate()
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        message = f"The backend of {state}, {holder}, belongs to another user: only they can end it."
        raise BackendUnavailableError(message) from None
    return holder.pid


def move_aside(state: Path) -> Path | None:
    """Give a state file another name, ``<state>.old-<time>``; nothing is deleted.

    Returns
    -------
    Path or None
        Its new path; None when there was no such file.

    Raises
    ------
    StateFileError
        What is there is not a DuckDB file: it stays.
    StateLockedError
        A process that does not end holds it.
    """
    if not state.exists():
        shutdown(state)
        return None
    refuse_foreign(state)
    if find_holder(state) is None:
        _refuse_tables_of_others(state)
    lock = _take(state)
    try:
        if not state.exists():  # somebody else has moved it meanwhile
            return None
        kept = aside = beside(state, f".old-{datetime.now():%Y%m%dT%H%M%S}")  # noqa: DTZ005 - it is for the person
        numbers = count(2)
        while kept.exists():
            kept = beside(aside, f"-{next(numbers)}")
        wal = beside(state, ".wal")
        if wal.exists():
            wal.rename(beside(kept, ".wal"))
        state.rename(kept)
    finally:
        lock.release()
    return kept


def _refuse_tables_of_others(state: Path) -> None:
    """Refuse to put aside a database of the person; one that cannot be opened may be a state file that broke."""
    look = [sys.executable, "-P", "-c", _LOOK, str(state)]
    if subprocess.run(look, check=False, capture_output=True).returncode == _OF_OTHERS:
        raise StateFileError(
            f"{state} is a DuckDB file, but not one of heph_nb: it stays. Name another state file.", path=str(state)
        )


def _take(state: Path) -> StateLock:
    """Take the lock of a state file from its backend, and from any other that a client starts meanwhile."""
    lock, pause, begun = StateLock(state), threading.Event(), time.monotonic()
    asked: set[int | None] = set()
    while True:
        try:
            lock.acquire()
        except StateLockedError as error:
            pid, waited = error.facts.get("pid"), time.monotonic() - begun
            if waited > TIME_TO_END:
                raise
            if pid not in asked:
                asked.add(_ask(state) or (_signal(state) if waited > _TIME_TO_ANSWER else None))
            pause.wait(_LOOK_AGAIN)
        else:
            return lock
