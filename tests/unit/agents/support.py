"""What the tests of agents share: scripted agents as presets, and a listener that remembers."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from heph_nb.agents.catalog import Preset
from heph_nb.agents.process import AgentProcess
from heph_nb.agents.session import Decision, McpServer, PermissionRequest

HERE = Path(__file__).parent
MCP = McpServer("http://127.0.0.1:9/mcp/", {"Authorization": "Bearer secret", "X-Agent-ID": "agent-1"})


def raw(behaviour: str, **fields) -> Preset:
    """An agent that behaves in one way; see raw_agent.py."""
    command = (sys.executable, "-S", "-E", str(HERE / "raw_agent.py"), behaviour)
    return Preset(name=behaviour, command=command, label="for a test", **{"reuse": True, **fields})


def with_library(**fields) -> Preset:
    """An agent written with the protocol library; see library_agent.py."""
    return Preset(
        name="library", command=(sys.executable, str(HERE / "library_agent.py")), label="for a test", **fields
    )


class Remembering:
    """A listener that keeps what it hears, and lets a test wait for it."""

    def __init__(self, decide="allow"):
        self.events = []
        self.sessions = []
        self.requests = []
        self.decide = decide
        self._news = asyncio.Condition()

    async def on_session(self, session_id):
        self.sessions.append(session_id)
        await self._tell()

    async def on_event(self, kind, data):
        self.events.append((kind, data))
        await self._tell()

    async def on_permission(self, request: PermissionRequest) -> Decision:
        self.requests.append(request)
        await self._tell()
        if self.decide == "wait":
            await asyncio.Event().wait()
        return request.allow() if self.decide == "allow" else request.deny()

    async def _tell(self):
        async with self._news:
            self._news.notify_all()

    async def until(self, true):
        async with self._news:
            await self._news.wait_for(lambda: true(self))

    def kinds(self):
        return [kind for kind, _ in self.events]

    def text(self, kind="agent.message"):
        return "".join(data.get("text", "") for k, data in self.events if k == kind)


class Running:
    """``async with Running(preset, tmp_path) as process``: a process that is stopped in the end."""

    def __init__(self, preset, tmp_path, **options):
        self.arguments = (preset, tmp_path / "agent.log")
        self.options = options

    async def __aenter__(self):
        self.process = await AgentProcess.start(*self.arguments, **self.options)
        return self.process

    async def __aexit__(self, *exc):
        await self.process.stop()


async def one_session(preset, tmp_path, prompt="hello", listener=None):
    """Start, run one session, stop; return the listener and the end."""
    listener = listener or Remembering()
    async with Running(preset, tmp_path) as process:
        end = await process.run_session(tmp_path, MCP, prompt, listener)
    return listener, end
