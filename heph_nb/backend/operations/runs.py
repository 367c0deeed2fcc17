"""Operations on runs and phases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from heph_nb.backend.auth import Caller
from heph_nb.backend.operations.operation import Context, Create, Done, Request, known_agent, operation
from heph_nb.domain import runs, tasks
from heph_nb.domain.records import Agent, Run, Task
from heph_nb.errors import WrongStateError

Tokens = Annotated[int, Field(ge=1, lt=2**53)]


class CreateRun(Create):
    """A PRD and the repository that it shall become work in."""

    prd: str = Field(description="Absolute path of the PRD.")
    working_dir: str = Field(description="Absolute path of the repository, or a directory in it.")
    worktrees: str | None = Field(None, description="Where worktrees go; beside the repository if left out.")
    workflow: str = Field("prd_to_software", description="A shipped workflow, or the absolute path of a YAML file.")
    agent: str = Field("outline", description="The agent of every phase whose workflow names none.")
    max_agents: int = Field(4, ge=1, le=64, description="How many agents may work at a time.")
    manual: bool = Field(False, description="Only the first phase starts by itself.")
    policy: str = Field("allow", pattern="^(allow|ask)$", description="What becomes of permission requests.")
    budget_tokens: Tokens | None = Field(None, description="How many tokens its agents may use; no limit if left out.")
    new: bool = Field(False, description="Start another run even if this PRD has one in this repository.")


class RunCreated(Done):
    """The run, whether it is new, its first task, and the newest run of another text of this PRD."""

    id: str
    attached: bool
    status: str
    owner_id: str
    task_id: str
    earlier_run_id: str | None = None


class ChangeRun(Request):
    """A run."""


class StopRun(Request):
    """A run, and why it ends."""

    reason: str = Field("stopped by a person", max_length=10_000)


class RunChanged(Done):
    """The run and its status."""

    id: str
    status: str


class SetBudget(Request):
    """How many tokens the agents of a run may use; null: as many as they like."""

    tokens: Tokens | None


class BudgetSet(RunChanged):
    """The budget, and what is used of it."""

    budget_tokens: int | None
    used_tokens: int


class LookAtRun(Create):
    """A run that a person looks at."""


class RunLookedAt(Done):
    """When it was looked at before: ISO text, or null if it never was."""

    id: str
    since: str | None


class ExportRun(Request):
    """A run that becomes a file of its own."""


class RunExported(Done):
    """The file; the caller moves it where it belongs."""

    id: str
    path: str


class StartPhase(Request):
    """A phase that may begin."""

    number: int
    agent: str | None = None
    max_agents: int | None = Field(None, ge=1, le=64)


class PhaseStarted(Done):
    """The phase and its status."""

    number: int
    status: str


async def _intake(backend: Any, caller: Caller, request: CreateRun) -> Any:
    from heph_nb.backend.intake import take_in

    return await take_in(request.model_dump(exclude={"run_id"}), backend.presets, backend.state_path)


@operation("runs", "create", who="owner", prepare=_intake)
def create_run(context: Context, request: CreateRun) -> RunCreated:
    """Start a run, or attach to the one that this PRD has in this repository."""
    draft, intake = context.draft, context.prepared
    person = next(a for a in draft.all(Agent) if a.preset == "person")
    known = None if request.new else intake.known_run(draft)
    if known is not None:
        first = next(iter(draft.all(Task, known.id)))
        message = (
            f"Attached to the run that this PRD has in this repository ({known.status}){_unlike(known, request)}; "
            "new=True (--new) starts another"
        )
        return RunCreated(
            id=known.id, attached=True, status=known.status, owner_id=person.id, task_id=first.id, message=message
        )
    run, phases, requirements = intake.records(draft)
    earlier = intake.earlier_run(draft)
    task = runs.create(draft, run, phases, requirements)
    message = "Run started"
    if earlier is not None:
        message += f"; the run {earlier.id} has an earlier text of this PRD: its answers and marks are not carried over"
    return RunCreated(
        id=run.id,
        attached=False,
        status=run.status,
        owner_id=person.id,
        task_id=task.id,
        earlier_run_id=earlier.id if earlier else None,
        message=message,
    )


def _unlike(run: Run, request: CreateRun) -> str:
    """Say what the run that is there was started with, where something else is asked for now."""
    names = request.model_fields_set & {"agent", "max_agents", "manual", "policy", "workflow", "budget_tokens"}
    kept = [f"{n}={getattr(run, n)!r}" for n in sorted(names) if getattr(run, n) != getattr(request, n)]
    return f", which keeps {', '.join(kept)}" if kept else ""


@operation("runs", "pause", who="owner")
def pause_run(context: Context, request: ChangeRun) -> RunChanged:
    """Start no more agents; those at work go on."""
    return _changed(runs.pause(context.draft, context.run))


async def _affordable(backend: Any, caller: Caller, request: ChangeRun) -> None:
    """Refuse to resume a run that would pause again before its next agent."""
    run = backend.find_run(request.run_id, caller)
    if runs.has_run_out(run) and tasks.ready(backend.state, run.id):
        raise WrongStateError(
            f"The agents of run {run.id} have used {backend.spending.used(run.id):,} of {run.budget_tokens:,} tokens: "
            f"no other can be launched. run.set_budget({2 * run.budget_tokens}) raises the budget, "
            "run.set_budget(None) lifts it.",
            id=run.id,
            run_id=run.id,
        )


async def _used(backend: Any, caller: Caller, request: SetBudget) -> int:
    return backend.spending.used(backend.find_run(request.run_id, caller).id)


@operation("runs", "set-budget", who="owner", prepare=_used)
def set_budget(context: Context, request: SetBudget) -> BudgetSet:
    """Set how many tokens the agents of a run may use. What is paused goes on when it is resumed."""
    run = runs.set_budget(context.draft, context.run, request.tokens, context.prepared)
    limit = f"{run.budget_tokens:,}" if run.budget_tokens is not None else "none"
    message = f"Token budget: {limit}; used: {context.prepared:,}"
    return BudgetSet(
        id=run.id,
        status=run.status,
        budget_tokens=run.budget_tokens,
        used_tokens=context.prepared,
        message=f"{message}. The run is paused: run.resume() goes on" if run.status == "paused" else message,
    )


@operation("runs", "resume", who="owner", prepare=_affordable)
def resume_run(context: Context, request: ChangeRun) -> RunChanged:
    """Start agents again."""
    return _changed(runs.resume(context.draft, context.run))


@operation("runs", "stop", who="owner")
def stop_run(context: Context, request: StopRun) -> RunChanged:
    """End a run for good: its agents end, its open tasks are cancelled, what is merged stays."""
    return _changed(runs.stop(context.draft, context.run, request.reason))


async def _looked(backend: Any, caller: Caller, request: LookAtRun) -> datetime | None:
    run = backend.find_run(request.run_id, caller)
    return await backend.reading.run(backend.database.last, run.id, runs.LOOKED)


@operation("runs", "look", who="owner", prepare=_looked)
def look_at_run(context: Context, request: LookAtRun) -> RunLookedAt:
    """Note that you look at a run, and say when you did so before: what is newer is news to you."""
    runs.look(context.draft, context.run)
    since = context.prepared.isoformat() if context.prepared is not None else None
    said = f"Last looked at {since}" if since else "Looked at for the first time"
    return RunLookedAt(id=context.run.id, since=since, message=said)


async def _export(backend: Any, caller: Caller, request: ExportRun) -> tuple[str, str]:
    return await backend.export(request.run_id)


@operation("runs", "export", who="owner", prepare=_export)
def export_run(context: Context, request: ExportRun) -> RunExported:
    """Write everything of a run into a DuckDB file of its own."""
    run_id, path = context.prepared
    return RunExported(id=run_id, path=path, message="Run exported")


@operation("phases", "start", who="owner", prepare=known_agent)
def start_phase(context: Context, request: StartPhase) -> PhaseStarted:
    """Open a phase, so that its tasks begin."""
    phase = runs.start_phase(context.draft, context.run, request.number, request.agent, request.max_agents)
    return PhaseStarted(number=phase.number, status=phase.status, message=f"Phase {phase.number} is {phase.status}")


def _changed(run: Run) -> RunChanged:
    return RunChanged(id=run.id, status=run.status, message=f"Run is {run.status}")
