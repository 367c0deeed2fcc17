"""Attempts: an agent claims a task, works on it, and what it says is done is checked before it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heph_nb.domain import board, people, tickets
from heph_nb.domain.lifecycle import AT_WORK, REQUIREMENT_LADDER, move
from heph_nb.domain.records import Agent, Attempt, Merge, Requirement, Task, Ticket, Trace
from heph_nb.domain.state import Draft, State
from heph_nb.domain.words import count
from heph_nb.errors import RefusedError, WrongStateError

MOST_LOST = 3
"""Attempts of one task that may die or fall silent before it needs a person."""

WORKTREE_GONE = "its worktree was removed while it was at work"

MOST_REWORKS = 2
"""How often work is sent back by itself (a conflict, a red check) before it needs a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a requirement stands after a merge: how far it is proven, by what, and where to look."""

    requirement_id: str
    status: str
    evidence: str
    ref: str


def current_attempt(state: State, task: Task) -> Attempt | None:
    """Return the newest attempt at a task."""
    newest = None
    for attempt in state.all(Attempt, task.run_id):
        if attempt.task_id == task.id:
            newest = attempt
    return newest


def attempts_of(state: State, task: Task) -> list[Attempt]:
    """Return every attempt at a task, oldest first."""
    return [a for a in state.all(Attempt, task.run_id) if a.task_id == task.id]


def claim(
    draft: Draft, task: Task, *, preset: str, label: str, token_hash: str, worktrees: str
) -> tuple[Attempt, Agent]:
    """Give a queued task to a new agent. What was left of the attempt before it is superseded.

    Raises
    ------
    WrongStateError
        The task is not queued (any more): somebody else has it.
    """
    run_id = task.run_id or ""
    earlier = attempts_of(draft, task)
    if earlier and earlier[-1].outcome == "running":
        supersede(draft, earlier[-1])
    agent_id, attempt_id = draft.id(), f"attempt-{draft.new_id()[:8]}"
    task = move(draft, task, "running", reason=None)
    attempt = draft.put(
        Attempt(
            id=attempt_id,
            run_id=run_id,
            task_id=task.id,
            agent_id=agent_id,
            number=len(earlier) + 1,
            branch=f"heph-attempt/{run_id}/{attempt_id}",
            worktree=f"{worktrees}/{run_id}/{attempt_id}",
            base_commit="",
            started_at=draft.now,
        )
    )
    agent = draft.put(
        Agent(
            id=agent_id,
            run_id=run_id,
            preset=preset,
            label=label,
            status="starting",
            task_id=task.id,
            attempt_id=attempt_id,
            token_hash=token_hash,
            started_at=draft.now,
        )
    )
    board.begin(draft, task)
    return attempt, agent


def supersede(draft: Draft, attempt: Attempt) -> None:
    """End an attempt whose task somebody else takes on."""
    move(draft, attempt, "superseded", ended_at=draft.now)
    end_agent(draft, draft.get(Agent, attempt.agent_id), "another attempt took over")


def end_agent(draft: Draft, agent: Agent, reason: str) -> Agent:
    """End an agent: from here on its token is worth nothing, and what it asked for is not to be decided."""
    if agent.status == "terminated":
        return agent
    people.expire_permissions(draft, agent, reason)
    return move(draft, agent, "terminated", reason=reason, ended_at=draft.now)


def finish(
    draft: Draft, agent: Agent, *, status: str, summary: str, learned: Sequence[str], has_worktree: bool = True
) -> Task:
    """Take an agent's word that its task is done, or that it cannot do it. Done starts the verification.

    That an agent without a worktree cannot do it says nothing of the task: the attempt is lost, another may follow.

    A late word counts as long as no other attempt has begun, even if the agent was marked stuck.

    Raises
    ------
    WrongStateError
        The attempt is over, or the agent said this before.
    """
    attempt = draft.get(Attempt, agent.attempt_id or "")
    task = draft.get(Task, attempt.task_id)
    if attempt.outcome != "running":
        raise WrongStateError(
            f"Attempt {attempt.id} is {attempt.outcome}: what it reports changes nothing any more.",
            id=attempt.id,
        )
    if task.status not in ("running", "queued", "pending", "blocked"):
        raise WrongStateError(f"Task {task.id} is {task.status}: it was reported as finished before.", id=task.id)
    if task.status != "running":
        task = draft.change(move(draft, task, "queued") if task.status != "queued" else task, status="running")
    if agent.status == "stuck":
        move(draft, agent, "working", reason=None)
    said = {"summary": summary, "learned": tuple(learned)}
    if status == "done":
        return move(draft, task, "checking", **said)
    if not has_worktree:
        return lose(draft, attempt, WORKTREE_GONE)
    move(draft, attempt, "failed", reason=summary or "the agent gave up", ended_at=draft.now)
    return move(draft, task, "failed", reason=summary or "the agent gave up", ended_at=draft.now, **said)


def lose(draft: Draft, attempt: Attempt, reason: str, *, stuck: bool = True) -> Task:
    """End an attempt whose agent died, fell silent or broke off, and queue its task again (at most three times)."""
    agent, task = draft.get(Agent, attempt.agent_id), draft.get(Task, attempt.task_id)
    if stuck and agent.status in ("starting", "working", "waiting"):
        agent = move(draft, agent, "stuck", reason=reason)
    end_agent(draft, agent, reason)
    if attempt.outcome == "running":
        move(draft, attempt, "failed", reason=reason, ended_at=draft.now)
    if task.status not in AT_WORK:
        return task
    lost = task.lost + 1
    if lost >= MOST_LOST:
        why = f"{count(lost, 'attempt')} were lost, the last because {reason}"
        return move(draft, task, "failed", lost=lost, reason=why, ended_at=draft.now)
    return move(
        draft,
        task,
        "queued",
        lost=lost,
        reason=reason,
        feedback=f"The attempt before this one ended: {reason}",
    )


def terminate(draft: Draft, agent: Agent, reason: str) -> Task | None:
    """End an agent at a person's word. Its attempt fails, and its task is queued again as if the agent was lost.

    Returns
    -------
    Task or None
        Its task; None if the attempt was over before.

    Raises
    ------
    RefusedError
        It is the person.
    WrongStateError
        It has ended.
    """
    if agent.preset == "person":
        raise RefusedError("The person is not an agent that could be terminated.")
    if agent.status == "terminated":
        raise WrongStateError(f"Agent {agent.id} has ended already.", id=agent.id)
    attempt = draft.find(Attempt, agent.attempt_id or "", agent.run_id)
    if attempt is None or attempt.outcome != "running":
        end_agent(draft, agent, reason)
        return None
    return lose(draft, attempt, reason, stuck=False)


def stall(draft: Draft, attempt: Attempt, reason: str) -> Task:
    """Mark a silent agent stuck and queue its task again; until another attempt begins, its word still counts."""
    agent, task = draft.get(Agent, attempt.agent_id), draft.get(Task, attempt.task_id)
    if task.lost + 1 >= MOST_LOST:
        return lose(draft, attempt, reason)
    move(draft, agent, "stuck", reason=reason)
    return move(draft, task, "queued", lost=task.lost + 1, reason=reason, feedback=f"The agent before you: {reason}")


def interrupt(draft: Draft, attempt: Attempt, reason: str) -> None:
    """End an attempt through no fault of its agent (the backend ended); its task is queued, nothing is counted."""
    end_agent(draft, draft.get(Agent, attempt.agent_id), reason)
    move(draft, attempt, "cancelled", reason=reason, ended_at=draft.now)
    task = draft.get(Task, attempt.task_id)
    if task.status in AT_WORK:
        move(draft, task, "queued", reason=reason)


def cancel_attempt(draft: Draft, task: Task, reason: str) -> None:
    """End what is being done about a task; the task itself is left to the caller."""
    attempt = current_attempt(draft, task)
    if attempt is not None and attempt.outcome == "running":
        move(draft, attempt, "cancelled", reason=reason, ended_at=draft.now)
        end_agent(draft, draft.get(Agent, attempt.agent_id), reason)
    for merge in list(draft.all(Merge, task.run_id)):
        if merge.task_id == task.id and merge.status == "queued":
            move(draft, merge, "rejected", reason=reason, ended_at=draft.now)


def queue_merge(draft: Draft, attempt: Attempt, target: str) -> Merge:
    """Put an attempt's work in line for the run branch; an attempt stands in line once."""
    for merge in draft.all(Merge, attempt.run_id):
        if merge.attempt_id == attempt.id and merge.status == "queued":
            return merge
    return draft.put(
        Merge(
            id=draft.id("merge"),
            run_id=attempt.run_id,
            task_id=attempt.task_id,
            attempt_id=attempt.id,
            target=target,
            created_at=draft.now,
        )
    )


