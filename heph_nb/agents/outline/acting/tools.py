"""The tools of a session, over MCP: the only way to the run, and the same one that any other agent has."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.types import CallToolResult

MOST_ROWS = 10_000
"""How many records one read asks for: as many as the backend hands out at once."""


class ToolError(AgentError):
    """A tool refused; ``facts["tool"]`` names it, the message is what the backend said."""

    code = "tool"


class Server(Protocol):
    """Where the tools are: what ``session/new`` names as an MCP server of type ``http``."""

    @property
    def url(self) -> str:
        """The address."""
        ...

    @property
    def headers(self) -> Any:
        """What says who calls."""
        ...


class Tools:
    """Calls tools and hands out their answers as plain dicts."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; arguments that are None are left out.

        Raises
        ------
        ToolError
            The tool refused, or its answer is not an object.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        return answer_of(tool, await self._session.call_tool(tool, given))

    async def list(self, tool: str) -> list[dict[str, Any]]:
        """Read the records that a list tool such as ``list_tickets`` answers with."""
        answer = await self.call(tool, limit=MOST_ROWS)
        return list(answer.get(tool.removeprefix("list_"), ()))


def answer_of(tool: str, result: CallToolResult) -> dict[str, Any]:
    """Return the object that a tool answered with.

    Raises
    ------
    ToolError
        The tool refused, or its answer is not an object.
    """
    text = "\n".join(str(getattr(block, "text", "")) for block in result.content).strip()
    if result.isError:
        raise ToolError(f"{tool}: {text or 'refused without a reason'}", tool=tool)
    found: Any = result.structuredContent
    if found is None:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
    if isinstance(found, dict) and set(found) == {"result"} and isinstance(found["result"], dict):
        found = found["result"]
    if not isinstance(found, dict):
        raise ToolError(f"{tool}: the answer is not a JSON object: {text[:200]!r}", tool=tool)
    return found


@asynccontextmanager
async def connect(server: Server) -> AsyncIterator[Tools]:
    """Connect to an MCP server over streamable HTTP for as long as the context lasts."""
    # The mcp package takes over a second to import: an agent that has not been asked anything yet does without.
    import ssl

    import httpx
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    timeout = httpx.Timeout(30.0, read=300.0)
    headers = headers_of(server)
    # The backend is on this machine: a proxy that the environment names must not see the token, and nothing is
    # encrypted, so that certificates, which take longer to load than a call, are not needed.
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with (
        httpx.AsyncClient(headers=headers, timeout=timeout, trust_env=False, verify=nobody) as http,
        streamable_http_client(server.url, http_client=http) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        yield Tools(session)


def headers_of(server: Server) -> Mapping[str, str]:
    """Return the headers that a server wants with every request."""
    return {header.name: header.value for header in server.headers or ()}
