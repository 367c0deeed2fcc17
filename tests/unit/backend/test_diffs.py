"""Work that is not merged can be looked at too, and an agent sees the work of its own run."""

from __future__ import annotations

import httpx
import pytest

from tests.unit.backend.conftest import make_repository, scripted_runs, until


@pytest.fixture
def scripted(tmp_path):
    with scripted_runs(tmp_path, make_repository(tmp_path / "project")) as run:
        yield run


def test_what_was_never_merged_is_shown_and_agents_read_the_diffs_of_their_run_alone(scripted):
    run = scripted("tell token.txt")
    until(run, "message.sent")
    ticket = run.create_ticket("Greeting")
    task = run.create_task("draft a.txt hello", phase=2, ticket=ticket)
    until(run, "task.status", to="failed")
    [row] = run.review().query("ticket == @ticket").to_dict("records")
    assert (row["outcome"], row["retry"], row["files"]) == ("failed", [task], 0)
    assert run.diff(ticket).text == run.diff(task=task).text
    diff = run.diff(task=task)
    assert "+hello\n" in diff.text
    assert diff.note == "Not merged: this is what the newest attempt has committed so far."
    [message] = run.client.get("messages", run_id=run.id)["messages"]
    headers = {"Authorization": f"Bearer {message['text']}"}
    with httpx.Client(base_url=run.client.info.url, headers=headers, trust_env=False, timeout=30) as agent:
        assert agent.get(f"/api/tasks/{task}/diff").json()["diff"]["text"] == diff.text
        assert agent.get(f"/api/commits/{diff.parts[0].commit}/diff").status_code == 200
        assert agent.get(f"/api/tasks/{task}/diff", params={"run_id": "another"}).status_code == 403
        assert agent.get("/api/commits/abcdef0/diff", params={"run_id": "another"}).status_code == 403
    run.stop()
