"""Starting a backend for a state file, so that clients which start at the same moment end up with one.

The truth is the lock that a backend holds on ``<state>.lock``. A backend that does not get it exits with
:data:`LOST`; its client then waits until the winner has written ``<state>.backend.json``.
"""

from __future__ import annotations

import fcntl
import http.client
import importlib.metadata
import json
import os
import selectors
import shlex
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import heph_nb
from heph_nb import settings
from heph_nb.client.discovery import BackendInfo, beside, keep_out_of_git, read_backend_file, refuse_foreign
from heph_nb.errors import BY_CODE, BackendUnavailableError, HephError, StateFileError
from heph_nb.store.lock import Holder, find_holder

LOST = 75
"""The exit code of a backend that found the state file owned by another one."""

_LOOK_AGAIN = 0.05
"""Seconds between two looks at what another process does that cannot signal us."""

TIME_TO_END = 20.0
"""Seconds in which a backend that was asked to end must have ended, and let go of its lock."""

_TRUST_WINNER = 2.0
"""Seconds in which the winner of a race shows itself; after that it may have died, and we try again."""


def running_backend(state: Path) -> BackendInfo | None:
    """Return the backend that has the state file open, or None when none answers.

    Raises
    ------
    BackendUnavailableError
        It belongs to another version of heph_nb.
    """
    info = read_backend_file(state)
    if info is None or not answers(state, info):
        return None
    if info.version != heph_nb.__version__:
        raise BackendUnavailableError(
            f"The backend of {state} runs heph_nb {info.version}, this is {heph_nb.__version__}: "
            f"end it with {_shutdown(state)}; the next command starts one of this version.",
            theirs=info.version,
            ours=heph_nb.__version__,
        )
    return info


def ensure_backend(state: Path, other_than: BackendInfo | None = None) -> BackendInfo:
    """Return the backend of a state file; start one when there is none.

    Parameters
    ----------
    state : Path
        Absolute path of the state file; the backend creates it when it does not exist.
    other_than : BackendInfo, optional
        What did not accept its own token; only another backend than this is good enough.

    Raises
    ------
    BackendUnavailableError
        None could be started in ``HEPH_START_SECONDS``; the message shows the end of its log.
    HephError
        The backend says why it cannot serve this file (not DuckDB, newer schema, held by another program, ...).
    """
    deadline = time.monotonic() + settings.load().start_seconds
    while True:
        info = running_backend(state)
        if info is not None and info != other_than:
            return info
        holder = find_holder(state)
        if time.monotonic() > deadline:
            raise _silent(state, holder)
        if holder is not None or not _start(state, deadline):
            _wait_for_winner(state, other_than, deadline, trust=_TRUST_WINNER if holder is None else 0.0)


def wait_until_gone(pid: int) -> None:
    """Wait until the backend with this process id, which is ending, has ended, and so has let go of its lock.

    Raises
    ------
    BackendUnavailableError
        It takes too long.
    """
    import psutil

    deadline = time.monotonic() + TIME_TO_END
    try:
        process = psutil.Process(pid)
        while time.monotonic() < deadline:
            try:
                process.wait(_LOOK_AGAIN)
            except psutil.TimeoutExpired:
                if process.status() == psutil.STATUS_ZOMBIE:  # it has ended; its parent has not asked yet
                    return
            else:
                return
    except psutil.NoSuchProcess:
        return
    message = f"The backend with pid {pid} is ending, but has not ended in {TIME_TO_END:g} s."
    raise BackendUnavailableError(message)


def answers(state: Path, info: BackendInfo) -> bool:
    """Ask without a token: another program, or another file's backend, may have the port of one that is gone."""
    where = urlsplit(info.url)
    try:
        link = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5.0)
        with closing(link):
            link.request("GET", "/health")
            told = json.loads(link.getresponse().read())
            return told["state"] == os.fsencode(state).decode("utf-8", "surrogateescape") and not told.get("lost")
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False


