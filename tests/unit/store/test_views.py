"""Views show the newest version, macros that of a moment."""

from __future__ import annotations

import dataclasses

from heph_nb.domain.records import ENTITIES, Agent, Requirement, Trace
from heph_nb.store.database import Database
from tests.unit.store.samples import agent, moment, sample, ticket, versions


def test_a_view_shows_the_newest_version_of_each(database: Database):
    first = ticket(1, title="one")
    database.append(versions(first, ticket(2)))
    database.append(versions(dataclasses.replace(first, title="one again", status="done"), start=3))
    rows = database.query("SELECT id, title, status, updated_at, created_at FROM tickets ORDER BY id").to_pylist()
    assert [(row["id"], row["status"]) for row in rows] == [("ticket-1", "done"), ("ticket-2", "backlog")]
    assert rows[0]["title"] == "one again"
    assert rows[0]["updated_at"] == moment(3)
    assert rows[0]["created_at"] == first.created_at


def test_ids_are_unique_per_run_only(database: Database):
    database.append(versions(ticket(1, "run-1", title="a"), ticket(1, "run-2", title="b")))
    assert database.query("SELECT run_id, title FROM tickets ORDER BY run_id").to_pylist() == [
        {"run_id": "run-1", "title": "a"},
        {"run_id": "run-2", "title": "b"},
    ]


def test_a_macro_shows_a_moment(database: Database):
    first = ticket(1)
    database.append(versions(first, start=10))
    database.append(versions(dataclasses.replace(first, status="done"), start=20))
    status = {
        seconds: database.query(f"SELECT status FROM tickets_at('{moment(seconds)}')").column("status").to_pylist()
        for seconds in (9, 10, 19.9, 20, 1000)
    }
    assert status == {9: [], 10: ["backlog"], 19.9: ["backlog"], 20: ["done"], 1000: ["done"]}


def test_every_entity_has_a_view_a_macro_and_its_versions(database: Database):
    records = [sample(cls, id=f"{cls.entity}-1", run_id="run-1") for cls in ENTITIES]
    database.append(versions(*records))
    database.append(versions(*records, start=100))
    for cls in ENTITIES:
        assert database.query(f"FROM {cls.table}").num_rows == 1
        assert database.query(f"FROM {cls.table}_at(TIMESTAMPTZ '{moment(60)}')").num_rows == 1
        assert database.query(f"FROM {cls.table}_at('1999-01-01')").num_rows == 0
        assert database.query(f"FROM {cls.entity}_versions").num_rows == 2


def test_nothing_that_can_be_queried_shows_a_token_hash(database: Database):
    database.append(versions(agent(), agent("person", None)))
    for source in ("agents", "agent_versions", f"agents_at('{moment(99)}')"):
        result = database.query(f"FROM {source}")
        assert "token_hash" not in result.column_names
        assert "secret-hash" not in str(result.to_pydict())
    assert database.load().records[0] == agent()
    assert Agent in {type(record) for record in database.load().records}


def test_the_person_has_no_run_and_one_row(database: Database):
    database.append(versions(agent("person", None, status="working"), agent("person", None, status="working")))
    assert database.query("SELECT id, run_id FROM agents").to_pylist() == [{"id": "person", "run_id": None}]


def test_coverage_leads_from_a_requirement_to_tickets_files_and_tests(database: Database):
    def trace(number: int, kind: str, target: str) -> Trace:
        return sample(Trace, id=f"t{number}", run_id="run-1", requirement_id="R-001", kind=kind, target=target)

    database.append(
        versions(
            sample(Requirement, id="R-001", run_id="run-1", status="specified"),
            sample(Requirement, id="R-002", run_id="run-1"),
            sample(Requirement, id="R-001", run_id="run-2"),
            ticket(1, requirement_ids=("R-001",)),
            ticket(2, requirement_ids=("R-001", "R-009")),
            trace(1, "file", "docs/a.md"),
            trace(2, "test", "tests/test_a.py::test_it"),
            trace(3, "test", "tests/test_a.py::test_it"),
        )
    )
    rows = database.query("FROM coverage ORDER BY run_id, id").to_pylist()
    assert [(row["run_id"], row["id"]) for row in rows] == [("run-1", "R-001"), ("run-1", "R-002"), ("run-2", "R-001")]
    assert rows[0]["ticket_ids"] == ["ticket-1", "ticket-2"]
    assert rows[0]["files"] == ["docs/a.md"]
    assert rows[0]["tests"] == ["tests/test_a.py::test_it"]
    assert rows[1]["ticket_ids"] == rows[2]["ticket_ids"] == rows[2]["tests"] == []


def test_views_are_made_again_when_they_are_not_these(path):
    Database.open(path).close()
    from heph_nb.store.connection import connect

    with connect(path) as connection:
        connection.execute("CREATE OR REPLACE VIEW tickets AS SELECT 1 AS old")
        connection.execute("CREATE OR REPLACE MACRO views_fingerprint() AS 'of an older program'")
    database = Database.open(path)
    assert "title" in database.query("FROM tickets").column_names
    database.close()
