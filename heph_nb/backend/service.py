"""The backend's parts, put together: who owns what, and in which order they begin and end.

The event loop thread owns everything here. The ledger's writer thread writes the state file; queries, reads and git run
in threads of their own (see :mod:`heph_nb.backend.lane`) and hand their results back.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from heph_nb import __version__
from heph_nb.agents.catalog import PRESETS, Preset
from heph_nb.backend.auth import Caller, Gatekeeper, new_token
from heph_nb.backend.clock import now
from heph_nb.backend.feed import Feed
from heph_nb.backend.lane import Lane
from heph_nb.backend.ledger import Ledger
from heph_nb.backend.naming import whole_id, with_whole_ids
from heph_nb.backend.operations import Context, Done, Operation, Request
from heph_nb.backend.spending import Spending
from heph_nb.domain import runs
from heph_nb.domain.logs import Message
from heph_nb.domain.records import Agent, Run
from heph_nb.domain.state import Draft, State
from heph_nb.errors import NotFoundError
from heph_nb.store.database import Database

log = logging.getLogger(__name__)

QUERY_PATIENCE = 10.0
"""Seconds that a query may wait for others before it is refused."""

EXPORT_PATIENCE = 45.0
"""Seconds that an export may wait for others before it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the backend allows.

    Attributes
    ----------
    silence : float
        Seconds without a word after which an agent counts as stuck.
    check_timeout : float
        Seconds that one check may take.
    idle : float
        Seconds without an active run and without a client after which the backend ends by itself; 0 means never.
    """

    silence: float = 600.0
    check_timeout: float = 1800.0
    idle: float = 900.0


class Backend:
    """Everything that runs in the one process that owns a state file.

    Parameters
    ----------
    database : Database
        The open state file.
    limits : Limits
        Timings.
    presets : mapping of str to Preset
        The agents that may be launched.
    """

    def __init__(
        self, database: Database, limits: Limits | None = None, presets: Mapping[str, Preset] = PRESETS
    ) -> None:
        self.database = database
        self.limits = limits or Limits()
        self.presets = presets
        self.ledger = Ledger(database)
        self.queries = Lane("queries", threads=4, waiting=32, patience=QUERY_PATIENCE)
        self.reading = Lane("reads", threads=4, waiting=1000, patience=60.0)
        self.diffs = Lane("diffs", threads=2, waiting=100, patience=30.0)
        self.exporting = Lane("exports", threads=1, waiting=100, patience=EXPORT_PATIENCE)
        self.feed = Feed(partial(self.reading.run, database.events), self.ledger.seq)
        self.spending = Spending(database.tokens())
        self.token = new_token()
        self.gatekeeper = Gatekeeper(self.token, "", self.state)
        self.url = ""
        self.started_at = datetime.now(UTC)
        self.engine: Any = None
        self.lost: str | None = None
        self.ending = False
        self._starting: asyncio.Task[None] | None = None
        self._last_sign = time.monotonic()

    @property
    def state(self) -> State:
        """What is committed."""
        return self.ledger.state

    @property
    def state_path(self) -> Path:
        """The absolute path of the state file."""
        return self.database.path

    async def start(self) -> None:
        """Begin to take commands; agents begin with :meth:`start_engine`, once the backend has an address."""
        if warning := now.health(self.ledger.ts)["warning"]:
            log.warning("Mind the time: %s.", warning)
        self.ledger.watch(self.spending.notice)
        self.ledger.watch(self.feed.publish)
        self.ledger.start()
        self.gatekeeper.owner_id = await self.ledger.execute(_person, actor="system")

    async def start_engine(self) -> None:
        """Recover what an earlier backend left behind, then schedule."""
        from heph_nb.backend.engine import Engine

        engine = await asyncio.to_thread(Engine, self)
        if self.ending:
            return
        self.engine = engine
        self._starting = asyncio.create_task(engine.start(), name="engine start")
        await self._starting

    async def end_engine(self) -> None:
        """End every agent; what they were at is queued again. Whoever asks is still answered."""
        self.ending = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
            self._starting = None
            await self.engine.close()

    async def close(self) -> None:
        """End agents and streams, finish what waits to be stored, let go of the state file."""
        self.feed.close()
        await self.end_engine()
        await self.ledger.close()
        self.queries.close()
        self.reading.close()
        self.diffs.close()
        self.exporting.close()
        if self.database.may_close:
            await asyncio.to_thread(self.database.close)

    async def perform(self, operation: Operation, caller: Caller, request: Request) -> Done:
        """Carry out an operation and return its answer once it is stored.

        Raises
        ------
        HephError
            It was refused, or could not be stored; nothing of it was kept.
        """
        operation.admit(caller)
        if caller.agent_id is not None and self.engine is not None:
            self.engine.heard_from(caller.agent_id)
        request = with_whole_ids(self.state, caller, request)
        prepared = await operation.prepare(self, caller, request) if operation.prepare else None
        key = _key(operation, caller, request)

        def decide(draft: Draft) -> Any:
            answer = operation.handle(Context(draft, caller, request.run_id, prepared), request)
            return answer.model_dump_json() if key else answer

        answer = await self.ledger.execute(decide, actor=caller.id, key=key, request=_asked(request))
        return answer if isinstance(answer, Done) else operation.response.model_validate_json(answer)

    def find_run(self, run_id: str | None, caller: Caller | None = None) -> Run:
        """Return the run that is meant: the named one, the caller's, or the newest.

        Raises
        ------
        NotFoundError
            There is none.
        """
        run_id = run_id or (caller.run_id if caller else None)
        run = self.state.get(Run, whole_id(self.state, Run, run_id)) if run_id else runs.newest(self.state)
        if run is None:
            raise NotFoundError("There is no run in this file yet: `heph bootstrap` starts one.")
        return run

    async def messages(self, *, run_id: str | None, reader: str, after: int) -> list[Message]:
        """Return the messages to a reader (and to everybody in its run) after a sequence number."""
        found = await self.reading.run(self.database.messages, after=after, run_id=run_id)
        return [m for m in found if m.recipient == reader or (m.recipient is None and m.sender != reader)]

    async def export(self, run_id: str | None) -> tuple[str, str]:
        """Write a run into a file that is nobody else's. Returns the run's id and the file's path."""
        run = self.find_run(run_id)
        path = await self.exporting.run(self.database.export, run.id, f"{run.id}-{uuid.uuid4().hex}.duckdb")
        return run.id, str(path)

    def explain(self, run: Run) -> str | None:
        """Say what takes long in a run; None while nothing does."""
        return self.engine.verifier.checker.explain(run) if self.engine is not None else None

    def touch(self) -> None:
        """Note that a client is there."""
        self._last_sign = time.monotonic()

    def idle_left(self, limit: float) -> float:
        """Return how many seconds are left until nothing was to do and nobody there for ``limit`` seconds."""
        busy = self.feed.listeners > 0 or any(run.status == "active" for run in self.state.all(Run))
        if limit <= 0 or busy:
            self.touch()
        return (limit or 3600.0) - (time.monotonic() - self._last_sign)

    def health(self) -> dict[str, Any]:
        """Say what is true of the store, the scheduler and the monitor at this moment."""
        engine = self.engine.health() if self.engine is not None else {"scheduler": None, "monitor": None}
        lost = self.lost or self.database.missing()
        error = lost or self.ledger.error
        store = {
            "ok": error is None,
            "error": error,
            "last_seq": self.ledger.seq,
            "last_commit": self.ledger.last_commit.isoformat() if self.ledger.last_commit else None,
        }
        ready = self.engine is not None and self.engine.ready
        status = "ok" if store["ok"] and ready else ("starting" if store["ok"] else "degraded")
        return {
            "status": status,
            "version": __version__,
            "state": str(self.state_path),
            "started_at": self.started_at.isoformat(),
            "lost": lost,
            "store": store,
            "clock": now.health(self.ledger.ts),
            **engine,
        }


def _key(operation: Operation, caller: Caller, request: Request) -> str | None:
    given = getattr(request, "idempotency_key", None)
    if not given:
        return None
    scope = (request.run_id or caller.run_id or caller.id) if given.startswith("run:") else caller.id
    return f"{operation.name}:{scope}:{given}"


def _asked(request: Request) -> str:
    """Return a hash of what is asked; empty where a key is shared, since each agent words its request otherwise."""
    given = getattr(request, "idempotency_key", None)
    if not given or given.startswith("run:"):
        return ""
    return hashlib.sha256(request.model_dump_json(exclude={"idempotency_key"}).encode()).hexdigest()


def _person(draft: Draft) -> str:
    for agent in draft.all(Agent):
        if agent.preset == "person":
            return agent.id
    person = Agent(
        id=draft.id(), run_id=None, preset="person", label="the person", status="working", started_at=draft.now
    )
    return draft.put(person).id
