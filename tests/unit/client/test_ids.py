"""Ids may be shortened wherever a person gives one, in Python and in the terminal."""

from __future__ import annotations

import pytest

import heph_nb
from heph_nb.domain.naming import meant
from heph_nb.errors import NotFoundError, RefusedError
from heph_nb.run.starting import connect, start

TASKS = [f"task-38b2{n}313-0c11-4d2e-9f3a-60b7c8d9e0f1" for n in "01"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (TASKS[0], TASKS[:1]), ("task-38b20", TASKS[:1]), ("38b21", TASKS[1:]), ("38b2", TASKS), ("task-", []),
        ("38b", []), ("task-38b", []), ("", []), ("0c11", []), ("60b7c8d9e0f1", []),
    ],
)  # fmt: skip
def test_an_id_is_meant_by_its_beginning(given, found):
    assert meant(TASKS, given) == found


@pytest.mark.parametrize(("given", "found"), [("ladl", True), ("f3a6", True), ("f3a60b", True), ("3a60", False)])
def test_a_run_is_meant_by_its_name_or_its_number(given, found):
    assert meant(["my-ladle-0c11d2", "ladle-f3a60b"], given) == (["ladle-f3a60b"] if found else [])


def test_every_verb_takes_the_beginning_of_an_id(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    first = run.create_ticket("First")
    number = run.id.rpartition("-")[2]
    second = run.create_ticket("Second", blocked_by=[first[:18]])
    assert run.tickets().set_index("id").loc[second, "blocked_by"] == [first]
    part = first.removeprefix("ticket-")[:10]
    run.comment(part, "Mind the spaces.")
    assert run.comments()["ticket_id"].tolist() == [first]
    with pytest.raises(RefusedError, match=rf"'ticket-{part[:3]}' is too short for an id: say 4 characters of {first}"):
        run.comment(f"ticket-{part[:3]}", "Mind the spaces.")
    heph("resolve-ticket", part, "--state", state)
    task = run.create_task("Look", phase=3, ticket=part)
    assert run.tasks().set_index("id").loc[task, "ticket_id"] == first
    heph("cancel", task.removeprefix("task-")[:12], "--state", state)
    assert connect(state, number).id == run.id
    assert run.id in heph("status", number, "--state", state).stdout
    assert run.id in heph("pause", number, "--state", state).stdout
    assert run.status == "paused"
    assert heph_nb.open(run.export(project / "run.duckdb"), number).id == run.id


def test_a_beginning_that_several_share_lists_them_and_a_run_that_is_none_those_that_are(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    other = start(project / "PRD.md", project, state=state, manual=True, new=True).run
    said = heph("pause", "adder", "--state", state, check=2).stderr
    assert f"'adder' begins the ids of several runs: {other.id} (active), {run.id} (active)" in said
    with pytest.raises(RefusedError, match="several runs"):
        connect(state, "adde")
    for command in (["wait"], ["status"], ["stop"], ["questions"], ["start-phase"]):
        said = heph(*command, "nothing", *["2"] * (command == ["start-phase"]), "--state", state, check=2).stderr
        assert f"There is no run 'nothing'; there are {other.id} (active), {run.id} (active)." in said, command
    with pytest.raises(NotFoundError, match="There is no task 'nothing'"):
        run.retry("nothing")
