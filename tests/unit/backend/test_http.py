"""The HTTP face, against a real backend process."""

from __future__ import annotations

import json
import stat
import threading

import httpx
import pytest

from heph_nb.client.discovery import beside
from tests.unit.backend.conftest import make_repository


def bootstrap(running, repository, **values):
    body = {"prd": str(repository / "PRD.md"), "working_dir": str(repository), **values}
    return running.post("runs/create", body).json()


@pytest.fixture(scope="module")
def run(shared, tmp_path_factory):
    """Start a run whose later phases do not begin by themselves."""
    return bootstrap(shared, make_repository(tmp_path_factory.mktemp("run") / "project"), manual=True)


@pytest.fixture
def board(shared, repository):
    """Start a run, the newest one, and stop it: on its board is what the test puts there."""
    run = bootstrap(shared, repository, manual=True)
    assert shared.post("runs/stop", {"run_id": run["id"]}).status_code == 200
    return run


def test_the_second_check_of_the_design(shared, run):
    body = {"title": "Storage", "description": "Keep it", "ticket_type": "component", "priority": "high"}
    answer = shared.http.post(
        "/api/tickets/create",
        content=json.dumps(body),
        headers={"X-Agent-ID": run["owner_id"], "Content-Type": "text/plain"},
    )
    assert answer.status_code == 200
    told = answer.json()
    assert told["ticket_id"].startswith("ticket-")
    assert {k: told[k] for k in ("success", "status", "message")} == {
        "success": True, "status": "backlog", "message": "Ticket created successfully",
    }  # fmt: skip


