"""An agent for tests, written with the protocol library: what we say must be what the library understands."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from acp import (
    PROTOCOL_VERSION,
    run_agent,
    start_tool_call,
    update_agent_message_text,
    update_agent_thought_text,
    update_tool_call,
)
from acp.exceptions import RequestError
from acp.schema import (
    AgentCapabilities,
    Implementation,
    InitializeResponse,
    McpCapabilities,
    NewSessionResponse,
    PermissionOption,
    PromptResponse,
    SetSessionModeResponse,
    ToolCallUpdate,
    Usage,
)


class LibraryAgent:
    def __init__(self):
        self.cancelled = asyncio.Event()
        self.facts = {}

    def on_connect(self, client):
        self.client = client

    async def initialize(self, protocol_version, client_capabilities=None, client_info=None, **_):
        assert protocol_version == PROTOCOL_VERSION
        self.facts["terminal"] = client_capabilities.terminal
        self.facts["fs"] = [client_capabilities.fs.read_text_file, client_capabilities.fs.write_text_file]
        self.facts["client"] = client_info.name
        return InitializeResponse(
            protocol_version=protocol_version,
            agent_capabilities=AgentCapabilities(mcp_capabilities=McpCapabilities(http=True)),
            agent_info=Implementation(name="library-agent", version="2"),
        )

    async def new_session(self, cwd, mcp_servers=None, **_):
        [server] = mcp_servers
        self.cwd = cwd
        self.facts["mcp"] = {"url": server.url, "headers": {h.name: h.value for h in server.headers}}
        return NewSessionResponse(session_id="the-session")

    async def set_session_mode(self, session_id, mode_id, **_):
        self.facts["mode"] = mode_id
        return SetSessionModeResponse()

    async def prompt(self, session_id, prompt, **_):
        say = self.client.session_update
        if prompt[0].text == "wait":
            await say(session_id, update_agent_message_text("waiting"))
            await self.cancelled.wait()
            return PromptResponse(stop_reason="cancelled")
        await say(session_id, update_agent_thought_text("let me see"))
        await say(session_id, start_tool_call("1", "Write a file", kind="edit", status="pending"))
        answer = await self.client.request_permission(
            session_id=session_id,
            tool_call=ToolCallUpdate(tool_call_id="1"),
            options=[PermissionOption(option_id="ok", name="Yes", kind="allow_once")],
        )
        self.facts["permission"] = answer.outcome.option_id
        target = str(Path(self.cwd) / "file.txt")
        await self.client.write_text_file(session_id=session_id, path=target, content="hello\n")
        self.facts["read"] = (await self.client.read_text_file(session_id=session_id, path=target)).content
        try:
            await self.client.create_terminal(session_id=session_id, command="ls")
        except RequestError as error:
            self.facts["terminal_error"] = error.code
        await say(session_id, update_tool_call("1", status="completed"))
        await say(session_id, update_agent_message_text(json.dumps(self.facts)))
        return PromptResponse(
            stop_reason="end_turn", usage=Usage(total_tokens=3, input_tokens=1, output_tokens=2)
        )  # fmt: skip

    async def cancel(self, session_id, **_):
        self.cancelled.set()


asyncio.run(run_agent(LibraryAgent()))
sys.exit(0)