def accept(draft: Draft, attempt: Attempt, *, merge_commit: str | None, findings: Iterable[Finding]) -> Task:
    """Record that an attempt's checks passed and its work is on the run branch (``merge_commit`` None: no change).

    The ticket moves on and stops blocking others, requirements climb as far as the findings prove.
    """
    task = draft.get(Task, attempt.task_id)
    if task.status == "checking":
        task = move(draft, task, "merging")
    for merge in list(draft.all(Merge, task.run_id)):
        if merge.attempt_id == attempt.id and merge.status == "queued":
            move(draft, merge, "merged", merge_commit=merge_commit, ended_at=draft.now)
    attempt = move(draft, attempt, "merged", ended_at=draft.now)
    end_agent(draft, draft.get(Agent, attempt.agent_id), "its work is merged")
    for trace in list(draft.all(Trace, task.run_id)):
        if trace.attempt_id == attempt.id:
            draft.change(trace, merged=True)
    for finding in findings:
        climb(draft, draft.get(Requirement, finding.requirement_id, task.run_id), finding)
    task = move(draft, task, "done", reason=None, feedback=None, ended_at=draft.now)
    if task.ticket_id and merge_commit:
        tickets.link_commit(draft, draft.get(Ticket, task.ticket_id), merge_commit, task.title)
    board.settle(draft, task)
    return task


