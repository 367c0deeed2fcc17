"""Tasks: one piece of work in a phase. Any agent may create one in any phase, at any time."""

from __future__ import annotations

from dataclasses import replace

from heph_nb.domain import board, tickets
from heph_nb.domain.lifecycle import PRIORITIES, TASK_ENDED, move, refuse_unknown
from heph_nb.domain.records import Phase, Run, Task, Ticket
from heph_nb.domain.state import Draft, State
from heph_nb.domain.work import cancel_attempt, current_attempt, interrupt
from heph_nb.errors import NotFoundError, WrongStateError

WAITING = frozenset({"pending", "blocked", "queued"})
"""Tasks that nobody has begun (again) yet."""

KINDS = ("work", "clarification", "answer")


def create(
    draft: Draft,
    run: Run,
    *,
    phase: int,
    title: str,
    description: str = "",
    ticket_id: str | None = None,
    parent_task_id: str | None = None,
    priority: str = "medium",
    kind: str = "work",
    agent: str | None = None,
) -> Task:
    """Add a task. It waits for its phase to open and its ticket to be unblocked, else it is queued at once.

    A task that says the same as one that has not ended becomes a ``duplicate`` of it. In a run that had completed or
    failed, a new task makes the run active again.

    Raises
    ------
    NotFoundError
        The run has no such phase or ticket.
    RefusedError
        The priority or kind is unknown.
    WrongStateError
        The run was stopped.
    """
    if run.status == "stopped":
        raise WrongStateError(f"Run {run.id} was stopped: nothing can be added to it. Start another run.", id=run.id)
    find_phase(draft, run, phase)
    refuse_unknown("priority", priority, PRIORITIES)
    refuse_unknown("kind", kind, KINDS)
    if ticket_id is not None:
        draft.get(Ticket, ticket_id, run.id)
    task = Task(
        id=draft.id("task"),
        run_id=run.id,
        phase=phase,
        ticket_id=ticket_id,
        parent_task_id=parent_task_id,
        title=title,
        description=description,
        kind=kind,
        priority=priority,
        agent=agent,
        created_by=draft.actor,
        created_at=draft.now,
    )
    same = _same(draft, task)
    if same is not None:
        return draft.put(replace(task, status="duplicate", reason=f"the same as {same.id}", ended_at=draft.now))
    task = draft.put(replace(task, status=place(draft, task)))
    _revive(draft, run)
    return task


def find_phase(state: State, run: Run, number: int) -> Phase:
    """Return a phase of a run.

    Raises
    ------
    NotFoundError
        It has none with that number; the message says which it has.
    """
    found = state.find(Phase, f"phase-{number}", run.id)
    if found is None:
        numbers = ", ".join(str(p.number) for p in state.all(Phase, run.id))
        raise NotFoundError(f"Run {run.id} has no phase {number}; it has {numbers}.", phase=number)
    return found


def agent_of(state: State, task: Task) -> str:
    """Return the name of the agent that a task is for: its own, else its phase's, else the run's."""
    phase = state.get(Phase, f"phase-{task.phase}", task.run_id)
    return task.agent or phase.agent or state.get(Run, task.run_id or "").agent


def place(state: State, task: Task) -> str:
    """Return where a task that nobody has begun stands: ``pending``, ``blocked`` or ``queued``.

    It is blocked by its ticket's blockers, and by work on its ticket in an earlier phase that is not merged yet. One
    that takes up a person's answer waits for what is being written without it.
    """
    phase = state.get(Phase, f"phase-{task.phase}", task.run_id)
    if phase.status == "pending":
        return "pending"
    if task.kind == "answer" and written_before(state, task):
        return "blocked"
    ticket = state.find(Ticket, task.ticket_id, task.run_id) if task.ticket_id else None
    if ticket is not None and (tickets.blockers(state, ticket) or earlier_work(state, task)):
        return "blocked"
    return "queued"


def earlier_work(state: State, task: Task) -> list[Task]:
    """Return the open work on a task's ticket that belongs to an earlier phase."""
    return [
        t
        for t in state.all(Task, task.run_id)
        if t.ticket_id == task.ticket_id
        and t.phase < task.phase
        and t.kind == "work"
        and t.id != task.id
        and t.status not in TASK_ENDED
    ]


