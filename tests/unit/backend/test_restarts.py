"""A person puts a new agent on a task."""

from __future__ import annotations

import psutil
import pytest
from click.testing import CliRunner

from heph_nb.cli import heph
from heph_nb.domain.work import MOST_LOST
from heph_nb.errors import WrongStateError


def task_of(run, title):
    [task] = [t for t in run.client.get("tasks", run_id=run.id)["tasks"] if t["title"] == title]
    return task


def at_work(run, title, after=0):
    """Wait until the next agent works on a task; return the agent and the number of the event."""
    with run.client.stream(after) as stream:
        for event in stream:
            if event.kind == "agent.status" and event.data["to"] == "working":
                agent = run.client.get("agents", event.data["id"])["agent"]
                if run.client.get("tasks", agent["task_id"])["task"]["title"] == title:
                    return agent, event.seq
    raise AssertionError(title)


def test_a_task_that_is_restarted_gets_a_new_agent_and_nothing_is_counted(scripted):
    run = scripted("silent")
    agent, seq = at_work(run, "silent")
    for n in range(MOST_LOST):
        process = psutil.Process(agent["pid"])
        if n % 2:
            done = CliRunner().invoke(
                heph, ["restart", agent["task_id"], "--reason", "stuck", "--state", str(run.state)]
            )
            assert f"Task {agent['task_id']} is queued." in done.stdout
        else:
            run.restart(agent["task_id"], "stuck")
        process.wait(20)
        before = agent
        agent, seq = at_work(run, "silent", seq)
        assert agent["id"] != before["id"]
        assert run.client.get("agents", before["id"])["agent"]["status"] == "terminated"
    task = task_of(run, "silent")
    assert (task["status"], task["lost"]) == ("running", 0)
    assert task["feedback"] == "The agent before you was ended by a person: stuck"
    outcomes = run.attempts().query(f"task_id == '{task['id']}'")["outcome"].tolist()
    assert outcomes == ["cancelled"] * MOST_LOST + ["running"]

    run.cancel(task["id"]).restart(task["id"])
    at_work(run, "silent", seq)
    run.stop()


def test_what_nobody_works_on_is_not_restarted_and_the_way_out_is_named(scripted):
    run = scripted("write a.txt one", manual=True)
    run.wait(timeout=60, phase=1)
    waits = task_of(run, "write a.txt one")["id"]
    with pytest.raises(WrongStateError, match="is pending: an agent begins with it as soon as it can"):
        run.restart(waits)
    run.start_phase(2).start_phase(3).wait(timeout=60)
    with pytest.raises(WrongStateError, match=r"is done: its work is merged; run\.create_task"):
        run.restart(waits)
