"""Process: one running agent program, from its start to the end of everything it started."""

from __future__ import annotations

import asyncio
import importlib
import os
import shlex
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from heph_nb.agents.live import AgentGoneError, DidNotStopError
from heph_nb.agents.output_log import OutputLog
from heph_nb.agents.ownership import MARK, Identity, end_tree, new_mark
from heph_nb.agents.session import SessionEnd
from heph_nb.agents.wire import Outgoing
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heph_nb.agents.acp import Conversation
    from heph_nb.agents.catalog import Preset
    from heph_nb.agents.session import Listener, McpServer

_INHERITED = (
    "HOME", "LOGNAME", "USER", "PATH", "SHELL", "TERM", "TMPDIR", "TZ",
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
)  # fmt: skip
"""What every process may see of our environment. Everything else may hold a secret."""

_MOMENT = 2.0
"""Seconds between the end of an agent's output and of its process, at most."""

_UNKILLABLE = 30.0
"""Seconds after SIGKILL until we say that a process cannot be killed."""


async def load() -> None:
    """Import the protocol library, off the event loop (about half a second; once).

    ``AgentProcess.start`` does this by itself; a program that wants to answer its first requests early calls it when
    it has time.
    """
    await asyncio.to_thread(importlib.import_module, "heph_nb.agents.acp")


