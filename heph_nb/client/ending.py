"""Ending a backend, and putting its state file aside."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import httpx

from heph_nb.client.discovery import beside, find_state, read_backend_file
from heph_nb.client.launch import answers, wait_until_gone
from heph_nb.errors import BackendUnavailableError
from heph_nb.store.lock import StateLock


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
    info = read_backend_file(state)
    if info is None or not answers(state, info):
        return False
    headers = {"Authorization": f"Bearer {info.token}"}
    try:
        with httpx.Client(base_url=info.url, headers=headers, timeout=10.0, trust_env=False) as http:
            http.post("/api/backend/shutdown").raise_for_status()
    except httpx.HTTPError as error:
        raise BackendUnavailableError(f"The backend of {state} (pid {info.pid}) cannot be ended: {error}.") from None
    wait_until_gone(info)
    return True


def move_aside(state: Path) -> Path | None:
    """Give a state file another name, ``<state>.old-<time>``; nothing is deleted.

    Returns
    -------
    Path or None
        Its new path; None when there was no such file.

    Raises
    ------
    StateFileError
        Another process holds it.
    """
    shutdown(state)
    if not state.exists():
        return None
    lock = StateLock(state)
    lock.acquire()
    try:
        kept = beside(state, f".old-{datetime.now():%Y%m%dT%H%M%S}")  # noqa: DTZ005 - the person's clock names the file
        number = 1
        while kept.exists():
            number += 1
            kept = beside(state, f".old-{datetime.now():%Y%m%dT%H%M%S}-{number}")  # noqa: DTZ005
        wal = beside(state, ".wal")
        if wal.exists():
            wal.rename(beside(kept, ".wal"))
        state.rename(kept)
    finally:
        lock.release()
    return kept
