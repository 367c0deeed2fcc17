"""Arrow tables become typed frames."""

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from heph_nb.domain.records import ENTITIES
from heph_nb.run.columns import columns, to_frame

TABLES = [cls.table for cls in ENTITIES] + ["events", "messages", "usage"]
CONTRACT = {
    "runs": "id name status prd_path working_dir branch created_at",
    "requirements": "id run_id text section line_start line_end level kind status lines",
    "phases": "run_id number name status",
    "tickets": "id run_id title description ticket_type priority status blocked_by requirement_ids created_by"
    " created_at updated_at",
    "tasks": "id run_id phase ticket_id parent_task_id status priority created_by created_at",
    "attempts": "id task_id agent_id branch worktree outcome started_at ended_at",
    "agents": "id run_id preset status pid started_at ended_at",
    "checks": "id run_id task_id attempt_id command exit_code seconds output",
    "merges": "id run_id task_id attempt_id status merge_commit target",
    "events": "seq ts run_id agent_id task_id kind data",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_every_column_that_others_rely_on_is_there(table):
    assert set(CONTRACT[table].split()) <= set(columns(table))


@pytest.mark.parametrize("table", TABLES)
def test_frames_begin_with_what_a_person_wants_and_end_with_ids_of_other_things(table):
    names = list(columns(table))
    assert names[0] == {"phases": "number", "events": "seq", "messages": "seq", "usage": "seq"}.get(table, "id")
    assert names[-1] == "run_id"
    others = [name for name in names[2:] if name.endswith("_id")]
    assert names[-len(others) :] == others


def test_lines_are_text_that_fits_into_a_cell():
    table = pa.table({"lines": [[{"line_start": 3, "line_end": 4}, {"line_start": 9, "line_end": 9}], [], None]})
    assert to_frame(table, {"lines": "lines"})["lines"].tolist() == ["3-4, 9", "", pd.NA]


def test_tokens_are_no_column():
    assert "token_hash" not in columns("agents")


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_frame_has_the_columns_and_types_of_a_full_one(table):
    kinds = columns(table)
    empty = to_frame(pa.table({}), kinds)
    values = {
        "text": "x", "whole": 1, "real": 1.5, "flag": True, "time": datetime(2026, 1, 1, tzinfo=UTC), "list": ["a"],
        "lines": [{"line_start": 3, "line_end": 4}, {"line_start": 9, "line_end": 9}],
        "json": '{"id": "x"}',
    }  # fmt: skip
    full = to_frame(pa.table({name: [values[kind]] for name, kind in kinds.items()}), kinds)
    assert list(empty.columns) == list(full.columns) == list(kinds)
    assert empty.dtypes.equals(full.dtypes)
    assert len(empty) == 0
    assert len(full) == 1


def test_missing_values_do_not_change_a_type():
    kinds = {"n": "whole", "s": "text", "t": "time", "b": "flag", "r": "real"}
    table = pa.table({
        "n": pa.array([2**62 + 1, None]), "s": ["x", None], "b": [True, None], "r": [0.5, None],
        "t": pa.array([datetime(2026, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
    })  # fmt: skip
    frame = to_frame(table, kinds)
    assert frame["n"].tolist()[0] == 2**62 + 1
    assert frame.isna().to_numpy().tolist() == [[False] * 5, [True] * 5]
    assert [str(dtype) for dtype in frame.dtypes] == ["Int64", "string", "datetime64[us, UTC]", "boolean", "float64"]


def test_what_an_older_file_lacks_is_empty():
    frame = to_frame(pa.table({"id": ["a", "b"]}), {"id": "text", "reason": "text", "tags": "list", "data": "json"})
    assert frame["reason"].isna().all()
    assert frame["tags"].tolist() == [None, None]


def test_data_of_events_is_a_dict_and_lists_are_lists():
    table = pa.table({"data": ['{"id": "x", "to": "done"}', None], "ids": [["a", "b"], []]})
    frame = to_frame(table, {"data": "json", "ids": "list"})
    assert frame["data"].tolist() == [{"id": "x", "to": "done"}, None]
    assert frame["ids"].tolist() == [["a", "b"], []]


def test_a_query_of_ones_own_gets_types_from_its_result():
    table = pa.table({
        "n": pa.array([1, 2], pa.int32()), "sum": pa.array([Decimal(3), None], pa.decimal128(38, 0)),
        "avg": pa.array([Decimal("1.5"), None], pa.decimal128(5, 1)), "s": ["a", None],
        "huge": pa.array([Decimal(2**100), None], pa.decimal128(38, 0)),
    })  # fmt: skip
    frame = to_frame(table)
    assert [str(dtype) for dtype in frame.dtypes[:4]] == ["Int64", "Int64", "float64", "string"]
    assert frame["huge"][0] == 2**100


def test_two_columns_of_one_name_are_both_kept():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"])
    assert to_frame(table).to_numpy().tolist() == [[1, 2]]


def test_a_frame_without_rows_keeps_its_columns():
    assert list(to_frame(pa.table({"a": pa.array([], pa.string())})).columns) == ["a"]
    assert isinstance(to_frame(pa.table({})), pd.DataFrame)
