"""Commands of the agent's own in the worktree: run to their end, however short their time."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from asyncio import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

SHOWN = 4_000
"""How many characters of a command's output are shown: its end, where the result stands."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended, with what it wrote to stdout and to stderr."""

    command: str
    exit_code: int
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


async def run(command: Sequence[str], cwd: str, *, seconds: float = 600.0) -> Outcome:
    """Run a command in ``cwd``; after ``seconds`` it is ended, with exit code 124."""
    shown = shlex.join(command)
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=environment(), start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        return Outcome(shown, 127, str(error))
    try:
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate()
    except TimeoutError:
        return Outcome(shown, 124, f"ended after {seconds:.0f} seconds")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    code = process.returncode if process.returncode is not None else -1
    return Outcome(shown, code, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))


def environment() -> dict[str, str]:
    """Return what a command finds in its environment: no colours and no prompts."""
    return os.environ | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
