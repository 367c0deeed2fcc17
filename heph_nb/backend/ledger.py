"""The ledger: every change of the state file goes through here, in batches.

The event loop thread owns the :class:`~heph_nb.domain.state.State` in memory and decides; only the writer thread
touches the connection that writes. While one batch is being committed, the commands that arrive meanwhile wait and
become the next batch. A command is answered after its batch is committed; if the commit fails, memory is as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from heph_nb.backend.clock import now
from heph_nb.domain import runs
from heph_nb.domain.logs import Answer, Event
from heph_nb.domain.records import Run
from heph_nb.domain.state import Draft, State
from heph_nb.errors import BackendUnavailableError, StorageError, WrongStateError
from heph_nb.store.database import Batch, Database

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_IN_BATCH = 512
MOST_ANSWERS = 50_000
LINGER = 0.05
"""Seconds for which what nobody waits for may wait for company."""

PROBE = 1.0
"""Seconds between two tries to write again after the state file could not be written: a full disk sends no signal."""


@dataclass(slots=True)
class Command:
    """A decision to be made, when it was asked for, and the future that gets its result."""

    decide: Callable[[Draft], Any]
    actor: str
    key: str | None
    request: str
    at: datetime
    done: asyncio.Future[Any] = field(repr=False)
    draft: Draft | None = None
    result: Any = None


class Ledger:
    """Decides commands one after another and stores what they change, many in one transaction.

    Parameters
    ----------
    database : Database
        The open state file; from here on only this ledger writes to it.
    clock : callable
        Returns the present moment in UTC. What is stored never gets an earlier time than what is stored already.
    new_id : callable
        Returns a new unique text.

    Attributes
    ----------
    state : State
        What is committed. Read it from the event loop thread only.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime] = now,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        records, self.seq, self.ts = database.load()
        self.state = State(records)
        self.last_commit: datetime | None = None
        self.error: str | None = None
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._answers = {a.key: (a.request, a.response) for a in database.answers(limit=MOST_ANSWERS)}
        self._waiting: list[Command] = []
        self._arrived = asyncio.Event()
        self._lingering = False
        self._closing = False
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="heph-writer")
        self._writable = asyncio.Event()
        self._writable.set()
        self._probing: asyncio.Task[None] | None = None
        self._watchers: list[Callable[[list[Event], set[str]], None]] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take commands."""
        self._task = asyncio.create_task(self._work(), name="ledger")

    async def close(self) -> None:
        """Finish what waits, then take nothing more."""
        self._closing = True
        self._arrived.set()
        if self._probing is not None:
            self._probing.cancel()
        if self._task is not None:
            await self._task
        self._writer.shutdown()

    def watch(self, watcher: Callable[[list[Event], set[str]], None]) -> None:
        """Call ``watcher(events, run_ids)`` after each commit, on the event loop thread."""
        self._watchers.append(watcher)

    async def execute(
        self, decide: Callable[[Draft], T], *, actor: str, key: str | None = None, request: str = ""
    ) -> T:
        """Decide a command and return its result once it is stored.

        Parameters
        ----------
        decide : callable
            Reads and puts records; what it raises is raised here, and nothing of it is kept.
        actor : str
            Who gives the command.
        key : str, optional
            An idempotency key: the same key gets the same result, which must be a string, and nothing is done twice.
        request : str
            What is asked for under the key, as a hash; empty where it does not matter.

        Raises
        ------
        WrongStateError
            The key was given for another request.
        StorageError
            The state file could not be written; nothing of the command was kept.
        """
        command = self._take(decide, actor, key, request)
        self._arrived.set()
        return cast("T", await command.done)

    async def tell(self, decide: Callable[[Draft], object], *, actor: str) -> None:
        """Give a command whose result nobody waits for; commands are decided in the order in which they were given.

        It is stored together with what comes after it, ``LINGER`` seconds later at most: a thousand small events cost
        a few commits. What goes wrong is in the log. Returns at once, unless very much is waiting.
        """
        command = self._take(decide, actor)
        command.done.add_done_callback(_look)
        if len(self._waiting) >= MOST_IN_BATCH:
            self._arrived.set()
            await asyncio.wait({command.done})
        elif not self._lingering:
            self._lingering = True
            asyncio.get_running_loop().call_later(LINGER, self._hurry)

    def _take(
        self, decide: Callable[[Draft], object], actor: str, key: str | None = None, request: str = ""
    ) -> Command:
        if self._closing:
            raise BackendUnavailableError("The backend is shutting down; ask again in a moment.")
        command = Command(decide, actor, key, request, self._clock(), asyncio.get_running_loop().create_future())
        self._waiting.append(command)
        return command

    def _hurry(self) -> None:
        self._lingering = False
        self._arrived.set()

    async def _work(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._waiting = self._waiting[:MOST_IN_BATCH], self._waiting[MOST_IN_BATCH:]
            if self._waiting or self._closing:
                self._arrived.set()
            if batch:
                await self._commit(batch)

    async def _commit(self, commands: list[Command]) -> None:
        overlay = Draft(self.state, now=self.ts, actor="", new_id=self._new_id)
        answers: dict[str, tuple[str, str]] = {}
        decided = [c for c in commands if self._decide(c, overlay, answers)]
        batch, events, last_seq = self._number(decided)
        if batch.versions or batch.logs:
            try:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._database.append, batch)
            except StorageError as error:
                self._failed(error)
                _fail(decided, error)
                return
            self.seq, self.ts, self.last_commit = last_seq, overlay.now, self._clock()
            for _, record in overlay.changes:
                self.state.join(record)
            self._answers.update(answers)
            while len(self._answers) > MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
        for command in decided:
            if not command.done.done():
                command.done.set_result(command.result)
        if events or overlay.touched:
            for watcher in self._watchers:
                watcher(events, overlay.touched)

    async def writable(self) -> None:
        """Wait until the state file can be written."""
        await self._writable.wait()

    def _failed(self, error: StorageError) -> None:
        self.error = error.detail
        if self._writable.is_set():
            self._writable.clear()
            self._probing = asyncio.create_task(self._probe(), name="ledger probe")

    async def _probe(self) -> None:
        """Try until something can be written again, then wake whoever was refused meanwhile."""
        while not self._closing:
            await asyncio.sleep(PROBE)
            with contextlib.suppress(StorageError):
                await self.execute(_recovered, actor="system")
                self.error = None
                self._writable.set()
                return

    def _decide(self, command: Command, overlay: Draft, answers: dict[str, tuple[str, str]]) -> bool:
        """Decide one command on the batch's overlay; say whether it awaits the commit."""
        if command.done.done():
            return False
        if command.key is not None:
            known = answers.get(command.key) or self._answers.get(command.key)
            if known is not None and known[0] and command.request and known[0] != command.request:
                key = command.key.split(":", 2)[-1]
                error = f"The idempotency key {key!r} was given for another request: use a new key for a new one."
                command.done.set_exception(WrongStateError(error, key=key))
                return False
            if known is not None:
                command.result = known[1]
                return True
        overlay.now = max(overlay.now, command.at)
        draft = Draft(overlay, now=overlay.now, actor=command.actor, new_id=self._new_id)
        try:
            command.result = command.decide(draft)
            if any(record.entity in _CONSEQUENTIAL for _, record in draft.changes):
                for run_id in sorted(draft.touched):
                    runs.settle(draft, run_id)
        except Exception as error:  # noqa: BLE001 - whatever a decision raises belongs to whoever asked for it
            command.done.set_exception(error)
            return False
        if command.key is not None:
            answers[command.key] = (command.request, command.result)
            draft.log(
                Answer,
                key=command.key,
                actor=command.actor,
                operation=command.key.split(":", 1)[0],
                response=command.result,
                request=command.request,
            )
        command.draft = draft
        overlay.absorb(draft)
        return True

    def _number(self, commands: list[Command]) -> tuple[Batch, list[Event], int]:
        """Give every row of the decided commands its number and time; neither decreases from one to the next."""
        seq = self.seq
        versions, logs, events = [], [], []
        for draft in (command.draft for command in commands if command.draft is not None):
            for actor, record in draft.changes:
                seq += 1
                versions.append((seq, draft.now, actor, record))
            for cls, values in draft.logs:
                seq += 1
                log = cls(seq=seq, ts=draft.now, **values)
                logs.append(log)
                if cls is Event:
                    events.append(log)
        return Batch(versions, logs), events, seq


_CONSEQUENTIAL = frozenset({"run", "phase", "task", "ticket"})
"""Entities whose change may make tasks ready, or end a phase or a run."""


def _recovered(draft: Draft) -> None:
    """Note that writing works again, in every run, so that each looks again at what is to be done."""
    for run in draft.all(Run):
        draft.note("store.recovered", run)
    draft.note("store.recovered")


def _look(done: asyncio.Future[Any]) -> None:
    """Log what went wrong with a command that nobody waits for."""
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("Something was not kept: %s", error)


def _fail(commands: Iterable[Command], error: StorageError) -> None:
    for command in commands:
        if not command.done.done():
            command.done.set_exception(StorageError(error.detail, **error.facts))
