"""Endings: a backend that ends, in whatever way, costs nobody an attempt and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.unit.backend.conftest import git, start_backend, until

WORKFLOW = """
name: short
phases:
  - {order: 1, name: analysis}
  - {order: 2, name: implementation, checks: [CHECK]}
"""


@pytest.fixture
def workflow(tmp_path):
    """Return a function that writes a workflow with one check and returns its path."""

    def write(check: str) -> str:
        path = tmp_path / "workflow.yaml"
        path.write_text(WORKFLOW.replace("CHECK", repr(check)))
        return str(path)

    return write


def restart(run, number=signal.SIGTERM):
    """Send the backend a signal, wait for its end, and start another; return the number of the last event before."""
    seq = run.client.health()["store"]["last_seq"]
    process = psutil.Process(run.client.info.pid)
    process.send_signal(number)
    process.wait(20)
    return seq


def next_event(run, after, kind, **data):
    """Wait for an event after another."""
    with run.client.stream(after) as stream:
        return next(e for e in stream if e.kind == kind and all(e.data.get(k) == v for k, v in data.items()))


def events(run, kind, count, after=0):
    """Wait until an event of a kind has come so many times."""
    with run.client.stream(after) as stream:
        found = (e for e in stream if e.kind == kind)
        return [next(found) for _ in range(count)]


def test_ending_the_backend_in_the_middle_of_tool_calls_costs_no_attempt(scripted, tmp_path):
    gate = tmp_path / "gate"
    run = scripted(f"talk {gate} one", f"talk {gate} two", max_agents=2)
    after = 0
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        events(run, "message.sent", 2, after)
        after = restart(run, number)
        scripted.started.append(start_backend(run.client.state))
    gate.touch()
    run.wait(timeout=60)
    assert run.sql("select distinct lost from task_versions")["lost"].tolist() == [0]
    assert set(run.attempts()["outcome"]) == {"merged", "cancelled"}
    log = Path(f"{run.state}.backend.log").read_text()
    assert log.count(f"The backend of {run.state} ended") == 3
    assert "Traceback" not in log


def marked(run):
    """Return the processes that were started for the state file of a run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HEPH_PROCESS", "").endswith(f"@{run.state}"):
                found.append(process)
        except psutil.Error:
            continue
    return [p for p in found if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def hang(tmp_path):
    """Return a check that hangs, with a child in a session of its own, unless the file ``go`` is there."""
    pids, go = tmp_path / "pids", tmp_path / "go"
    os.mkfifo(pids)
    return f"test -e {go} || {{ setsid sleep 1000 & echo $! $$ > {pids}; exec sleep 1000; }}"


def check_pids(run, tmp_path, after=0):
    """Wait until a check hangs, and return its processes."""
    events(run, "check.started", 1, after)
    return [psutil.Process(int(pid)) for pid in (tmp_path / "pids").read_text().split()]


def gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_check_does_not_outlive_its_backend(scripted, workflow, tmp_path, number):
    run = scripted("write a.txt one", workflow=workflow(hang(tmp_path)))
    hanging = check_pids(run, tmp_path)
    [trees] = run.sql("select worktrees || '/' || id trees from runs")["trees"]
    reports = {*Path(trees).glob(".checks-*")}
    assert len(reports) == 1
    after = restart(run, number)
    if number == signal.SIGTERM:
        assert gone(hanging)
    scripted.started.append(start_backend(run.client.state))
    again = check_pids(run, tmp_path, after)
    assert not reports & {*Path(trees).glob(".checks-*")}
    assert gone(hanging)
    (tmp_path / "go").touch()
    restart(run)
    assert gone(again)
    scripted.started.append(start_backend(run.client.state))
    run.wait(timeout=60)
    assert run.checks()["exit_code"].tolist() == [0]


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_a_check_ends_when_nobody_wants_its_work_any_more(scripted, workflow, tmp_path, repository, how):
    run = scripted("write a.txt one", "write b.txt two", max_agents=1, workflow=workflow(hang(tmp_path)))
    hanging = check_pids(run, tmp_path)
    if how == "stop":
        run.stop()
    else:
        (tmp_path / "go").touch()
        run.cancel(run.tasks().query("status == 'checking'")["id"].iloc[0])
        run.wait(timeout=60)
        assert git(repository, "ls-tree", "--name-only", run.branch).count(".txt") == 1
    assert gone(hanging)


def test_a_check_that_takes_too_long_is_ended_and_its_work_sent_back(scripted, workflow, tmp_path, monkeypatch):
    monkeypatch.setenv("HEPH_CHECK_SECONDS", "3")
    run = scripted("write a.txt one", workflow=workflow("sleep 1000"))
    wait_until(lambda: (run.summary().standing is not None, run))
    assert "The check `sleep 1000` of 'write a.txt one' has been running for" in str(run.summary().standing)
    sent_back = until(run, "merge.status", to="rejected")
    merge = run.client.get("merges", sent_back.data["id"])["merge"]
    assert "stopped after 3 seconds" in merge["reason"]
    run.stop()


def test_work_of_an_agent_that_never_ends_its_turn_is_taken(scripted, repository):
    run = scripted("linger a.txt one", backend=("--silence", "3"))
    run.wait(timeout=30)
    assert git(repository, "show", f"{run.branch}:a.txt") == "one"
    assert run.sql("select max(lost + reworks) n from tasks")["n"].tolist() == [0]


def left(run, repository):
    """Return what a run has left behind: its worktrees, and its branches but the run branch."""
    worktrees = Path(run.record["worktrees"]) / run.id
    paths = sorted(path.name for path in worktrees.iterdir()) if worktrees.exists() else []
    branches = git(repository, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/heph-attempt").split()
    return paths, branches


def unmerged(run, repository):
    """Return the branches of attempts that were ended after a commit: their work is nowhere else."""
    branches = git(repository, "for-each-ref", "--format=%(refname)", "--no-merged", run.branch, "refs/heads").split()
    return [branch.split("/", 3)[3] for branch in branches]


@pytest.mark.parametrize("number", [None, signal.SIGKILL])
def test_a_run_that_has_ended_leaves_only_work_that_is_nowhere_else(scripted, repository, number):
    run = scripted("write a.txt one", "die", "vanish", "draft b.txt two", max_agents=2)
    until(run, "run.status", to="failed")
    if number:
        restart(run, number)
        scripted.started.append(start_backend(run.client.state))
    drafts = set(run.sql("select a.id from attempts a join tasks t on t.id = a.task_id where t.title like 'draft%'").id)

    def told():
        paths, branches = left(run, repository)
        registered = git(repository, "worktree", "list", "--porcelain").count("worktree ") - 1
        return {branch.rpartition("/")[2] for branch in branches} == set(paths) == drafts and registered == len(drafts)

    wait_until(lambda: (told(), (left(run, repository), git(repository, "worktree", "list"))))


def test_a_stopped_run_leaves_nothing_but_its_branch(scripted, repository):
    run = scripted("silent", "write a.txt one", max_agents=2)
    until(run, "merge.status", to="merged")
    run.stop()
    wait_until(lambda: (left(run, repository) == ([], []), left(run, repository)))
    assert not (Path(run.record["worktrees"]) / run.id).exists()


def wait_until(look):
    """Look again and again until what is to become true is true."""
    deadline = time.monotonic() + 30
    while True:
        done, shown = look()
        if done:
            return
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)


def test_a_branch_that_was_moved_back_pauses_the_run_until_it_is_put_back(scripted, repository, tmp_path):
    gate = tmp_path / "gate"
    run = scripted("write a.txt one", f"talk {gate} two", max_agents=2)
    merged = until(run, "merge.status", to="merged")
    merge = run.client.get("merges", merged.data["id"])["merge"]["merge_commit"]
    git(repository, "branch", "-f", run.branch, run.record["base_commit"])
    gate.touch()
    paused = until(run, "run.status", to="paused")
    command = f"git -C {repository} branch -f {run.branch} {merge}"
    assert command in paused.data["reason"]
    run.resume()
    again = next_event(run, paused.seq, "run.status", to="paused")
    assert again.data["reason"] == paused.data["reason"]
    git(repository, *command.split()[3:])
    run.resume().wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:a.txt", f"{run.branch}:two.txt") == "one\ntwo"
    assert run.sql("select distinct lost + reworks n from task_versions")["n"].tolist() == [0]


def test_a_branch_that_was_deleted_pauses_the_run_before_another_agent_starts(scripted, repository):
    run = scripted("write a.txt one", manual=True, max_agents=1)
    run.wait(timeout=60, phase=1)
    run.start_phase(2).wait(timeout=60, phase=2)
    tip = git(repository, "rev-parse", run.branch)
    git(repository, "branch", "-D", run.branch)
    run.client.call("tasks/create", {"run_id": run.id, "title": "write b.txt two", "phase": 2})
    paused = until(run, "run.status", to="paused")
    assert "was deleted" in paused.data["reason"]
    assert tip in paused.data["reason"]
    git(repository, "branch", "-f", run.branch, tip)
    run.resume().start_phase(3).wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:b.txt") == "two"
    assert run.sql("select distinct lost from task_versions")["lost"].tolist() == [0]


def test_commits_that_the_person_adds_to_the_run_branch_are_welcome(scripted, repository, tmp_path):
    gate = tmp_path / "gate"
    run = scripted(f"talk {gate} two")
    events(run, "message.sent", 1)
    git(repository, "worktree", "add", "-q", "--detach", str(tmp_path / "mine"), run.branch)
    (tmp_path / "mine" / "mine.txt").write_text("mine\n")
    for arguments in (["add", "-A"], ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "Mine"]):
        git(tmp_path / "mine", *arguments)
    git(repository, "branch", "-f", run.branch, git(tmp_path / "mine", "rev-parse", "HEAD"))
    gate.touch()
    run.wait(timeout=60)
    assert git(repository, "show", f"{run.branch}:mine.txt", f"{run.branch}:two.txt") == "mine\ntwo"


def test_a_run_that_is_killed_at_every_step_ends_as_usual(scripted, workflow, repository):
    titles = [f"write f{n}.txt x{n}" for n in range(12)]
    run = scripted(*titles, max_agents=2, workflow=workflow("setsid sleep 1000 & true"))
    for kind, to in [
        ("attempt.created", None), ("agent.status", "working"), ("task.status", "checking"), ("check.started", None),
        ("task.status", "merging"), ("merge.status", "merged"),
    ]:  # fmt: skip
        next_event(run, run.client.health()["store"]["last_seq"], kind, **({"to": to} if to else {}))
        restart(run, signal.SIGKILL)
        scripted.started.append(start_backend(run.client.state))
    run.wait(timeout=60)
    assert git(repository, "ls-tree", "--name-only", run.branch).count(".txt") == 12
    assert run.sql("select max(lost + reworks) n from tasks")["n"].tolist() == [0]
    wait_until(lambda: (len(left(run, repository)[0]) == len(unmerged(run, repository)), left(run, repository)))
    assert left(run, repository)[1] == unmerged(run, repository)
    restart(run)
    assert marked(run) == []
    git(repository, "fsck", "--strict")
