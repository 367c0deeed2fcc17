"""Why a run stands still, and what waits for a person: each with the ways out."""

from __future__ import annotations

from dataclasses import dataclass

from heph_nb.domain import tasks, tickets
from heph_nb.domain.lifecycle import AT_WORK
from heph_nb.domain.records import Agent, Permission, Phase, Question, Run, Task, Ticket
from heph_nb.domain.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that waits for a person.

    Attributes
    ----------
    kind : str
        ``permission``, ``question``, ``task``, ``agent``, ``phase`` or ``run``.
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


def needs(state: State, run: Run) -> list[Need]:
    """Return what waits for a person in a run, the most pressing first."""
    found = [
        Need(
            kind="permission",
            id=p.id,
            text=f"An agent asks: {p.title}",
            ways_out=(f'run.approve("{p.id}")', f'run.deny("{p.id}", "why")'),
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
    if run.status == "paused":
        found.append(Need(kind="run", id=run.id, text=f"The run is paused: {run.reason}", ways_out=("run.resume()",)))
    return found


def waiting_phase(state: State, run: Run) -> Phase | None:
    """Return the first phase that only a person can open, if everything in the open ones is done."""
    if any(t.status in AT_WORK or t.status in ("queued", "needs_work") for t in state.all(Task, run.id)):
        return None
    pending = (p for p in state.all(Phase, run.id) if p.status == "pending")
    return min(pending, key=lambda p: p.number, default=None)


def explain(state: State, run: Run) -> str | None:
    """Say in one sentence why nothing happens in a run, with the ways out; None while something does."""
    if run.status == "completed":
        return None
    if run.status == "stopped":
        return f"The run was stopped: {run.reason}."
    if run.status == "paused":
        return f"The run is paused ({run.reason}): run.resume() goes on."
    everything = list(state.all(Task, run.id))
    asking = [p for p in state.all(Permission, run.id) if p.status == "pending"]
    busy = [t for t in everything if t.status in AT_WORK]
    if asking and len(asking) >= len(busy):
        return f"{len(asking)} agents wait for a permission: run.approve(id) or run.deny(id, reason)."
    if busy or any(t.status in ("queued", "needs_work") for t in everything):
        return None
    failed = [t for t in everything if t.status == "failed"]
    if failed:
        return (
            f"{len(failed)} tasks failed ({failed[0].title}: {failed[0].reason}) and nothing else can proceed: "
            f'run.retry("{failed[0].id}") or run.cancel("{failed[0].id}").'
        )
    phase = waiting_phase(state, run)
    if phase is not None:
        return f"Phase {phase.number} ({phase.name}) has not been started: run.start_phase({phase.number})."
    return _explain_blocked(state, run, [t for t in everything if t.status == "blocked"])


def _explain_blocked(state: State, run: Run, blocked: list[Task]) -> str | None:
    for task in blocked:
        ticket = state.get(Ticket, task.ticket_id or "", run.id)
        waiting = tickets.blockers(state, ticket)
        if waiting:
            first = waiting[0]
            return (
                f"{len(blocked)} tasks wait for tickets that nobody works on ({first.title}): "
                f'run.resolve_ticket("{first.id}") or create a task for it.'
            )
        earlier = tasks.earlier_work(state, task)
        if earlier:
            return f"{task.title} waits for {earlier[0].title}, which is {earlier[0].status}."
    return None