def test_the_address_file_is_private_and_complete(shared):
    path = shared.client.state.with_name(shared.client.state.name + ".backend.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(json.loads(path.read_text())) == {"url", "token", "pid", "version"}


def test_health_is_open_and_says_what_is_true(shared):
    answer = httpx.get(f"{shared.info.url}/health", trust_env=False)
    told = answer.json()
    assert told["store"]["ok"] is True
    assert told["state"] == str(shared.client.state)
    assert {"scheduler", "monitor"} <= set(told)


def test_tools_that_are_not_loaded_yet_are_busy_and_never_missing(running):
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    while (answer := running.http.post("/mcp/", json=listing)).status_code == 503:
        assert answer.json()["code"] == "busy"
        assert int(answer.headers["Retry-After"]) > 0
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_the_documentation_is_open(shared, path):
    assert httpx.get(shared.info.url + path, trust_env=False).status_code == 200


def test_everything_else_wants_a_token(shared):
    assert httpx.get(f"{shared.info.url}/api/tickets", trust_env=False).status_code == 401
    answer = httpx.get(f"{shared.info.url}/api/tickets", headers={"Authorization": "Bearer wrong"}, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
@pytest.mark.parametrize("path", ["/health", "/api/tickets", "/mcp/"])
def test_a_foreign_page_is_refused(shared, header, path):
    answer = shared.http.get(path, headers=header)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_loopback_origin_is_welcome(shared, run):
    assert shared.http.get("/api/tickets", headers={"Origin": "http://localhost:8888"}).status_code == 200


def test_the_owner_may_name_any_agent_of_the_file_and_no_other(shared, run):
    assert shared.post("tickets/create", {"title": "A"}, **{"X-Agent-ID": run["owner_id"]}).status_code == 200
    answer = shared.post("tickets/create", {"title": "A"}, **{"X-Agent-ID": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        (b"{", 422, "invalid", "JSON"),
        (b"[]", 422, "invalid", "object"),
        (b"{}", 422, "invalid", "title"),
        (b'{"title": ""}', 422, "invalid", "title"),
        (b'{"title": "a", "colour": "red"}', 422, "invalid", "colour"),
        (b'{"title": "a\\u0000b"}', 422, "invalid", "NUL"),
        (b'{"title": "a", "ticket_type": "banana"}', 400, "refused", "banana"),
        (b'{"title": "a", "status": "somewhere"}', 400, "refused", "somewhere"),
        (b'{"title": "a", "blocked_by": ["ticket-x"]}', 404, "not_found", "ticket-x"),
        (b'{"title": "' + b"x" * 2_000_000 + b'"}', 413, "too_large", "bytes"),
        (b'{"title": "' + b"x" * 600 + b'"}', 422, "invalid", "title"),
    ],
)
def test_bad_input_gets_a_clear_answer(shared, run, body, status, code, says):
    answer = shared.http.post("/api/tickets/create", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert says in answer.json()["detail"]


def test_a_body_that_lies_about_its_size_is_cut_off(shared, run):
    def endless():
        for _ in range(30):
            yield b"x" * 100_000

    assert shared.http.post("/api/tickets/create", content=endless()).status_code == 413
    while (answer := shared.http.post("/mcp/", content=endless())).status_code == 503:
        pass  # the tools are still being loaded
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "Traceback" not in beside(shared.client.state, ".backend.log").read_text()


def test_a_route_that_does_not_exist_says_so(shared):
    assert shared.http.get("/api/nothing").json()["code"] == "not_found"


def test_the_same_key_creates_one_ticket_however_often_it_comes(shared, board):
    body = {"title": "Once", "idempotency_key": "k1"}
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda: results.append(shared.post("tickets/create", body).json()["ticket_id"]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1
    assert shared.http.get("/api/tickets").json()["total"] == 1


def test_a_ticket_can_be_found_read_moved_and_resolved(shared, board):
    first = shared.post("tickets/create", {"title": "Parser", "description": "for dates"}).json()["ticket_id"]
    second = shared.post("tickets/create", {"title": "Writer", "blocked_by": [first]}).json()["ticket_id"]
    found = shared.post("tickets/search", {"query": "dates parser", "limit": 5}).json()
    assert [r["ticket_id"] for r in found["results"]] == [first]
    assert shared.post("tickets/change-status", {"ticket_id": second, "status": "building"}).status_code == 409
    shared.post("tickets/comment", {"ticket_id": second, "text": "Waiting."})
    about = shared.http.get(f"/api/tickets/{second}").json()
    assert (about["blocking_ticket_ids"], about["comments"][0]["text"]) == ([first], "Waiting.")
    assert shared.post("tickets/resolve", {"ticket_id": first}).json()["unblocked_tickets"] == [second]
    moved = shared.post("tickets/change-status", {"ticket_id": second, "status": "building"}).json()
    assert (moved["old_status"], moved["new_status"]) == ("backlog", "building")


def test_lists_come_in_pages_and_can_be_filtered(shared, board):
    for n in range(5):
        shared.post("tickets/create", {"title": f"T{n}", "priority": "high" if n % 2 else "low"})
    page = shared.http.get("/api/tickets", params={"limit": 2, "offset": 1}).json()
    assert ([t["title"] for t in page["tickets"]], page["total"]) == (["T1", "T2"], 5)
    assert shared.http.get("/api/tickets", params={"priority": "high"}).json()["total"] == 2
    assert shared.http.get("/api/tickets", params={"colour": "red"}).status_code == 422
    assert shared.http.get("/api/tickets", params={"limit": "-1"}).status_code == 422
    whole = shared.http.get("/api/events", params={"limit": 10_000}).json()
    part = shared.http.get("/api/events", params={"limit": 2, "offset": 3}).json()
    assert (part["events"], part["offset"]) == (whole["events"][3:5], 3)
    assert part["total"] == whole["total"] == len(whole["events"]) > 5


def test_the_stream_brings_events_from_any_point_on(shared, run):
    shared.post("tickets/create", {"title": "Seen"})
    seen = []
    with shared.http.stream("GET", "/api/events/stream", params={"after": 0}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
                if seen[-1]["kind"] == "ticket.created":
                    break
    numbers = [e["seq"] for e in seen]
    assert numbers == sorted(numbers)
    assert seen[0]["kind"] == "agent.created"
    with shared.http.stream("GET", "/api/events/stream", params={"after": numbers[-2]}) as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("id: "))
    assert first == f"id: {numbers[-1]}"


def test_sql_is_for_the_owner_and_answers_in_arrow(shared, run):
    assert shared.client.sql("select name from phases order by number").to_pylist()[0] == {"name": "analysis"}
    refused = shared.post("sql", {"query": "delete from events"})
    assert (refused.status_code, refused.json()["code"]) == (400, "sql_refused")


def test_no_answer_holds_a_hash_of_a_token(shared, run):
    for path in ("agents", f"agents/{run['owner_id']}", "events?limit=1000"):
        assert "token_hash" not in shared.http.get(f"/api/{path}").text
