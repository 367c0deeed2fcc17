"""The pool of agent processes."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from heph_nb.agents.pool import AgentPool
from heph_nb.errors import AgentError

from .support import MCP, Remembering, raw


class Pooling:
    def __init__(self, tmp_path, **options):
        self.pool = AgentPool(tmp_path / "state.agents.log", **options)

    async def __aenter__(self):
        return self.pool

    async def __aexit__(self, *exc):
        await self.pool.close()


def test_twenty_sessions_are_served_by_two_processes(run, tmp_path):
    async def go():
        pids = set()
        async with Pooling(tmp_path) as pool:

            async def agent(number):
                async with gate:
                    process = await pool.acquire(raw("echo"))
                    pids.add(process.pid)
                    listener = Remembering()
                    end = await process.run_session(tmp_path, MCP, f"task {number}", listener)
                    await pool.release(process)
                    return end.error, listener.text()

            gate = asyncio.Semaphore(2)
            results = await asyncio.gather(*(agent(n) for n in range(20)))
            at_work = len(pool.processes)
        return results, pids, at_work, len(pool.processes)

    results, pids, at_work, left = run(go())
    assert results == [(None, f"task {n}") for n in range(20)]
    assert len(pids) == at_work == 2
    assert left == 0


def test_two_agents_never_share_a_process(run, tmp_path):
    async def go():
        async with Pooling(tmp_path) as pool:
            first, second = await pool.acquire(raw("echo")), await pool.acquire(raw("echo"))
            assert first is not second
            assert first.log.path != second.log.path

    run(go())


def test_a_dead_process_is_never_handed_out(run, tmp_path):
    async def go():
        async with Pooling(tmp_path) as pool:
            first = await pool.acquire(raw("echo"))
            await pool.release(first)
            os.kill(first.pid, signal.SIGKILL)
            await first.ended.wait()
            second = await pool.acquire(raw("echo"))
            assert second is not first
            assert second.alive
            assert pool.processes == (second,)

    run(go())


@pytest.mark.parametrize(("behaviour", "reuse"), [("error_answer", True), ("exit_in_turn", True), ("echo", False)])
def test_a_process_serves_again_only_after_a_clean_session_and_if_it_may(run, tmp_path, behaviour, reuse):
    async def go():
        async with Pooling(tmp_path) as pool:
            process = await pool.acquire(raw(behaviour, reuse=reuse))
            await process.run_session(tmp_path, MCP, "hello", Remembering())
            await pool.release(process)
            assert process.ended.is_set()
            assert pool.processes == ()

    run(go())


def test_only_so_many_processes_wait(run, tmp_path):
    async def go():
        async with Pooling(tmp_path, max_idle=1) as pool:
            processes = await asyncio.gather(*(pool.acquire(raw("echo")) for _ in range(3)))
            for process in processes:
                await pool.release(process)
            assert len(pool.processes) == 1

    run(go())


def test_prewarmed_processes_are_handed_out(run, tmp_path):
    async def go():
        async with Pooling(tmp_path) as pool:
            await pool.prewarm(raw("echo"), 2)
            first, second = await asyncio.gather(pool.acquire(raw("echo")), pool.acquire(raw("echo")))
            assert first is not second
            assert len(pool.processes) == 2

    run(go())


def test_a_start_that_fails_is_told_to_who_asks(run, tmp_path):
    async def go():
        async with Pooling(tmp_path) as pool:
            await pool.prewarm(raw("exit_at_start"), 1)
            with pytest.raises(AgentError, match="exit code 7"):
                await pool.acquire(raw("exit_at_start"))
            assert pool.processes == ()

    run(go())


def test_giving_up_waiting_leaves_the_process_to_the_next(run, tmp_path):
    async def go():
        async with Pooling(tmp_path) as pool:
            await pool.prewarm(raw("echo"), 1)
            waiting = asyncio.create_task(pool.acquire(raw("echo")))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await pool.acquire(raw("echo"))
            assert len(pool.processes) == 1

    run(go())


def test_a_closed_pool_has_ended_every_process_and_starts_none(run, tmp_path):
    async def go():
        pool = AgentPool(tmp_path / "log")
        at_work = await pool.acquire(raw("echo"))
        await pool.prewarm(raw("echo"), 2)
        await pool.close()
        assert at_work.ended.is_set()
        assert pool.processes == ()
        with pytest.raises(AgentError, match="ending"):
            await pool.acquire(raw("echo"))

    run(go())


def test_a_stopped_process_does_not_hold_its_slot(run, tmp_path):
    async def go():
        async with Pooling(tmp_path) as pool:
            first = await pool.acquire(raw("echo"))
            await first.stop()
            second = await pool.acquire(raw("echo"))
            assert first.log.path == second.log.path
            assert pool.processes == (second,)

    run(go())
