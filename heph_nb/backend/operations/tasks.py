"""Operations on tasks and requirements."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from heph_nb.backend.auth import Caller
from heph_nb.backend.operations.operation import Context, Create, Done, Request, Said, known_agent, operation
from heph_nb.domain import requirements, tasks, work
from heph_nb.domain.lifecycle import MARKS
from heph_nb.domain.records import Agent, Attempt, Requirement, Task
from heph_nb.domain.words import count
from heph_nb.errors import RefusedError


class CreateTask(Create):
    """A new piece of work."""

    title: Said = Field(min_length=1, max_length=500)
    description: str = Field("", max_length=100_000)
    phase: int = Field(ge=0, le=1000)
    ticket_id: str | None = None
    priority: str = Field("medium", description="low, medium, high, critical")
    kind: str = Field("work", description="work; clarification: ends with a question; answer: takes one up")


class TaskCreated(Done):
    """The new task."""

    task_id: str
    status: str


class FinishTask(Request):
    """What became of a task. Done starts the verification: the checks decide, not this word."""

    task_id: str | None = Field(None, description="Your own task, if left out.")
    status: Literal["done", "failed"]
    summary: str = Field("", max_length=100_000)
    learned: list[str] = Field([], max_length=100)
    implemented: list[str] = Field([], max_length=5000, description="Requirements that your work implements.")


class TaskChanged(Done):
    """The task and its new status."""

    task_id: str
    status: str


class ListReadyTasks(Request):
    """Nothing to say."""


class ReadyTasks(Done):
    """The tasks that are next in line."""

    tasks: list[dict[str, object]]


class RetryTask(Request):
    """A task that failed, and the agent that shall try now."""

    task_id: str
    agent: str | None = None


class RestartTask(Request):
    """A task that shall get a new agent, and why; that agent reads it."""

    task_id: str
    reason: str = Field("restarted by a person", max_length=10_000)


class CancelTask(Request):
    """A task that is given up."""

    task_id: str
    reason: str = Field("cancelled by a person", max_length=10_000)


class LinkRequirements(Request):
    """Where requirements went."""

    requirement_ids: list[str] = Field(min_length=1, max_length=5000)
    ticket_id: str | None = None
    file: str | None = Field(None, max_length=4000, description="A path in the repository that specifies them.")
    test: str | None = Field(None, max_length=4000, description="A path in the repository that tests them.")


class RequirementsLinked(Done):
    """How many were linked."""

    linked: int


class MarkRequirement(Request):
    """A person's word on a requirement; null takes it away."""

    requirement_id: str
    mark: str | None
    reason: str | None = Field(None, max_length=10_000)


class RequirementMarked(Done):
    """The requirement and the word beside it."""

    requirement_id: str
    mark: str | None


@operation("tasks", "create", who="both", tool="create_task")
def create_task(context: Context, request: CreateTask) -> TaskCreated:
    """Add a task in any phase; an agent is put on it as soon as it is ready."""
    values = request.model_dump(exclude={"run_id", "idempotency_key"})
    agent = context.agent
    task = tasks.create(context.draft, context.run, parent_task_id=agent.task_id if agent else None, **values)
    return TaskCreated(task_id=task.id, status=task.status, message="Task created successfully")


@operation("tasks", "finish", who="both", tool="finish_task")
def finish_task(context: Context, request: FinishTask) -> TaskChanged:
    """Say that your task is done (its checks then run and decide), or that you cannot do it, and why."""
    agent = context.acting_agent()
    if request.task_id is not None and request.task_id != agent.task_id:
        raise RefusedError(f"Task {request.task_id} is not yours: your task is {agent.task_id}.")
    for id in request.implemented:
        context.draft.get(Requirement, id, agent.run_id)
    attempt = context.draft.get(Attempt, agent.attempt_id or "")
    task = work.finish(
        context.draft,
        agent,
        status=request.status,
        summary=request.summary,
        learned=request.learned,
        has_worktree=not attempt.base_commit or Path(attempt.worktree).is_dir(),
    )
    if request.implemented:
        requirements.claim_implemented(context.draft, context.run, agent, request.implemented)
    return TaskChanged(task_id=task.id, status=task.status, message=f"Task is {task.status}")


