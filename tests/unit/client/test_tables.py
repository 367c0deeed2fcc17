"""Rows for people and for programs."""

import csv
import io
import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from heph_nb.cli.tables import as_csv, as_json, as_table

NAMES = ["id", "n", "at", "ids", "data"]
ROWS = [
    ("a", 1, datetime(2026, 11, 23, 14, 0, tzinfo=UTC), ["R-001"], {"to": "done"}),
    ("b\nc", None, None, [], None),
]


def test_json_is_a_list_of_objects_with_iso_times():
    assert json.loads(as_json(NAMES, ROWS)) == [
        {"id": "a", "n": 1, "at": "2026-11-23T14:00:00+00:00", "ids": ["R-001"], "data": {"to": "done"}},
        {"id": "b\nc", "n": None, "at": None, "ids": [], "data": None},
    ]


def test_every_kind_of_value_has_a_json_form():
    values = (math.nan, math.inf, Decimal("1.5"), Decimal(2**80), b"\x00\xff", date(2026, 1, 2), timedelta(seconds=90))
    (row,) = json.loads(as_json(list("abcdefg"), [values]))
    assert list(row.values()) == [None, None, 1.5, 2**80, "00ff", "2026-01-02", 90.0]


def test_csv_has_a_header_and_can_be_read_back():
    rows = list(csv.reader(io.StringIO(as_csv(NAMES, ROWS))))
    assert rows[0] == NAMES
    assert rows[1] == ["a", "1", "2026-11-23T14:00:00+00:00", '["R-001"]', '{"to": "done"}']
    assert rows[2] == ["b\nc", "", "", "[]", ""]


def test_a_table_is_aligned_with_a_line_per_row():
    assert as_table(["status", "n"], [("done", 12), ("needs_work", 3)]).split("\n") == [
        "status       n", "----------  --", "done        12", "needs_work   3",
    ]  # fmt: skip
    assert len(as_table(NAMES, ROWS).split("\n")) == 4


def test_no_rows_are_a_header_an_empty_list_and_a_header():
    assert as_table(["a"], []).split("\n")[0] == "a"
    assert as_json(["a"], []) == "[]"
    assert as_csv(["a"], []) == "a"


def test_a_table_shows_what_would_act_on_the_terminal():
    (line,) = as_table(["title"], [["a\x07b\rc\x1b[2Jd\u202ee\u2066f\udc80g\th é 日本 👩‍💻"]]).split("\n")[2:]
    assert line == r"a\x07b\rc\x1b[2Jd\u202ee\u2066f\udc80g\th é 日本 👩‍💻"
