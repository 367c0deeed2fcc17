"""Runs: from bootstrap to the end, phase after phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from heph_nb.domain import tasks
from heph_nb.domain.lifecycle import AT_WORK, TASK_ENDED, move
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Agent, Phase, Requirement, Run, Task
from heph_nb.domain.state import Draft, State
from heph_nb.domain.words import count
from heph_nb.domain.work import cancel_attempt, end_agent
from heph_nb.errors import WrongStateError


def create(draft: Draft, run: Run, phases: Sequence[Phase], requirements: Sequence[Requirement]) -> Task:
    """Begin a run: its phases, its requirements and its first task. In a manual run only the first phase is open."""
    draft.put(run)
    first = min(phases, key=lambda p: p.number)
    for phase in phases:
        status = "open" if phase.number == first.number or not run.manual else "pending"
        draft.put(replace(phase, status=status))
    for requirement in requirements:
        draft.put(requirement)
    return tasks.create(
        draft,
        run,
        phase=first.number,
        title=f"{first.name.capitalize()}: {run.name}",
        description=first.description,
        priority="high",
    )


_WAYS_ON = {
    "active": "run.pause() lets it rest, run.stop() ends it",
    "paused": "run.resume() goes on with it, run.stop() ends it",
    "completed": "run.create_task(title, phase=n) or run.retry(task) for one that was cancelled makes it active again",
    "failed": "run.retry(task) for one that failed makes it active again, run.stop() ends it",
    "stopped": "that is final, but another run of the same PRD can be started",
}


def start_phase(draft: Draft, run: Run, number: int, agent: str | None = None, max_agents: int | None = None) -> Phase:
    """Open a phase, for another agent or more of them if that is said; opening one that is open changes nothing.

    Raises
    ------
    NotFoundError
        The run has no such phase.
    WrongStateError
        The run is completed or was stopped: there is nothing to open.
    """
    phase = tasks.find_phase(draft, run, number)
    if run.status in ("completed", "stopped"):
        raise _wrong_state(run, f"phase {number} cannot be started")
    if agent is not None or max_agents is not None:
        phase = draft.change(phase, agent=agent or phase.agent, max_agents=max_agents or phase.max_agents)
    return move(draft, phase, "open") if phase.status == "pending" else phase


def pause(draft: Draft, run: Run, reason: str = "paused by a person") -> Run:
    """Let agents at work go on, but start no other. Pausing a paused run changes nothing.

    Raises
    ------
    WrongStateError
        The run has ended.
    """
    if run.status == "paused":
        return run
    if run.status != "active":
        raise _wrong_state(run, "only an active run can be paused")
    return move(draft, run, "paused", reason=reason)


def resume(draft: Draft, run: Run) -> Run:
    """Start agents again. Resuming an active run changes nothing.

    Raises
    ------
    WrongStateError
        The run has ended.
    """
    if run.status == "active":
        return run
    if run.status != "paused":
        raise _wrong_state(run, "only a paused run can be resumed")
    return move(draft, run, "active", reason=None)


USED_UP = "its token budget is used up"


def run_out(draft: Draft, run: Run, used: int) -> Run:
    """Pause a run whose agents have used its budget: those at work go on, no other begins."""
    return pause(draft, run, f"{USED_UP}: {used:,} of {run.budget_tokens:,} tokens")


def has_run_out(run: Run) -> bool:
    """Say whether a run is paused because its budget is used up."""
    return run.status == "paused" and (run.reason or "").startswith(USED_UP)


def set_budget(draft: Draft, run: Run, tokens: int | None, used: int) -> Run:
    """Set how many tokens the agents of a run may use, or (None) as many as they like. It goes on when it is resumed.

    Raises
    ------
    WrongStateError
        The run was stopped.
    """
    if run.status == "stopped":
        raise _wrong_state(run, "it needs no budget")
    enough = tokens is None or used < tokens
    reason = "its token budget was raised" if has_run_out(run) and enough else run.reason
    return draft.change(run, budget_tokens=tokens, reason=reason)


def _wrong_state(run: Run, so: str) -> WrongStateError:
    return WrongStateError(f"Run {run.id} is {run.status}: {so}; {_WAYS_ON[run.status]}.", id=run.id, state=run.status)


def stop(draft: Draft, run: Run, reason: str = "stopped by a person") -> Run:
    """End a run: its agents are ended, its open tasks cancelled. Stopping a stopped run changes nothing.

    Raises
    ------
    WrongStateError
        The run is completed: there is nothing to stop.
    """
    if run.status == "stopped":
        return run
    if run.status == "completed":
        raise _wrong_state(run, "there is nothing to stop")
    run = move(draft, run, "stopped", reason=reason, ended_at=draft.now)
    for task in tasks.open_tasks(draft, run.id):
        cancel_attempt(draft, task, reason)
        move(draft, task, "cancelled", reason=reason, ended_at=draft.now)
    for agent in list(draft.all(Agent, run.id)):
        end_agent(draft, agent, reason)
    return run


def settle(draft: Draft, run_id: str) -> None:
    """Draw the consequences of what has changed: tasks that became ready, phases and the run that ended."""
    run = draft.find(Run, run_id)
    if run is None or run.status == "stopped":
        return
    tasks.settle_tasks(draft, run_id)
    earlier_complete = True
    for phase in sorted(draft.all(Phase, run_id), key=lambda p: p.number):
        mine = [t for t in draft.all(Task, run_id) if t.phase == phase.number]
        ended = bool(mine) and all(t.status in TASK_ENDED for t in mine)
        if phase.status == "open" and ended and earlier_complete:
            phase = move(draft, phase, "complete")
        elif phase.status == "complete" and mine and not ended:
            phase = move(draft, phase, "open")
        earlier_complete = phase.status == "complete"
    if run.status == "failed" and not _stuck(draft, run):
        run = move(draft, run, "active", reason=None, ended_at=None)
    if run.status == "active":
        _end(draft, run)


def _stuck(state: State, run: Run) -> list[Task]:
    """Return the failed tasks of a run in which nothing else can proceed."""
    everything = list(state.all(Task, run.id))
    if any(t.status in AT_WORK or t.status in ("queued", "needs_work", "pending") for t in everything):
        return []
    return [t for t in everything if t.status == "failed"]


def _end(draft: Draft, run: Run) -> None:
    everything = list(draft.all(Task, run.id))
    phases = list(draft.all(Phase, run.id))
    if not everything:
        return
    if all(t.status in TASK_ENDED for t in everything) and all(p.status != "pending" for p in phases):
        for phase in phases:
            if phase.status == "open":
                move(draft, phase, "complete")
        move(draft, run, "completed", reason=None, ended_at=draft.now)
        return
    failed = _stuck(draft, run)
    if failed:
        names = "; ".join(f"{t.title}: {t.reason}" for t in failed[:3])
        move(
            draft,
            run,
            "failed",
            reason=f"nothing can proceed and {count(len(failed), 'task')} failed ({names})",
            ended_at=draft.now,
        )


LOOKED = "run.looked"
"""The event that says that a person has looked at a run."""


def look(draft: Draft, run: Run) -> None:
    """Note that a person looks at a run. Nothing of the run changes, so nothing that follows changes is woken."""
    draft.log(Event, run_id=run.id, agent_id=None, task_id=None, kind=LOOKED, data={"id": run.id, "by": draft.actor})


def newest(state: State) -> Run | None:
    """Return the run that was created last."""
    return max(state.all(Run), key=lambda r: r.created_at, default=None)
