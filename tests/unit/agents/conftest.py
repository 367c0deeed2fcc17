from __future__ import annotations

import asyncio

import pytest


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine to its end; the backend's loop is uvloop where there is one."""
    factory = None
    if request.param == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop

    def runner(coroutine, seconds=60):
        async def bounded():
            async with asyncio.timeout(seconds):
                return await coroutine

        with asyncio.Runner(loop_factory=factory, debug=request.param == "asyncio") as loop:
            return loop.run(bounded())

    return runner
