"""Sessions with real agent processes that behave."""

from __future__ import annotations

import asyncio
import json

import pytest

from heph_nb.agents.session import Decision, TurnUsage
from heph_nb.errors import AgentError

from .support import MCP, Remembering, Running, one_session, raw


def test_a_session_hears_the_answer_and_how_it_ended(run, tmp_path):
    listener, end = run(one_session(raw("echo"), tmp_path, "hello there"))

    assert (end.stop_reason, end.error) == ("end_turn", None)
    assert end.usage == TurnUsage()
    assert listener.events == [("agent.message", {"text": "hello there"})]
    assert len(listener.sessions) == 1


def test_the_agent_is_given_its_directory_its_tools_and_its_mode_before_the_prompt(run, tmp_path):
    listener, _ = run(one_session(raw("describe", mode="careful"), tmp_path))

    facts = json.loads(listener.text())
    assert facts["mode"] == "careful"
    assert facts["new"]["cwd"] == str(tmp_path.resolve())
    [server] = facts["new"]["mcpServers"]
    assert (server["type"], server["name"], server["url"]) == ("http", "heph", MCP.url)
    assert {h["name"]: h["value"] for h in server["headers"]} == MCP.headers


def test_no_prompt_is_sent_in_a_mode_that_could_not_be_set(run, tmp_path):
    listener, end = run(one_session(raw("echo", mode="no-such-mode"), tmp_path))

    assert end.stop_reason == "error"
    assert "Unknown mode" in end.error
    assert listener.events == []
    assert listener.sessions == []


def test_pieces_of_one_message_become_one_event(run, tmp_path):
    listener, _ = run(one_session(raw("chunks"), tmp_path))

    assert listener.events == [
        ("agent.message", {"text": "one two three"}),
        ("agent.thought", {"text": "hm"}),
        ("agent.message", {"text": "first", "message_id": "m1"}),
        ("agent.message", {"text": "second", "message_id": "m2"}),
    ]


def test_tool_calls_plans_modes_and_usage_are_events(run, tmp_path):
    listener, end = run(one_session(raw("tools"), tmp_path))

    call, update, plan, mode, usage = listener.events
    assert call[0] == "agent.tool_call"
    assert call[1] == {
        "tool_call_id": "1",
        "title": "Run the tests",
        "tool_kind": "execute",
        "status": "in_progress",
        "input": {"command": "pytest -q"},
    }
    assert update[0] == "agent.tool_call_update"
    assert update[1]["content"] == [
        {"type": "text", "text": "2 passed"},
        {"type": "diff", "path": "/a", "old_text": None, "new_text": "b"},
    ]
    assert plan == ("agent.plan", {"entries": [{"content": "do it", "priority": "high", "status": "pending"}]})
    assert mode == ("agent.mode", {"mode": "ask"})
    assert usage == ("agent.usage", {"used": 100, "size": 2000, "cost": 0.25, "currency": "USD"})
    assert end.usage == TurnUsage(
        input_tokens=10, output_tokens=20, total_tokens=30, cost=0.25, currency="USD"
    )  # fmt: skip


def test_what_is_not_known_arrives_whole(run, tmp_path):
    listener, end = run(one_session(raw("strange_updates"), tmp_path))

    assert end.error is None
    others = [data["update"] for kind, data in listener.events if kind == "agent.other"]
    assert others[0] == {"sessionUpdate": "brand_new_kind", "flavour": "lemon"}
    assert others[1]["params"]["update"] == "text"
    assert others[2] == {"sessionUpdate": ["list"]}
    assert others[3]["method"] == "_vendor/note"
    assert listener.events[4] == (
        "agent.message",
        {"content": {"type": "image", "data": "AAAA", "mimeType": "image/png"}},
    )
    kind, data = listener.events[5]
    assert kind == "agent.tool_call"
    assert "more characters]" in data["output"]["text"]
    assert len(json.dumps(data)) < 300_000
    assert "session/update" in (tmp_path / "agent.log").read_text()


