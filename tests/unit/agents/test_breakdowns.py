"""Agents that break: each way of breaking has one defined result, and nothing hangs or stays behind."""

from __future__ import annotations

import asyncio
import json

import psutil
import pytest

from heph_nb.agents.catalog import Preset
from heph_nb.agents.process import AgentProcess
from heph_nb.errors import AgentError

from .support import MCP, Remembering, Running, one_session, raw


def start_error(run, tmp_path, preset):
    async def go():
        before = {child.pid for child in psutil.Process().children(recursive=True)}
        with pytest.raises(AgentError) as caught:
            await AgentProcess.start(preset, tmp_path / "agent.log")
        after = {child.pid for child in psutil.Process().children(recursive=True)}
        assert after <= before
        return caught.value

    return run(go())


def test_a_program_that_is_not_there(run, tmp_path):
    preset = Preset(name="nothing", command=("/no/such/program", "--acp"), label="")

    assert "/no/such/program --acp" in start_error(run, tmp_path, preset).detail


def test_an_agent_that_exits_at_the_start(run, tmp_path):
    error = start_error(run, tmp_path, raw("exit_at_start"))

    assert "exit code 7" in error.detail
    assert "no such model" in error.detail
    assert "raw_agent.py exit_at_start" in error.detail
    assert error.facts["exit_code"] == 7


def test_an_agent_that_hangs_at_the_start_and_ignores_sigterm(run, tmp_path):
    error = start_error(run, tmp_path, raw("hang_at_start", start_timeout=0.3))

    assert "did not answer 'initialize' within 0.3 s" in error.detail


def test_an_agent_that_wants_a_login(run, tmp_path):
    assert "Authentication required" in start_error(run, tmp_path, raw("refuse_start")).detail


def test_an_agent_with_another_protocol(run, tmp_path):
    assert "version 99" in start_error(run, tmp_path, raw("other_version")).detail


def test_giving_up_a_start_leaves_nothing_behind(run, tmp_path):
    async def go():
        before = set(psutil.Process().children())
        start = asyncio.create_task(AgentProcess.start(raw("hang_at_start"), tmp_path / "agent.log"))
        while not (children := set(psutil.Process().children()) - before):  # noqa: ASYNC110 - the start has no event
            await asyncio.sleep(0)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert not any(child.is_running() and child.status() != "zombie" for child in children)

    run(go())


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("exit_in_turn", "exit code 3 before its turn was over. It printed: Traceback: the model is on fire"),
        ("exit_without_answer", "exit code 0 before its turn was over"),
        ("killed", "killed by signal 9 before its turn was over"),
        ("close_output", "closed its output before its turn was over"),
        ("giant_line", "a line of more than 16777216 bytes"),
        ("error_answer", "Internal error: API error 529: overloaded"),
        ("text_error", "just text"),
        ("no_stop_reason", "without a stop reason"),
        ("no_session", "Authentication required"),
        ("hold_pipe", "exit code 4 before its turn was over"),
    ],
)
def test_a_broken_turn_ends_with_a_sentence(run, tmp_path, behaviour, expected):
    async def go():
        async with Running(raw(behaviour), tmp_path) as process:
            end = await process.run_session(tmp_path, MCP, "hello", Remembering())
            assert not process.reusable
            return end

    end = run(go())
    assert end.stop_reason == "error"
    assert expected in end.error


def test_what_an_agent_said_before_it_died_is_heard(run, tmp_path):
    listener, end = run(one_session(raw("exit_in_turn"), tmp_path))
    assert listener.text() == "before the end"
    assert end.error

    listener, end = run(one_session(raw("hold_pipe"), tmp_path))
    assert listener.text() == "last words"


def test_an_agent_that_answers_and_exits_has_answered(run, tmp_path):
    listener, end = run(one_session(raw("answer_and_exit"), tmp_path))

    assert (end.stop_reason, end.error) == ("end_turn", None)
    assert listener.text() == "done"


