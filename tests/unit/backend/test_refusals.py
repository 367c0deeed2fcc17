"""What a backend refuses, and the words in which it does."""

from __future__ import annotations

import asyncio

import psutil
import pytest

from heph_nb.backend.auth import Caller
from heph_nb.backend.operations import find_operation
from heph_nb.backend.service import Backend
from heph_nb.client.client import Client
from heph_nb.domain.records import Agent, Permission
from heph_nb.errors import HephError, RefusedError, WrongStateError
from heph_nb.run.handle import Run
from heph_nb.store.database import Database
from tests.unit.backend.conftest import git, make_repository, scripted_runs, start_backend, until


def refused(client, operation, **body) -> HephError:
    with pytest.raises(HephError) as caught:
        client.call(operation, body)
    return caught.value


def begin(scripted) -> Run:
    """Return a run whose second phase waits for its start, with one task in it."""
    run = scripted("write a.txt one", manual=True)
    until(run, "phase.status", id="phase-1", to="complete")
    return run


@pytest.fixture
def waiting(scripted) -> Run:
    return begin(scripted)


@pytest.fixture(scope="module")
def waiting_still(tmp_path_factory):
    """Return one such run for the tests that refuse, and leave it as it is."""
    folder = tmp_path_factory.mktemp("refusals")
    with scripted_runs(folder, make_repository(folder / "project")) as scripted:
        yield begin(scripted)


def test_an_agent_that_is_not_known_is_refused_and_the_known_ones_are_named(waiting_still):
    [task] = [t for t in waiting_still.client.get("tasks")["tasks"] if t["phase"] == 2]
    for operation, body in (("phases/start", {"number": 2}), ("tasks/retry", {"task_id": task["id"]})):
        for name in ("nobody", "", "claude"):
            error = refused(waiting_still.client, operation, agent=name, **body)
            assert isinstance(error, RefusedError)
            assert "outline, scripted" in error.detail
    assert waiting_still.summary().standing.startswith("Phase 2 (implementation) has not been started")


def test_a_task_whose_agent_is_gone_says_so_and_can_be_given_to_another(waiting, scripted, monkeypatch):
    waiting.pause()
    waiting.start_phase(2)
    waiting.start_phase(3)
    process, client = scripted.started.pop()
    client.close()
    process.terminate()
    process.wait(20)
    monkeypatch.setenv("HEPH_PORT", "0")
    client = Client(client.state)  # its backend knows the agents that are shipped, and no other
    scripted.started.append((psutil.Process(client.info.pid), client))
    run = Run(client, waiting.id)
    run.resume()
    said = run.summary().standing
    assert "'scripted', which cannot be launched here (those that can: outline)" in said
    assert 'run.start_phase(2, agent="outline")' in said
    run.start_phase(2, agent="outline")
    run.wait(timeout=60)


BLANK = [
    ("tickets/create", {"title": " \t\u00a0"}),
    ("tasks/create", {"title": "\n", "phase": 2}),
    ("memories/save", {"text": "  "}),
    ("messages/broadcast", {"text": "  "}),
    ("questions/ask", {"text": "\r\n"}),
]


def test_blank_text_is_refused(waiting_still):
    for operation, body in BLANK:
        error = refused(waiting_still.client, operation, **body)
        assert (operation, error.code, "must not be blank" in error.detail) == (operation, "invalid", True)


def test_a_key_stands_for_one_request(waiting_still):
    client = waiting_still.client
    first = client.call("tickets/create", {"title": "One", "idempotency_key": "k"})
    assert client.call("tickets/create", {"title": "One", "idempotency_key": "k"}) == first
    error = refused(client, "tickets/create", title="Two", idempotency_key="k")
    assert isinstance(error, WrongStateError)
    assert "'k' was given for another request" in error.detail
    shared = client.call("tickets/create", {"title": "One", "idempotency_key": "run:k"})
    assert client.call("tickets/create", {"title": "Worded otherwise", "idempotency_key": "run:k"}) == shared


def test_a_commit_that_git_does_not_have_is_refused(waiting_still):
    ticket = waiting_still.create_ticket("One")
    error = refused(waiting_still.client, "tickets/link-commit", ticket_id=ticket, commit_sha="deadbeef")
    assert isinstance(error, RefusedError)
    assert "has no commit deadbeef" in error.detail
    head = git(waiting_still.record["working_dir"], "rev-parse", "HEAD")
    linked = waiting_still.client.call("tickets/link-commit", {"ticket_id": ticket, "commit_sha": head[:10]})
    assert linked["commit_sha"] == head


def test_a_run_that_has_ended_says_what_comes_of_what_is_added(waiting):
    waiting.start_phase(2).start_phase(3).wait(timeout=60)
    made = waiting.client.call("tickets/create", {"title": "Later"})
    assert made["message"] == "Ticket created successfully"
    assert any("no task is left for it: Later" in need.text for need in waiting.summary().needs)
    for operation, body in (("phases/start", {"number": 2}), ("runs/pause", {}), ("runs/stop", {})):
        error = refused(waiting.client, operation, **body)
        assert isinstance(error, WrongStateError)
        assert "run.create_task" in error.detail


def test_a_permission_is_not_decided_before_recovery_has_told_that_its_agent_is_gone(tmp_path):
    """The backend that the agent belonged to was killed; the next one serves, but has not recovered yet."""

    async def decide() -> None:
        backend = Backend(Database.open(tmp_path / "hephaestus.duckdb"))
        await backend.start()
        try:
            await backend.ledger.execute(ask, actor="a1")
            caller = Caller(owner=True, id=backend.gatekeeper.owner_id)
            for verb in ("permissions/approve", "permissions/deny"):
                operation = find_operation(verb)
                with pytest.raises(WrongStateError, match="has expired: the agent that asked has ended"):
                    await backend.perform(operation, caller, operation.request(permission_id="p1"))
            assert backend.state.get(Permission, "p1").status == "pending"
        finally:
            await backend.close()

    def ask(draft) -> None:
        agent = draft.put(
            Agent(id="a1", run_id="r1", preset="x", status="waiting", attempt_id="attempt-1", started_at=draft.now)
        )
        draft.put(
            Permission(
                id="p1", run_id="r1", agent_id=agent.id, attempt_id="attempt-1", tool_kind="edit", title="write",
                detail="", created_at=draft.now,
            )
        )  # fmt: skip

    asyncio.run(decide())


def test_a_permission_of_a_killed_backend_cannot_be_given_but_the_next_one_can(scripted):
    run = scripted("ask yes.txt fine", policy="ask")
    asked = until(run, "permission.created").data["id"]
    process = psutil.Process(run.client.info.pid)
    process.kill()
    process.wait(20)
    scripted.started.append(start_backend(run.client.state))
    error = refused(run.client, "permissions/approve", permission_id=asked)
    assert isinstance(error, WrongStateError)
    assert "expired" in error.detail
    again = until(run, "permission.created", after=until(run, "permission.status", id=asked, to="expired").seq)
    run.approve(again.data["id"])
    run.wait(timeout=60)
