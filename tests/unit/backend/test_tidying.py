"""Tidying: worktrees of work that is merged go as fast as they come; what is kept holds nothing back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from heph_nb.backend.tidying import Tidier
from heph_nb.repo import command
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import add_worktree

RUN: Any = SimpleNamespace(id="run-1", branch="heph/run-1", max_agents=2)


@pytest.fixture
def opened(repository: Path) -> Repository:
    opened = Repository.open(repository)
    opened.start_run(RUN.id)
    return opened


@pytest.fixture
def attempts(opened: Repository, tmp_path: Path) -> Callable[[int], list[Any]]:
    """Return a function that makes worktrees of attempts whose work is on the run branch."""

    def make(number: int) -> list[Any]:
        made: list[Any] = []
        for name in (f"a{n}" for n in range(number)):
            attempt = SimpleNamespace(id=name, branch=f"heph-attempt/run-1/{name}", worktree=str(tmp_path / "t" / name))
            attempt.tree = add_worktree(opened, attempt.worktree, attempt.branch, RUN.branch)
            made.append(attempt)
        return made

    return make


async def tidy(repository: Repository, attempts: list[Any]) -> tuple[bool, list[bool]]:
    """Have attempts removed; return whether that held the run back at first, and then at every time it was woken."""
    woken: list[bool] = []
    scheduler = SimpleNamespace(wake=lambda: woken.append(tidier.behind(RUN)))
    tidier = Tidier(SimpleNamespace(repository=lambda _: repository, scheduler=scheduler))
    tidier.submit(RUN, attempts)
    held = tidier.behind(RUN)
    await asyncio.gather(*tidier._workers.values())
    assert not tidier.behind(RUN)
    return held, woken


def test_a_run_whose_worktrees_wait_to_be_removed_is_held_back_until_they_are_gone(opened, attempts):
    made = attempts(5)
    assert asyncio.run(tidy(opened, made)) == (True, [False])
    assert not any(Path(a.worktree).exists() for a in made)
    assert opened.attempt_branches(RUN.id) == set()
    assert asyncio.run(tidy(opened, attempts(4))) == (False, [])


def test_work_that_is_nowhere_else_is_kept_and_holds_nothing_back(opened, attempts):
    made = attempts(6)
    for attempt in made:
        (attempt.tree.path / "new.txt").write_text("new")
        attempt.tree.commit_all("New")
    assert asyncio.run(tidy(opened, made)) == (True, [False])
    assert all(Path(a.worktree).exists() for a in made)


def test_an_error_of_the_system_holds_nothing_back(opened, attempts, monkeypatch):
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("heph_nb.backend.tidying.remove_remains", fail)
    assert asyncio.run(tidy(opened, attempts(6))) == (True, [False])


def test_a_removal_costs_three_git_processes(opened, attempts, monkeypatch):
    made = attempts(12)
    ran = []
    execute = command._execute
    monkeypatch.setattr(command, "_execute", lambda *given: ran.append(given[1]) or execute(*given))
    asyncio.run(tidy(opened, made))
    assert not any(Path(a.worktree).exists() for a in made)
    assert len(ran) == 3 * len(made) + 2
