"""The feed: committed events, to whoever listens, from any point on, without a gap or a queue per listener."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import takewhile
from typing import Any

from heph_nb.domain.logs import Event

KEPT = 20_000
"""Events held in memory; a listener that is further behind reads from the state file."""

PAGE = 1_000
KEEP_ALIVE = 15.0
"""Seconds after which a silent stream sends a comment, so that both ends notice a broken connection."""


def as_json(event: Event) -> dict[str, Any]:
    """Return an event as it goes over the wire."""
    return {
        "seq": event.seq,
        "ts": event.ts.isoformat(),
        "run_id": event.run_id,
        "agent_id": event.agent_id,
        "task_id": event.task_id,
        "kind": event.kind,
        "data": event.data,
    }


class Feed:
    """Events as they are committed. Lives on the event loop thread.

    Parameters
    ----------
    read : callable
        Reads events that memory no longer holds: ``await read(after=, limit=, run_id=)``.
    seq : int
        The last sequence number that was committed before the feed began.
    """

    def __init__(self, read: Callable[..., Awaitable[list[Event]]], seq: int) -> None:
        self.listeners = 0
        self._read = read
        self._recent: deque[Event] = deque(maxlen=KEPT)
        self._start = seq
        self._news = asyncio.Event()
        self._closed = False

    def publish(self, events: list[Event], run_ids: set[str]) -> None:  # noqa: ARG002 - a ledger watcher gets both
        """Take the events of a commit."""
        self._recent.extend(events)
        if len(self._recent) == KEPT:
            self._start = self._recent[0].seq - 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._news.set()

    async def follow(self, after: int, run_id: str | None = None, pace: float = 0.0) -> AsyncIterator[list[Event]]:
        """Yield events with a sequence number above ``after``, in pages; an empty page says that nothing happened.

        Parameters
        ----------
        after : int
            The last event that the listener has seen.
        run_id : str, optional
            Only events of this run.
        pace : float
            Seconds between two pages; what happens meanwhile comes together.
        """
        self.listeners += 1
        try:
            while not self._closed:
                news = self._news
                page, after = await self._next(after, run_id)
                if page:
                    yield page
                    await asyncio.sleep(pace)
                    continue
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        await news.wait()
                except TimeoutError:
                    yield []
        finally:
            self.listeners -= 1

    async def _next(self, after: int, run_id: str | None) -> tuple[list[Event], int]:
        if after >= self._start:
            fresh = list(takewhile(lambda e: e.seq > after, reversed(self._recent)))[::-1]
            page = [e for e in fresh if run_id is None or e.run_id == run_id]
            return page, fresh[-1].seq if fresh else after
        page = await self._read(after=after, limit=PAGE, run_id=run_id)
        return page, page[-1].seq if page else self._start


def as_sse(event: Event) -> bytes:
    """Return an event as a server-sent event: its number as ``id``, its kind as ``event``, itself as ``data``."""
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {json.dumps(as_json(event))}\n\n".encode()
