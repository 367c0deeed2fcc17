"""Requests that nobody in their right mind would send: each gets an answer in JSON that says what is wrong."""

from __future__ import annotations

import httpx
import pytest

from heph_nb.backend.auth import refuse_foreign
from heph_nb.client import ending
from heph_nb.errors import NotAllowedError
from heph_nb.run.starting import start
from tests.unit.client.conftest import make_project

LONG = b"/" + b"a" * 300
DEEP = b"[" * 900_000

REQUESTS = {
    "a nest in MCP": ("POST", "/mcp/", DEEP, 422, "invalid"),
    "no UTF-8 in MCP": ("POST", "/mcp/", b"\xff{}", 422, "invalid"),
    "half a character in MCP": ("POST", "/mcp/", b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "x"}', 422, "invalid"),
    "the same raw": ("POST", "/mcp/", b'{"jsonrpc": "2.0", "id": "\xed\xa0\x80", "method": "x"}', 422, "invalid"),
    "an id without end": ("POST", "/api/runs/pause", b'{"run_id": "%s"}' % (b"x" * 500_000), 404, "not_found"),
    "a nest in SQL": ("POST", "/api/sql", DEEP, 422, "invalid"),
    "an endless limit": ("POST", "/api/sql", b'{"query": "select 1", "limit": %d}' % (10**30), 422, "invalid"),
    "an endless time": ("POST", "/api/sql", b'{"query": "select 1", "timeout": 1e400}', 422, "invalid"),
    "a PRD with a long name": (
        "POST", "/api/runs/create", b'{"prd":"%s","working_dir":"/"}' % LONG, 422, "invalid",
    ),
    "half a character": ("POST", "/api/runs/create", b'{"prd":"/\\udcff","working_dir":"/"}', 422, "invalid"),
    "a page without end": ("GET", "/api/tickets?limit=" + "9" * 5000, b"", 422, "invalid"),
    "a start without end": ("GET", "/api/events/stream?after=" + "9" * 5000, b"", 422, "invalid"),
    "events after the end of numbers": ("GET", "/api/events?after=" + "9" * 30, b"", 422, "invalid"),
    "an id that is no text": ("GET", "/api/tickets/%00%ff", b"", 404, "not_found"),
    "a path that is not there": ("GET", "/unknown", b"", 404, "not_found"),
    "a verb that is not there": ("PUT", "/health", b"", 405, "method_not_allowed"),
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Run one backend for all of them, up to the moment in which an agent has its tools."""
    folder = tmp_path_factory.mktemp("hostile")
    project = make_project(folder / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        run = start(project / "PRD.md", project, state=folder / "state.duckdb", manual=True).run
        info = run.client.info
        with httpx.Client(base_url=info.url, headers={"Authorization": f"Bearer {info.token}"}, timeout=30) as http:
            yield http
        ending.shutdown(run.state)


@pytest.mark.parametrize("case", REQUESTS)
def test_a_hostile_request_gets_a_clear_answer(shared, case):
    method, path, content, status, code = REQUESTS[case]
    answer = shared.request(method, path, content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert len(answer.text) < 5_000


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Accept": "text/html"}])
def test_mcp_takes_json_whatever_the_headers_say(shared, headers):
    listing = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    answer = shared.post("/mcp/", content=listing, headers=headers)
    assert answer.json()["result"]["tools"]


def test_an_origin_that_is_no_address_is_foreign():
    with pytest.raises(NotAllowedError):
        refuse_foreign("127.0.0.1", "http://[::1")
