"""A run in a file of its own has all that the run had, and nothing of others."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from heph_nb.domain.records import ENTITIES
from heph_nb.errors import InvalidError, NotFoundError, SqlRefusedError, StateFileError, StorageError
from heph_nb.store.database import Batch, Database
from heph_nb.store.snapshot import Snapshot, open_snapshot
from tests.unit.store.samples import agent, answer, event, message, moment, run, sample, ticket, usage, versions


@pytest.fixture
def two_runs(database: Database) -> Database:
    first = ticket(1)
    database.append(
        Batch(
            versions(
                run("run-1"), run("run-2"), agent("person", None), agent("a1"), agent("a2", "run-2"), first
            ).versions,
            [
                event(10),
                event(11, "run-2"),
                event(12, None),
                message(13),
                message(14, "run-2"),
                usage(15),
                answer(16, "key"),
            ],
        )
    )
    database.append(versions(dataclasses.replace(first, status="done"), ticket(1, "run-2"), start=20))
    return database


def exported(database: Database, run_id: str = "run-1") -> Snapshot:
    return open_snapshot(database.export(run_id, f"{run_id}.duckdb"))


def test_an_export_has_the_run_and_the_person_and_nothing_else(two_runs: Database):
    with exported(two_runs) as snapshot:
        assert snapshot.runs() == ["run-1"]
        assert snapshot.query("SELECT id, run_id FROM agents ORDER BY id").to_pylist() == [
            {"id": "a1", "run_id": "run-1"},
            {"id": "person", "run_id": None},
        ]
        for table in ("tickets", "events", "messages", "usage"):
            assert snapshot.query(f"SELECT DISTINCT run_id FROM {table}").to_pylist() == [{"run_id": "run-1"}], table
        assert snapshot.query("FROM answers").num_rows == 0


def test_an_export_keeps_history_and_time_travel(two_runs: Database):
    with exported(two_runs) as snapshot:
        assert snapshot.query("SELECT status FROM tickets").to_pylist() == [{"status": "done"}]
        assert snapshot.query(f"SELECT status FROM tickets_at('{moment(15)}')").to_pylist() == [{"status": "backlog"}]
        assert snapshot.query("FROM ticket_versions").num_rows == 2


def test_an_export_answers_every_query_as_the_live_file_does(two_runs: Database):
    with exported(two_runs) as snapshot:
        for name in (*(cls.table for cls in ENTITIES), "events", "messages", "usage", "coverage", "agent_versions"):
            live, kept = (
                source.query(f"SELECT * FROM {name} WHERE run_id = 'run-1' OR run_id IS NULL AND '{name}' != 'events'")
                for source in (two_runs, snapshot)
            )
            assert kept.equals(live), name


def test_an_export_holds_no_token_hashes(two_runs: Database):
    path = two_runs.export("run-1", "run.duckdb")
    assert b"secret-hash" not in path.read_bytes()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT DISTINCT token_hash FROM private_agent_versions").fetchall() == [(None,)]


def test_every_value_of_an_export_is_as_it_was(database: Database):
    records = [sample(cls, id=f"{cls.entity}-1", run_id="run-1") for cls in ENTITIES if cls.entity != "run"]
    database.append(versions(run("run-1"), *records))
    path = database.export("run-1", "run.duckdb")
    again = Database.open(path)
    kept = [r if r.entity != "agent" else dataclasses.replace(r, token_hash="token_hash") for r in again.load().records]
    live = [
        r if r.entity != "agent" else dataclasses.replace(r, token_hash="token_hash") for r in database.load().records
    ]
    assert kept == live
    again.close()


def test_the_gate_stands_before_a_snapshot_too(two_runs: Database):
    with exported(two_runs) as snapshot:
        for query in ("FROM '/etc/passwd'", "FROM private_agent_versions", "DELETE FROM events", "SELECT 1; SELECT 2"):
            with pytest.raises(SqlRefusedError):
                snapshot.query(query)
        with pytest.raises(SqlRefusedError, match=r"within 0.2 seconds"):
            snapshot.query("SELECT count(*) FROM range(1000000000000) a, range(1000000000) b", timeout=0.2)
        assert snapshot.query("FROM events", limit=1).num_rows == 1


def test_a_snapshot_can_be_opened_twice_and_asked_from_many_threads(two_runs: Database):
    with exported(two_runs) as first, open_snapshot(first.path) as second:
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda s=s: answers.append(s.query("FROM tickets").num_rows))
            for s in (first, second) * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [1] * 8


def test_a_closed_snapshot_says_so(two_runs: Database):
    snapshot = exported(two_runs)
    snapshot.close()
    snapshot.close()
    with pytest.raises(StateFileError, match="was closed"):
        snapshot.query("FROM tickets")


def test_exporting_again_replaces_the_file(two_runs: Database):
    exported(two_runs).close()
    two_runs.append(versions(ticket(2), start=30))
    with exported(two_runs) as snapshot:
        assert snapshot.query("FROM tickets").num_rows == 2
    assert [p.name for p in two_runs.exports.iterdir()] == ["run-1.duckdb"]


def test_an_export_that_nobody_fetched_is_gone_after_a_day(two_runs: Database):
    forgotten, fresh = (two_runs.export("run-1", name) for name in ("forgotten.duckdb", "fresh.duckdb"))
    os.utime(forgotten, (0, 0))
    two_runs.export("run-1", "next.duckdb")
    assert sorted(p.name for p in two_runs.exports.iterdir()) == [fresh.name, "next.duckdb"]


def test_an_export_that_is_not_whole_is_no_success(two_runs: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("heph_nb.store.snapshot._copy", lambda *_: {"run_versions": 1})
    with pytest.raises(StorageError, match="run_versions has not the 1 rows"):
        two_runs.export("run-1", "run.duckdb")
    assert list(two_runs.exports.iterdir()) == []


def test_an_exported_file_can_be_moved(two_runs: Database, tmp_path: Path):
    path = two_runs.export("run-1", "run.duckdb").rename(tmp_path / "it's mine.duckdb")
    with open_snapshot(path) as snapshot:
        assert snapshot.query("FROM tickets").num_rows == 1


def test_writing_goes_on_while_exports_run(two_runs: Database):
    failures: list[BaseException] = []

    def export(number: int) -> None:
        try:
            with open_snapshot(two_runs.export("run-1", f"{number}.duckdb")) as snapshot:
                whole = snapshot.query("SELECT count(*) AS n FROM ticket_versions").to_pylist()[0]["n"]
                assert whole == snapshot.query("SELECT count(*) AS n FROM events").to_pylist()[0]["n"] + 1
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=export, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for seq in range(100, 160, 2):
        two_runs.append(Batch(versions(ticket(seq), start=seq).versions, [event(seq + 1)]))
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_state_file_is_still_locked_after_an_export(two_runs: Database):
    """Reading a file by other means than SQL would drop DuckDB's lock on it."""
    exported(two_runs).close()
    code = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    other = subprocess.run(
        [sys.executable, "-c", code, str(two_runs.path)], capture_output=True, text=True, check=False
    )
    assert "Conflicting lock is held" in other.stderr