class AgentProcess:
    """A running agent. Made by ``start``; whoever made it calls ``stop``, also when it has ended by itself.

    Attributes
    ----------
    preset : Preset
        What it was started from.
    pid : int
        Its process id, which is also the id of its session and process group.
    started : float
        When it was started, in seconds since the epoch; with ``pid`` it names the process for ever.
    ended : asyncio.Event
        Set when the process is gone, and everything that it started.
    exit_code : int or None
        Its exit code; negative for a signal, None while it runs.
    info : dict
        What it says about itself, for example its ``name`` and ``version``.

    Examples
    --------
    >>> async def hello(listener):
    ...     process = await AgentProcess.start(find_preset("outline"), Path("outline.log"))
    ...     try:
    ...         return await process.run_session(Path.cwd(), McpServer(url), "Say hello.", listener)
    ...     finally:
    ...         await process.stop()
    """

    def __init__(self, preset: Preset, child: subprocess.Popen[bytes], mark: str, log: OutputLog) -> None:
        self.preset = preset
        self.pid = child.pid
        # It cannot be gone yet: nobody has collected its exit status.
        self.started = psutil.Process(child.pid).create_time()
        self.ended = asyncio.Event()
        self.exit_code: int | None = None
        self.info: dict[str, Any] = {}
        self.log = log
        self._identity = Identity(self.pid, self.started, mark)
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._stdin = Outgoing()
        self._stderr = _Stderr(log)
        self._open: list[Any] = [child.stdin, child.stdout, child.stderr]
        self._pipes: list[asyncio.BaseTransport] = []
        self._connecting = asyncio.create_task(self._connect(), name=f"heph.agent.connect.{child.pid}")
        self._conversation: Conversation | None = None
        self._spoiled = False
        self._stopping: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        preset: Preset,
        log_path: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        owner: str = "",
    ) -> AgentProcess:
        """Start an agent and agree on the protocol with it.

        Parameters
        ----------
        preset : Preset
            What to start.
        log_path : Path
            Where to keep what it prints on stderr. The file appears with the first output.
        cwd : Path, optional
            Its working directory. Sessions name their own, so by default it is one where it has no business.
        env : mapping, optional
            More environment variables for it.
        owner : str
            Whose it is (the path of the state file), for ``ownership.kill_orphans``.

        Raises
        ------
        AgentError
            It cannot be started, ends, or does not answer within ``preset.start_timeout`` seconds. Nothing of it
            is left running.
        """
        await load()
        await asyncio.to_thread(log_path.parent.mkdir, parents=True, exist_ok=True)
        mark = new_mark(owner)
        environment = _environment(preset) | dict(env or {}) | {MARK: mark}
        try:
            child = _spawn(preset, cwd or Path("/"), environment)
        except (OSError, ValueError) as error:
            raise AgentError(f"The agent {preset.name!r} cannot be started: {_command(preset)}: {error}") from error
        process = cls(preset, child, mark, OutputLog(log_path))
        threading.Thread(target=process._wait, name=f"heph-agent-{child.pid}", daemon=True).start()
        try:
            # Shielded: uvloop leaves a pipe half open when it is cancelled while connecting it.
            process.info = await process._initialize(await asyncio.shield(process._connecting))
        except BaseException:
            await asyncio.shield(process.stop(grace=0))
            raise
        return process

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.exit_code is None and not self.ended.is_set()

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` has done its work."""
        return self._stopping is not None and self._stopping.done()

    @property
    def reusable(self) -> bool:
        """Whether it may serve another session: its preset allows it, and every session so far ended cleanly."""
        idle = self._conversation is not None and not self._conversation.busy
        return self.preset.reuse and self.alive and idle and not self._spoiled and self._stopping is None

    async def run_session(self, cwd: Path, mcp: McpServer, prompt: str, listener: Listener) -> SessionEnd:
        """Run one session: open it, send one prompt, return when the agent has ended its turn.

        Parameters
        ----------
        cwd : Path
            The directory that the agent works in, its worktree.
        mcp : McpServer
            Where its tools are, with its own token.
        prompt : str
            What it shall do.
        listener : Listener
            Who hears what it says and decides what it asks.

        Returns
        -------
        SessionEnd
            How it ended, also when the agent broke down: then ``error`` says what happened. If it was told to stop
            and did not, its process has been ended.

        Raises
        ------
        Exception
            Whatever the listener raised.
        """
        if self._conversation is None:
            raise AgentError(f"The agent {self.preset.name!r} was not started.")
        clean = False
        try:
            end = await self._conversation.run_session(cwd, mcp, prompt, listener)
            clean = end.error is None
        except AgentGoneError as gone:
            why = str(gone) or await self._how_it_ended("its turn was over")
            await self.stop(grace=0)
            end = replace(gone.end, error=why + self._printed())
        except DidNotStopError as stuck:
            await self.stop(grace=0)
            end = SessionEnd("cancelled", f"{stuck} Its process was ended.")
        finally:
            self._spoiled = self._spoiled or not clean
        return end

    def cancel(self, session_id: str | None = None, grace: float = 10.0) -> bool:
        """Tell the agent to end a session's turn, or every session's; return whether there was one.

        Returns at once, may be called from a listener, and answers pending permission requests as cancelled.
        ``run_session`` then returns when the agent has stopped, or after ``grace`` seconds.
        """
        if self._conversation is None:
            return False
        self._conversation.cancel_grace = grace
        return self._conversation.cancel(session_id)

    async def stop(self, grace: float = 2.0) -> None:
        """End the process and everything it started. May be called again, and at the same time.

        Its stdin is closed; if it has not ended ``grace`` seconds later it gets SIGTERM, and after ``grace`` seconds
        more SIGKILL. ``grace`` 0 kills at once.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(grace), name=f"heph.agent.stop.{self.pid}")
        await asyncio.shield(self._stopping)

    async def _stop(self, grace: float) -> None:
        if grace > 0 and self.alive:
            self._stdin.close()
            if not await self._ends_within(grace):
                await asyncio.to_thread(end_tree, self._identity, gentle=True)
                await self._ends_within(grace)
        if not self.ended.is_set():
            await asyncio.to_thread(end_tree, self._identity)
        if not await self._ends_within(_UNKILLABLE):
            raise AgentError(f"The process {self.pid} of the agent {self.preset.name!r} cannot be killed.")
        await asyncio.wait({self._connecting})
        self._stdin.abort()
        if self._conversation is not None:
            await self._conversation.close()
        for pipe in [*self._pipes, *self._open]:
            pipe.close()
        self.log.close()

    async def _ends_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        return self.ended.is_set()

    async def _connect(self) -> Conversation:
        from heph_nb.agents.acp import Conversation  # half a second; load() has imported it

        output = asyncio.StreamReader()
        for connect, protocol, pipe in (
            (self._loop.connect_write_pipe, self._stdin, self._child.stdin),
            (self._loop.connect_read_pipe, asyncio.StreamReaderProtocol(output), self._child.stdout),
            (self._loop.connect_read_pipe, self._stderr, self._child.stderr),
        ):
            self._open.remove(pipe)
            transport, _ = await connect(lambda made=protocol: made, pipe)
            self._pipes.append(transport)
        self._conversation = Conversation(output, self._stdin, self.log, mode=self.preset.mode)
        if self.ended.is_set():
            self._conversation.process_ended()
        return self._conversation

    async def _initialize(self, conversation: Conversation) -> dict[str, Any]:
        seconds = self.preset.start_timeout
        try:
            async with asyncio.timeout(seconds):
                return await conversation.initialize()
        except TimeoutError:
            why = f"It did not answer 'initialize' within {seconds:g} s."
        except ConnectionError:
            why = await self._how_it_ended("it had answered 'initialize'")
        except AgentError as error:
            why = str(error)
        raise AgentError(
            f"The agent {self.preset.name!r} could not be started ({_command(self.preset)}). {why}{self._printed()}",
            command=list(self.preset.command),
            exit_code=self.exit_code,
        )

    async def _how_it_ended(self, before: str) -> str:
        """Return a sentence about the end of its output: its process has ended, or will in a moment."""
        if not await self._ends_within(_MOMENT):
            return f"The agent closed its output before {before}; its process was ended."
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT / 4):
                await self._stderr.ended.wait()
        code = self.exit_code or 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"The agent's process {how} before {before}."

    def _printed(self) -> str:
        said = " | ".join(self.log.tail(3))
        return f" It printed: {said}" if said else ""

    def _wait(self) -> None:
        """Wait for the end of the process, in a thread of its own, and end what it leaves behind."""
        held = hasattr(os, "waitid")
        if held:
            # Its id cannot be used again before wait(): so its session is still its session while we sweep.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._child.wait()
        try:
            end_tree(self._identity, held=held)
        finally:
            code = self._child.wait()
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._has_ended, code)

    def _has_ended(self, code: int) -> None:
        self.exit_code = code
        self.ended.set()
        if self._conversation is not None:
            self._conversation.process_ended()


class _Stderr(asyncio.Protocol):
    def __init__(self, log: OutputLog) -> None:
        self._log = log
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._log.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.ended.set()


def _spawn(preset: Preset, cwd: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # Not asyncio's subprocess: there, wait() also waits for whoever else holds the pipes; and under uvloop a child
    # inherits descriptors. Popen without preexec_fn executes at once: no copy of this process ever runs.
    return subprocess.Popen(
        preset.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=cwd,
        env=environment,
        start_new_session=True,
    )


def _environment(preset: Preset) -> dict[str, str]:
    keys = (*_INHERITED, *preset.env_keys)
    return {key: os.environ[key] for key in keys if key in os.environ}


def _command(preset: Preset) -> str:
    return shlex.join(preset.command)
