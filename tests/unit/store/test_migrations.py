"""Files of other versions: older ones are copied and taken forward, newer ones refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from heph_nb.errors import StateFileError
from heph_nb.store import migrations
from heph_nb.store.connection import connect
from heph_nb.store.database import Batch, Database
from heph_nb.store.migrations import MIGRATIONS, Migration, current_version, make_tables, migrate
from heph_nb.store.snapshot import open_snapshot
from tests.unit.store.samples import event, run, ticket, versions

NOW = current_version()
STEP = Migration(
    NOW + 1, "ALTER TABLE ticket_versions ADD COLUMN estimate DOUBLE; UPDATE ticket_versions SET estimate = 1.5"
)


@pytest.fixture
def old(path: Path) -> Path:
    """A file of the present version, which is old for a program that knows ``STEP``."""
    database = Database.open(path)
    database.append(Batch(versions(run(), ticket(1)).versions, [event(5)]))
    database.close()
    return path


def versions_in(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [v for (v,) in connection.execute("SELECT version FROM schema_version ORDER BY version").fetchall()]


def test_a_new_file_says_which_version_it_is_and_who_made_it(path: Path):
    Database.open(path).close()
    with connect(path) as connection:
        assert versions_in(connection) == [NOW]
        assert str(connection.execute("SELECT program FROM schema_version").fetchone()).startswith("('heph_nb ")


def test_steps_are_in_order_and_lead_to_the_present_version():
    assert [step.version for step in MIGRATIONS] == list(range(2, NOW + 1))


def test_an_old_file_is_copied_then_taken_forward(old: Path):
    with connect(old) as connection:
        copy = migrate(connection, old, [*MIGRATIONS, STEP])
        assert versions_in(connection) == [NOW, NOW + 1]
        assert connection.execute("SELECT id, estimate FROM ticket_versions").fetchall() == [("ticket-1", 1.5)]
        assert migrate(connection, old, [*MIGRATIONS, STEP]) is None
    assert copy == old.with_name(f"hephaestus.duckdb.v{NOW}")
    with open_snapshot(copy) as kept:
        assert kept.query("SELECT id FROM tickets").to_pylist() == [{"id": "ticket-1"}]
        assert kept.query("SELECT count(*) AS n FROM events").to_pylist() == [{"n": 1}]


def test_a_second_copy_does_not_replace_the_first(old: Path):
    with connect(old) as connection:
        target = old.with_name("copy")
        assert [migrations.back_up(connection, target).name for _ in range(3)] == ["copy", "copy-2", "copy-3"]


def test_a_step_that_fails_leaves_the_file_as_it_was(old: Path):
    broken = Migration(NOW + 1, "ALTER TABLE ticket_versions ADD COLUMN estimate DOUBLE; SELECT no_such_column")
    with connect(old) as connection:
        with pytest.raises(duckdb.BinderException):
            migrate(connection, old, [*MIGRATIONS, broken])
        assert versions_in(connection) == [NOW]
        columns = [row[0] for row in connection.execute("DESCRIBE ticket_versions").fetchall()]
    assert "estimate" not in columns
    database = Database.open(old)
    assert len(database.load().records) == 2
    database.close()


def test_a_file_of_a_newer_version_is_refused_and_both_versions_named(old: Path):
    with connect(old) as connection:
        connection.execute(f"INSERT INTO schema_version VALUES ({NOW + 41}, now(), 'heph_nb 9')")
    before = old.read_bytes()
    for open_it in (Database.open, open_snapshot):
        with pytest.raises(StateFileError, match=rf"version {NOW + 41}.* {NOW}\b") as caught:
            open_it(old)
        assert (caught.value.facts["found"], caught.value.facts["known"]) == (NOW + 41, NOW)
    assert old.read_bytes() == before


def test_a_file_of_another_program_is_refused_and_left_alone(path: Path):
    with connect(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StateFileError, match=r"not one of heph_nb \(it has orders\)"):
        Database.open(path)
    assert path.read_bytes() == before


def test_a_duckdb_file_without_tables_becomes_a_state_file(path: Path):
    connect(path).close()
    Database.open(path).close()


def test_an_old_file_opens_for_reading_without_being_changed(old: Path, monkeypatch: pytest.MonkeyPatch):
    before = old.read_bytes()
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, STEP))
    monkeypatch.setattr("heph_nb.store.snapshot.MIGRATIONS", (*MIGRATIONS, STEP))
    monkeypatch.setattr("heph_nb.store.snapshot.current_version", lambda: NOW + 1)
    with open_snapshot(old) as snapshot:
        assert snapshot.query("SELECT id, estimate FROM ticket_versions").to_pylist() == [
            {"id": "ticket-1", "estimate": 1.5}
        ]
        assert snapshot.query("SELECT id FROM tickets_at(now())").num_rows == 1
    assert old.read_bytes() == before


def test_the_schema_says_the_same_as_all_the_steps():
    """Holds from the second version on: each step is told twice, as a step and in ``schema.sql``."""
    with connect(":memory:") as fresh:
        make_tables(fresh)
        assert versions_in(fresh) == [NOW]
