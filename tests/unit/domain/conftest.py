"""A run in memory: the domain needs no clock, no file and no process."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from heph_nb.domain import runs
from heph_nb.domain.records import Phase, Requirement, Run
from heph_nb.domain.state import Draft, State

START = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """A state, and commands on it with a clock and ids that count."""

    def __init__(self, *, manual: bool = False, policy: str = "allow") -> None:
        self.state = State()
        self.logs: list = []
        self._count = itertools.count(1)
        self._time = itertools.count()
        with self.command() as draft:
            run = Run(
                id="run-1",
                run_id="run-1",
                name="Demo",
                prd_path="/prd.md",
                prd_text="- It works.",
                prd_sha256="0",
                working_dir="/repo",
                worktrees="/trees",
                branch="heph/run-1",
                base_commit="abc",
                workflow="w",
                agent="outline",
                max_agents=2,
                manual=manual,
                policy=policy,
                created_at=START,
            )
            columns = {2: ("building", "building-done"), 3: ("validating", "done")}
            phases = [
                Phase(
                    id=f"phase-{n}",
                    run_id="run-1",
                    number=n,
                    name=name,
                    role=name,
                    columns=columns.get(n, ()),
                    created_at=START,
                )
                for n, name in ((1, "analysis"), (2, "implementation"), (3, "validation"))
            ]
            requirements = [
                Requirement(
                    id=f"R-{n:03}", run_id="run-1", text="It works.", section="", line_start=n, line_end=n,
                    lines=((n, n),), level="must", kind="functional", created_at=START,
                )
                for n in (1, 2, 3)
            ]  # fmt: skip
            runs.create(draft, run, phases, requirements)

    def command(self, actor: str = "person"):
        return _Command(self, actor)

    def draft(self, actor: str) -> Draft:
        now = START + timedelta(seconds=next(self._time))
        return Draft(self.state, now=now, actor=actor, new_id=lambda: f"id{next(self._count)}")

    @property
    def run(self) -> Run:
        return self.state.get(Run, "run-1")


class _Command:
    def __init__(self, world: World, actor: str) -> None:
        self.world, self.draft = world, world.draft(actor)

    def __enter__(self) -> Draft:
        return self.draft

    def __exit__(self, kind, error, trace) -> None:
        if error is None:
            for run_id in sorted(self.draft.touched):
                runs.settle(self.draft, run_id)
            for _, record in self.draft.changes:
                self.world.state.join(record)
            self.world.logs += self.draft.logs


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manual_world() -> World:
    return World(manual=True)
