"""Why a run stands still, what waits for a person, and what an ended run left undone: each with the ways out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from heph_nb.domain import runs, tasks, tickets
from heph_nb.domain.lifecycle import AT_WORK
from heph_nb.domain.records import Agent, Permission, Phase, Question, Run, Task, Ticket
from heph_nb.domain.state import State
from heph_nb.domain.undone import MOST_NAMED, undone
from heph_nb.domain.words import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that waits for a person.

    Attributes
    ----------
    kind : str
        ``permission``, ``question``, ``task``, ``agent``, ``phase``, ``budget``, ``run``, ``ticket`` or
        ``requirement``.
    id : str
        What it is about.
    text : str
        One sentence.
    ways_out : tuple of str
        Lines of Python on the run handle, the likeliest first.
    """

    kind: str
    id: str
    text: str
    ways_out: tuple[str, ...]


def needs(state: State, run: Run, agents: Collection[str] | None = None) -> list[Need]:
    """Return what waits for a person in a run, the most pressing first.

    Parameters
    ----------
    state : State
        Where the run is.
    run : Run
        The run.
    agents : collection of str, optional
        The agents that can be launched; without it all can.
    """
    found = [
        Need(
            kind="permission",
            id=p.id,
            text=f"An agent asks: {p.title}",
            ways_out=_decisions(p),
        )
        for p in state.all(Permission, run.id)
        if p.status == "pending"
    ]
    found += [
        Need(
            kind="task",
            id=t.id,
            text=f"Task failed: {t.title}: {t.reason}",
            ways_out=(f'run.retry("{t.id}")', f'run.cancel("{t.id}")'),
        )
        for t in state.all(Task, run.id)
        if t.status == "failed"
    ]
    found += [
        Need(kind="task", id=t.id, text=_unknown_agent(state, t, agents), ways_out=_other_agent(t, agents))
        for t in _unclaimable(state, run, agents)
    ]
    found += [
        Need(
            kind="agent",
            id=a.id,
            text=f"Agent {a.preset} is stuck: {a.reason}",
            ways_out=(f'run.terminate("{a.id}")',),
        )
        for a in state.all(Agent, run.id)
        if a.status == "stuck"
    ]
    found += [
        Need(kind="question", id=q.id, text=q.text, ways_out=(f'run.answer("{q.id}", "your answer")',))
        for q in state.all(Question, run.id)
        if q.status == "open"
    ]
    if run.status == "active" and (phase := waiting_phase(state, run)) is not None:
        text = f"Phase {phase.number} ({phase.name}) waits for you to start it"
        found.append(Need(kind="phase", id=phase.id, text=text, ways_out=(f"run.start_phase({phase.number})",)))
    if runs.has_run_out(run):
        text = f"No agent is launched any more: {run.reason}"
        found.append(Need(kind="budget", id=run.id, text=text, ways_out=_budgets(run)))
    elif run.status == "paused":
        found.append(Need(kind="run", id=run.id, text=f"The run is paused: {run.reason}", ways_out=("run.resume()",)))
    return found + (_undone(state, run) if run.status in ("completed", "failed") else [])


def _decisions(permission: Permission) -> tuple[str, ...]:
    id = permission.id
    always = (f'run.approve("{id}", always=True)',) if permission.subject is not None else ()
    return (f'run.approve("{id}")', *always, f'run.deny("{id}", "why")')


def _budgets(run: Run) -> tuple[str, ...]:
    return (f"run.set_budget({2 * (run.budget_tokens or 1)})", "run.set_budget(None)")


def waiting_phase(state: State, run: Run) -> Phase | None:
    """Return the first phase that only a person can open, if everything in the open ones is done."""
    if any(t.status in AT_WORK or t.status in ("queued", "needs_work") for t in state.all(Task, run.id)):
        return None
    pending = (p for p in state.all(Phase, run.id) if p.status == "pending")
    return min(pending, key=lambda p: p.number, default=None)


