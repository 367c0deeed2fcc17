"""Commands in the worktree: run to their end, or ended with everything they started."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
import time
from asyncio import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

SHOWN = 4_000
"""How many characters of a command's output are shown: its end, where the result stands."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended. ``seconds`` is wall time; ``output`` holds stderr too unless that was kept apart."""

    command: str
    exit_code: int
    seconds: float
    output: str
    errors: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended with exit code 0."""
        return self.exit_code == 0

    @property
    def tail(self) -> str:
        """The end of what it said."""
        return (self.output + self.errors)[-SHOWN:].strip()


async def run(command: Sequence[str] | str, cwd: str, *, seconds: float = 600.0, apart: bool = False) -> Outcome:
    """Run a command (a list, or a line for the shell) in a process group of its own.

    Parameters
    ----------
    command : sequence of str, or str
        A line is run by ``/bin/sh``: a workflow's checks are written that way.
    cwd : str
        Where it runs.
    seconds : float
        Time in seconds after which it is ended, with exit code 124.
    apart : bool
        Whether stderr is kept apart from stdout.
    """
    shown = command if isinstance(command, str) else shlex.join(command)
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    started = time.monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=cwd, env=environment(), start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE if apart else subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        return Outcome(shown, 127, time.monotonic() - started, str(error))
    try:
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate()
        code = process.returncode if process.returncode is not None else -1
        text, apart_text = (part.decode("utf-8", "replace") if part else "" for part in (output, errors))
    except TimeoutError:
        code, text, apart_text = 124, f"ended after {seconds:.0f} seconds", ""
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return Outcome(shown, code, time.monotonic() - started, text, apart_text)


def environment() -> dict[str, str]:
    """Return what a command finds in its environment: no colours, no prompts, no bytecode left behind."""
    return os.environ | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def expand(check: str, *, base: str, tests: Sequence[str], report: str) -> str | None:
    """Fill in a phase's check. None when it is about tests and there are none.

    Parameters
    ----------
    check : str
        A command line with ``{python}``, ``{base}``, ``{tests}`` or ``{report}`` in it.
    base : str
        The commit before the work.
    tests : sequence of str
        The test files that the work adds or changes.
    report : str
        Where a JUnit XML report may go.

    Examples
    --------
    >>> expand("make lint", base="", tests=[], report="")
    'make lint'
    >>> expand("{python} -m pytest {tests}", base="", tests=[], report="") is None
    True
    """
    if "{tests}" in check and not tests:
        return None
    values = {
        "python": shlex.quote(sys.executable),
        "base": shlex.quote(base),
        "tests": shlex.join(tests),
        "report": shlex.quote(report),
    }
    return re.sub(r"\{(python|base|tests|report)\}", lambda found: values[found[1]], check)