@operation("tasks", "ready", who="both", tool="list_ready_tasks")
def list_ready_tasks(context: Context, request: ListReadyTasks) -> ReadyTasks:
    """List the tasks that are next in line, first one first."""
    found: list[dict[str, object]] = [
        {"id": t.id, "title": t.title, "phase": t.phase, "ticket_id": t.ticket_id, "priority": t.priority}
        for t in tasks.ready(context.draft, context.run.id)
    ]
    return ReadyTasks(tasks=found, message=f"{count(len(found), 'task')} ready")


@operation("tasks", "retry", who="owner", prepare=known_agent)
def retry_task(context: Context, request: RetryTask) -> TaskChanged:
    """Queue a failed or cancelled task again, or give one that waits to another agent."""
    task = tasks.retry(context.draft, context.draft.get(Task, request.task_id), request.agent)
    return TaskChanged(task_id=task.id, status=task.status, message=f"Task is {task.status}")


@operation("tasks", "restart", who="owner")
def restart_task(context: Context, request: RestartTask) -> TaskChanged:
    """End the agent at work on a task and queue it for a new one; a failed or cancelled task is queued again."""
    task = tasks.restart(context.draft, context.draft.get(Task, request.task_id), request.reason)
    return TaskChanged(task_id=task.id, status=task.status, message=f"Task is {task.status}")


@operation("tasks", "cancel", who="owner")
def cancel_task(context: Context, request: CancelTask) -> TaskChanged:
    """Give a task up and end the agent that works on it."""
    task = tasks.cancel(context.draft, context.draft.get(Task, request.task_id), request.reason)
    return TaskChanged(task_id=task.id, status=task.status, message="Task cancelled")


async def _in_worktree(backend: Any, caller: Caller, request: LinkRequirements) -> None:
    """Refuse paths that are not in the worktree of the agent that calls, where that is still there."""
    agent = backend.state.find(Agent, caller.id)
    attempt = backend.state.find(Attempt, agent.attempt_id or "", agent.run_id) if agent is not None else None
    if attempt is None:
        return

    def missing() -> str | None:
        root = Path(attempt.worktree)
        given = [path for path in (request.file, request.test) if path is not None]
        return next((path for path in given if root.is_dir() and not os.path.lexists(root / path)), None)

    for path in (request.file, request.test):
        if path is not None:
            requirements.inside(path)
    if (path := await asyncio.to_thread(missing)) is not None:
        raise RefusedError(f"There is no {path!r} in your worktree: write it before you link requirements to it.")


@operation("requirements", "link", who="both", tool="link_requirements", prepare=_in_worktree)
def link_requirements(context: Context, request: LinkRequirements) -> RequirementsLinked:
    """Say which ticket, file or test requirements went into; files and tests count once they are merged."""
    agent = context.agent
    requirements.link(
        context.draft,
        context.run,
        agent,
        requirement_ids=request.requirement_ids,
        ticket_id=request.ticket_id,
        file=request.file,
        test=request.test,
    )
    linked = len(request.requirement_ids)
    return RequirementsLinked(linked=linked, message=f"{count(linked, 'requirement')} linked")


@operation("requirements", "mark", who="owner")
def mark_requirement(context: Context, request: MarkRequirement) -> RequirementMarked:
    """Put a word beside a requirement: unclear, accepted, disputed, dropped; or null for none."""
    requirement = context.draft.get(Requirement, request.requirement_id, context.run.id)
    follows = requirements.mark(context.draft, requirement, request.mark, request.reason)
    said = f"is {request.mark}: {MARKS[request.mark]}" if request.mark else "has no mark"
    message = f"Requirement {requirement.id} of run {requirement.run_id} {said}. {follows}".strip()
    return RequirementMarked(requirement_id=requirement.id, mark=request.mark, message=message)
