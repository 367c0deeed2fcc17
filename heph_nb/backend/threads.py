"""Work that nobody leaves before it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def to_the_end(work: Awaitable[T]) -> T:
    """Wait for something. Whoever is cancelled meanwhile is cancelled when it is done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a worker thread, to the end.

    A thread cannot be cancelled: git would go on in a worktree that somebody else believes to have for himself.
    """
    return await to_the_end(asyncio.to_thread(function, *args, **kwargs))
