"""What is said on the wire becomes events."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heph_nb.agents.session import EVENT_KINDS
from heph_nb.agents.updates import MAX_DATA, ChunkBuffer, chunk_of, clip, event_of
from heph_nb.agents.wire import parse

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = ["sessionUpdate", "content", "entries", "cost", "toolCallId", "title", "currentModeId", "messageId"]
NAMES = ["agent_message_chunk", "agent_thought_chunk", "tool_call", "tool_call_update", "plan", "usage_update"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), json_values | st.sampled_from(NAMES)))
def test_whatever_comes_becomes_an_event_that_can_be_stored(update):
    chunk = chunk_of(update)
    kind, data = (chunk[0], {"text": chunk[2]}) if chunk else event_of(update)

    assert kind in EVENT_KINDS
    json.dumps(data)
    # Events are noted with keyword arguments: none of these may be one of them.
    assert not {"kind", "about", "run_id", "id"} & set(data)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | json_values.map(lambda v: json.dumps(v).encode())
)
def test_a_line_is_a_message_or_nothing(line):
    message = parse(line)

    assert message is None or isinstance(message.get("method", ""), str)
    if message is not None:
        json.dumps(message).encode()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id": 1, "error": "no"}', {"id": 1, "error": {"code": -32603, "message": "no", "data": None}}),
        (
            b'{"id": 1, "error": {"code": "x", "message": 5}}',
            {"id": 1, "error": {"code": -32603, "message": "5", "data": None}},
        ),
        (b'{"id": "1", "result": {}}', None),
        (b'{"id": "a", "method": "m"}', {"id": "a", "method": "m"}),
        (b'{"id": [1], "method": "m"}', None),
        (b'{"method": "m", "params": [1]}', None),
        (b'{"method": 4}', None),
        (b"[" * 5000, None),
        (b'{"id": 1, "result": "\\ud800"}', {"id": 1, "result": "?"}),
        (b'{"id": 1, "result": "\\ud83d\\ude00"}', {"id": 1, "result": "\N{GRINNING FACE}"}),
    ],
)
def test_messages_have_the_form_that_the_connection_relies_on(line, message):
    assert parse(line) == message


def test_a_message_is_complete_when_another_begins_or_it_is_long_or_old():
    buffer = ChunkBuffer(max_chars=10, max_age=1.0)

    assert buffer.add("agent.message", None, "abc", now=0.0) == []
    assert buffer.deadline == 1.0
    assert buffer.add("agent.message", None, "def", now=0.5) == []
    assert buffer.add("agent.message", "m", "x", now=0.6) == [("agent.message", {"text": "abcdef"})]
    assert buffer.add("agent.message", "m", "y" * 9, now=0.7) == [
        ("agent.message", {"text": "x" + "y" * 9, "message_id": "m"})
    ]
    assert buffer.deadline is None
    assert buffer.add("agent.thought", None, "old", now=1.0) == []
    assert buffer.add("agent.thought", None, "er", now=2.0) == [("agent.thought", {"text": "older"})]
    assert buffer.flush() == []


def test_empty_pieces_make_no_event():
    buffer = ChunkBuffer()

    assert buffer.add("agent.message", None, "", now=0.0) == []
    assert buffer.flush() == []
    assert buffer.deadline is None


@given(json_values, st.integers(0, 50))
def test_what_is_cut_stays_small(value, room):
    assert len(json.dumps(clip([value] * 50, room))) <= 100 * room + 2000


def test_what_fits_is_not_touched():
    value = {"a": ["b", {"c": None}], "d": 1.5}

    assert clip(value) == value
    deep = json.loads("[" * 200 + "]" * 200)
    assert len(json.dumps(clip(deep))) < 200
    assert event_of({"sessionUpdate": "new", "text": "x" * (2 * MAX_DATA)}, size=3 * MAX_DATA)[0] == "agent.other"
