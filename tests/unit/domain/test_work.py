import pytest

from heph_nb.domain import people, questions, runs, standing, tasks, tickets, work
from heph_nb.domain.records import Agent, Attempt, Merge, Permission, Phase, Requirement, Task, Ticket
from heph_nb.errors import NotFoundError, RefusedError, WrongStateError


def claim(world, task=None):
    task = task or tasks.ready(world.state, "run-1")[0]
    with world.command("scheduler") as draft:
        attempt, agent = work.claim(draft, task, preset="outline", label="no model", token_hash="h", worktrees="/trees")
        draft.change(agent, status="working")
    return world.state.get(Attempt, attempt.id), world.state.get(Agent, agent.id)


def finish(world, agent, status="done"):
    with world.command(agent.id) as draft:
        work.finish(draft, draft.get(Agent, agent.id), status=status, summary="did it", learned=["x"])


def accept(world, attempt, findings=(), commit="c0ffee0"):
    with world.command("verifier") as draft:
        work.queue_merge(draft, draft.get(Attempt, attempt.id), "heph/run-1")
        work.accept(draft, draft.get(Attempt, attempt.id), merge_commit=commit, findings=findings)


def create_ticket(world, **values):
    with world.command() as draft:
        return tickets.create(draft, world.run, **{"title": "A ticket", **values})


def create_task(world, **values):
    with world.command() as draft:
        return tasks.create(draft, world.run, **{"title": "A task", "phase": 2, **values})


def status(world, task):
    return world.state.get(Task, task.id).status


def test_a_run_starts_with_one_task_in_its_first_phase(world):
    [task] = world.state.all(Task, "run-1")
    assert (task.phase, task.status, task.priority) == (1, "queued", "high")


def test_a_task_can_be_claimed_once(world):
    attempt, _ = claim(world)
    with pytest.raises(WrongStateError, match="is running"):
        claim(world, world.state.get(Task, attempt.task_id))


def test_work_counts_only_after_it_is_accepted(world):
    attempt, agent = claim(world)
    finish(world, agent)
    assert world.state.get(Task, attempt.task_id).status == "checking"
    accept(world, attempt)
    assert world.state.get(Task, attempt.task_id).status == "done"
    assert world.state.get(Attempt, attempt.id).outcome == "merged"
    assert world.state.get(Agent, agent.id).status == "terminated"
    assert [m.status for m in world.state.all(Merge, "run-1")] == ["merged"]


def test_the_run_completes_when_every_task_has_ended(world):
    attempt, agent = claim(world)
    finish(world, agent)
    accept(world, attempt)
    assert world.run.status == "completed"
    assert {p.status for p in world.state.all(Phase, "run-1")} == {"complete"}


def test_a_new_task_makes_a_completed_run_active_again(world):
    test_the_run_completes_when_every_task_has_ended(world)
    create_task(world)
    assert world.run.status == "active"


def test_in_a_manual_run_a_later_phase_waits_for_its_start(manual_world):
    task = create_task(manual_world)
    assert status(manual_world, task) == "pending"
    with manual_world.command() as draft:
        runs.start_phase(draft, manual_world.run, 2)
    assert status(manual_world, task) == "queued"


def test_a_manual_run_says_which_phase_it_waits_for(manual_world):
    create_task(manual_world)
    attempt, agent = claim(manual_world)
    finish(manual_world, agent)
    accept(manual_world, attempt)
    assert manual_world.run.status == "active"
    assert "run.start_phase(2)" in standing.explain(manual_world.state, manual_world.run)


def test_a_ticket_blocks_tasks_until_it_is_merged(world):
    first = create_ticket(world, title="First")
    second = create_ticket(world, title="Second", blocked_by=[first.id])
    one, two = create_task(world, title="one", ticket_id=first.id), create_task(world, title="two", ticket_id=second.id)
    assert (status(world, one), status(world, two)) == ("queued", "blocked")
    attempt, agent = claim(world, world.state.get(Task, one.id))
    finish(world, agent)
    assert status(world, two) == "blocked"
    accept(world, attempt)
    assert status(world, two) == "queued"
    assert world.state.get(Ticket, first.id).status == "building-done"


def test_an_agent_that_dies_is_replaced_at_most_three_times(world):
    for _ in range(2):
        attempt, agent = claim(world)
        with world.command("monitor") as draft:
            work.lose(draft, attempt, "its process died")
        assert world.state.get(Task, attempt.task_id).status == "queued"
        assert world.state.get(Agent, agent.id).status == "terminated"
    attempt, _ = claim(world)
    with world.command("monitor") as draft:
        work.lose(draft, attempt, "its process died")
    assert world.state.get(Task, attempt.task_id).status == "failed"
    assert world.run.status == "failed"
    assert "3 attempts were lost" in standing.explain(world.state, world.run)


def test_a_late_word_of_a_stuck_agent_counts_while_nobody_else_has_begun(world):
    attempt, agent = claim(world)
    with world.command("monitor") as draft:
        work.stall(draft, attempt, "silent")
    assert world.state.get(Task, attempt.task_id).status == "queued"
    finish(world, agent)
    assert world.state.get(Task, attempt.task_id).status == "checking"


