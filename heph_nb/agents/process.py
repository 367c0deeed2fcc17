"""Process: one running agent, from its start to its end, and the sessions it serves."""

from __future__ import annotations

import asyncio
import importlib
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heph_nb.agents.child import Child
from heph_nb.agents.live import AgentGoneError, DidNotStopError
from heph_nb.agents.output_log import OutputLog
from heph_nb.agents.ownership import MARK, new_mark
from heph_nb.agents.session import SessionEnd
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heph_nb.agents.catalog import Preset
    from heph_nb.agents.session import Listener, McpServer

_INHERITED = (
    "HOME", "LOGNAME", "USER", "PATH", "SHELL", "TERM", "TMPDIR", "TZ",
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
)  # fmt: skip
"""What every process may see of our environment. Everything else may hold a secret."""

_MOMENT = 2.0
"""Seconds between the end of an agent's output and of its process, at most."""


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
    info : dict
        What it says about itself, for example its ``name`` and ``version``.
    log : OutputLog
        What it printed beside the protocol.

    Examples
    --------
    >>> async def hello(listener):
    ...     process = await AgentProcess.start(find_preset("outline"), Path("outline.log"))
    ...     try:
    ...         return await process.run_session(Path.cwd(), McpServer(url), "Say hello.", listener)
    ...     finally:
    ...         await process.stop()
    """

    def __init__(self, preset: Preset, child: Child) -> None:
        from heph_nb.agents.acp import Conversation  # half a second; load() has imported it

        self.preset = preset
        self.pid = child.pid
        self.started = child.started
        self.ended = child.ended
        self.info: dict[str, Any] = {}
        self.log = child.log
        self._child = child
        self._conversation = Conversation(child.stdout, child.stdin, child.log, mode=preset.mode)
        child.when_ended(self._conversation.process_ended)
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
        mark = new_mark(owner)
        environment = _environment(preset) | dict(env or {}) | {MARK: mark}
        try:
            child = Child(preset.command, cwd or Path("/"), environment, mark, OutputLog(log_path))
        except (OSError, ValueError) as error:
            raise AgentError(f"The agent {preset.name!r} cannot be started ({_command(preset)}): {error}") from error
        process = cls(preset, child)
        try:
            process.info = await process._initialize()
        except BaseException:
            await process.stop(grace=0)
            raise
        return process

    @property
    def exit_code(self) -> int | None:
        """Its exit code; negative for a signal, None while it runs."""
        return self._child.exit_code

    @property
    def alive(self) -> bool:
        """Whether the process runs, and is not being stopped."""
        return not self.ended.is_set() and self._stopping is None

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` has done its work."""
        return self._stopping is not None and self._stopping.done()

    @property
    def reusable(self) -> bool:
        """Whether it may serve another session: its preset allows it, and every session so far ended cleanly."""
        return self.preset.reuse and self.alive and not self._conversation.busy and not self._spoiled

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
            and did not, or closed its output, its process has been ended.

        Raises
        ------
        Exception
            Whatever the listener raised. The agent was told to stop, but may still be at it: ``stop`` the process.
        """
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
        return self._conversation.cancel(session_id, grace)

    async def stop(self, grace: float = 2.0) -> None:
        """End the process and everything it started. May be called again, and at the same time.

        Its stdin is closed; if it has not ended ``grace`` seconds later it gets SIGTERM, and after ``grace`` seconds
        more SIGKILL. ``grace`` 0 kills at once.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(grace), name=f"heph.agent.stop.{self.pid}")
        await asyncio.shield(self._stopping)

    async def _stop(self, grace: float) -> None:
        await self._child.end(grace)
        self._child.stdin.abort()
        await self._conversation.close()
        await self._child.close()

    async def _initialize(self) -> dict[str, Any]:
        seconds = self.preset.start_timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._conversation.initialize()
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
        if not await self._child.ends_within(_MOMENT):
            return f"The agent closed its output before {before}; its process was ended."
        await self._child.stderr_ends_within(_MOMENT / 4)
        code = self.exit_code or 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"The agent's process {how} before {before}."

    def _printed(self) -> str:
        said = " | ".join(self.log.tail(3))
        return f" It printed: {said}" if said else ""


def _environment(preset: Preset) -> dict[str, str]:
    keys = (*_INHERITED, *preset.env_keys)
    return {key: os.environ[key] for key in keys if key in os.environ}


def _command(preset: Preset) -> str:
    return shlex.join(preset.command)
