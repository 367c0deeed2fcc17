"""What the tests of the built-in agent share: its process, one for each module."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.unit.outline.board import Agent, started


@pytest.fixture(scope="module")
def agent() -> Iterator[Agent]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        connection, process, switch = runner.run(stack.enter_async_context(started()))
        yield Agent(runner, connection, process, switch)
        runner.run(stack.aclose())