def test_the_word_of_a_superseded_attempt_changes_nothing(world):
    attempt, agent = claim(world)
    with world.command("monitor") as draft:
        work.stall(draft, attempt, "silent")
    claim(world)
    before = world.state.get(Task, attempt.task_id)
    with pytest.raises(WrongStateError, match="superseded"):
        finish(world, agent)
    assert world.state.get(Task, attempt.task_id) == before


def test_work_is_sent_back_twice_and_then_needs_a_person(world):
    for _ in range(2):
        attempt, agent = claim(world)
        finish(world, agent)
        with world.command("verifier") as draft:
            work.queue_merge(draft, attempt, "heph/run-1")
            work.send_back(draft, attempt, merge_status="rejected", feedback="tests are red")
        task = world.state.get(Task, attempt.task_id)
        assert (task.status, task.feedback) == ("queued", "tests are red")
    attempt, agent = claim(world)
    finish(world, agent)
    with world.command("verifier") as draft:
        work.send_back(draft, attempt, merge_status="rejected", feedback="tests are red")
    assert world.state.get(Task, attempt.task_id).status == "failed"
    [need] = standing.needs(world.state, world.run)
    assert attempt.worktree in need.text
    assert need.ways_out[0] == f'run.retry("{attempt.task_id}")'


def test_retry_makes_a_failed_run_active(world):
    test_work_is_sent_back_twice_and_then_needs_a_person(world)
    [task] = world.state.all(Task, "run-1")
    with world.command() as draft:
        tasks.retry(draft, task)
    assert (world.run.status, status(world, task)) == ("active", "queued")


def test_requirements_climb_and_never_fall(world):
    attempt, agent = claim(world)
    finish(world, agent)
    found = work.Finding(requirement_id="R-001", status="verified", evidence="prd-example", ref="tests/test_a.py")
    accept(world, attempt, [found])
    requirement = world.state.get(Requirement, "R-001", "run-1")
    assert (requirement.status, requirement.evidence) == ("verified", "prd-example")
    with world.command() as draft:
        lower = work.Finding(requirement_id="R-001", status="specified", evidence="agent", ref="x")
        assert work.climb(draft, requirement, lower) is requirement


def test_a_ticket_whose_requirements_are_only_written_down_is_not_done(world):
    ticket = create_ticket(world, requirement_ids=["R-001"])
    task = create_task(world, phase=3, ticket_id=ticket.id)
    attempt, agent = claim(world, world.state.get(Task, task.id))
    finish(world, agent)
    accept(world, attempt)
    assert world.state.get(Ticket, ticket.id).status == "validating-done"


def test_stopping_a_run_ends_everything_in_it(world):
    _, agent = claim(world)
    create_task(world)
    with world.command() as draft:
        runs.stop(draft, world.run)
    assert world.run.status == "stopped"
    assert {t.status for t in world.state.all(Task, "run-1")} == {"cancelled"}
    assert world.state.get(Agent, agent.id).status == "terminated"
    with pytest.raises(WrongStateError, match="was stopped"):
        create_task(world)


def test_the_same_task_twice_is_a_duplicate(world):
    first, second = create_task(world), create_task(world, title="a  TASK")
    assert (first.status, second.status) == ("queued", "duplicate")
    assert first.id in second.reason


def test_cycles_of_any_length_are_refused_and_named(world):
    chain = [create_ticket(world, title="t0")]
    for n in range(1, 6):
        chain.append(create_ticket(world, title=f"t{n}", blocked_by=[chain[-1].id]))
    with world.command() as draft, pytest.raises(RefusedError, match="cycle"):
        tickets.update(draft, chain[0], blocked_by=[chain[-1].id])
    with world.command() as draft, pytest.raises(RefusedError, match="cycle"):
        tickets.update(draft, chain[0], blocked_by=[chain[0].id])


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"ticket_type": "banana"}, RefusedError),
        ({"priority": "banana"}, RefusedError),
        ({"status": "banana"}, RefusedError),
        ({"blocked_by": ["ticket-unknown"]}, NotFoundError),
        ({"requirement_ids": ["R-999"]}, NotFoundError),
    ],
)
def test_a_ticket_with_something_unknown_is_refused(world, values, error):
    with pytest.raises(error, match=r"banana|unknown|R-999"):
        create_ticket(world, **values)


def test_a_blocked_ticket_cannot_move_on(world):
    first = create_ticket(world)
    second = create_ticket(world, blocked_by=[first.id])
    with world.command() as draft, pytest.raises(WrongStateError, match=first.id):
        tickets.change_status(draft, second, "building")
    with world.command() as draft:
        assert tickets.resolve(draft, first) == [second.id]
    with world.command() as draft:
        assert tickets.change_status(draft, world.state.get(Ticket, second.id), "building").status == "building"


