"""The agent as the Agent Client Protocol knows it: sessions, prompts, cancellation."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import uuid
from dataclasses import dataclass
from typing import Any

import acp
from acp.schema import (
    AgentCapabilities,
    Implementation,
    InitializeResponse,
    McpCapabilities,
    NewSessionResponse,
    PromptResponse,
    Usage,
)

from heph_nb import __version__
from heph_nb.agents.outline.acting.desk import LABEL, Desk

log = logging.getLogger("outline")


@dataclass
class Session:
    """One conversation: where it works, where its tools are, and the turn under way."""

    id: str
    cwd: str
    server: Any
    turn: asyncio.Task[None] | None = None


class Outline(acp.Agent):
    """Plans work from a PRD by rules. Hosts any number of sessions, one after another or at once."""

    def __init__(self) -> None:
        self._client: Any = None
        self._sessions: dict[str, Session] = {}
        self._warm: asyncio.Task[None] | None = None

    def on_connect(self, conn: Any) -> None:
        """Keep the client to talk to."""
        self._client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Say who this is. What is slow to import is fetched after the answer."""
        self._warm = asyncio.create_task(asyncio.to_thread(_import_the_rest))
        return InitializeResponse(
            protocol_version=min(protocol_version, acp.PROTOCOL_VERSION),
            agent_capabilities=AgentCapabilities(mcp_capabilities=McpCapabilities(http=True)),
            agent_info=Implementation(name="outline", title=LABEL, version=__version__),
            auth_methods=[],
        )

    async def new_session(self, cwd: str, mcp_servers: list[Any] | None = None, **_: Any) -> NewSessionResponse:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin a session; its tools are those of the first MCP server of type ``http``."""
        server = next((s for s in mcp_servers or () if getattr(s, "type", None) == "http"), None)
        if server is None:
            raise acp.RequestError.invalid_params(
                {"details": "outline needs an MCP server of type http in mcpServers."}
            )
        session = Session(f"outline-{uuid.uuid4()}", cwd, server)
        self._sessions[session.id] = session
        return NewSessionResponse(session_id=session.id)

    async def prompt(self, session_id: str, **_: Any) -> PromptResponse:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Do the task that the session's tools name; the prompt's text is for people and models."""
        session = self._sessions.get(session_id)
        if session is None:
            raise acp.RequestError.invalid_params({"details": f"There is no session {session_id}."})
        from heph_nb.agents.outline.work import work

        if self._warm is not None:
            await asyncio.shield(self._warm)
        session.turn = asyncio.create_task(work(session.server, Desk(self._client, session_id), session.cwd))
        try:
            await session.turn
        except asyncio.CancelledError:
            if _is_ending():
                raise
            return PromptResponse(stop_reason="cancelled")
        except Exception as error:
            if _is_ending() or isinstance(_first(error), ConnectionError):
                # The client has gone. The SDK would wait for ever to send it an answer.
                raise asyncio.CancelledError from error
            log.exception("session %s", session_id)
            raise acp.RequestError.internal_error({"details": _told(error)}) from error
        finally:
            session.turn = None
        return PromptResponse(stop_reason="end_turn", usage=Usage(total_tokens=0, input_tokens=0, output_tokens=0))

    async def cancel(self, session_id: str, **_: Any) -> None:
        """End the session's turn."""
        session = self._sessions.get(session_id)
        if session is not None and session.turn is not None:
            session.turn.cancel()

    async def close_session(self, session_id: str, **_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Forget a session."""
        await self.cancel(session_id)
        self._sessions.pop(session_id, None)


def _import_the_rest() -> None:
    # Where this package is there, jsonschema (which mcp brings along) has it compile a grammar for a second and more.
    sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]

    import mcp.client.streamable_http  # noqa: F401

    import heph_nb.agents.outline.work  # noqa: F401

    gc.freeze()
    gc.enable()


def _is_ending() -> bool:
    """Whether the connection is being closed: then it is the handler itself that is cancelled, not the turn."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _first(error: BaseException) -> BaseException:
    """Return what went wrong; a group of errors stands for the first of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _told(error: BaseException) -> str:
    error = _first(error)
    return f"{type(error).__name__}: {error}"


def main() -> None:
    """Serve one client on stdin and stdout until stdin ends."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="outline: %(message)s")
    asyncio.run(acp.run_agent(Outline()))  # pyright: ignore[reportAbstractUsage]
