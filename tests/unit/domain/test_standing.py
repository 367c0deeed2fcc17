"""Why a run stands still, what it left undone, and what can be done about it."""

from __future__ import annotations

import pytest

from heph_nb.domain import requirements, runs, standing, tasks, tickets
from heph_nb.domain.records import Requirement, Task
from heph_nb.errors import NotFoundError, WrongStateError
from tests.unit.domain.test_work import accept, claim, create_task, create_ticket, finish, status


def test_a_run_says_which_agent_its_tasks_wait_for_in_vain(world):
    [task] = world.state.all(Task, "run-1")
    with world.command() as draft:
        runs.start_phase(draft, world.run, 1, agent="nobody")
    assert standing.explain(world.state, world.run) is None
    said = standing.explain(world.state, world.run, ["other", "outline"])
    assert "'nobody', which cannot be launched here" in said
    assert 'run.start_phase(1, agent="outline")' in said
    [need] = standing.needs(world.state, world.run, ["other", "outline"])
    assert need.id == task.id
    with world.command() as draft:
        tasks.retry(draft, task, "outline")
    assert standing.explain(world.state, world.run, ["outline"]) is None


def complete(world):
    attempt, agent = claim(world)
    finish(world, agent)
    accept(world, attempt)


def test_a_completed_run_says_what_it_left_undone(world):
    ticket = create_ticket(world, requirement_ids=["R-001"])
    task = create_task(world, ticket_id=ticket.id)
    with world.command() as draft:
        tasks.cancel(draft, draft.get(Task, task.id), "not now")
    complete(world)
    assert world.run.status == "completed"
    said = standing.explain(world.state, world.run)
    assert f"1 task is cancelled ('{task.title}')" in said
    for words in ("1 task is cancelled", "1 ticket is not resolved", "2 requirements are in no ticket (R-002, R-003)"):
        assert words in said
    found = standing.needs(world.state, world.run)
    assert [need.kind for need in found] == ["task", "ticket", "requirement"]
    with world.command() as draft:
        tasks.retry(draft, draft.get(Task, task.id))
    assert world.run.status == "active"


def test_a_completed_run_with_nothing_left_has_nothing_to_say(world):
    ticket = create_ticket(world, requirement_ids=["R-001", "R-002", "R-003"])
    create_task(world, ticket_id=ticket.id)
    complete(world)
    complete(world)
    assert world.run.status == "completed"
    assert standing.explain(world.state, world.run) is None
    assert standing.needs(world.state, world.run) == []


def test_a_requirement_that_is_accepted_after_all_though_nothing_was_done_for_it_is_listed(world):
    ticket = create_ticket(world, requirement_ids=["R-001", "R-002", "R-003"])
    create_task(world, ticket_id=ticket.id)
    mark(world, "R-001", "dropped")
    complete(world)
    complete(world)
    assert standing.needs(world.state, world.run) == []
    mark(world, "R-001", "accepted")
    while world.run.status == "active":
        complete(world)
    [need] = standing.needs(world.state, world.run)
    assert need.id == "R-001"
    assert need.text == "1 requirement was accepted, but nothing was done for it (R-001)"
    assert need.ways_out[0] == f'run.create_task("what to do", phase=2, ticket="{ticket.id}")'
    assert need.text in standing.explain(world.state, world.run)
    mark(world, "R-001", "accepted", "It is met by the framework")
    assert standing.needs(world.state, world.run) == []


def mark(world, id, word, reason=None):
    with world.command() as draft:
        requirements.mark(draft, draft.get(Requirement, id, "run-1"), word, reason)


@pytest.mark.parametrize("verb", [runs.pause, runs.resume, runs.stop, lambda d, r: runs.start_phase(d, r, 2)])
def test_a_completed_run_says_what_can_be_done_with_it(world, verb):
    complete(world)
    with world.command() as draft, pytest.raises(WrongStateError, match=r"is completed: .*run\.create_task"):
        verb(draft, world.run)


def test_a_phase_that_does_not_exist_is_named_with_those_that_do(world):
    with world.command() as draft, pytest.raises(NotFoundError, match="has no phase 9; it has 1, 2, 3"):
        runs.start_phase(draft, world.run, 9)


def test_a_failed_run_goes_on_when_what_blocked_it_is_settled(world):
    first = create_ticket(world, title="First")
    second = create_ticket(world, title="Second", blocked_by=[first.id])
    [begin] = world.state.all(Task, "run-1")
    _, agent = claim(world, begin)
    finish(world, agent, "failed")
    waits = create_task(world, ticket_id=second.id)
    assert world.run.status == "failed"
    with world.command() as draft:
        tickets.resolve(draft, first)
    assert (world.run.status, status(world, waits)) == ("active", "queued")
    attempt, agent = claim(world, world.state.get(Task, waits.id))
    finish(world, agent)
    accept(world, attempt)
    assert world.run.status == "failed"
    with world.command() as draft:
        tasks.cancel(draft, draft.get(Task, begin.id))
    assert world.run.status == "completed"


def test_what_was_left_undone_is_named(world):
    for title in ("One", "Two", "Three", "Four", "Five"):
        create_ticket(world, title=title)
        said = standing.undone(world.state, world.run).in_words()
        if title == "Two":
            assert said == "2 tickets are not resolved ('One', 'Two')"
    assert said == "5 tickets are not resolved ('One', 'Two', 'Three' and 2 more)"


def test_a_look_wakes_nobody(world):
    with world.command() as draft:
        runs.look(draft, world.run)
        assert [values["kind"] for _, values in draft.logs] == ["run.looked"]
        assert (draft.changes, draft.touched) == ([], set())
