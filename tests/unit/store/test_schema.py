"""The hand-written schema, the records and the contract agree."""

from __future__ import annotations

import types
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

from heph_nb.domain.logs import LOGS
from heph_nb.domain.records import ENTITIES, Record
from heph_nb.store.connection import connect
from heph_nb.store.database import Database
from heph_nb.store.migrations import make_tables
from heph_nb.store.tables import TABLES

WHOLE = {"INTEGER", "BIGINT"}
CONTRACT = {
    "runs": "id, name, status, prd_path, working_dir, branch, created_at",
    "requirements": "id, run_id, text, section, line_start, line_end, lines, level, kind, status",
    "phases": "run_id, number, name, status",
    "tickets": "id, run_id, title, description, ticket_type, priority, status, blocked_by, requirement_ids, "
    "created_by, created_at, updated_at",
    "tasks": "id, run_id, phase, ticket_id, parent_task_id, status, priority, created_by, created_at",
    "attempts": "id, task_id, agent_id, branch, worktree, outcome, started_at, ended_at",
    "agents": "id, run_id, preset, status, pid, started_at, ended_at",
    "checks": "id, run_id, task_id, attempt_id, command, exit_code, seconds, output",
    "merges": "id, run_id, task_id, attempt_id, status, merge_commit, target",
    "events": "seq, ts, run_id, agent_id, task_id, kind, data",
}


@pytest.fixture(scope="module")
def described() -> dict[str, list[tuple[str, str, bool]]]:
    with connect(":memory:") as connection:
        make_tables(connection)
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            name: [(c, t, null == "YES") for c, t, null, *_ in connection.execute(f"DESCRIBE {name}").fetchall()]
            for name in names
        }


@pytest.mark.parametrize("cls", [*ENTITIES, *LOGS], ids=lambda cls: cls.__name__)
def test_a_table_has_the_fields_of_its_record_in_their_order(cls, described):
    table = TABLES[cls]
    stamps = [("seq", "BIGINT", False), ("ts", "TIMESTAMP WITH TIME ZONE", False), ("actor", "VARCHAR", False)]
    expected = stamps if issubclass(cls, Record) else []
    hints = get_type_hints(cls)
    for field in fields(cls):
        optional = isinstance(hints[field.name], types.UnionType) and type(None) in get_args(hints[field.name])
        type_ = table.types[field.name].replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")
        expected.append((field.name, type_, optional))
    found = described[table.name]
    assert [column for column, _, _ in found] == [column for column, _, _ in expected]
    for (column, type_, null), (_, wanted, optional) in zip(found, expected, strict=True):
        assert type_ == wanted or {type_, wanted} <= WHOLE, column
        assert null is optional, column


def test_the_schema_has_no_other_tables(described):
    assert set(described) == {table.name for table in TABLES.values()} | {"schema_version"}


def test_views_have_the_columns_that_others_rely_on(database: Database):
    for view, wanted in CONTRACT.items():
        assert set(wanted.split(", ")) <= set(database.query(f"FROM {view} LIMIT 0").column_names), view


def test_views_have_the_types_that_others_rely_on(database: Database):
    types_ = {
        (view, row["column_name"]): row["column_type"]
        for view in CONTRACT
        for row in database.query(f"DESCRIBE {view}").to_pylist()
    }
    assert types_["tickets", "blocked_by"] == types_["tickets", "requirement_ids"] == "VARCHAR[]"
    assert types_["requirements", "lines"] == "STRUCT(line_start INTEGER, line_end INTEGER)[]"
    assert types_["tasks", "phase"] == types_["phases", "number"] == "INTEGER"
    assert types_["events", "data"] == "JSON"
    assert types_["events", "ts"] == types_["tickets", "updated_at"] == "TIMESTAMP WITH TIME ZONE"


def test_what_there_is_can_be_asked(database: Database):
    shown = set(database.query("SHOW TABLES").column("name").to_pylist())
    assert {cls.table for cls in ENTITIES} | {"events", "messages", "usage", "coverage"} <= shown
    assert database.query("DESCRIBE tickets").column("column_name").to_pylist()[:3] == ["id", "run_id", "title"]