def _start(state: Path, deadline: float) -> bool:
    """Start a backend and wait until it serves; False when another one owns the file."""
    try:
        refuse_foreign(state)
    except StateFileError:
        if find_holder(state) is not None:  # it is just being made
            return False
        raise
    keep_out_of_git(state.parent, f"{state.name}*")
    ready, told = map(_above_standard, os.pipe())
    command = [sys.executable, "-X", "utf8", "-P", "-m", "heph_nb.backend"]
    command += ["--state", str(state), "--ready-fd", str(told)]
    try:
        with open(beside(state, ".backend.log"), "ab", opener=_private) as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(told,),
                start_new_session=True,
                cwd=state.parent,
                env=settings.child_environment(**_import_path()),
            )
    except OSError as error:
        os.close(ready)
        raise StateFileError(f"No backend can be started in {state.parent}: {error.strerror}.") from None
    finally:
        os.close(told)
    threading.Thread(target=process.wait, name="heph-backend-reaper", daemon=True).start()
    with os.fdopen(ready, "rb") as pipe:
        line = _first_line(pipe.fileno(), deadline)
    if line.startswith(b"http"):
        return True
    if line:
        raise refusal(state, line)
    code = process.wait(timeout=max(0.1, deadline - time.monotonic()))
    if code == LOST:
        return False
    raise BackendUnavailableError(
        f"The backend for {state} ended with exit code {code} before it could serve.{_log_tail(state)}", exit_code=code
    )


def _above_standard(fd: int) -> int:
    """Return a descriptor that is none of a child's standard ones, whatever was closed here."""
    if fd > 2:
        return fd
    other = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return other


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _first_line(fd: int, deadline: float) -> bytes:
    """Read one line; empty when the other end closed first, which means that the process ended."""
    text = b""
    while b"\n" not in text:
        if not _readable(fd, deadline):
            seconds = settings.load().start_seconds
            raise BackendUnavailableError(f"The backend did not come up in {seconds:g} s (HEPH_START_SECONDS).")
        piece = os.read(fd, 4096)
        if not piece:
            return b""
        text += piece
    return text.strip()


def _readable(fd: int, deadline: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        return bool(selector.select(max(0.0, deadline - time.monotonic())))


def refusal(state: Path, line: bytes) -> HephError:
    """Return the error that a backend told of when it could not serve, in the line that it wrote to ``--ready-fd``."""
    try:
        told = json.loads(line)
        return BY_CODE.get(told["code"], BackendUnavailableError)(told["detail"])
    except (ValueError, KeyError, TypeError):
        return BackendUnavailableError(f"The backend for {state} could not start.{_log_tail(state)}")


def _wait_for_winner(state: Path, other_than: BackendInfo | None, deadline: float, trust: float) -> None:
    """Wait until the backend that won shows itself in its file; nobody can signal us, it is not our child.

    A backend whose file was lost writes it again within a second. A winner that dies instead leaves the lock free, and
    then the caller tries again.
    """
    begun = time.monotonic()
    pause = threading.Event()
    while time.monotonic() < deadline:
        info = read_backend_file(state)
        if info is not None and info != other_than and answers(state, info):
            return
        pause.wait(_LOOK_AGAIN)
        if time.monotonic() > begun + trust and find_holder(state) is None:
            return


def _silent(state: Path, holder: Holder | None) -> BackendUnavailableError:
    if holder is None:
        return BackendUnavailableError(f"A backend of {state} was started, but it does not answer.{_log_tail(state)}")
    return BackendUnavailableError(
        f"The backend of {state} is {holder}: it holds the file, but does not answer. "
        f"{_shutdown(state)} ends it, and the next command starts another.{_log_tail(state)}",
        pid=holder.pid,
    )


def _shutdown(state: Path) -> str:
    return f"`heph shutdown --state {shlex.quote(str(state))}`"


def _import_path() -> dict[str, str]:
    """Return what the child needs to import heph_nb: nothing, unless this is a checkout that was never installed."""
    try:
        importlib.metadata.distribution("heph_nb")
    except importlib.metadata.PackageNotFoundError:
        root = str(Path(heph_nb.__file__).parent.parent)
        known = settings.child_environment().get("PYTHONPATH")
        return {"PYTHONPATH": os.pathsep.join(filter(None, (root, known)))}
    return {}


def _log_tail(state: Path, lines: int = 5) -> str:
    try:
        text = beside(state, ".backend.log").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    tail = text.strip().splitlines()[-lines:]
    return "".join(f"\n  {line}" for line in tail)
