"""Verification: what an agent says is done waits in line here until its run's worker takes it to the run branch.

Each run has one worker, which owns the run's merge worktree and is the only one to move its branch. Attempts that
wait are taken together, as a train. Where the person has to put something right first, they are held, and the run is
paused, until it is resumed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heph_nb.backend.checking import Checker
from heph_nb.backend.threads import in_thread
from heph_nb.backend.train import Train, merges_of, waiting
from heph_nb.domain import runs, work
from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Attempt, Run
from heph_nb.domain.state import Draft
from heph_nb.errors import (
    BranchInUseError,
    BranchLostError,
    HephError,
    InvalidError,
    ObstacleError,
    RepositoryError,
    StorageError,
)
from heph_nb.repo.branch import check_branch
from heph_nb.repo.merging import MergeTree
from heph_nb.repo.worktrees import add_worktree

log = logging.getLogger(__name__)

MOST_IN_TRAIN = 8


class Verifier:
    """Owns the lines and their workers. Lives on the event loop thread; git runs in worker threads."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._lines: dict[str, asyncio.Queue[str | None]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._trees: dict[str, MergeTree] = {}
        self._held: dict[str, list[str]] = {}
        self.checker = Checker(engine.backend)
        self._started = False

    def start(self) -> None:
        """Begin with what waits."""
        self._started = True
        for run_id in self._lines:
            self._employ(run_id)

    async def close(self) -> None:
        """Break off; what was not recorded is verified again by the next backend, in a merge worktree made anew."""
        for worker in self._workers.values():
            worker.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        await asyncio.gather(*map(self._clear, list(self._trees)))

    def submit(self, run_id: str, attempt_id: str | None) -> None:
        """Put an attempt in line; None has the worker look whether its run has ended."""
        self._lines.setdefault(run_id, asyncio.Queue()).put_nowait(attempt_id)
        if self._started:
            self._employ(run_id)

    async def make_worktree(self, run: Run, attempt: Attempt) -> str:
        """Make an attempt's worktree at the tip of the run branch; return that commit.

        Raises
        ------
        BranchLostError
            The run branch lacks what was merged: the agent would begin without it.
        ObstacleError
            It cannot be made, which is no fault of the agent.
        """
        try:
            return await in_thread(self._make_worktree, run, attempt, merges_of(self.engine.backend.state, run))
        except (RepositoryError, InvalidError, OSError) as error:
            why = error.detail if isinstance(error, HephError) else str(error)
            raise ObstacleError(f"no worktree can be made for its agents: {why}") from error

    def _make_worktree(self, run: Run, attempt: Attempt, merges: Sequence[str]) -> str:
        repository = self.engine.repository(run)
        tip = repository.resolve(f"refs/heads/{run.branch}")
        check_branch(repository, run.branch, merges, at=tip)
        if tip is None:
            repository.start_run(run.id, run.base_commit)
        add_worktree(repository, attempt.worktree, attempt.branch, run.branch)
        return repository.resolve(f"refs/heads/{attempt.branch}") or run.base_commit

    def _employ(self, run_id: str) -> None:
        if run_id not in self._workers:
            self._workers[run_id] = asyncio.create_task(self._work(run_id), name=f"verifier {run_id}")

    async def _work(self, run_id: str) -> None:
        line = self._lines[run_id]
        while True:
            taken = [await line.get()]
            while not line.empty() and len(taken) < MOST_IN_TRAIN:
                taken.append(line.get_nowait())
            submitted = [attempt_id for attempt_id in taken if attempt_id is not None]
            try:
                await self._verify(run_id, submitted)
            except StorageError as error:
                log.error("A verification could not be recorded, it is tried again: %s", error)
                for attempt_id in submitted:
                    line.put_nowait(attempt_id)
                await self.engine.backend.ledger.writable()
            except (BranchInUseError, BranchLostError, ObstacleError) as error:
                self._held.setdefault(run_id, []).extend(submitted)
                await self.pause(self._get(Run, run_id), error.detail)
            except Exception as error:
                log.exception("Verification of %s", submitted)
                for attempt_id in submitted:
                    await self._give_up(attempt_id, f"the verification met an error: {error}")
            if self._get(Run, run_id).status in RUN_ENDED and line.empty():
                await self._clear(run_id)

    async def _clear(self, run_id: str) -> None:
        """Remove the merge worktree of a run; should the run go on, it is made again."""
        try:
            tree = await in_thread(self._tree, self._get(Run, run_id))
            await in_thread(tree.remove)
        except HephError as error:
            log.warning("The merge worktree of run %s was kept: %s", run_id, error)

    async def _verify(self, run_id: str, attempt_ids: Sequence[str]) -> None:
        run = self._get(Run, run_id)
        attempts = [a for id in dict.fromkeys(attempt_ids) if (a := waiting(self.engine.backend.state, id)) is not None]
        if not attempts:
            return
        await in_thread(self.engine.repository, run)  # is it still there?
        tree = await in_thread(self._tree, run)
        await in_thread(check_branch, tree.repository, run.branch, merges_of(self.engine.backend.state, run))
        await Train(self.engine, self.checker, run, tree).verify(attempts)

    async def pause(self, run: Run, reason: str) -> None:
        """Wait for the person, whose branch and checkout are not ours to change, until they resume the run."""

        def pause(draft: Draft) -> None:
            current = draft.get(Run, run.id)
            if current.status == "active":
                runs.pause(draft, current, reason)

        await self._record(pause)

    def notice(self, events: list[Event], run_ids: set[str]) -> None:  # noqa: ARG002 - a ledger watcher gets both
        """Take up what was held when its run is resumed; end the checks of work that is not wanted any more."""
        for event in events:
            id, to = str(event.data.get("id")), event.data.get("to")
            if event.kind == "run.status":
                for attempt_id in self._held.pop(id, []) if to == "active" else []:
                    self.submit(id, attempt_id)
                if to in RUN_ENDED:
                    self.submit(id, None)
            elif event.kind == "attempt.status":
                self.checker.give_up(id)

    async def _give_up(self, attempt_id: str, reason: str) -> None:
        def give_up(draft: Draft) -> None:
            attempt = waiting(draft, attempt_id)
            if attempt is not None:
                work.send_back(draft, attempt, merge_status="rejected", feedback=reason)

        await self._record(give_up)

    async def _record(self, decide: Any) -> Any:
        return await self.engine.backend.ledger.execute(decide, actor="verifier")

    def _get(self, cls: Any, id: str) -> Any:
        return self.engine.backend.state.get(cls, id)

    def _tree(self, run: Run) -> MergeTree:
        if run.id not in self._trees:
            path = Path(run.worktrees) / run.id / "merge"
            self._trees[run.id] = MergeTree(self.engine.repository(run), path, run.branch)
        return self._trees[run.id]
