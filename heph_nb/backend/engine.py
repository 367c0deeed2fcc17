"""The engine: what makes a run go. It puts agents on tasks, checks what they did, and notices when one is gone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from heph_nb.agents.catalog import find_preset
from heph_nb.agents.pool import AgentPool
from heph_nb.backend.monitor import Monitor
from heph_nb.backend.recovery import recover
from heph_nb.backend.scheduler import Scheduler
from heph_nb.backend.tidying import Tidier
from heph_nb.backend.verification import Verifier
from heph_nb.domain.records import Agent, Run
from heph_nb.errors import ObstacleError
from heph_nb.repo.repository import Repository


class Engine:
    """The parts that act on their own. Lives on the event loop thread.

    Parameters
    ----------
    backend : Backend
        The service that they belong to.
    """

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.ready = False
        state = str(backend.state_path)
        logs = Path(f"{state}.agents.log")
        self.pool = AgentPool(logs, owner=state, env={"HEPH_STATE": state})
        self.verifier = Verifier(self)
        self.scheduler = Scheduler(self)
        self.monitor = Monitor(self)
        self.tidier = Tidier(self)
        self._repositories: dict[str, Repository] = {}

    async def start(self) -> None:
        """Recover, then begin."""
        await recover(self)
        self.backend.ledger.watch(self.scheduler.notice)
        self.backend.ledger.watch(self.monitor.notice)
        self.backend.ledger.watch(self.verifier.notice)
        self.backend.ledger.watch(self.tidier.notice)
        self.verifier.start()
        self.monitor.start()
        self.scheduler.start()
        self.ready = True
        await self.pool.prewarm(find_preset("outline", self.backend.presets), 1)

    async def close(self) -> None:
        """End every agent, in an orderly way; what they were at is queued again."""
        self.ready = False
        await self.scheduler.close()
        await self.verifier.close()
        await self.tidier.close()
        await self.monitor.close()
        await self.pool.close()

    def heard_from(self, agent_id: str) -> None:
        """Note that an agent gave a sign of life."""
        self.monitor.heard_from(agent_id)

    def repository(self, run: Run) -> Repository:
        """Return the repository of a run. Call it from a worker thread: it runs git.

        Raises
        ------
        ObstacleError
            It is not where it was.
        """
        found = self._repositories.get(run.working_dir)
        if found is None:
            found = self._repositories[run.working_dir] = Repository.open(run.working_dir)
        if not found.common_dir.is_dir():
            raise ObstacleError(f"the repository {found.root} is not there any more; put it back where it was")
        return found

    def health(self) -> dict[str, Any]:
        """Say what is true of the scheduler and the monitor."""
        at_work = [a for a in self.backend.state.all(Agent) if a.preset != "person" and a.status != "terminated"]
        return {
            "scheduler": {"last_beat": _iso(self.scheduler.last_beat), "agents": len(at_work), "ready": self.ready},
            "monitor": {"last_beat": _iso(self.monitor.last_beat), "watching": self.monitor.watching},
        }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