def test_a_permission_waits_for_the_first_decision_and_keeps_it():
    from tests.unit.domain.conftest import World

    world = World(policy="ask")
    _, agent = claim(world)
    with world.command(agent.id) as draft:
        asked = people.ask_permission(
            draft, world.run, agent, tool_kind="execute", title="run pytest", detail="pytest", options=["yes", "no"]
        )
    assert world.state.get(Agent, agent.id).status == "waiting"
    with world.command() as draft:
        people.decide_permission(draft, asked, "denied", "not now")
    assert world.state.get(Agent, agent.id).status == "working"
    decided = world.state.get(Permission, asked.id)
    with world.command() as draft:
        assert people.decide_permission(draft, decided, "denied") is decided
        with pytest.raises(WrongStateError, match="is denied by person"):
            people.decide_permission(draft, decided, "allowed")


def test_an_answer_becomes_a_criterion_and_a_memory(world):
    with world.command() as draft:
        question = questions.ask(draft, world.run, None, text="How fast?", requirement_ids=["R-002"])
    assert world.state.get(Requirement, "R-002", "run-1").mark == "unclear"
    with world.command() as draft:
        questions.answer(draft, question, "Below 2 s.")
    requirement = world.state.get(Requirement, "R-002", "run-1")
    assert (requirement.mark, requirement.criteria) == (None, ("Below 2 s.",))


def test_search_wants_every_word_and_puts_titles_first(world):
    create_ticket(world, title="Parse dates", description="of the log")
    create_ticket(world, title="Log rotation", description="dates matter here, parse them")
    found = tickets.search(world.state.all(Ticket, "run-1"), "parse dates", 10)
    assert [t.title for t, _ in found] == ["Parse dates", "Log rotation"]
    assert tickets.search(world.state.all(Ticket, "run-1"), "parse nothing", 10) == []


def test_a_later_phase_of_a_ticket_waits_for_the_merge_of_the_earlier_one(world):
    ticket = create_ticket(world)
    build = create_task(world, phase=2, ticket_id=ticket.id)
    attempt, agent = claim(world, world.state.get(Task, build.id))
    validate = create_task(world, title="validate", phase=3, ticket_id=ticket.id)
    assert status(world, validate) == "blocked"
    finish(world, agent)
    assert status(world, validate) == "blocked"
    accept(world, attempt)
    assert status(world, validate) == "queued"


def test_an_answer_may_speak_of_each_requirement_in_its_own_way(world):
    text = "What decides?\n\nR-001 (line 1): “It works.”\n  Proposal: one input and its result.\n\nR-002 (line 2): x\n"
    with world.command() as draft:
        question = questions.ask(draft, world.run, None, text=text, requirement_ids=["R-001", "R-002", "R-003"])
    with world.command() as draft:
        questions.answer(draft, question, "as proposed\nR-002: below 2 s\ndrop R-003")
    one, two, three = world.state.all(Requirement, "run-1")
    assert (one.criteria, two.criteria, three.criteria) == (("one input and its result.",), ("below 2 s",), ())
    assert (one.mark, two.mark, three.mark) == (None, None, "dropped")


def test_merged_work_resolves_its_ticket_whatever_columns_its_phase_names(world):
    with world.command() as draft:
        draft.change(draft.get(Phase, "phase-2", "run-1"), columns=())
    first = create_ticket(world, title="First")
    second = create_ticket(world, title="Second", blocked_by=[first.id])
    one, two = create_task(world, title="one", ticket_id=first.id), create_task(world, title="two", ticket_id=second.id)
    attempt, agent = claim(world, one)
    finish(world, agent)
    accept(world, attempt)
    assert world.state.get(Ticket, first.id).resolved
    assert status(world, two) == "queued"


def test_work_on_a_ticket_in_an_analysis_does_not_resolve_it(world):
    ticket = create_ticket(world)
    attempt, agent = claim(world, create_task(world, phase=1, title="split it", ticket_id=ticket.id))
    finish(world, agent)
    accept(world, attempt)
    assert not world.state.get(Ticket, ticket.id).resolved


def test_a_ticket_is_resolved_when_the_rest_of_its_work_is_cancelled(world):
    ticket = create_ticket(world)
    one, two = (create_task(world, title=t, ticket_id=ticket.id) for t in ("one", "two"))
    attempt, agent = claim(world, one)
    finish(world, agent)
    accept(world, attempt)
    assert not world.state.get(Ticket, ticket.id).resolved
    with world.command() as draft:
        tasks.cancel(draft, draft.get(Task, two.id))
    assert world.state.get(Ticket, ticket.id).resolved


def test_stopping_a_run_resolves_no_ticket(world):
    ticket = create_ticket(world)
    one, _ = (create_task(world, title=t, ticket_id=ticket.id) for t in ("one", "two"))
    attempt, agent = claim(world, one)
    finish(world, agent)
    accept(world, attempt)
    with world.command() as draft:
        runs.stop(draft, world.run)
    assert not world.state.get(Ticket, ticket.id).resolved
    assert "1 ticket is not resolved" in standing.explain(world.state, world.run)
