"""Who may call what: the table of operations, walked with an agent's token; and the tools over MCP."""

from __future__ import annotations

import json
from contextlib import contextmanager

import anyio
import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from heph_nb.backend.mcp import Reads
from heph_nb.backend.operations import OPERATIONS
from tests.unit.backend.conftest import make_repository, scripted_runs, until


@contextmanager
def telling(folder):
    """Yield a run, its agent that is at work, and the token, learned from the agent itself."""
    with scripted_runs(folder, make_repository(folder / "project")) as scripted:
        run = scripted("tell token.txt", policy="ask")
        until(run, "message.sent")
        [message] = run.client.get("messages", run_id=run.id)["messages"]
        yield run, message["sender"], message["text"]
        run.stop()


@pytest.fixture
def agent(tmp_path):
    with telling(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def same_agent(tmp_path_factory):
    """Return one agent for those tests after which it is still at work."""
    with telling(tmp_path_factory.mktemp("callers")) as found:
        yield found


def as_agent(run, token, agent_id=None, **options):
    headers = {"Authorization": f"Bearer {token}"} | ({"X-Agent-ID": agent_id} if agent_id else {})
    return httpx.Client(base_url=run.client.info.url, headers=headers, trust_env=False, timeout=30, **options)


def test_an_agent_may_call_its_operations_and_no_owners_operation(agent):
    run, agent_id, token = agent
    with as_agent(run, token, agent_id) as http:
        for operation in OPERATIONS.values():
            answer = http.post(operation.path, json={"run_id": run.id})
            if operation.who == "owner":
                assert (operation.name, answer.status_code) == (operation.name, 403 if valid(operation) else 422)
            else:
                assert answer.status_code not in (401, 403), operation.name
        assert http.post("/api/sql", json={"query": "select 1"}).status_code == 403
        assert http.post("/api/backend/shutdown").status_code == 403


def valid(operation):
    return all(not field.is_required() for field in operation.request.model_fields.values())


def test_an_agent_acts_as_itself_only(same_agent):
    run, agent_id, token = same_agent
    with as_agent(run, token, "somebody-else") as http:
        assert http.get("/api/tickets").status_code == 403
    with as_agent(run, token) as http:
        made = http.post("/api/tickets/create", json={"title": "Mine"}).json()
        assert http.get("/api/tickets", params={"run_id": "other"}).status_code == 403
        assert http.post("/api/tickets/create", json={"title": "x", "run_id": "other"}).status_code == 403
        with http.stream("GET", f"/api/runs/{run.id}/changes") as changes:
            assert changes.status_code == 200
        assert http.get("/api/runs/other/changes").status_code in (403, 404)
    assert run.client.get("tickets", made["ticket_id"])["ticket"]["created_by"] == agent_id


def test_a_token_is_worth_nothing_once_its_agent_has_ended(agent):
    run, agent_id, token = agent
    run.terminate(agent_id)
    with as_agent(run, token, agent_id) as http:
        answer = http.get("/api/tickets")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_the_state_file_holds_no_token(same_agent):
    run, _, token = same_agent
    run.client.call("messages/broadcast", {"text": "flush"})
    for name in ("agents", "agent_versions", "events", "attempts"):
        assert token not in json.dumps(run.client.sql(f"select * from {name}").to_pylist(), default=str)


def test_a_foreign_mcp_client_lists_the_tools_and_creates_a_ticket(same_agent):
    run, agent_id, token = same_agent
    url = f"{run.client.info.url}/mcp/"

    async def talk():
        headers = {"Authorization": f"Bearer {token}", "X-Agent-ID": agent_id}
        async with (
            httpx.AsyncClient(headers=headers, trust_env=False) as http,
            streamable_http_client(url, http_client=http) as (read, write, _),
            ClientSession(read, write) as mcp,
        ):
            await mcp.initialize()
            tools = {t.name for t in (await mcp.list_tools()).tools}
            made = await mcp.call_tool("create_ticket", {"title": "From afar", "priority": "high"})
            bad = await mcp.call_tool("create_ticket", {"title": "x", "priority": "banana"})
            return tools, made, bad

    tools, made, bad = anyio.run(talk)
    mine = {o.tool for o in OPERATIONS.values() if o.who != "owner"} | set(Reads(None).tools)
    assert tools == mine
    assert made.structuredContent["status"] == "backlog"
    assert bad.isError
    assert "banana" in bad.content[0].text
    assert "From afar" in [t["title"] for t in run.client.get("tickets", run_id=run.id)["tickets"]]


def test_mcp_wants_a_token(same_agent):
    run, _, _ = same_agent
    assert httpx.post(f"{run.client.info.url}/mcp/", json={}, trust_env=False).status_code == 401


def test_an_agent_links_requirements_to_what_is_in_its_worktree(same_agent):
    run, agent_id, token = same_agent
    with as_agent(run, token, agent_id) as http:
        for path, status, says in (
            ("PRD.md", 200, "1 requirement linked"),
            ("docs/later.md", 400, "no 'docs/later.md' in your worktree"),
            ("../PRD.md", 400, "inside the repository"),
            (".git", 400, "inside the repository"),
        ):
            answer = http.post("/api/requirements/link", json={"requirement_ids": ["R-001"], "file": path})
            assert (path, answer.status_code) == (path, status)
            assert says in answer.text
        blank = http.post("/api/reports/create", json={"title": " ", "markdown": "x"})
        assert (blank.status_code, "must not be blank" in blank.text) == (422, True)