def send_back(
    draft: Draft,
    attempt: Attempt,
    *,
    merge_status: str,
    feedback: str,
    conflicts: Sequence[str] = (),
    reason: str | None = None,
    remedy: str | None = None,
) -> Task:
    """Send work back whose merge conflicts or whose checks are red: at most twice, then it needs a person.

    With a ``remedy``, which is for the person, no rework could mend it: it needs them at once.
    """
    task = draft.get(Task, attempt.task_id)
    conflict = "its work conflicts with the run branch"
    reason = reason or (conflict if merge_status == "conflict" else "a check failed")
    for merge in list(draft.all(Merge, task.run_id)):
        if merge.attempt_id == attempt.id and merge.status == "queued":
            move(draft, merge, merge_status, reason=feedback, conflicts=tuple(conflicts), ended_at=draft.now)
    move(draft, attempt, "failed", reason=reason, ended_at=draft.now)
    end_agent(draft, draft.get(Agent, attempt.agent_id), reason)
    task = move(draft, task, "needs_work", reason=reason, feedback=feedback, reworks=task.reworks + 1)
    if remedy is not None:
        return move(draft, task, "failed", reason=f"{reason}. {remedy}", ended_at=draft.now)
    if task.reworks > MOST_REWORKS:
        where = f"{reason}, after {count(MOST_REWORKS, 'rework')}; its last work is in {attempt.worktree}"
        return move(draft, task, "failed", reason=where, ended_at=draft.now)
    return move(draft, task, "queued")


def climb(draft: Draft, requirement: Requirement, finding: Finding) -> Requirement:
    """Let a requirement climb to what a finding proves; it never climbs down."""
    if finding.status not in REQUIREMENT_LADDER:
        raise RefusedError(f"{finding.status!r} is not a step of {' -> '.join(REQUIREMENT_LADDER)}.")
    if REQUIREMENT_LADDER.index(finding.status) <= REQUIREMENT_LADDER.index(requirement.status):
        return requirement
    return draft.change(requirement, status=finding.status, evidence=finding.evidence, evidence_ref=finding.ref)


def unprove(draft: Draft, requirement: Requirement) -> Requirement:
    """Take back what was proven of a requirement that asks for something else now: it is specified, and no further."""
    if requirement.status not in ("implemented", "verified"):
        return requirement
    return draft.change(requirement, status="specified", evidence=None, evidence_ref=None)
