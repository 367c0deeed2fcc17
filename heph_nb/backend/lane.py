"""Lanes: threads of their own for what may take long, so that nothing else has to wait behind it.

asyncio's own threads do git and other short work; queries of people and reads of the state file have a lane each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from heph_nb.errors import BusyError

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 32
"""Threads for git and other short work."""


class Lane:
    """A few threads, and a short queue in front of them. Used from the event loop thread.

    Parameters
    ----------
    name : str
        What is done here, in the plural, for the names of the threads and for errors.
    threads : int
        How many calls run at a time.
    waiting : int
        How many more may wait.
    patience : float
        Seconds that one may wait.
    """

    def __init__(self, name: str, threads: int, waiting: int, patience: float) -> None:
        self._name = name
        self._threads = threads
        self._most = waiting
        self._patience = patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"heph-{name}")
        self._free = asyncio.Semaphore(threads)
        self._waiting = 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a thread and return what it returns.

        Raises
        ------
        BusyError
            All threads are taken, and the queue is full or does not move.
        """
        if self._free.locked() and self._waiting >= self._most:
            raise self._busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise self._busy() from None
        finally:
            self._waiting -= 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args, **kwargs))
        work.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(work)

    def close(self) -> None:
        """Take no more; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _busy(self) -> BusyError:
        return BusyError(
            f"The backend is busy: {self._threads} {self._name} are running and {self._waiting} wait. "
            "Ask again in a moment; slow ones are stopped when their time is over."
        )