def test_a_stop_reason_of_a_newer_protocol_is_passed_on(run, tmp_path):
    _, end = run(one_session(raw("new_stop_reason"), tmp_path))

    assert (end.stop_reason, end.error, end.usage.total_tokens) == ("went_fishing", None, None)


def test_junk_on_stdout_is_kept_in_the_log_and_does_no_harm(run, tmp_path):
    listener, end = run(one_session(raw("junk"), tmp_path))

    assert end.error is None
    assert listener.text().startswith("x" * 100_000)
    listener.text().encode()  # no half of a surrogate pair
    assert "npm warn deprecated" in (tmp_path / "agent.log").read_text()


def test_an_agent_that_does_not_stop_is_ended(run, tmp_path):
    async def go():
        listener = Remembering()
        async with Running(raw("deaf"), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", listener))
            await listener.until(lambda heard: heard.events)
            process.cancel(grace=0.1)
            end = await session
            assert process.ended.is_set()
            return end

    end = run(go())
    assert end.stop_reason == "cancelled"
    assert "did not stop within 0.1 s" in end.error


def test_an_agent_that_reads_nothing_can_be_cancelled(run, tmp_path):
    """Its stdin is full: neither the prompt nor the notice that it shall stop can be written."""

    async def go():
        async with Running(raw("asleep"), tmp_path) as process:
            listener = Remembering()
            first = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", listener))
            await listener.until(lambda heard: heard.events)
            second = asyncio.create_task(process.run_session(tmp_path, MCP, "x" * 10_000_000, Remembering()))
            await asyncio.sleep(0)
            process.cancel(grace=0.1)
            return await asyncio.gather(first, second)

    ends = run(go())
    assert {end.stop_reason for end in ends} <= {"cancelled", "error"}
    assert all(end.error for end in ends)


def test_a_session_that_never_opens_can_be_cancelled(run, tmp_path):
    async def go():
        async with Running(raw("hang_at_new"), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", Remembering()))
            while not process._conversation.busy:  # noqa: ASYNC110 - nothing is heard of it yet
                await asyncio.sleep(0)
            process.cancel(grace=0.1)
            return await session

    assert run(go()).stop_reason == "cancelled"


def test_cancelling_the_task_leaves_a_process_that_is_not_used_again(run, tmp_path):
    async def go():
        async with Running(raw("linger"), tmp_path) as process:
            listener = Remembering()
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", listener))
            await listener.until(lambda heard: heard.events)
            session.cancel()
            with pytest.raises(asyncio.CancelledError):
                await session
            assert process.alive
            assert not process.reusable

    run(go())


def test_a_flood_on_stderr_is_kept_within_bounds(run, tmp_path):
    async def go():
        async with Running(raw("flood_stderr"), tmp_path) as process:
            end = await process.run_session(tmp_path, MCP, "hello", Remembering())
        return end, process.log.tail(1)

    end, tail = run(go())
    assert end.error is None
    assert tail == ["the last line"]
    assert sum(path.stat().st_size for path in tmp_path.glob("agent.log*")) < 1_100_000


def test_an_agent_sees_few_of_our_environment_variables(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "secret")
    monkeypatch.setenv("ITS_OWN_KEY", "for it")

    async def go():
        listener = Remembering()
        async with Running(raw("environment", env_keys=("ITS_OWN_KEY",)), tmp_path, env={"EXTRA": "1"}) as process:
            await process.run_session(tmp_path, MCP, "hello", listener)
        return json.loads(listener.text())

    seen = run(go())
    assert "SOME_API_KEY" not in seen
    assert (seen["ITS_OWN_KEY"], seen["EXTRA"], seen["HOME"]) == ("for it", "1", seen["HOME"])


def test_the_end_of_an_agent_is_heard_although_many_of_its_requests_wait(run, tmp_path):
    async def go():
        listener = Remembering("wait")
        async with Running(raw("many_permissions"), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", listener))
            await listener.until(lambda heard: len(heard.requests) >= 32)
            psutil.Process(process.pid).kill()
            return await session

    assert "killed by signal 9" in run(go()).error
