"""Runs against a real backend, real git and agents that fail in every way that agents fail."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import psutil
import pytest

from heph_nb.repo.repository import Repository
from tests.unit.backend.conftest import git, start_backend, until


def statuses(run):
    return {t["title"].split()[0]: t["status"] for t in run.client.get("tasks", run_id=run.id)["tasks"]}


def test_what_an_agent_commits_is_merged_into_the_run_branch_and_nowhere_else(scripted, repository):
    before = Repository.open(repository).fingerprint()
    run = scripted("write a.txt one", "write b.txt two")
    before = Repository.open(repository).fingerprint()
    run.wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:a.txt", f"{run.branch}:b.txt") == "one\ntwo"
    merges = run.client.get("merges", run_id=run.id)["merges"]
    assert {m["status"] for m in merges} == {"merged"}
    for merge in merges:
        git(repository, "merge-base", "--is-ancestor", merge["merge_commit"], run.branch)
    assert "Heph-Run: " + run.id in git(repository, "log", "-1", "--format=%B", merges[-1]["merge_commit"])
    assert Repository.open(repository).fingerprint() == before


def test_an_agent_whose_process_dies_is_replaced_twice_and_then_needs_a_person(scripted):
    run = scripted("die")
    until(run, "run.status", to="failed")
    attempts = run.client.get("attempts", run_id=run.id)["attempts"][1:]
    assert [a["outcome"] for a in attempts] == ["failed"] * 3
    assert "exit code 7" in attempts[0]["reason"]
    agents = run.client.sql("select status from agent_versions where reason like '%exit code 7%' order by seq")
    assert agents.column("status").to_pylist()[:2] == ["stuck", "terminated"]
    assert "run.retry" in str(run.summary().standing)


def test_an_agent_that_ends_its_turn_without_a_word_has_not_done_its_task(scripted):
    run = scripted("vanish")
    until(run, "run.status", to="failed")
    [task] = [t for t in run.client.get("tasks")["tasks"] if t["title"] == "vanish"]
    assert "without finishing its task" in task["reason"]


def test_an_agent_whose_worktree_is_removed_costs_an_attempt_and_not_the_task(scripted, repository):
    run = scripted("robbed failed", "robbed done")
    run.wait(timeout=60)
    lost = run.client.sql("select reason from attempts where outcome = 'failed'").column("reason").to_pylist()
    assert lost == ["its worktree was removed while it was at work"] * 2
    assert git(repository, "show", f"{run.branch}:failed.txt", f"{run.branch}:done.txt") == "kept\nkept"


def obstruct_the_repository(repository):
    away = repository.rename(repository.with_name("elsewhere"))
    return "put it back where it was", lambda: away.rename(repository)


def obstruct_a_filter(repository):
    name = "filter.missing"
    git(repository, "config", f"{name}.required", "true")
    git(repository, "config", f"{name}.smudge", "no-such-filter")
    attributes = repository / ".git" / "info" / "attributes"
    attributes.write_text("* filter=missing\n")
    return "no-such-filter", lambda: (attributes.unlink(), git(repository, "config", "--remove-section", name))


@pytest.mark.parametrize("obstruct", [obstruct_the_repository, obstruct_a_filter])
def test_where_no_worktree_can_be_made_the_run_waits_for_the_person_and_no_attempt_is_counted(
    scripted, repository, obstruct
):
    run = scripted("write a.txt one", manual=True)
    until(run, "phase.status", id="phase-1", to="complete")
    text, clear = obstruct(repository)
    run.start_phase(2).start_phase(3)
    paused = until(run, "run.status", to="paused")
    assert "no worktree can be made for its agents: " in paused.data["reason"]
    assert text in paused.data["reason"]
    until(run, "attempt.status", to="cancelled")
    clear()
    run.resume()
    run.wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:a.txt") == "one"
    assert run.sql("select max(lost) n from task_versions")["n"].iloc[0] == 0


def test_a_silent_agent_is_marked_stuck_and_its_task_goes_to_another(scripted):
    run = scripted("silent", backend=("--silence", "3"))
    until(run, "agent.status", to="stuck")
    until(run, "attempt.status", to="superseded")
    run.stop()
    assert statuses(run)["silent"] == "cancelled"


def test_a_conflict_is_sent_back_with_both_sides_and_the_second_try_lands(scripted, repository):
    run = scripted("write same.txt one", "write same.txt two", max_agents=2)
    sent = until(run, "merge.status", to="conflict")
    merge = run.client.get("merges", sent.data["id"])["merge"]
    assert merge["conflicts"] == ["same.txt"]
    assert "one" in merge["reason"]
    assert "two" in merge["reason"]
    run.wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:same.txt") in ("one", "two")
    assert "<<<<<<<" not in git(repository, "show", f"{run.branch}:same.txt")


def test_red_checks_are_sent_back_with_their_output(scripted):
    run = scripted("red test_red.py")
    run.wait(timeout=60)
    checks = run.client.get("checks", run_id=run.id)["checks"]
    codes = [c["exit_code"] for c in checks if "pytest" in c["command"]]
    assert codes == [1, 0]
    assert [m["status"] for m in run.client.get("merges", run_id=run.id)["merges"]] == ["rejected", "merged"]


def test_a_permission_is_a_row_before_the_agent_goes_on(scripted):
    run = scripted("ask yes.txt fine", "ask no.txt never", policy="ask", max_agents=2)
    until(run, "permission.created")
    first = run.sql("select id, title from permissions where status = 'pending' order by created_at").iloc[0]
    assert first["title"].startswith("write ")
    agent = run.sql("select a.status from agents a join permissions p on p.agent_id = a.id where p.status = 'pending'")
    assert set(agent["status"]) <= {"waiting"}
    needs = run.summary().needs
    assert any("run.approve" in way for need in needs for way in need.ways_out)
    run.approve(first["id"])
    run.approve(first["id"])
    until(run, "permission.status", id=first["id"], to="allowed")
    while True:
        left = run.sql("select id from permissions where status = 'pending'")
        if len(left):
            break
        until(run, "permission.created")
    run.deny(left["id"].iloc[0], "keep it out")
    until(run, "run.status", to="failed")
    assert sorted(t["status"] for t in run.client.get("tasks")["tasks"] if t["title"].startswith("ask")) == [
        "done",
        "failed",
    ]


def test_a_paused_run_starts_nothing_until_it_is_resumed(scripted):
    run = scripted("write a.txt one", manual=True)
    run.wait(timeout=60, phase=1)
    assert "run.start_phase(2)" in run.summary().standing
    run.pause()
    run.start_phase(2)
    assert statuses(run)["write"] == "queued"
    run.resume()
    run.start_phase(3)
    run.wait(timeout=60)
    assert statuses(run)["write"] == "done"


def test_terminating_an_agent_ends_its_process_and_its_token(scripted):
    run = scripted("silent")
    until(run, "task.status", to="running")
    until(run, "task.created")
    event = until(run, "agent.status", to="working")
    with run.client.stream(event.seq) as stream:
        working = next(e for e in stream if e.kind == "agent.status" and e.data["to"] == "working")
    agent = run.client.get("agents", working.data["id"])["agent"]
    process = psutil.Process(agent["pid"])
    run.terminate(agent["id"])
    process.wait(20)
    run.stop()


def test_a_backend_that_is_killed_is_replaced_and_the_run_ends_as_usual(scripted, repository, monkeypatch):
    run = scripted(*[f"write f{n}.txt x{n}" for n in range(6)], max_agents=2)
    until(run, "merge.status", to="merged")
    process = psutil.Process(run.client.info.pid)
    agents = [psutil.Process(a["pid"]) for a in run.client.get("agents")["agents"] if a["pid"]]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    scripted.started.append(start_backend(run.client.state))
    run.wait(timeout=90)
    assert git(repository, "ls-tree", "--name-only", run.branch).count(".txt") == 6
    assert not [a for a in agents if a.is_running() and a.status() != psutil.STATUS_ZOMBIE]
    lost = run.sql("select count(*) n from attempts where outcome = 'running'")
    assert lost["n"].iloc[0] == 0


def test_a_person_who_has_the_run_branch_checked_out_is_not_pulled_along(scripted, repository, tmp_path):
    run = scripted("write a.txt one", manual=True)
    until(run, "phase.status", id="phase-1", to="complete")
    run.pause()
    git(repository, "worktree", "add", "-q", str(tmp_path / "mine"), run.branch)
    tip = git(repository, "rev-parse", run.branch)
    run.start_phase(2).start_phase(3).resume()
    paused = until(run, "run.status", to="paused", by="verifier")
    assert "is checked out in" in paused.data["reason"]
    assert git(repository, "rev-parse", run.branch) == tip
    git(repository, "worktree", "remove", str(tmp_path / "mine"))
    run.resume()
    run.wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:a.txt") == "one"


def test_sigterm_ends_the_backend_with_streams_open(scripted):
    run = scripted("write a.txt one", manual=True)
    info = run.client.info
    headers = {"Authorization": f"Bearer {info.token}"}
    with httpx.Client(base_url=info.url, headers=headers, trust_env=False) as http:
        streams = [http.stream("GET", "/api/events/stream").__enter__() for _ in range(5)]
        process = psutil.Process(info.pid)
        process.terminate()
        process.wait(20)
        for stream in streams:
            stream.close()
    log = Path(f"{run.client.state}.backend.log").read_text()
    assert log.splitlines()[-1].endswith(f"The backend of {run.client.state} ended")
    assert not Path(f"{run.client.state}.backend.json").exists()
