"""Where the time of a run went."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from matplotlib.figure import Figure

from heph_nb.analysis import activity, timeline

START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def frame(*events):
    """Build an events frame from (second, kind, agent, task, data)."""
    rows = [
        (n, START + timedelta(seconds=second), "r", agent, task, kind, data)
        for n, (second, kind, agent, task, data) in enumerate(events)
    ]
    names = ["seq", "ts", "run_id", "agent_id", "task_id", "kind", "data"]
    return pd.DataFrame(rows, columns=names).astype({"ts": pd.DatetimeTZDtype("us", "UTC")})


def tool(second, id, status, title="Read"):
    kind = "agent.tool_call" if status == "pending" else "agent.tool_call_update"
    return second, kind, "a", "t", {"tool_call_id": id, "title": title, "status": status}


TASKS = pd.DataFrame({"id": ["t", "u"], "phase": pd.array([2, 3], "Int64"), "title": ["Build", "Check"]})
ONE_AGENT = [
    (0, "agent.created", "a", "t", {"id": "a", "status": "starting"}),
    (1, "agent.status", "a", "t", {"id": "a", "from": "starting", "to": "working"}),
    tool(2, "1", "pending"),
    tool(4, "1", "completed"),
    (5, "agent.status", "a", "t", {"id": "a", "from": "working", "to": "waiting"}),
    (8, "agent.status", "a", "t", {"id": "a", "from": "waiting", "to": "working"}),
    (9, "agent.status", "a", "t", {"id": "a", "from": "working", "to": "terminated"}),
]


def told(found):
    begin = pd.Timestamp(START)
    return [
        (row.activity, None if pd.isna(row.what) else row.what, (row.start - begin).total_seconds(), row.seconds)
        for row in found.itertuples()
    ]


def test_an_agents_time_is_cut_into_what_it_did():
    found = activity(frame(*ONE_AGENT), TASKS)
    assert told(found) == [
        ("starting", None, 0, 1), ("working", None, 1, 1), ("tool", "Read", 2, 2), ("working", None, 4, 1),
        ("permission", None, 5, 3), ("working", None, 8, 1),
    ]  # fmt: skip
    assert found["phase"].tolist() == [2] * 6


def test_tools_at_the_same_time_are_not_counted_twice():
    begin, *_, end = ONE_AGENT[1], ONE_AGENT[6]
    events = [begin, tool(2, "1", "pending", "Read"), tool(3, "2", "pending", "Write"), tool(5, "1", "completed")]
    found = activity(frame(*events, tool(6, "2", "completed"), tool(7, "3", "completed", "Quick"), end), TASKS)
    assert told(found) == [
        ("working", None, 1, 1), ("tool", "Read", 2, 3), ("tool", "Write", 5, 1), ("working", None, 6, 3),
    ]  # fmt: skip


def test_a_tasks_waits_are_told_by_cause_and_open_ones_end_with_the_last_event():
    events = frame(
        (0, "task.created", None, "u", {"id": "u", "status": "blocked"}),
        (3, "task.status", None, "u", {"id": "u", "from": "blocked", "to": "queued"}),
        (4, "task.status", None, "u", {"id": "u", "from": "queued", "to": "running"}),
        (6, "task.status", None, "u", {"id": "u", "from": "running", "to": "checking"}),
        (7, "run.updated", None, None, {"id": "r"}),
    )
    found = activity(events, TASKS)
    assert told(found) == [
        ("waiting", "blocked by a ticket", 0, 3), ("waiting", "no agent free", 3, 1), ("waiting", "checks", 6, 1),
    ]  # fmt: skip
    assert found["phase"].tolist() == [3] * 3


@pytest.mark.parametrize("events", [frame(), frame((0, "run.created", None, None, {"id": "r"}))])
def test_nothing_that_happened_is_a_frame_of_the_same_types(events):
    empty, full = activity(events), activity(frame(*ONE_AGENT))
    assert empty.dtypes.equals(full.dtypes)
    assert len(empty) == 0
    assert full["phase"].isna().all()


def test_a_timeline_has_a_row_per_task_and_survives_an_empty_run():
    figure = timeline(activity(frame(*ONE_AGENT), TASKS), TASKS)
    assert isinstance(figure, Figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Build"]
    assert isinstance(timeline(activity(frame())), Figure)


def test_a_long_pause_is_cut_out_of_a_timeline_and_a_short_one_is_not():
    late = [(second + 1000, kind, "b", "u", {**data, "id": "b"}) for second, kind, _, _, data in ONE_AGENT]
    soon = [(second + 10, kind, "b", "u", {**data, "id": "b"}) for second, kind, _, _, data in ONE_AGENT]
    axes = timeline(activity(frame(*ONE_AGENT, *late), TASKS), TASKS).axes[0]
    assert axes.get_xlim()[1] < 50
    [cut] = [text.get_text() for text in axes.texts]
    assert 900 < int(cut.removesuffix(" s")) < 1000
    assert not list(timeline(activity(frame(*ONE_AGENT, *soon), TASKS), TASKS).axes[0].texts)
