"""What one agent says and does, as who watches it gets it: the newest first, then what comes, within bounds."""

from __future__ import annotations

import json

import pytest

from heph_nb.backend.output import ROOM
from heph_nb.errors import InvalidError, NotFoundError
from tests.unit.backend.conftest import make_repository, scripted_runs, until


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("output")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        with scripted_runs(folder, make_repository(folder / "project")) as start:
            yield start("show the words", "flood 40000", max_agents=2)


def agent_of(run, title):
    found = f"SELECT a.id FROM agents a JOIN tasks t ON t.id = a.task_id WHERE t.title = '{title}'"
    return run.sql(found)["id"].iloc[-1]


def said(message):
    return "".join(line["data"].get("text", "") for line in message["lines"])


def read_until(stream, text):
    """Return the messages up to the first that tells of a text."""
    seen = []
    for message in stream:
        seen.append(message)
        if text in said(message):
            return seen
    raise AssertionError(text)


@pytest.fixture(scope="module")
def working(run):
    """Wait until both agents have been sent their task."""
    for _ in range(2):
        until(run, "task.status", to="running")
    until(run, "agent.usage")
    return run


def test_a_flood_comes_in_bounded_messages_and_nothing_is_lost_without_a_number(working):
    agent = agent_of(working, "flood 40000")
    until(working, "agent.message", id=agent)
    with working.client.output(agent) as stream:
        first, *rest = read_until(iter(stream), "the last line")
    assert first["whole"]
    assert max(len(json.dumps(message["lines"])) for message in rest or [{"lines": []}]) < 2 * ROOM
    told = sum(line["events"] for message in rest for line in message["lines"])
    left_out = sum(message["left_out"] for message in rest)
    after = f"agent_id = '{agent}' AND kind = 'agent.message' AND seq > {first['seq']}"
    events = working.sql(f"SELECT count(*) AS n FROM events WHERE {after}")
    assert told + left_out == events["n"].iloc[0]


def test_pages_go_back_to_the_first_thing_without_gap_or_repeat(working):
    agent = agent_of(working, "flood 40000")
    with working.client.output(agent) as stream:
        read_until(iter(stream), "the last line")
    page = working.client.get("agents", agent, "output")
    lines = page["lines"]
    while page["earlier"]:
        page = working.client.get("agents", agent, "output", before=lines[0]["seq"])
        lines = page["lines"] + lines
    text = "".join(line["data"]["text"] for line in lines if line["kind"] == "agent.message")
    assert [int(line.split()[1]) for line in text.splitlines()[:-1]] == list(range(40_000))


def test_it_has_what_was_said_to_the_agent_its_plan_and_no_contents_of_tools(working):
    agent = agent_of(working, "show the words")
    with working.client.output(agent) as stream:
        messages = iter(stream)
        first = next(messages)
        working.message(agent, "count them as well")
        last = read_until(messages, "I was told: count them as well")
    assert [entry["status"] for entry in first["plan"]][:2] == ["completed", "in_progress"]
    calls = [line["data"] for line in first["lines"] if line["kind"].startswith("agent.tool_call")]
    assert {"content"} == {name for call in calls for name in call.get("shows", ()) if call["tool_call_id"] == "edit-1"}
    assert "return len" not in json.dumps(first)
    kinds = [line["kind"] for message in last for line in message["lines"]]
    assert kinds.index("message.sent") < kinds.index("agent.message")


def test_a_stream_goes_on_after_the_message_that_was_seen_last(working):
    agent = agent_of(working, "show the words")
    page = working.client.get("agents", agent, "output")
    with working.client.output(agent) as stream:
        stream.last = page["lines"][-2]["seq"]
        message = next(iter(stream))
    assert not message["whole"]
    assert message["lines"][-1]["seq"] == page["lines"][-1]["seq"]


def test_an_agent_that_is_not_there_and_a_number_that_is_none_are_refused(working):
    with pytest.raises(NotFoundError):
        working.client.get("agents", "nobody", "output")
    with pytest.raises(InvalidError, match="before must be a sequence number"):
        working.client.get("agents", agent_of(working, "show the words"), "output", before="soon")