def test_a_run_that_does_not_exist_is_not_exported(two_runs: Database):
    with pytest.raises(NotFoundError, match="no run nonsense"):
        two_runs.export("nonsense", "x.duckdb")
    with pytest.raises(NotFoundError):
        two_runs.export("' OR true --", "x.duckdb")
    assert not two_runs.exports.exists()


@pytest.mark.parametrize("name", ["", "..", ".", "../x.duckdb", "/tmp/x.duckdb", "a/b.duckdb", "a\x00b"])
def test_an_export_stays_in_its_directory(two_runs: Database, name):
    with pytest.raises(InvalidError):
        two_runs.export("run-1", name)
    assert not two_runs.exports.exists()


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path):
    with pytest.raises(NotFoundError):
        open_snapshot(tmp_path / "nothing.duckdb")
    with pytest.raises(NotFoundError):
        open_snapshot(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_duckdb_file_without_tables_is_no_snapshot(path: Path):
    duckdb.connect(str(path)).close()
    with pytest.raises(StateFileError, match="without tables"):
        open_snapshot(path)


def test_an_export_to_a_directory_that_cannot_be_made_says_so(two_runs: Database):
    two_runs.exports.write_text("in the way")
    with pytest.raises(StorageError, match="could not be written to"):
        two_runs.export("run-1", "x.duckdb")
