"""Runs: from bootstrap to the end, phase after phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from heph_nb.domain import tasks
from heph_nb.domain.lifecycle import AT_WORK, RUN_ENDED, TASK_ENDED, move
from heph_nb.domain.records import Agent, Attempt, Permission, Phase, Requirement, Run, Task
from heph_nb.domain.state import Draft, State
from heph_nb.domain.work import end_agent
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


def start_phase(draft: Draft, run: Run, number: int, agent: str | None = None, max_agents: int | None = None) -> Phase:
    """Open a phase; opening one that is open changes nothing.

    Raises
    ------
    WrongStateError
        The run has ended by being stopped.
    """
    if run.status == "stopped":
        raise WrongStateError(f"Run {run.id} was stopped: no phase of it can be started.", id=run.id)
    phase = draft.get(Phase, f"phase-{number}", run.id)
    if agent is not None or max_agents is not None:
        phase = draft.change(phase, agent=agent or phase.agent, max_agents=max_agents or phase.max_agents)
    return move(draft, phase, "open") if phase.status == "pending" else phase


def pause(draft: Draft, run: Run, reason: str = "paused by a person") -> Run:
    """Let agents at work go on, but start no other. Pausing a paused run changes nothing."""
    return run if run.status == "paused" else move(draft, run, "paused", reason=reason)


def resume(draft: Draft, run: Run) -> Run:
    """Start agents again. Resuming an active run changes nothing."""
    return run if run.status == "active" else _resume_paused(draft, run)


def stop(draft: Draft, run: Run, reason: str = "stopped by a person") -> Run:
    """End a run: its agents are ended, its open tasks cancelled. Stopping a stopped run changes nothing."""
    if run.status == "stopped":
        return run
    run = move(draft, run, "stopped", reason=reason, ended_at=draft.now)
    for task in tasks.open_tasks(draft, run.id):
        tasks.cancel(draft, task, reason)
    for agent in list(draft.all(Agent, run.id)):
        end_agent(draft, agent, reason)
    for permission in list(draft.all(Permission, run.id)):
        if permission.status == "pending":
            move(draft, permission, "expired", reason=reason, decided_at=draft.now)
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
    if run.status == "active":
        _end(draft, run)


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
    proceeding = any(t.status in AT_WORK or t.status in ("queued", "needs_work", "pending") for t in everything)
    failed = [t for t in everything if t.status == "failed"]
    if failed and not proceeding:
        names = "; ".join(f"{t.title}: {t.reason}" for t in failed[:3])
        move(
            draft,
            run,
            "failed",
            reason=f"nothing can proceed and {len(failed)} failed ({names})",
            ended_at=draft.now,
        )


def _resume_paused(draft: Draft, run: Run) -> Run:
    if run.status != "paused":
        raise WrongStateError(f"Run {run.id} is {run.status}: only a paused run can be resumed.", id=run.id)
    return move(draft, run, "active", reason=None)


def newest(state: State) -> Run | None:
    """Return the run that was created last."""
    return max(state.all(Run), key=lambda r: r.created_at, default=None)


def ended(run: Run) -> bool:
    """Whether nothing happens in a run any more by itself."""
    return run.status in RUN_ENDED


def running_attempts(state: State, run_id: str | None = None) -> list[Attempt]:
    """Return the attempts that somebody works on."""
    return [a for a in state.all(Attempt, run_id) if a.outcome == "running"]
