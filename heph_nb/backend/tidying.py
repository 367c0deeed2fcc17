"""Tidying: worktrees of merged attempts are removed, beside everything else that goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from heph_nb.domain.records import Attempt, Run
from heph_nb.errors import HephError
from heph_nb.repo.removal import Removal, remove_when_safe
from heph_nb.repo.worktrees import add_worktree

log = logging.getLogger(__name__)

LAST = 1.0
"""Seconds that removals get when the backend ends; what is left then goes when the next one starts."""


class Tidier:
    """Removes worktrees, one at a time for each call. Lives on the event loop thread; git runs in worker threads."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._under_way: set[asyncio.Task[None]] = set()

    def submit(self, run: Run, attempts: Iterable[Attempt]) -> None:
        """Have the worktrees of attempts removed that are of no use any more."""
        tidying = asyncio.create_task(self._tidy(run, list(attempts)), name=f"tidy {run.id}")
        self._under_way.add(tidying)
        tidying.add_done_callback(self._under_way.discard)

    def recover(self) -> None:
        """Take up what an earlier backend did not get to."""
        for run in self.engine.backend.state.all(Run):
            merged = [a for a in self.engine.backend.state.all(Attempt, run.id) if a.outcome == "merged"]
            left = [a for a in merged if Path(a.worktree).exists()]
            if left:
                self.submit(run, left)

    async def close(self) -> None:
        """Finish what can be finished in a moment."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LAST)
        for tidying in self._under_way:
            tidying.cancel()

    async def _tidy(self, run: Run, attempts: list[Attempt]) -> None:
        for attempt in attempts:
            try:
                removed = await asyncio.to_thread(self._remove, run, attempt)
            except HephError as error:
                log.warning("The worktree %s was kept: %s", attempt.worktree, error)
            else:
                if not removed:
                    log.info("The worktree %s was kept: %s", attempt.worktree, removed.reason)

    def _remove(self, run: Run, attempt: Attempt) -> Removal:
        worktree = add_worktree(self.engine.repository(run), attempt.worktree, attempt.branch, run.branch)
        return remove_when_safe(worktree, run.branch)
