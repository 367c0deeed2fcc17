"""A run to work on: a real MCP server that keeps what agents tell it, and a real ACP client that drives the agent."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import acp
import uvicorn
from acp.schema import HttpMcpServer
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from heph_nb.domain.prd import read_prd

ROOT = str(Path(__file__).resolve().parents[3])
TESTS = "{python} -m pytest -q -p no:cacheprovider -p no:nbval --junitxml={report} {tests}"
CHECKS = ["git diff --check {base} HEAD", TESTS]
PHASES = {
    1: {"number": 1, "name": "analysis", "role": "analysis", "checks": CHECKS[:1]},
    2: {"number": 2, "name": "implementation", "role": "implementation", "checks": CHECKS},
    3: {"number": 3, "name": "validation", "role": "validation", "checks": CHECKS[:1]},
}


@dataclass
class Board:
    """The run as the tools see it; ``task`` is the one that the connected agent works on."""

    prd_text: str
    run_id: str = "run-0193a1b2-5c6d-7e8f-9012-3456789abcde"
    prd_path: str = "PRD.md"
    phases: dict[int, dict[str, Any]] = field(default_factory=lambda: dict(PHASES))
    tickets: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    memories: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    finished: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    feedback: str | None = None
    refuse: str = ""

    def __post_init__(self) -> None:
        self._keys: dict[str, dict[str, Any]] = {}
        self._last = 0
        self.requirements = [
            {**asdict(s), "line_start": s.lines[0][0], "line_end": s.lines[0][1], "mark": None, "status": "open"}
            for s in read_prd(self.prd_text).statements
        ]

    def _next(self) -> int:
        self._last += 1
        return self._last

    def add_task(self, phase: int, **values: Any) -> str:
        task = {"id": f"task-{self._next()}", "phase": phase, "ticket_id": None, "kind": "work", "status": "queued",
                "title": "A task", "description": "", "priority": "medium"} | values  # fmt: skip
        self.tasks.append(task)
        return task["id"]

    def task(self, id: str) -> dict[str, Any]:
        return next(t for t in self.tasks if t["id"] == id)

    def ticket(self, id: str | None) -> dict[str, Any] | None:
        return next((t for t in self.tickets if t["id"] == id), None)

    def answer(self, tool: str, task_id: str, given: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((task_id, tool, given))
        if tool == self.refuse:
            raise ValueError(f"{tool} is refused in this test")
        key = given.pop("idempotency_key", None)
        if key is not None and key in self._keys:
            return self._keys[key]
        answer = {"success": True, "message": "ok"} | getattr(self, f"do_{tool}")(task_id, **given)
        if key is not None:
            self._keys[key] = answer
        return answer

    def rows(self) -> list[dict[str, Any]]:
        return [row | {"mark": self.marks.get(row["id"])} for row in self.requirements]

    def run(self) -> dict[str, Any]:
        return {"id": self.run_id, "name": "textkit", "prd_path": self.prd_path, "branch": "heph/x", "max_agents": 4}

    def do_get_task(self, task_id: str) -> dict[str, Any]:
        task = self.task(task_id)
        ticket = self.ticket(task["ticket_id"])
        wanted = set(ticket["requirement_ids"]) if ticket else set()
        return {"task": task, "phase": self.phases[task["phase"]], "ticket": ticket, "feedback": self.feedback,
                "requirements": [r for r in self.rows() if r["id"] in wanted], "run": self.run()}  # fmt: skip

    def do_get_run(self, task_id: str) -> dict[str, Any]:
        return {"run": self.run() | {"prd_text": self.prd_text}}

    def do_list_requirements(self, task_id: str, limit: int) -> dict[str, Any]:
        return {"requirements": self.rows()[:limit], "total": len(self.requirements)}

    def do_list_tickets(self, task_id: str, limit: int) -> dict[str, Any]:
        return {"tickets": self.tickets[:limit], "total": len(self.tickets)}

    def do_list_tasks(self, task_id: str, limit: int) -> dict[str, Any]:
        return {"tasks": self.tasks[:limit], "total": len(self.tasks)}

    def do_create_ticket(self, task_id: str, **given: Any) -> dict[str, Any]:
        assert set(given["blocked_by"]) <= {t["id"] for t in self.tickets}
        ticket = {"id": f"ticket-{self._next():08d}", "status": "backlog", "resolved": False} | given
        self.tickets.append(ticket)
        return {"ticket_id": ticket["id"], "status": "backlog"}

    def do_update_ticket(self, task_id: str, ticket_id: str, **given: Any) -> dict[str, Any]:
        next(t for t in self.tickets if t["id"] == ticket_id).update(given)
        return {"fields_updated": list(given)}

    def do_create_task(self, task_id: str, **given: Any) -> dict[str, Any]:
        if given["phase"] not in self.phases:
            raise ValueError(f"There is no phase {given['phase']}.")
        return {"task_id": self.add_task(**given), "status": "queued"}

    def do_link_requirements(self, task_id: str, **given: Any) -> dict[str, Any]:
        self.links.append(given | {"task_id": task_id})
        return {"linked": len(given["requirement_ids"])}

    def do_save_memory(self, task_id: str, **given: Any) -> dict[str, Any]:
        self.memories.append(given)
        return {"memory_id": f"memory-{len(self.memories)}"}

    def do_report_result(self, task_id: str, **given: Any) -> dict[str, Any]:
        self.reports.append(given)
        return {"report_id": f"report-{len(self.reports)}"}

    def do_ask_question(self, task_id: str, **given: Any) -> dict[str, Any]:
        self.questions.append(given)
        return {"question_id": f"question-{len(self.questions)}"}

    def do_finish_task(self, task_id: str, **given: Any) -> dict[str, Any]:
        self.finished[task_id] = given
        self.task(task_id)["status"] = "done" if given["status"] == "done" else "failed"
        return {"task_id": task_id, "status": "checking"}


@asynccontextmanager
async def served(board: Board):
    """Serve a board over MCP; yields its URL. The agent's token is the id of its task."""
    server: Server[Any, Any] = Server("board")
    names = [name.removeprefix("do_") for name in dir(board) if name.startswith("do_")]

    async def listed() -> list[types.Tool]:
        return [types.Tool(name=name, inputSchema={"type": "object"}) for name in names]

    async def called(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        headers = server.request_context.request.headers
        assert headers["x-agent-id"] == "agent-1"
        try:
            value = board.answer(name, headers["authorization"].removeprefix("Bearer "), arguments)
        except ValueError as error:
            return types.CallToolResult(content=[types.TextContent(type="text", text=str(error))], isError=True)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=json.dumps(value))], structuredContent=value
        )

    server.list_tools()(listed)
    server.call_tool(validate_input=False)(called)
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await manager.handle_request(scope, receive, send)

    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    uvi = uvicorn.Server(config)
    # asyncio turns Nagle's algorithm off only on sockets that say they are TCP: otherwise every answer takes 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    async with manager.run():
        serving = asyncio.create_task(uvi.serve(sockets=[sock]))
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/mcp/"
        finally:
            uvi.should_exit = True
            await serving


