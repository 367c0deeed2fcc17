"""Checks that harm: what they cost is the work they are about, never the run's agents, nor its person's machine."""

from __future__ import annotations

import psutil
import pytest
from click.testing import CliRunner

from heph_nb.cli import heph, looking  # noqa: F401 - importing it adds its commands
from heph_nb.errors import RepositoryError
from heph_nb.run.handle import Run
from tests.unit.backend.conftest import git, until


@pytest.fixture
def checked(running, repository):
    """Return a function that starts a run of the built-in agent with a check in its first phases."""

    def run(check: str, phases: int = 3) -> Run:
        path = repository.parent / "checked.yaml"
        names = ("analysis", "implementation", "validation")
        checks = [[check] if n < phases else [] for n in range(3)]
        written = [f"  - {{order: {n + 1}, name: {name}, checks: {checks[n]}}}\n" for n, name in enumerate(names)]
        path.write_text(f"name: checked\nphases:\n{''.join(written)}")
        body = {"prd": str(repository / "PRD.md"), "working_dir": str(repository), "workflow": str(path)}
        return Run(running.client, running.client.call("runs/create", body)["id"])

    return run


@pytest.fixture
def impatient(monkeypatch):
    """Have agents count as stuck after a few seconds of silence. Must come before the backend."""
    monkeypatch.setenv("HEPH_SILENCE_SECONDS", "5")


def test_a_check_that_takes_longer_than_an_agent_may_be_silent_costs_no_attempt(impatient, checked):
    run = checked("sleep 7", phases=1).wait(timeout=120)
    assert run.status == "completed"
    assert set(run.attempts()["outcome"]) == {"merged"}


def test_what_a_check_leaves_running_ends_with_it(checked, tmp_path):
    pids = tmp_path / "pids"
    daemon = f"sh -c 'echo $$ >> {pids}; exec sleep 1000' >/dev/null 2>&1 &"
    run = checked(f"setsid nohup {daemon} {daemon} until [ $(wc -l < {pids}) -ge 2 ]; do sleep 0.1; done")
    run.wait(timeout=120)
    assert not [pid for pid in map(int, pids.read_text().split()) if lives(pid)]


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_check_that_takes_a_commit_away_does_not_take_the_work(checked, repository):
    run = checked("git reset -q --hard HEAD~1").wait(timeout=120)
    assert run.status == "completed"
    assert "checklist.md" in git(repository, "ls-tree", "-r", "--name-only", run.branch)


@pytest.mark.parametrize("check", ["no-such-program --all", "echo ERROR: unrecognized arguments; exit 4 # pytest"])
def test_a_check_that_cannot_run_needs_the_person_at_once(checked, check):
    run = checked(check)
    until(run, "run.status", to="failed")
    task = run.tasks().iloc[0]
    assert (task["status"], task["reworks"]) == ("failed", 1)
    code, said = (127, "not found") if "pytest" not in check else (4, "ERROR: unrecognized arguments")
    for told in (task["reason"], CliRunner().invoke(heph, ["status", "--state", str(run.state)]).output):
        told = " ".join(told.split())
        assert f"ended with exit code {code}" in told
        assert said in told
        assert f"git switch {run.branch}" in told
        assert f"heph retry {task['id']}" in told


def test_the_first_lines_of_a_red_check_are_the_reason(checked):
    run = checked("echo ======; echo the roof leaks; exit 3")
    until(run, "task.status", to="needs_work")
    assert (
        "exit code 3: the roof leaks"
        in run.sql("select reason from task_versions where status = 'needs_work'").iat[0, 0]
    )
    run.stop()


@pytest.mark.parametrize("name", ["heph", "heph-attempt"])
def test_a_branch_in_the_way_of_ours_is_refused_before_the_run(checked, repository, name):
    git(repository, "branch", name)
    with pytest.raises(RepositoryError, match=f"git branch -m {name} {name}-branch"):
        checked("true")
