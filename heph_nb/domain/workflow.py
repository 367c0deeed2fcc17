"""Workflows: the phases of a run, as somebody wrote them down in YAML."""

from __future__ import annotations

from datetime import datetime

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from heph_nb.domain.lifecycle import COLUMNS
from heph_nb.domain.records import Phase
from heph_nb.errors import InvalidError


class PhaseDefinition(BaseModel):
    """One phase as it is written in a workflow file."""

    model_config = ConfigDict(extra="forbid")

    order: int = Field(ge=0, le=1000)
    name: str = Field(min_length=1, max_length=100)
    description: str = ""
    instructions: str = ""
    done_definitions: list[str] = []
    outputs: list[str] = []
    next_steps: list[str] = []
    checks: list[str] = []
    agent: str | None = None
    max_agents: int | None = Field(None, ge=1, le=64)
    columns: list[str] = []

    @field_validator("columns")
    @classmethod
    def _on_the_board(cls, columns: list[str]) -> list[str]:
        if len(columns) not in (0, 2):
            raise ValueError("columns names two columns, entered at the start and at the end of a task, or none")
        unknown = [c for c in columns if c not in COLUMNS]
        if unknown:
            raise ValueError(f"columns {', '.join(unknown)} are not on the board ({', '.join(COLUMNS)})")
        return columns


class Workflow(BaseModel):
    """A workflow: its name and its phases in their order."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    description: str = ""
    phases: list[PhaseDefinition] = Field(min_length=1)

    @model_validator(mode="after")
    def _orders_are_unique(self) -> Workflow:
        orders = [p.order for p in self.phases]
        twice = sorted({o for o in orders if orders.count(o) > 1})
        if twice:
            raise ValueError(f"two phases have the order {', '.join(map(str, twice))}")
        self.phases.sort(key=lambda p: p.order)
        return self

    def phase_records(self, run_id: str, now: datetime) -> list[Phase]:
        """Return the phases as records of a run, each ``pending``."""
        return [
            Phase(
                id=f"phase-{p.order}",
                run_id=run_id,
                number=p.order,
                name=p.name,
                description=p.description,
                instructions=p.instructions,
                done_definitions=tuple(p.done_definitions),
                outputs=tuple(p.outputs),
                next_steps=tuple(p.next_steps),
                checks=tuple(p.checks),
                agent=p.agent,
                max_agents=p.max_agents,
                columns=tuple(p.columns),
                created_at=now,
            )
            for p in self.phases
        ]


def read_workflow(text: str, source: str) -> Workflow:
    r"""Read a workflow from YAML.

    Parameters
    ----------
    text : str
        The YAML text.
    source : str
        Where it comes from, for errors.

    Raises
    ------
    InvalidError
        The text is not YAML, or not a workflow; the message says where.

    Examples
    --------
    >>> read_workflow("name: one\nphases: [{order: 1, name: build}]", "inline").phases[0].name
    'build'
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise InvalidError(f"The workflow {source} is not valid YAML{where}: {problem}.") from error
    try:
        return Workflow.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise InvalidError(f"The workflow {source} is wrong at {where}: {first['msg']}.") from error
