"""The protocol library on the other side understands what we say."""

from __future__ import annotations

import asyncio
import json

from heph_nb.agents.session import TurnUsage

from .support import MCP, Remembering, Running, with_library


def test_an_agent_written_with_the_library(run, tmp_path):
    async def go():
        listener = Remembering()
        async with Running(with_library(mode="careful"), tmp_path) as process:
            end = await process.run_session(tmp_path, MCP, "go", listener)
            return listener, end, process.info

    listener, end, info = run(go())
    assert (end.stop_reason, end.error) == ("end_turn", None)
    assert end.usage == TurnUsage(input_tokens=1, output_tokens=2, total_tokens=3)
    assert (info["name"], info["version"]) == ("library-agent", "2")
    assert listener.kinds() == ["agent.thought", "agent.tool_call", "agent.tool_call_update", "agent.message"]
    assert listener.requests[0].title == "Write a file"
    assert json.loads(listener.text()) == {
        "client": "heph_nb",
        "fs": [True, True],
        "terminal": False,
        "terminal_error": -32601,
        "mcp": {"url": MCP.url, "headers": dict(MCP.headers)},
        "mode": "careful",
        "permission": "ok",
        "read": "hello\n",
    }


def test_an_agent_written_with_the_library_is_cancelled(run, tmp_path):
    async def go():
        listener = Remembering()
        async with Running(with_library(reuse=True), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "wait", listener))
            await listener.until(lambda heard: heard.text() == "waiting")
            process.cancel()
            return await session, process.reusable

    end, reusable = run(go())
    assert (end.stop_reason, end.error) == ("cancelled", None)
    assert reusable