def test_what_an_agent_says_before_its_session_has_an_id_is_heard_in_order(run, tmp_path):
    listener, _ = run(one_session(raw("early"), tmp_path, "later"))

    assert listener.kinds() == ["agent.message", "agent.other", "agent.message"]
    assert listener.text() == "before I was bornlater"


def test_text_is_heard_soon_although_the_agent_says_nothing_more(run, tmp_path):
    async def go():
        listener = Remembering()
        async with Running(raw("linger"), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", listener))
            await listener.until(lambda heard: heard.text() == "still here")
            assert not session.done()
            assert process.cancel(listener.sessions[0])
            return await session, process.reusable

    end, reusable = run(go())
    assert (end.stop_reason, end.error) == ("cancelled", None)
    assert reusable


def test_sessions_one_after_another_and_at_once_share_a_process(run, tmp_path):
    async def go():
        async with Running(raw("describe"), tmp_path) as process:
            first, second = Remembering(), Remembering()
            await process.run_session(tmp_path, MCP, "a", first)
            await asyncio.gather(
                process.run_session(tmp_path, MCP, "b", first), process.run_session(tmp_path, MCP, "c", second)
            )
            return first, second

    first, second = run(go())
    assert len({*first.sessions, *second.sessions}) == 3
    assert len(second.events) == 1
    # A session that is over is closed, so that a process that serves many does not grow.
    assert first.sessions[0] in json.loads(second.text())["closed"]


def test_a_permission_is_asked_with_a_label_of_our_own(run, tmp_path):
    listener, end = run(one_session(raw("permission"), tmp_path))

    [request] = listener.requests
    assert (request.tool_call_id, request.tool_kind) == ("1", "execute")
    assert request.title == "run rm -r build"
    assert "rm -r build" in request.detail
    assert [option.kind for option in request.options] == ["allow_once", "reject_once"]
    assert json.loads(listener.text()) == {"outcome": {"outcome": "selected", "optionId": "yes"}}
    assert listener.kinds()[0] == "agent.tool_call"
    assert end.error is None


def test_a_denied_permission_reaches_the_agent(run, tmp_path):
    listener, _ = run(one_session(raw("permission"), tmp_path, listener=Remembering("deny")))

    assert json.loads(listener.text())["outcome"]["optionId"] == "no"


def test_cancelling_answers_a_permission_that_nobody_decided(run, tmp_path):
    async def go():
        listener = Remembering("wait")
        async with Running(raw("permission"), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "hello", listener))
            await listener.until(lambda heard: heard.requests)
            process.cancel()
            return listener, await session

    listener, end = run(go())
    assert end.error is None
    assert json.loads(listener.text()) == {"outcome": {"outcome": "cancelled"}}


def test_more_requests_than_fit_wait_for_their_turn(run, tmp_path):
    listener, end = run(one_session(raw("many_permissions"), tmp_path))

    assert end.error is None
    assert listener.text() == "200 answers"
    assert len(listener.requests) == 200


def test_a_request_that_is_none_is_refused(run, tmp_path):
    listener, end = run(one_session(raw("bad_permission"), tmp_path))

    assert json.loads(listener.text())["code"] == -32602
    assert end.error is None


def test_terminals_and_unknown_methods_are_refused(run, tmp_path):
    asked = json.dumps([["terminal/create", {"command": "ls"}], ["elicitation/create", {}], ["no/such", {}]])
    listener, _ = run(one_session(raw("requests"), tmp_path, asked))

    assert [answer["code"] for answer in json.loads(listener.text())] == [-32601] * 3


