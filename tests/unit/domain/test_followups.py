"""Follow-ups: what a person says after something was written is taken up by a task, and by one at a time."""

from __future__ import annotations

import pytest

from heph_nb.domain import questions, requirements, runs, tasks, tickets, work
from heph_nb.domain.records import Question, Requirement, Run, Task, Ticket
from tests.unit.domain.conftest import World


def finished(world: World, task: Task) -> None:
    """Let an agent do a task whose work is merged."""
    with world.command("scheduler") as draft:
        attempt, agent = work.claim(draft, task, preset="outline", label="outline", token_hash="x", worktrees="/trees")
        draft.change(agent, status="working")
    with world.command(agent.id) as draft:
        work.finish(draft, draft.get(type(agent), agent.id), status="done", summary="done", learned=[])
    with world.command("verifier") as draft:
        work.accept(draft, draft.get(type(attempt), attempt.id), merge_commit="abc", findings=[])


def specified(world: World, *tickets_of: tuple[str, ...]) -> list[Ticket]:
    """Analyse the run and specify a ticket for each group of requirements."""
    made = []
    with world.command("agent") as draft:
        for ids in tickets_of:
            ticket = tickets.create(draft, world.run, title=f"Part {ids[0]}", requirement_ids=ids)
            tasks.create(draft, world.run, phase=2, title=f"Build {ids[0]}", ticket_id=ticket.id)
            made.append(ticket)
    work_off(world)
    return made


def work_off(world: World) -> None:
    while ready := tasks.ready(world.state, "run-1"):
        finished(world, ready[0])


def asked(world: World, *ids: str) -> Question:
    with world.command() as draft:
        return questions.ask(draft, world.run, None, text="Which?", requirement_ids=ids)


def answered(world: World, question: Question, text: str) -> str:
    with world.command() as draft:
        return questions.answer(draft, draft.get(Question, question.id), text)


def follow_ups(world: World) -> list[Task]:
    return [t for t in world.state.all(Task, "run-1") if t.kind == "answer"]


def test_an_answer_after_the_run_makes_it_active_until_the_answer_is_taken_up(world):
    [ticket] = specified(world, ("R-001", "R-002"))
    question = asked(world, "R-001", "R-002")
    assert world.run.status == "completed"
    message = answered(world, question, "R-001: below 2 s")
    assert message.endswith("A task takes this into the files: “Take up your answer: Part R-001”.")
    [task] = follow_ups(world)
    assert (task.ticket_id, task.phase, task.status) == (ticket.id, 2, "queued")
    assert 'R-001: "below 2 s"' in task.description
    assert world.run.status == "active"
    work_off(world)
    assert world.run.status == "completed"


def test_answers_collect_in_the_task_that_waits_and_not_in_one_that_runs(world):
    specified(world, ("R-001", "R-002", "R-003"))
    question = asked(world, "R-001", "R-002", "R-003")
    answered(world, question, "R-001: below 2 s")
    answered(world, question, "drop R-002")
    [waiting] = follow_ups(world)
    assert [line[:8] for line in waiting.description.splitlines() if line.startswith("- R-")] == [
        "- R-001:",
        "- R-002:",
    ]
    with world.command("scheduler") as draft:
        work.claim(draft, waiting, preset="outline", label="x", token_hash="x", worktrees="/trees")
    answered(world, question, "R-003: below 3 s")
    _, later = follow_ups(world)
    assert later.status == "blocked"
    assert "R-001" not in later.description


def test_a_correction_says_what_it_replaces_and_the_newest_stands_last(world):
    specified(world, ("R-001", "R-002"))
    question = asked(world, "R-001", "R-002")
    answered(world, question, "R-001: below 2 s; R-002: drop")
    work_off(world)
    assert "(instead of " not in follow_ups(world)[-1].description
    for text in ("R-001: below 3 s", "R-001: below 2 s", "R-001: below 3 s", "R-002: two clicks"):
        message = answered(world, question, text)
        assert "A task takes this into the files" in message
    _, task = follow_ups(world)
    assert [line for line in task.description.splitlines() if line.startswith("- R-")] == [
        '- R-001: "below 2 s" (instead of "below 3 s")',
        '- R-001: "below 3 s" (instead of "below 2 s")',
        '- R-002: "two clicks" (instead of dropped)',
    ]
    work_off(world)
    assert answered(world, question, "R-001: below 3 s").endswith("Nothing is changed by that.")
    assert len(follow_ups(world)) == 2
    assert world.run.status == "completed"


def test_tickets_are_followed_up_one_after_another_since_they_share_the_checklist(world):
    specified(world, ("R-001",), ("R-002",))
    answered(world, asked(world, "R-001", "R-002"), "below 2 s")
    assert [t.status for t in follow_ups(world)] == ["queued", "blocked"]
    work_off(world)
    assert [t.status for t in follow_ups(world)] == ["done", "done"]
    assert world.run.status == "completed"


@pytest.mark.parametrize("role", ["nobody", "somebody"])
def test_a_ticket_that_nobody_has_begun_needs_no_follow_up(manual_world, role):
    world = manual_world
    with world.command("agent") as draft:
        ticket = tickets.create(draft, world.run, title="Part", requirement_ids=("R-001",))
        tasks.create(draft, world.run, phase=2, title="Build", ticket_id=ticket.id)
    if role == "somebody":
        work_off(world)
    message = answered(world, asked(world, "R-001"), "below 2 s")
    if role == "nobody":
        assert message == 'R-001: "below 2 s".'
        assert not follow_ups(world)
        return
    [task] = follow_ups(world)
    assert (task.ticket_id, task.status) == (None, "pending"), "only the checklist is there"
    assert "once phase 2 (implementation) is started" in message


def test_a_requirement_that_is_dropped_or_taken_back_is_followed_up(world):
    specified(world, ("R-001",))
    for word, said in (("dropped", "R-001: dropped"), (None, "R-001: not dropped any more")):
        with world.command() as draft:
            told = requirements.mark(draft, draft.get(Requirement, "R-001", "run-1"), word)
        assert "takes this into the files" in told
        assert said in follow_ups(world)[-1].description
        work_off(world)
    with world.command() as draft:
        assert requirements.mark(draft, draft.get(Requirement, "R-001", "run-1"), "disputed") == ""


def test_a_decision_about_no_requirement_goes_into_the_checklist(world):
    specified(world, ("R-001",))
    message = answered(world, asked(world), "After 30 days.")
    assert message.startswith("Kept as a decision of the run. A task takes this into the files")
    [task] = follow_ups(world)
    assert task.ticket_id is None
    assert "After 30 days." in task.description


def test_in_a_stopped_run_nothing_happens_and_the_message_says_so(manual_world):
    world = manual_world
    question = asked(world, "R-001")
    with world.command() as draft:
        runs.stop(draft, draft.get(Run, "run-1"))
    assert answered(world, question, "below 2 s").endswith("The run was stopped: its files keep the old text.")
    assert not follow_ups(world)