@dataclass
class Client:
    """An ACP client that allows or denies, and keeps everything that it is told."""

    deny: tuple[str, ...] = ()
    asked: list[Any] = field(default_factory=list)
    updates: list[tuple[str, Any]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        self.updates.append((session_id, update))

    async def request_permission(self, session_id: str, tool_call: Any, options: list[Any], **_: Any) -> Any:
        self.asked.append(tool_call)
        self.reached.set()
        if self.hold is not None:
            await self.hold.wait()
        denied = any(word in f"{tool_call.kind} {tool_call.title}" for word in self.deny)
        chosen = next(o for o in options if o.kind == ("reject_once" if denied else "allow_once"))
        meta = {"reason": "not today"} if denied else None
        return acp.RequestPermissionResponse(
            outcome={"outcome": "selected", "optionId": chosen.option_id}, field_meta=meta
        )

    def said(self) -> list[str]:
        return [u.content.text for _, u in self.updates if u.session_update == "agent_message_chunk"]


@dataclass
class Driver:
    """The agent's process with its client, on a board."""

    connection: Any
    process: Any
    client: Client
    url: str

    async def new_session(self, cwd: Path, task_id: str) -> str:
        headers = [{"name": "Authorization", "value": f"Bearer {task_id}"}, {"name": "X-Agent-ID", "value": "agent-1"}]
        tools = HttpMcpServer(type="http", name="heph", url=self.url, headers=headers)
        return (await self.connection.new_session(cwd=str(cwd), mcp_servers=[tools])).session_id

    async def work(self, cwd: Path, task_id: str) -> str:
        session = await self.new_session(cwd, task_id)
        answer = await self.connection.prompt(session_id=session, prompt=[acp.text_block("Do your task.")])
        return answer.stop_reason


class Switch:
    """The client that a process is connected to, passed from one test to the next."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def on_connect(self, conn: Any) -> None:
        pass

    async def session_update(self, **given: Any) -> None:
        await self.client.session_update(**given)

    async def request_permission(self, **given: Any) -> Any:
        return await self.client.request_permission(**given)


@asynccontextmanager
async def started():
    """Start the agent's process; yields what `Driver` needs of it."""
    env = {
        "PYTHONPATH": ROOT,
        "PYTHONWARNINGS": "error",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    switch = Switch(Client())
    command = (sys.executable, "-m", "heph_nb.agents.outline")
    async with acp.spawn_agent_process(switch, *command, env=env) as (connection, process):
        await connection.initialize(protocol_version=acp.PROTOCOL_VERSION)
        yield connection, process, switch


class Agent:
    """One process of the agent for many tests; it hosts one session after another."""

    def __init__(self, runner: asyncio.Runner, connection: Any, process: Any, switch: Switch) -> None:
        self._runner = runner
        self._connection = connection
        self._process = process
        self._switch = switch

    @asynccontextmanager
    async def on(self, board: Board, client: Client | None = None):
        """Let the process work on a board; yields a Driver."""
        self._switch.client = client or Client()
        async with served(board) as url:
            yield Driver(self._connection, self._process, self._switch.client, url)

    def run(self, main: Any) -> Any:
        """Run a coroutine to its end."""
        return self._runner.run(main)
