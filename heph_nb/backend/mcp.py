"""The MCP face: the same operations as tools, for agents. Streamable HTTP at ``/mcp/``, without state between calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heph_nb import __version__
from heph_nb.backend import reads
from heph_nb.backend.auth import Caller
from heph_nb.backend.gate import answer_error, as_body
from heph_nb.backend.operations import OPERATIONS
from heph_nb.backend.parsing import parse
from heph_nb.domain.records import Agent, Phase, Requirement, Task, Ticket
from heph_nb.errors import HephError, InvalidError, NotFoundError, RefusedError, TooLargeError


class Nothing(BaseModel):
    """No arguments."""

    model_config = ConfigDict(extra="forbid")


class ById(BaseModel):
    """One thing."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="Its id.")


class Filtered(BaseModel):
    """Some of them."""

    model_config = ConfigDict(extra="forbid")

    status: str | None = None
    limit: int = Field(1000, ge=1, le=10_000)


class Remembered(BaseModel):
    """Memories, the best for a query or the latest."""

    model_config = ConfigDict(extra="forbid")

    query: str | None = None
    limit: int = Field(20, ge=1, le=1000)


class Reads:
    """The tools that only read."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.tools: dict[str, tuple[type[BaseModel], str, Callable[[Caller, Any], Any]]] = {
            "get_task": (Nothing, "Your own task, with its phase, ticket, requirements and feedback.", self._task),
            "get_run": (Nothing, "Your run, with the text of the PRD and its phases.", self._run),
            "get_ticket": (ById, "One ticket with its comments, commits and what it blocks.", self._ticket),
            "list_tickets": (Filtered, "The tickets of your run.", self._rows(Ticket)),
            "list_tasks": (Filtered, "The tasks of your run.", self._rows(Task)),
            "list_requirements": (Filtered, "The requirements of the PRD, with their lines.", self._rows(Requirement)),
            "list_memories": (Remembered, "What agents before you learned.", self._memories),
        }

    def _task(self, caller: Caller, request: Nothing) -> Any:  # noqa: ARG002
        return reads.own_task(self.backend, self._agent(caller))

    def _run(self, caller: Caller, request: Nothing) -> Any:  # noqa: ARG002
        run = self.backend.find_run(None, caller)
        phases = sorted(self.backend.state.all(Phase, run.id), key=lambda p: p.number)
        return {"run": reads.as_dict(run) | {"phases": reads.as_dicts(phases)}}

    def _ticket(self, caller: Caller, request: ById) -> Any:
        return reads.get_record(self.backend, caller, "tickets", request.id, None)

    def _memories(self, caller: Caller, request: Remembered) -> Any:
        run = self.backend.find_run(None, caller)
        return {"memories": reads.list_memories(self.backend, run.id, request.query, request.limit)}

    def _rows(self, cls: Any) -> Callable[[Caller, Any], Any]:
        def rows(caller: Caller, request: Filtered) -> Any:
            run = self.backend.find_run(None, caller)
            found = [
                r for r in self.backend.state.all(cls, run.id) if request.status is None or r.status == request.status
            ]
            return {cls.table: reads.as_dicts(found[: request.limit]), "total": len(found)}

        return rows

    def _agent(self, caller: Caller) -> Agent:
        if caller.agent_id is None:
            raise RefusedError("This is asked by an agent: name one with the header X-Agent-ID.")
        return self.backend.state.get(Agent, caller.agent_id)


class Tools:
    """The ASGI application at ``/mcp/``."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.reads = Reads(backend)
        self.operations = {o.tool: o for o in OPERATIONS.values() if o.tool is not None}
        self._listed: list[types.Tool] | None = None
        # Named, the version is not looked up again for every request.
        server: Server[Any, Any] = Server("heph_nb", __version__, "The tools of an agent that works on a task.")
        server.list_tools()(self._list)
        server.call_tool(validate_input=False)(self._call)
        self._server = server
        self._manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ASGIApp]:
        """Serve while the context lasts; yields the ASGI application."""
        async with self._manager.run():
            yield self._handle

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the library answer; a body that it would stumble over is refused here."""
        if scope["method"] == "POST":
            try:
                body = await Request(scope, receive).body()
            except TooLargeError as error:
                await answer_error(error)(scope, receive, send)
                return
            except ClientDisconnect:
                return
            try:
                said = json.loads(body.decode() or "{}")
                if b"\\u" in body:
                    json.dumps(said, ensure_ascii=False).encode()  # half of a surrogate pair cannot be sent back
            except (RecursionError, UnicodeError):
                refusal = "The request is no JSON that can be read: it is nested too deeply, or not UTF-8."
                await answer_error(InvalidError(refusal))(scope, receive, send)
                return
            except ValueError:
                pass  # JSON-RPC has an answer of its own for this
            kept = [(name, value) for name, value in scope["headers"] if name not in _SAID_HERE]
            scope, receive = {**scope, "headers": [*kept, *_SAID_HERE.items()]}, _again(body, receive)
        await self._manager.handle_request(scope, receive, send)

    async def _list(self) -> list[types.Tool]:
        if self._listed is None:
            found = [(name, doc, model) for name, (model, doc, _) in self.reads.tools.items()]
            found += [(name, o.doc, o.request) for name, o in self.operations.items()]
            self._listed = [
                types.Tool(name=name, description=doc, inputSchema=model.model_json_schema())
                for name, doc, model in found
            ]
        return self._listed

    async def _call(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        request = self._server.request_context.request
        caller: Caller = request.scope["caller"]  # pyright: ignore[reportOptionalMemberAccess]
        try:
            answer = await self._answer(name, caller, json.dumps(arguments).encode())
        except HephError as error:
            return _result(as_body(error), failed=True)
        return _result(answer)

    async def _answer(self, name: str, caller: Caller, arguments: bytes) -> dict[str, Any]:
        if name in self.reads.tools:
            if caller.agent_id is not None:
                self.backend.engine.heard_from(caller.agent_id)
            model, _, read = self.reads.tools[name]
            return read(caller, parse(model, arguments))
        if name not in self.operations:
            known = sorted([*self.reads.tools, *self.operations])
            raise NotFoundError(f"There is no tool {name!r}; there are {', '.join(known)}.")
        operation = self.operations[name]
        done = await self.backend.perform(operation, caller, parse(operation.request, arguments))
        return done.model_dump(mode="json")


_SAID_HERE = {b"content-type": b"application/json", b"accept": b"application/json, text/event-stream"}
"""What the library insists on; here JSON is meant, whatever the headers say."""


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already to whoever reads it next."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def once() -> Message:
        return messages.pop() if messages else await receive()

    return once


def _result(value: dict[str, Any], *, failed: bool = False) -> types.CallToolResult:
    text = types.TextContent(type="text", text=json.dumps(value, ensure_ascii=False))
    return types.CallToolResult(content=[text], structuredContent=value, isError=failed)
