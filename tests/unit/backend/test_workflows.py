"""A person's own workflows, run to the end by the built-in agent."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from heph_nb.cli import heph, steering  # noqa: F401 - importing it adds its commands
from heph_nb.errors import InvalidError
from heph_nb.run.handle import Run

WORKFLOWS = {
    "two": ["plan it", "write it"],
    "four": ["discovery", "drawing", "making", "looking"],
    "named": ["alpha", "beta, role: validation", "gamma, role: implementation"],
    "lonely": ["implementation", "validation"],
}


def begin(running, repository, name, phases):
    path = repository.parent / f"{name}.yaml"
    written = [f"  - {{order: {n}, name: {phase}}}\n" for n, phase in enumerate(phases, 1)]
    path.write_text(f"name: {name}\nphases:\n{''.join(written)}")
    body = {"prd": str(repository / "PRD.md"), "working_dir": str(repository), "workflow": str(path), "new": True}
    return Run(running.client, running.client.call("runs/create", body)["id"])


def test_whatever_the_phases_are_called_the_work_is_done_and_tickets_are_resolved(running, repository):
    runs = {name: begin(running, repository, name, phases) for name, phases in WORKFLOWS.items()}
    for run in runs.values():
        run.wait(timeout=120)
    for name in ("two", "four", "named"):
        run = runs[name]
        tickets = run.tickets()
        assert len(tickets)
        assert tickets["resolved"].all(), name
        assert set(run.requirements()["status"]) == {"specified"}, name
        assert run.summary().standing is None, name
        assert run.summary().needs == (), name
    assert list(runs["two"].tasks().groupby("phase")["id"].count().index) == [1, 2]
    assert list(runs["named"].tasks()["phase"].unique()) == [1, 3, 2]
    assert set(runs["four"].tasks()["phase"]) == {1, 2, 3, 4}
    assert set(runs["two"].tickets()["status"]) == {"building-done"}


def test_a_run_that_planned_nothing_says_which_requirements_it_left_out(running, repository):
    run = begin(running, repository, "lonely", WORKFLOWS["lonely"]).wait(timeout=60)
    assert "3 requirements are in no ticket (R-001, R-002, R-003)" in run.summary().standing
    [need] = run.summary().needs
    assert need.ways_out == ('run.create_ticket("what to do", requirement_ids=["R-001", "R-002", "R-003"])',)
    assert "are in no ticket" in repr(run)
    told = CliRunner().invoke(heph, ["wait", run.id, "--state", str(run.state)])
    assert (told.exit_code, "not everything is done" in told.output) == (0, True)


def test_a_wrong_workflow_is_refused_with_its_file_and_line(running, repository):
    where = f"{repository.parent}/wrong.yaml is wrong at line 4, phases.1.colour"
    with pytest.raises(InvalidError, match=re.escape(where)):
        begin(running, repository, "wrong", ["one", "two, colour: red"])
