"""Intake: a PRD, a repository and a workflow become the records of a run."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from heph_nb.agents.catalog import PRESETS, Preset, find_preset
from heph_nb.domain.prd import Prd, decode_prd, read_prd, why_nothing
from heph_nb.domain.records import Phase, Requirement, Run
from heph_nb.domain.state import Draft, State
from heph_nb.domain.workflow import Workflow, read_workflow
from heph_nb.errors import HephError, InvalidError, RefusedError
from heph_nb.repo.repository import Repository


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that a run starts from, read and found in order."""

    request: Mapping[str, Any]
    text: str
    sha256: str
    prd: Prd
    workflow: Workflow
    working_dir: str
    worktrees: str
    repository: Repository
    base_commit: str

    def known_run(self, state: State) -> Run | None:
        """Return the newest run of the same PRD in the same repository."""
        same = [r for r in self._of_this_repository(state) if r.prd_sha256 == self.sha256]
        return max(same, key=lambda r: r.created_at, default=None)

    def earlier_run(self, state: State) -> Run | None:
        """Return the newest run of another text of the PRD at this path."""
        runs = self._of_this_repository(state)
        others = [r for r in runs if r.prd_path == self.request["prd"] and r.prd_sha256 != self.sha256]
        return max(others, key=lambda r: r.created_at, default=None)

    def _of_this_repository(self, state: State) -> list[Run]:
        return [run for run in state.all(Run) if run.working_dir == self.working_dir]

    def records(self, draft: Draft) -> tuple[Run, list[Phase], list[Requirement]]:
        """Return the run, its phases and its requirements."""
        name = self.prd.title or Path(self.request["prd"]).stem
        run_id = f"{slug(name)}-{draft.new_id().replace('-', '')[:6]}"
        run = Run(
            id=run_id,
            run_id=run_id,
            name=name,
            prd_path=self.request["prd"],
            prd_text=self.text,
            prd_sha256=self.sha256,
            working_dir=self.working_dir,
            worktrees=self.worktrees,
            branch=f"heph/{run_id}",
            base_commit=self.base_commit,
            workflow=self.request["workflow"],
            agent=self.request["agent"],
            max_agents=self.request["max_agents"],
            manual=self.request["manual"],
            policy=self.request["policy"],
            budget_tokens=self.request["budget_tokens"],
            created_at=draft.now,
        )
        requirements = [
            Requirement(
                id=s.id,
                run_id=run_id,
                label=s.label,
                text=s.text,
                section=s.section,
                line_start=s.lines[0][0],
                line_end=s.lines[0][1],
                lines=s.lines,
                level=s.level,
                kind=s.kind,
                criteria=s.criteria,
                depends_on=s.depends_on,
                created_at=draft.now,
            )
            for s in self.prd.statements
        ]
        return run, self.workflow.phase_records(run_id, draft.now), requirements


async def take_in(request: Mapping[str, Any], presets: Mapping[str, Preset], state_path: Path) -> Intake:
    """Examine what a run starts from, then prepare its place, off the event loop.

    Raises
    ------
    HephError
        See :func:`examine`.
    """
    return await asyncio.to_thread(_take_in, request, presets, state_path)


def _take_in(request: Mapping[str, Any], presets: Mapping[str, Preset], state_path: Path) -> Intake:
    intake = examine(request, presets)
    intake.repository.prepare_worktrees(intake.worktrees)
    for name in {"hephaestus.duckdb", state_path.name}:
        intake.repository.exclude(f"{name}*")
    return intake


def examine(request: Mapping[str, Any], presets: Mapping[str, Preset] = PRESETS) -> Intake:
    """Read and check everything that a run starts from. Nothing is created, so that a refusal leaves nothing behind.

    Parameters
    ----------
    request : mapping
        The fields of ``runs/create``.
    presets : mapping of str to Preset
        The agents that may be launched.

    Raises
    ------
    InvalidError
        The PRD or the workflow cannot be read, or the PRD states no requirement.
    RepositoryError
        The working directory or the place for worktrees cannot be used.
    NotFoundError, RefusedError
        An agent is unknown, or may not be launched.
    """
    try:
        return _examine(request, presets)
    except HephError:
        raise
    except OSError as error:  # a name that is too long, a loop of links, a directory that nobody may read
        where = f" {str(error.filename)[:200]}" if error.filename else ""
        raise InvalidError(f"The path{where} cannot be used: {error.strerror or error}.") from error


def _examine(request: Mapping[str, Any], presets: Mapping[str, Preset]) -> Intake:
    text, prd = read_document(Path(request["prd"]))
    workflow = load_workflow(request["workflow"])
    for name in {request["agent"], *(p.agent for p in workflow.phases if p.agent)}:
        find_preset(name, presets)
    repository, worktrees = open_place(request["working_dir"], request["worktrees"])
    return Intake(
        request=request,
        text=text,
        sha256=sha256_of(text),
        prd=prd,
        workflow=workflow,
        working_dir=str(repository.root),
        worktrees=str(worktrees),
        repository=repository,
        base_commit=repository.head(),
    )


def read_document(path: Path) -> tuple[str, Prd]:
    """Return the text of a PRD, and what it states.

    Raises
    ------
    InvalidError
        It cannot be read, or states no requirement.
    """
    text = decode_prd(_read(path), str(path))
    prd = read_prd(text)
    if not prd.statements:
        raise InvalidError(
            f"No requirement was found in {path}. {why_nothing(prd)} State what is wanted as list items or sentences, "
            "for example "
            "'- The command prints the total.', under a heading such as 'Requirements'."
        )
    return text, prd


def open_place(working_dir: str, worktrees: str | None) -> tuple[Repository, Path]:
    """Return the repository that a run is to work in, and where its worktrees go; nothing is created.

    Raises
    ------
    RepositoryError, InvalidError
        One of them cannot be used.
    """
    repository = Repository.open(working_dir)
    repository.check_branches()
    return repository, repository.check_worktrees(worktrees or repository.default_worktrees())


def sha256_of(text: str) -> str:
    """Return what tells one text of a PRD from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def slug(name: str) -> str:
    """Return how the ids of runs of this name begin.

    Examples
    --------
    >>> slug("Tally: hours & more")
    'tally-hours-more'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-") or "run"


def load_workflow(name: str) -> Workflow:
    """Return a shipped workflow by name, or one from a file by path.

    Raises
    ------
    InvalidError
        There is no such workflow, or it is wrong.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = Path(name)
        try:
            return read_workflow(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidError(f"The workflow {path} cannot be read: {error}.") from error
    shipped = resources.files("heph_nb") / "workflows" / f"{name}.yaml"
    if not re.fullmatch(r"\w+", name) or not shipped.is_file():
        raise InvalidError(f"There is no workflow {name!r}; 'prd_to_software' is shipped, or name a YAML file.")
    return read_workflow(shipped.read_text("utf-8"), name)


def _read(path: Path) -> bytes:
    if not path.is_absolute():
        raise RefusedError(f"The path of the PRD must be absolute, not {path}.")
    if not path.exists():
        raise InvalidError(f"There is no PRD at {path}: check the path.")
    if not path.is_file():
        raise InvalidError(f"{path} is not a file: name the PRD itself.")
    if path.stat().st_size > 50_000_000:
        raise InvalidError(
            f"The PRD {path} has {path.stat().st_size:,} bytes: is this really a PRD? At most 2 MB are read."
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidError(f"The PRD {path} cannot be read: {error.strerror}.") from error
