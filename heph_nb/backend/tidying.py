"""Tidying: worktrees and branches of attempts that are over are removed, where no work would be lost with them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heph_nb.backend.threads import in_thread
from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Attempt, Run
from heph_nb.errors import HephError
from heph_nb.repo.registry import admins
from heph_nb.repo.worktrees import Removal, remove_remains

log = logging.getLogger(__name__)

LAST = 1.0
"""Seconds that removals get when the backend ends; what is left then goes when the next one starts."""


class Tidier:
    """Removes worktrees and branches, one at a time. Lives on the event loop thread; git runs in worker threads."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._under_way: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def submit(self, run: Run, attempts: Sequence[Attempt]) -> None:
        """Have removed what is left of attempts that are over, but for work that is nowhere else."""
        tidying = asyncio.create_task(self._tidy(run, attempts), name=f"tidy {run.id}")
        self._under_way.add(tidying)
        tidying.add_done_callback(self._under_way.discard)

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
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LAST)
        for tidying in self._under_way:
            tidying.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _tidy(self, run: Run, attempts: Sequence[Attempt]) -> None:
        async with self._turn:
            try:
                left = await in_thread(self._left, run, attempts)
            except HephError as error:
                log.warning("The worktrees of run %s were kept: %s", run.id, error)
                return
            for attempt in left:
                try:
                    removed = await in_thread(self._remove, run, attempt)
                except HephError as error:
                    log.warning("The worktree %s was kept: %s", attempt.worktree, error)
                else:
                    if not removed:
                        log.info("The worktree %s was kept: %s", attempt.worktree, removed.reason)

    def _remove(self, run: Run, attempt: Attempt) -> Removal:
        return remove_remains(self.engine.repository(run), attempt.worktree, attempt.branch, run.branch)

    def _left(self, run: Run, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Return the attempts of which there is something left."""
        repository = self.engine.repository(run)
        known = {admin.name for admin in admins(repository)}
        branches = repository.attempt_branches(run.id)
        return [a for a in attempts if a.id in known or a.branch in branches or Path(a.worktree).exists()]