def written_before(state: State, task: Task) -> list[Task]:
    """Return what a task that takes up an answer waits for: work on what it changes, and others of its kind.

    They write to the run's checklist, so there is one at a time.
    """
    found = []
    for other in state.all(Task, task.run_id):
        if other.id == task.id:
            break
        mine = other.ticket_id == task.ticket_id and other.phase <= task.phase and other.kind == "work"
        if other.status not in (*TASK_ENDED, "failed") and (
            mine or (other.kind == "answer" and other.status != "pending")
        ):
            found.append(other)
    return found


def ready(state: State, run_id: str) -> list[Task]:
    """Return the queued tasks of a run in the order in which they will be claimed: by priority, then age."""
    queued = [t for t in state.all(Task, run_id) if t.status == "queued"]
    return sorted(queued, key=lambda t: -PRIORITIES.index(t.priority))


def retry(draft: Draft, task: Task, agent: str | None = None) -> Task:
    """Queue a failed or cancelled task again, with its counts of lost and sent back attempts at zero.

    A task that nobody has begun needs no retry, but may be given to another agent.

    Raises
    ------
    WrongStateError
        The task did not fail, or its run was stopped.
    """
    run = draft.get(Run, task.run_id or "")
    if run.status == "stopped":
        raise WrongStateError(f"Run {run.id} was stopped: its tasks cannot be retried. Start another run.", id=run.id)
    if task.status in WAITING and agent is not None:
        return draft.change(task, agent=agent)
    if task.status not in ("failed", "cancelled"):
        raise WrongStateError(
            f"Task {task.id} is {task.status}: only a failed or cancelled task can be retried.", id=task.id
        )
    task = move(draft, task, "queued", reason=None, lost=0, reworks=0, ended_at=None, agent=agent or task.agent)
    _revive(draft, run)
    return task


def restart(draft: Draft, task: Task, reason: str = "restarted by a person") -> Task:
    """Put a new agent on a task: the one at work on it ends, which counts as no attempt that was lost.

    A failed or cancelled task is retried.

    Raises
    ------
    WrongStateError
        Nobody works on it now, and it did not fail; the message says what can be done instead.
    """
    if task.status in ("failed", "cancelled"):
        return retry(draft, task)
    attempt = current_attempt(draft, task)
    if task.status != "running" or attempt is None:
        raise WrongStateError(f"Task {task.id} is {task.status}: {_INSTEAD[task.status]}.", id=task.id)
    interrupt(draft, attempt, reason)
    feedback = f"The agent before you was ended by a person: {reason}"
    return draft.change(draft.get(Task, task.id, task.run_id), feedback=feedback)


_SOON = "an agent begins with it as soon as it can, so there is nothing to restart"
_INSTEAD = {
    "pending": _SOON,
    "blocked": _SOON,
    "queued": _SOON,
    "needs_work": _SOON,
    "checking": "its agent has handed in its work, which is being checked; run.cancel(task) gives it up",
    "merging": "its work is being merged; a new task can change it afterwards",
    "done": "its work is merged; run.create_task(title, phase=n) adds another",
    "duplicate": "another task says the same; restart that one",
}


def cancel(draft: Draft, task: Task, reason: str = "cancelled") -> Task:
    """Give a task up, and end what is being done about it."""
    cancel_attempt(draft, task, reason)
    task = move(draft, task, "cancelled", reason=reason, ended_at=draft.now)
    board.settle(draft, task)
    return task


def settle_tasks(draft: Draft, run_id: str) -> None:
    """Put every task that waits where it belongs now."""
    for task in list(draft.all(Task, run_id)):
        if task.status in WAITING:
            status = place(draft, task)
            if status != task.status:
                move(draft, task, status)


def open_tasks(state: State, run_id: str) -> list[Task]:
    """Return the tasks that have not ended."""
    return [t for t in state.all(Task, run_id) if t.status not in TASK_ENDED]


def _revive(draft: Draft, run: Run) -> None:
    """Make a run active again that had nothing left to do."""
    if run.status in ("completed", "failed"):
        move(draft, run, "active", reason=None, ended_at=None)


def _same(state: State, task: Task) -> Task | None:
    if task.kind == "answer":
        return None
    words = task.title.casefold().split(), task.description.casefold().split()
    for other in state.all(Task, task.run_id):
        if (other.phase, other.ticket_id, other.kind) != (task.phase, task.ticket_id, task.kind):
            continue
        if (
            other.status not in TASK_ENDED
            and (other.title.casefold().split(), other.description.casefold().split()) == words
        ):
            return other
    return None