def explain(state: State, run: Run, agents: Collection[str] | None = None) -> str | None:
    """Say in one sentence why nothing happens in a run, with the ways out.

    None while something happens, and when the run is completed with nothing left undone. The parameters are those of
    :func:`needs`.
    """
    if run.status == "completed":
        left = undone(state, run).in_words()
        return f"The run is completed, but not everything is done: {left}." if left else None
    if run.status == "stopped":
        left = undone(state, run).in_words()
        return f"The run was stopped ({run.reason})" + (f": {left}." if left else ".")
    if runs.has_run_out(run):
        return f"The run is paused ({run.reason}): {' or '.join(_budgets(run))}, then run.resume()."
    if run.status == "paused":
        return f"The run is paused ({run.reason}): run.resume() goes on."
    everything = list(state.all(Task, run.id))
    busy = [t for t in everything if t.status in AT_WORK]
    asking = {p.agent_id for p in state.all(Permission, run.id) if p.status == "pending"}
    if asking and len(asking) >= len(busy):
        wait = "waits" if len(asking) == 1 else "wait"
        return f"{count(len(asking), 'agent')} {wait} for a permission: run.approve(id) or run.deny(id, reason)."
    unclaimable = _unclaimable(state, run, agents)
    if busy or any(t.status == "queued" for t in everything if t not in unclaimable):
        return None
    if unclaimable:
        ways = " or ".join(_other_agent(unclaimable[0], agents))
        more = f", and {len(unclaimable) - 1} more" if len(unclaimable) > 1 else ""
        return f"{_unknown_agent(state, unclaimable[0], agents)}{more}: {ways}."
    failed = [t for t in everything if t.status == "failed"]
    if failed:
        return (
            f"{count(len(failed), 'task')} failed ({failed[0].title}: {failed[0].reason}) and nothing else can "
            f'proceed: run.retry("{failed[0].id}") or run.cancel("{failed[0].id}").'
        )
    phase = waiting_phase(state, run)
    if phase is not None:
        return f"Phase {phase.number} ({phase.name}) has not been started: run.start_phase({phase.number})."
    return _explain_blocked(state, run, [t for t in everything if t.status == "blocked"])


def _explain_blocked(state: State, run: Run, blocked: list[Task]) -> str | None:
    for task in blocked:
        ticket = state.find(Ticket, task.ticket_id or "", run.id)
        if ticket is not None and (waiting := tickets.blockers(state, ticket)):
            first = _root(state, waiting[0])
            wait = "waits" if len(blocked) == 1 else "wait"
            return (
                f"{count(len(blocked), 'task')} {wait} for tickets that nobody works on ({first.title}): "
                f'run.resolve_ticket("{first.id}") or {_new_task(state, first)}.'
            )
    return None


def _root(state: State, ticket: Ticket) -> Ticket:
    """Return the unresolved ticket, blocked by none, that a ticket waits for in the end."""
    while waiting := tickets.blockers(state, ticket):
        ticket = waiting[0]
    return ticket


def _unclaimable(state: State, run: Run, agents: Collection[str] | None) -> list[Task]:
    """Return the queued tasks whose agent cannot be launched."""
    if agents is None or run.status != "active":
        return []
    return [t for t in tasks.ready(state, run.id) if tasks.agent_of(state, t) not in agents]


def _unknown_agent(state: State, task: Task, agents: Collection[str] | None) -> str:
    known = ", ".join(sorted(agents or ())) or "none"
    return (
        f"{task.title} waits for the agent {tasks.agent_of(state, task)!r}, which cannot be launched here "
        f"(those that can: {known})"
    )


def _other_agent(task: Task, agents: Collection[str] | None) -> tuple[str, ...]:
    """Return how a task gets an agent that can be launched."""
    instead = min(agents or (), key=lambda name: (name != "outline", name), default="NAME")
    if task.agent is not None:
        return (f'run.retry("{task.id}", agent="{instead}")', f'run.cancel("{task.id}")')
    return (f'run.start_phase({task.phase}, agent="{instead}")', f'run.cancel("{task.id}")')


def _undone(state: State, run: Run) -> list[Need]:
    """Return what an ended run left undone, and how to take it up again."""
    left = undone(state, run)
    found = [
        Need(
            kind="task",
            id=t.id,
            text=f"Task was cancelled: {t.title}: {t.reason}",
            ways_out=(f'run.retry("{t.id}")',),
        )
        for t in left.cancelled
    ]
    for ticket in left.unresolved:
        blocked = bool(tickets.blockers(state, ticket))
        resolve = () if blocked else (f'run.resolve_ticket("{ticket.id}")',)
        text = f"Ticket is not resolved, and no task is left for it: {ticket.title}"
        found.append(Need(kind="ticket", id=ticket.id, text=text, ways_out=(_new_task(state, ticket), *resolve)))
    if left.unplanned:
        ids = [r.id for r in left.unplanned[:MOST_NAMED]]
        listed = ", ".join(f'"{id}"' for id in ids)
        way = f'run.create_ticket("what to do", requirement_ids=[{listed}])'
        found.append(Need(kind="requirement", id=ids[0], text=left.unplanned_in_words(), ways_out=(way,)))
    if left.unproven:
        first = left.unproven[0].id
        ticket = next((t for t in state.all(Ticket, run.id) if first in t.requirement_ids), None)
        work = _new_task(state, ticket) if ticket else f'run.create_ticket("what to do", requirement_ids=["{first}"])'
        ways = (work, f'run.mark("{first}", "accepted", "why it is met")', f'run.mark("{first}", "dropped")')
        found.append(Need(kind="requirement", id=first, text=left.unproven_in_words(), ways_out=ways))
    return found


def _new_task(state: State, ticket: Ticket) -> str:
    """Return the line that creates a task for a ticket, in the first phase that implements."""
    phases = sorted(state.all(Phase, ticket.run_id), key=lambda p: p.number)
    phase = next((p for p in phases if p.role == "implementation"), phases[-1])
    return f'run.create_task("what to do", phase={phase.number}, ticket="{ticket.id}")'
