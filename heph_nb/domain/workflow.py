"""Workflows: the phases of a run, as somebody wrote them down in YAML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from heph_nb.domain.lifecycle import COLUMNS
from heph_nb.domain.records import Phase
from heph_nb.errors import InvalidError

Role = Literal["analysis", "implementation", "validation"]
"""What a phase's work is to the others: it makes tickets, works on them, or looks at what was made of them."""

_COLUMNS_OF = {
    "analysis": (),
    "implementation": ("building", "building-done"),
    "validation": ("validating", "done"),
}


class PhaseDefinition(BaseModel):
    """One phase as it is written in a workflow file."""

    model_config = ConfigDict(extra="forbid")

    order: int = Field(ge=1, le=1000, strict=True)
    name: str = Field(pattern=r"\S", max_length=100)
    role: Role | None = None
    description: str = ""
    instructions: str = ""
    done_definitions: list[str] = []
    outputs: list[str] = []
    next_steps: list[str] = []
    checks: list[str] = []
    agent: str | None = None
    max_agents: int | None = Field(None, ge=1, le=64, strict=True)
    columns: list[str] | None = None

    @field_validator("columns")
    @classmethod
    def _on_the_board(cls, columns: list[str] | None) -> list[str] | None:
        if columns is not None and len(columns) not in (0, 2):
            raise ValueError("it names two columns, entered at the start and at the end of a task, or none")
        unknown = [c for c in columns or () if c not in COLUMNS]
        if unknown:
            raise ValueError(f"{', '.join(map(repr, unknown))} is not on the board; it has {', '.join(COLUMNS)}")
        return columns


class Workflow(BaseModel):
    """A workflow: its name and its phases in their order."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"\S", max_length=100)
    description: str = ""
    phases: list[PhaseDefinition] = Field(min_length=1)

    @model_validator(mode="after")
    def _orders_count_up_from_one(self) -> Workflow:
        orders = sorted(p.order for p in self.phases)
        twice = sorted({o for o in orders if orders.count(o) > 1})
        if twice:
            raise ValueError(f"two phases have the order {', '.join(map(str, twice))}; they count 1, 2, 3, ...")
        if orders != list(range(1, len(orders) + 1)):
            told = ", ".join(map(str, orders))
            raise ValueError(f"the orders of the phases are {told}; they must count 1, 2, 3, ... without a gap")
        self.phases.sort(key=lambda p: p.order)
        return self

    def roles(self) -> list[str]:
        """Return the role of each phase.

        It is the one that is written down, else the name where that is a role, else it follows from the place: the
        first phase analyses, the last of three or more validates, the others implement.
        """
        last = len(self.phases) if len(self.phases) >= 3 else None
        by_place = {1: "analysis", last: "validation"}
        return [
            p.role or (p.name if p.name in _COLUMNS_OF else by_place.get(p.order, "implementation"))
            for p in self.phases
        ]

    def phase_records(self, run_id: str, now: datetime) -> list[Phase]:
        """Return the phases as records of a run, each ``pending``."""
        return [
            Phase(
                id=f"phase-{p.order}",
                run_id=run_id,
                number=p.order,
                name=p.name,
                role=role,
                description=p.description,
                instructions=p.instructions,
                done_definitions=tuple(p.done_definitions),
                outputs=tuple(p.outputs),
                next_steps=tuple(p.next_steps),
                checks=tuple(p.checks),
                agent=p.agent,
                max_agents=p.max_agents,
                columns=_COLUMNS_OF[role] if p.columns is None else tuple(p.columns),
                created_at=now,
            )
            for p, role in zip(self.phases, self.roles(), strict=True)
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
        The text is not YAML, or not a workflow; the message names the line, the key and what is allowed there.

    Examples
    --------
    >>> read_workflow("name: one\nphases: [{order: 1, name: build}]", "inline").phases[0].name
    'build'
    """
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise InvalidError(f"The workflow {source} is not valid YAML{where}: {problem}.") from error
    if not isinstance(data, dict):
        found = "empty" if data is None else f"a {'list' if isinstance(data, list) else 'single value'}"
        raise InvalidError(f"The workflow {source} is {found}: it must be a mapping with the keys name and phases.")
    twice = _written_twice(tree)
    if twice is not None:
        key, line = twice
        raise InvalidError(f"The workflow {source} is wrong at line {line}: the key {key!r} is there twice.")
    try:
        return Workflow.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        line = _line(tree, first["loc"])
        key = ".".join(map(str, first["loc"])) or "phases"
        raise InvalidError(f"The workflow {source} is wrong at line {line}, {key}: {_problem(first)}.") from error


def _problem(error: ErrorDetails) -> str:
    """Say what is wrong with a value, and what would be right."""
    kind, loc = error["type"], error["loc"]
    model = PhaseDefinition if loc[:1] == ("phases",) and len(loc) > 2 else Workflow
    keys = ", ".join(model.model_fields)
    if kind == "extra_forbidden":
        return f"there is no such key; {'a phase' if model is PhaseDefinition else 'a workflow'} has {keys}"
    if kind == "missing":
        return "this key is missing"
    if kind == "model_type":
        return f"it must be a mapping with the keys {', '.join(PhaseDefinition.model_fields)}"
    if kind == "value_error":
        return str(error.get("ctx", {}).get("error", error["msg"]))
    if kind == "string_pattern_mismatch":
        return "it must not be blank"
    return f"{error['msg']}, not {error['input']!r}"[:300]


def _line(tree: Any, loc: Sequence[int | str]) -> int:
    """Return the line, counted from 1, of a key or item in the YAML tree; of what holds it where it is missing."""
    node, line = tree, tree.start_mark.line + 1
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == step]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _written_twice(node: Any) -> tuple[str, int] | None:
    """Return a key that a mapping in the tree has twice, with its line: YAML itself would take the last silently."""
    todo, seen = [node], set()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            known: set[str] = set()
            for key, value in node.value:
                if isinstance(key.value, str):
                    if key.value in known:
                        return key.value, key.start_mark.line + 1
                    known.add(key.value)
                todo.append(value)
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
    return None
