"""Child: a program that we started, with its pipes, until it and everything it started is gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from heph_nb.agents.ownership import Identity, end_tree
from heph_nb.agents.pipes import PipeReader, PipeWriter
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from heph_nb.agents.output_log import OutputLog

_UNKILLABLE = 30.0
"""Seconds after SIGKILL until we say that a process cannot be killed."""


class Child:
    """A running program. Whoever starts it calls ``end``, also when it has ended by itself.

    Not asyncio's subprocess: there, waiting for the process also waits for whoever else holds its pipes; under uvloop
    a child may inherit descriptors; and its exit status is collected before what it left behind can be found.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    cwd : Path
        Its working directory.
    environment : mapping
        Its whole environment.
    mark : str
        The value of ``ownership.MARK`` in it.
    log : OutputLog
        Where its stderr goes; closed by ``end``.

    Attributes
    ----------
    pid, started : int, float
        Its id and start time, which name it for ever.
    ended : asyncio.Event
        Set when it is gone, and everything that it started.
    exit_code : int or None
        Negative for a signal; None while it runs.

    Raises
    ------
    OSError, ValueError
        It cannot be started.
    """

    def __init__(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], mark: str, log: OutputLog
    ) -> None:
        self._loop = asyncio.get_running_loop()
        # Popen without preexec_fn executes at once: no copy of this process, with its open state file, ever runs.
        self._popen = child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
        )
        if child.stdin is None or child.stdout is None or child.stderr is None:
            raise OSError("there are no pipes to it")
        self.pid = child.pid
        # It cannot be gone yet: nobody has collected its exit status.
        self.started = psutil.Process(child.pid).create_time()
        self.ended = asyncio.Event()
        self.exit_code: int | None = None
        self.log = log
        self.stdin = PipeWriter(child.stdin)
        self.stdout = PipeReader(child.stdout)
        self._stderr = PipeReader(child.stderr)
        self._identity = Identity(self.pid, self.started, mark)
        self._when_ended: list[Callable[[], None]] = []
        self._logging = asyncio.create_task(self._keep_stderr(), name=f"heph.agent.stderr.{self.pid}")
        threading.Thread(target=self._wait, name=f"heph-agent-{self.pid}", daemon=True).start()

    def when_ended(self, call: Callable[[], None]) -> None:
        """Have something called when it is gone."""
        self._when_ended.append(call)

    async def ends_within(self, seconds: float) -> bool:
        """Wait for its end, at most so long; return whether it has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        return self.ended.is_set()

    async def stderr_ends_within(self, seconds: float) -> None:
        """Wait until the log has everything that it printed, at most so long."""
        await asyncio.wait({self._logging}, timeout=seconds)

    async def end(self, grace: float) -> None:
        """End it and everything it started.

        Its stdin is closed; if it has not ended ``grace`` seconds later it gets SIGTERM, and after ``grace`` seconds
        more SIGKILL. ``grace`` 0 kills at once.

        Raises
        ------
        AgentError
            Even that does not end it.
        """
        if grace > 0 and not self.ended.is_set():
            self.stdin.close()
            if not await self.ends_within(grace):
                await asyncio.to_thread(end_tree, self._identity, gentle=True)
                await self.ends_within(grace)
        if not self.ended.is_set():
            await asyncio.to_thread(end_tree, self._identity)
        if not await self.ends_within(_UNKILLABLE):
            raise AgentError(f"The process {self.pid} cannot be killed.")

    async def close(self) -> None:
        """Close what is left of its pipes; nobody may be reading its output any more."""
        self.stdin.abort()
        self.stdout.close()
        # What was printed last is in the pipe. Only something that is not ours can hold it open.
        await self.stderr_ends_within(0.1)
        self._logging.cancel()
        await asyncio.wait({self._logging})
        self._stderr.close()
        self.log.close()

    async def _keep_stderr(self) -> None:
        while data := await self._stderr.read():
            self.log.write(data)

    def _wait(self) -> None:
        """Wait for its end, in a thread of its own, and end what it leaves behind."""
        held = hasattr(os, "waitid")
        if held:
            # Its id cannot be used again before wait(): so its session is still its session while we sweep.
            with suppress(ChildProcessError):  # somebody else collected it
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._popen.wait()
        try:
            end_tree(self._identity, held=held)
        finally:
            code = self._popen.wait()
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._has_ended, code)

    def _has_ended(self, code: int) -> None:
        self.exit_code = code
        self.ended.set()
        for call in self._when_ended:
            call()
