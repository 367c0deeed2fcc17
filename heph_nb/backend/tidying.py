"""Tidying: worktrees and branches of attempts that are over are removed, where no work would be lost with them.

Each run has one worker while something of it waits; it takes what waits in small batches. Removal keeps pace with the
agents: while too much of a run waits, the scheduler gives it no new work. What was looked at does not wait any more,
whether it could be removed or holds work that is nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from heph_nb.backend.threads import in_thread
from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Attempt, Run
from heph_nb.errors import HephError
from heph_nb.repo.registry import admins
from heph_nb.repo.removal import Removal, merged_tips
from heph_nb.repo.worktrees import remove_remains

log = logging.getLogger(__name__)

LAST = 1.0
"""Seconds that removals get when the backend ends; what is left then goes when the next one starts."""

BATCH = 16
"""Removals for which git is asked once what is merged."""

HANDS = 4
"""Removals at a time, of all runs."""


class Tidier:
    """Removes worktrees and branches. Lives on the event loop thread, which owns what waits; git runs in threads."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._waiting: dict[str, list[Attempt]] = {}
        self._left: Counter[str] = Counter()
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._hands = asyncio.Semaphore(HANDS)

    def submit(self, run: Run, attempts: Sequence[Attempt]) -> None:
        """Have removed what is left of attempts that are over, but for work that is nowhere else."""
        self._waiting.setdefault(run.id, []).extend(attempts)
        if run.id not in self._workers:
            self._workers[run.id] = asyncio.create_task(self._work(run), name=f"tidy {run.id}")

    def behind(self, run: Run) -> bool:
        """Whether so much of a run waits to be removed that it should get no new work."""
        return len(self._waiting.get(run.id, ())) + self._left[run.id] > 2 * run.max_agents

    def sweep(self, run: Run) -> None:
        """Look at every attempt of a run again: what was unmerged when it was over may be merged now."""
        sessions = self.engine.scheduler.sessions
        attempts = self.engine.backend.state.all(Attempt, run.id)
        self.submit(run, [a for a in attempts if a.outcome != "running" and a.id not in sessions])

    def notice(self, events: list[Event], run_ids: set[str]) -> None:  # noqa: ARG002 - a ledger watcher gets both
        """Sweep when a run has ended."""
        for event in events:
            if event.kind == "run.status" and event.data["to"] in RUN_ENDED:
                self.sweep(self.engine.backend.state.get(Run, str(event.data["id"])))

    def recover(self) -> None:
        """Take up what an earlier backend did not get to."""
        for run in self.engine.backend.state.all(Run):
            self.sweep(run)

    async def close(self) -> None:
        """Finish what can be finished in a moment."""
        workers = list(self._workers.values())
        if workers:
            await asyncio.wait(workers, timeout=LAST)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, run: Run) -> None:
        try:
            while waiting := self._waiting.pop(run.id, []):
                self._left[run.id] = len(waiting)
                try:
                    await self._tidy(run, waiting)
                except (HephError, OSError) as error:
                    log.warning("The worktrees of run %s were kept: %s", run.id, error)
                self._looked_at(run, self._left[run.id])
        finally:
            del self._workers[run.id]

    async def _tidy(self, run: Run, attempts: Sequence[Attempt]) -> None:
        left = await in_thread(self._find, run, attempts)
        self._looked_at(run, len(attempts) - len(left))
        for start in range(0, len(left), BATCH):
            batch = left[start : start + BATCH]
            merged = await in_thread(merged_tips, self.engine.repository(run), run.id, run.branch)
            await asyncio.gather(*(self._remove(run, attempt, merged) for attempt in batch))

    async def _remove(self, run: Run, attempt: Attempt, merged: Collection[str]) -> None:
        async with self._hands:
            try:
                removed = await in_thread(self._remove_now, run, attempt, merged)
            except (HephError, OSError) as error:
                log.warning("The worktree %s was kept: %s", attempt.worktree, error)
            else:
                if not removed:
                    log.info("The worktree %s was kept: %s", attempt.worktree, removed.reason)
        self._looked_at(run, 1)

    def _remove_now(self, run: Run, attempt: Attempt, merged: Collection[str]) -> Removal:
        repository = self.engine.repository(run)
        return remove_remains(repository, attempt.worktree, attempt.branch, run.branch, merged)

    def _looked_at(self, run: Run, number: int) -> None:
        was_behind = self.behind(run)
        self._left[run.id] -= number
        if was_behind and not self.behind(run):
            self.engine.scheduler.wake()

    def _find(self, run: Run, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Return the attempts of which there is something left."""
        repository = self.engine.repository(run)
        known = {admin.name for admin in admins(repository)}
        branches = repository.attempt_branches(run.id)
        return [a for a in attempts if a.id in known or a.branch in branches or Path(a.worktree).exists()]
