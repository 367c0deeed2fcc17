"""Ownership: which processes are ours, and ending them, with all that they started and nothing else.

A process is known by its id *and* its start time, because ids are used again. What an agent started is found three
ways: as its descendants, as members of its session (it leads one), and by a mark in the environment, which a daemon
that left both still carries. A process that none of these proves to be ours is never signalled.

Everything here blocks for some milliseconds; call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

import os
import select
import signal
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "HEPH_PROCESS"
"""The environment variable that marks the process of an agent or a check and, by inheritance, what it starts."""

_CLOCK = 2.0
"""Seconds by which a start time may seem to move: it is derived from the boot time, which follows the clock."""

_ROUNDS = 20

_PATIENCE = 1.0
"""Seconds that the processes killed in one round have to disappear."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of ours: it cannot be mistaken for another that gets the same id later.

    ``pid`` is also the id of its session and process group. ``started`` is seconds since the epoch.
    """

    pid: int
    started: float
    mark: str | None = None

    def process(self) -> psutil.Process | None:
        """Return the process if it is still there and still this one; a zombie is gone."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def new_mark(owner: str) -> str:
    """Return a mark for one process of this owner (the path of the state file)."""
    return f"{uuid.uuid4().hex}@{owner}"


def tree(identity: Identity, *, held: bool = False) -> list[psutil.Process]:
    """Return the living processes that belong to it, itself included; never this process or one it descends from.

    ``held`` says that it has ended, but its exit status was not collected: its id cannot be in use again yet.
    """
    root = identity.process()
    leads = held or root is not None
    found: dict[int, psutil.Process] = {}
    for process in _processes():
        in_session = leads and _session_of(process.pid) == identity.pid
        if in_session or (identity.mark is not None and _mark_of(process) == identity.mark):
            found[process.pid] = process
    if root is not None:
        found[root.pid] = root
    for process in list(found.values()):
        found.update((child.pid, child) for child in _descendants(process))
    return _living(found)


def end_tree(identity: Identity, *, gentle: bool = False, held: bool = False) -> list[int]:
    """Kill a process and everything it started; return the ids that were signalled.

    Parameters
    ----------
    identity : Identity
        The process; it may be gone already.
    gentle : bool
        Send SIGTERM, once, and do not wait. Otherwise SIGKILL, again and again until nothing is left.
    held : bool
        See ``tree``.
    """
    if gentle:
        return _signal(tree(identity, held=held), signal.SIGTERM)
    return _end_all(lambda: tree(identity, held=held))


def kill_orphan(pid: int, started: float) -> list[int]:
    """Kill the tree of a process that an earlier backend started, if it is still that process.

    Parameters
    ----------
    pid : int
        Its id, as recorded.
    started : float
        Its start time, as recorded, in seconds since the epoch. A process with another start time is left alone.

    Returns
    -------
    list of int
        The ids of the processes that were killed; empty if it is gone.

    Examples
    --------
    >>> kill_orphan(os.getppid(), started=0.0)
    []
    """
    process = Identity(pid, started).process()
    if process is None:
        return []
    return end_tree(Identity(pid, started, _mark_of(process)))


def kill_orphans(owner: str) -> list[int]:
    """Kill whatever carries a mark of this owner, with all that it started; return the ids that were killed.

    For a backend that has just taken the lock of its state file: what was started for that file before is nobody's
    now, also where no row could be written about it.
    """

    def marked() -> list[psutil.Process]:
        everything = list(_processes())
        found = {p.pid: p for p in everything if (_mark_of(p) or "").partition("@")[2] == owner}
        started = [p for p in everything if _session_of(p.pid) in found] if found else []
        for process in [*found.values(), *started]:
            found.update((p.pid, p) for p in (process, *_descendants(process)))
        return _living(found)

    return _end_all(marked) if owner else []


def _end_all(find: Callable[[], list[psutil.Process]]) -> list[int]:
    killed: list[int] = []
    for _ in range(_ROUNDS):
        # A process may fork between being seen and being killed; its child is found in the next round.
        processes = find()
        if not processes:
            break
        killed += _signal(processes, signal.SIGKILL)
        deadline = time.monotonic() + _PATIENCE
        for process in processes:
            _await_end(process, deadline)
    return list(dict.fromkeys(killed))


def _signal(processes: list[psutil.Process], number: signal.Signals) -> list[int]:
    signalled: list[int] = []
    for process in processes:
        try:
            # psutil compares the start time once more, immediately before it sends.
            process.send_signal(number)
        except psutil.Error:
            continue
        signalled.append(process.pid)
    return signalled


def _await_end(process: psutil.Process, deadline: float) -> None:
    """Wait until it has ended, without collecting its exit status: that is for its parent, which may be us."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # not Linux, or not allowed here
        while time.monotonic() < deadline and not _is_zombie(process):
            time.sleep(0.005)
        return
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        ended.poll(max(0.0, deadline - time.monotonic()) * 1000)
    finally:
        os.close(descriptor)


def _processes() -> Iterator[psutil.Process]:
    # Not psutil.process_iter(): it may hand out what it remembers of an earlier process with the same id.
    for pid in psutil.pids():
        try:
            yield psutil.Process(pid)
        except psutil.Error:
            continue


def _living(found: dict[int, psutil.Process]) -> list[psutil.Process]:
    me = psutil.Process()
    spared = {me.pid, *(parent.pid for parent in me.parents())}
    return [process for pid, process in found.items() if pid not in spared and not _is_zombie(process)]


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
