"""The lock that decides who owns a state file: an ``flock`` on ``<state>.lock``, held until the owner ends.

It is taken before DuckDB opens the file and let go after DuckDB has closed it. DuckDB has a lock of its own, but that
one is dropped as soon as the owner opens and closes the file by other means, and taken too late to guard an opening.

The lock file is never deleted: a process that waits for the old one and a process that makes a new one would both win.
It holds who has the lock, for messages only. ``flock`` belongs to the open file, so reading it here disturbs nobody.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from heph_nb.errors import StateFileError, StateLockedError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lock, as they wrote it down.

    Attributes
    ----------
    pid : int
        The process.
    host : str
        The machine it runs on.
    """

    pid: int
    host: str

    def __str__(self) -> str:
        """Return for example ``python (pid 4711)``."""
        if self.host != socket.gethostname():
            return f"pid {self.pid} on {self.host}"
        return name_process(self.pid)


class StateLock:
    """The right to own one state file. Not shared between threads: whoever acquires it releases it.

    Parameters
    ----------
    path : Path
        The state file, which need not exist. Links are followed, so every name of a file has one lock.

    Examples
    --------
    >>> lock = StateLock(Path("/tmp/demo.duckdb"))
    >>> lock.acquire()
    >>> lock.release()
    """

    def __init__(self, path: Path) -> None:
        self.state = Path(path).resolve()
        self.path = self.state.with_name(self.state.name + ".lock")
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock, without waiting.

        Raises
        ------
        StateLockedError
            Somebody else has it; the message names them, ``facts`` has ``path``, ``pid`` and ``host``.
        StateFileError
            The directory does not exist, or nothing can be written there.
        """
        while self._fd is None:
            fd = self._open()
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_current(fd):
                    _write_holder(fd)
                    self._fd, fd = fd, -1
            except BlockingIOError:
                raise self._locked(_read_holder(fd)) from None
            except OSError as error:
                raise StateFileError(f"{self.path} cannot be locked: {error.strerror}.", path=str(self.path)) from None
            finally:
                if fd >= 0:
                    os.close(fd)

    @property
    def is_current(self) -> bool:
        """Whether the lock that is held still has its name, so that nobody else can have taken a new one."""
        return self._fd is not None and self._is_current(self._fd)

    def release(self) -> None:
        """Let go of the lock; the file stays.

        Closing it would not be enough: a child that is just being started shares it for an instant.
        """
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            folder = self.path.parent
            why = f"{folder} does not exist" if not folder.exists() else f"{self.path}: {error.strerror}"
            raise StateFileError(
                f"The state file {self.state} cannot be used, because its lock file cannot be written: {why}. "
                "Name a state file in a directory that you may write to.",
                path=str(self.state),
            ) from None

    def _is_current(self, fd: int) -> bool:
        """Return whether the locked file still has its name: somebody may have moved it away meanwhile."""
        try:
            return os.path.samestat(os.fstat(fd), self.path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _locked(self, holder: Holder | None) -> StateLockedError:
        facts = asdict(holder) if holder else {}
        return StateLockedError(
            f"The state file {self.state} is held by {holder or 'another process'}. "
            "Talk to that backend (heph.connect, `heph status`), or end it (`heph shutdown`).",
            path=str(self.state),
            **facts,
        )


def find_holder(state: Path) -> Holder | None:
    """Return the process of this machine that holds the lock of a state file, without touching the lock.

    It is the one that wrote itself down, if it still has the lock file open (a process id may be used again).
    """
    path = StateLock(state).path
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        holder = _read_holder(fd)
    finally:
        os.close(fd)
    if holder is None or holder.host != socket.gethostname():
        return None
    import psutil

    try:
        opened = [file.path for file in psutil.Process(holder.pid).open_files()]
    except psutil.AccessDenied:
        return holder
    except psutil.Error:
        return None
    return holder if str(path) in opened else None


def name_process(pid: int) -> str:
    """Return the name and id of a process of this machine, for a message."""
    import psutil

    try:
        return f"{psutil.Process(pid).name()} (pid {pid})"
    except psutil.Error:
        return f"pid {pid}"


def _write_holder(fd: int) -> None:
    text = json.dumps(asdict(Holder(os.getpid(), socket.gethostname())))
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)


def _read_holder(fd: int) -> Holder | None:
    """Return who has the lock; None in the instant in which they have it but have not written it down."""
    try:
        known = json.loads(os.pread(fd, 1000, 0))
        return Holder(int(known["pid"]), str(known["host"]))
    except (ValueError, KeyError, TypeError):
        return None