def test_files_are_read_and_written_inside_the_directory_only(run, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "secret").write_text("s3cret")
    (work / "link").symlink_to(tmp_path)
    asked = [
        ["fs/write_text_file", {"path": str(work / "new/a.txt"), "content": "one\ntwo\nthree\n"}],
        ["fs/read_text_file", {"path": "new/a.txt", "line": 2, "limit": 1}],
        ["fs/read_text_file", {"path": str(tmp_path / "secret")}],
        ["fs/read_text_file", {"path": "link/secret"}],
        ["fs/write_text_file", {"path": "../other", "content": "x"}],
        ["fs/read_text_file", {"path": "none.txt"}],
        ["fs/read_text_file", {"path": 7}],
        ["fs/read_text_file", {"path": "new/a.txt", "line": "two"}],
        ["fs/read_text_file", {"sessionId": "another", "path": "new/a.txt"}],
    ]

    async def go():
        listener = Remembering()
        async with Running(raw("requests"), tmp_path) as process:
            await process.run_session(work, MCP, json.dumps(asked), listener)
        return json.loads(listener.text())

    written, read, *refused = run(go())
    assert written == {}
    assert read == {"content": "two\n"}
    assert [answer["code"] for answer in refused] == [-32602, -32602, -32602, -32002, -32602, -32602, -32602]
    assert "outside" in refused[0]["message"]
    assert not (tmp_path / "other").exists()


class Failing(Remembering):
    def __init__(self, where):
        super().__init__()
        self.where = where

    async def on_session(self, session_id):
        if self.where == "session":
            raise OSError("no space left")
        await super().on_session(session_id)

    async def on_event(self, kind, data):
        if self.where == "event":
            raise OSError("no space left")
        await super().on_event(kind, data)

    async def on_permission(self, request):
        if self.where == "permission":
            raise OSError("no space left")
        return Decision("an option that was not offered")


@pytest.mark.parametrize("where", ["session", "event", "permission"])
def test_a_failing_listener_ends_the_session_and_is_raised(run, tmp_path, where):
    async def go():
        async with Running(raw("permission"), tmp_path) as process:
            with pytest.raises(OSError, match="no space left"):
                await process.run_session(tmp_path, MCP, "hello", Failing(where))
            assert not process.reusable

    run(go())


def test_a_decision_that_was_not_offered_is_an_error_of_the_listener(run, tmp_path):
    async def go():
        async with Running(raw("permission"), tmp_path) as process:
            with pytest.raises(AgentError, match="none of the options"):
                await process.run_session(tmp_path, MCP, "hello", Failing("never"))

    run(go())


def test_a_slow_listener_slows_the_agent_and_loses_nothing(run, tmp_path):
    """20,000 lines at once: what is held in memory stays bounded, and every line arrives, in order."""

    class Slow(Remembering):
        async def on_event(self, kind, data):
            for _ in range(5):
                await asyncio.sleep(0)
            await super().on_event(kind, data)

    listener, end = run(one_session(raw("flood"), tmp_path, "20000", Slow()))

    assert end.error is None
    assert listener.text() == "".join(f"line {n:07}\n" for n in range(20000))
    assert len(listener.events) < 100
    assert max(len(data["text"]) for _, data in listener.events) < 5000


def test_the_agent_is_not_read_while_the_listener_is_busy(run, tmp_path):
    async def go():
        let_go = asyncio.Event()

        class Stuck(Remembering):
            async def on_event(self, kind, data):
                await super().on_event(kind, data)
                await let_go.wait()

        listener = Stuck()
        async with Running(raw("flood"), tmp_path) as process:
            session = asyncio.create_task(process.run_session(tmp_path, MCP, "20000", listener))
            await listener.until(lambda heard: heard.events)
            held = process._conversation._incoming
            # As much as the loop likes to do: it cannot get further than the stream's own limit.
            for _ in range(300):
                await asyncio.sleep(0)
            assert len(held._buffer) + len(b"") < 200_000
            assert len(listener.events) == 1
            let_go.set()
            return await session, listener

    end, listener = run(go())
    assert end.error is None
    assert listener.text().count("\n") == 20000
