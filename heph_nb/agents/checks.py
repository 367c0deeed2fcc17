"""Checks: a command of the person, its exit code, and what it printed. It runs code that an agent wrote.

The backend decides by them; the built-in agent runs them the same way, to look before it hands in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import signal
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from heph_nb.agents.ownership import MARK
from heph_nb.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMED_OUT = 124
"""The exit code of a check that did not end in time, as of ``timeout(1)``."""

OUTPUT_LIMIT = 20_000
"""Characters of output that are kept by default."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER", "LOGNAME", "VIRTUAL_ENV", MARK)
_TAG = "HEPH_CHECK"
_PLACEHOLDER = re.compile(r"\{(python|base|tests|report)\}")
_SHOWN = 4_000
_DRAIN = 2.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check ended.

    Attributes
    ----------
    command : str
        The command line.
    exit_code : int
        0 passed; 124 not in time; 128 + n ended by signal n.
    seconds : float
        Wall time.
    output : str
        Standard output and error as they came; of a long one the beginning and the end.
    """

    command: str
    exit_code: int
    seconds: float
    output: str

    @property
    def passed(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0

    @property
    def tail(self) -> str:
        """The end of the output, where a result stands."""
        return self.output[-_SHOWN:].strip()


def fill(check: str, *, base: str, tests: Sequence[str], report: str | Path) -> str | None:
    """Put the values of the placeholders into a phase's check, quoted for the shell.

    Parameters
    ----------
    check : str
        A command line with ``{python}``, ``{base}``, ``{tests}`` or ``{report}`` in it.
    base : str
        The commit before the work.
    tests : sequence of str
        The test files that the work adds or changes.
    report : str or Path
        Where a JUnit XML report may go.

    Returns
    -------
    str or None
        None when the check is about tests and there are none.

    Examples
    --------
    >>> fill("pytest {tests}", base="", tests=["a b.py"], report="r.xml")
    "pytest 'a b.py'"
    >>> fill("pytest {tests}", base="", tests=[], report="r.xml") is None
    True
    """
    if "{tests}" in check and not tests:
        return None
    values = {
        "python": shlex.quote(sys.executable),
        "base": shlex.quote(base),
        "tests": shlex.join(tests),
        "report": shlex.quote(str(report)),
    }
    return _PLACEHOLDER.sub(lambda match: values[match[1]], check)


def check_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a check: the little that commands need, no tokens, and ``extra``.

    Programs of this Python's environment (pytest, say) are found if the person's ``PATH`` has none of that name.
    Python writes no bytecode: a merge changes files faster than their time stamps tell, and a stale cache would let
    a check pass on code that is not there.

    Example
    -------
    >>> "PATH" in check_environment()
    True
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = str(Path(sys.executable).parent)
    path = environment.get("PATH", os.defpath).split(os.pathsep)
    environment["PATH"] = os.pathsep.join(path if own in path else [*path, own])
    return {**environment, "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}


async def run_check(
    command: str,
    cwd: str | Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 600.0,  # noqa: ASYNC109 - the tree of processes is to be killed, not only the waiting ended
    output_limit: int = OUTPUT_LIMIT,
) -> CheckResult:
    r"""Run one command line with ``sh``, in a session of its own, and end everything it started.

    Parameters
    ----------
    command : str
        As one types it.
    cwd : str or Path
        Where it runs.
    env : mapping of str to str, optional
        Added to `check_environment`.
    timeout : float
        Seconds; then all its processes are killed.
    output_limit : int
        Characters of output to keep.

    Returns
    -------
    CheckResult

    Raises
    ------
    InvalidError
        ``cwd`` is not a directory.

    Example
    -------
    >>> asyncio.run(run_check("echo hello", ".")).output
    'hello\n'
    """
    if not await asyncio.to_thread(os.path.isdir, cwd):
        raise InvalidError(f"{cwd} is not a directory; a check needs one to run in")
    tag = uuid.uuid4().hex
    started = time.monotonic()
    output = _Output(output_limit)
    try:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, cwd=cwd, env={**check_environment(env), _TAG: tag}, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=output.writer, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output.listen()
        code, late = await _finish(process, timeout, output, tag)
    except (OSError, ValueError) as error:
        seconds = time.monotonic() - started
        return CheckResult(command, 126, seconds, f"the command could not be started: {error}\n")
    finally:
        output.close()
    return CheckResult(command, code, time.monotonic() - started, output.text() + _remark(code, late, timeout))


async def _finish(process: asyncio.subprocess.Process, allowed: float, output: _Output, tag: str) -> tuple[int, bool]:
    late = False
    try:
        await asyncio.wait_for(process.wait(), allowed)
    except TimeoutError:
        late = True
        await _end(process, tag)
    except asyncio.CancelledError:
        await asyncio.shield(_end(process, tag))
        raise
    # A daemon that left the session may hold the output or not; looking for it takes some milliseconds.
    await asyncio.to_thread(_kill_all, process.pid, tag)
    await output.ended(_DRAIN)
    code = process.returncode if process.returncode is not None else TIMED_OUT
    return (TIMED_OUT if late else 128 - code if code < 0 else code), late


async def _end(process: asyncio.subprocess.Process, tag: str) -> None:
    await asyncio.to_thread(_kill_all, process.pid, tag)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _DRAIN)
    # Who was in the middle of an exec had no environment that could be read.
    await asyncio.to_thread(_kill_all, process.pid, tag)


def _remark(code: int, late: bool, timeout: float) -> str:
    if late:
        return f"\n[stopped after {timeout:g} seconds, with everything it had started]\n"
    if code > 128 and code - 128 in set(signal.Signals):
        return f"\n[ended by {signal.Signals(code - 128).name}]\n"
    return ""


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _kill_all(pid: int, tag: str) -> None:
    # A process that left the session and its parents still has the environment it was born with. It may start
    # others while it is being looked for, so the last round is one that finds nobody (a zombie is nobody).
    _kill_group(pid)
    deadline = time.monotonic() + _DRAIN
    while time.monotonic() < deadline:
        found = [process for process in psutil.process_iter() if _carries(process, tag)]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.kill()


def _carries(process: psutil.Process, tag: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_TAG) == tag
    except (psutil.Error, OSError):
        return False


class _Output:
    """Reads a pipe to its end, keeping the beginning and the end of what comes."""

    def __init__(self, limit: int) -> None:
        # A pipe of our own: waiting for a process of asyncio's with a pipe of asyncio's waits for both.
        self._descriptor, self.writer = os.pipe()
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0
        self._end = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        os.set_blocking(self._descriptor, False)

    def listen(self) -> None:
        os.close(self.writer)
        self.writer = -1
        self._loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._descriptor)
            self._end.set()
            return
        self._size += len(data)
        room = self._half - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[max(room, 0) :]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    async def ended(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._end.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
        if not self._end.is_set():
            self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def text(self) -> str:
        tail = bytes(self._tail[-self._half :])
        left_out = self._size - len(self._head) - len(tail)
        gap = f"\n[… {left_out} bytes left out …]\n".encode() if left_out > 0 else b""
        # The state file and JSON take any text but a NUL.
        return (bytes(self._head) + gap + tail).decode("utf-8", "replace").replace("\0", "\ufffd")
