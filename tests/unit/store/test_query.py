"""Queries run read-only, within limits of time and memory, and give Arrow that pandas takes."""

from __future__ import annotations

import datetime as dt
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pandas as pd
import pytest

from heph_nb.errors import SqlRefusedError, StorageError
from heph_nb.store import connection, gate
from heph_nb.store import query as queries
from heph_nb.store.database import Batch, Database
from tests.unit.store.samples import event, ticket, versions

ENDLESS = "SELECT count(*) FROM range(1000000000000) a, range(1000000000000) b"


@pytest.mark.parametrize(
    "query",
    [
        ENDLESS,
        "WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t) SELECT count(*) FROM t",
        "SELECT count(*) FROM range(100000000000)",
    ],
)
def test_a_query_that_takes_too_long_is_stopped_and_the_file_goes_on(database: Database, query):
    started = time.monotonic()
    with pytest.raises(SqlRefusedError, match=r"did not end within 0.3 seconds") as caught:
        database.query(query, timeout=0.3)
    assert caught.value.facts["reason"] == "time"
    assert time.monotonic() - started < 20
    database.append(versions(ticket(1)))
    assert database.query("SELECT count(*) AS n FROM tickets").to_pylist() == [{"n": 1}]


def test_a_query_that_wants_too_much_memory_is_stopped(path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "MOST_MEMORY", 64 * 2**20)
    database = Database.open(path)
    for query in ("FROM range(100000000000) ORDER BY range DESC", "SELECT array_agg(range) FROM range(100000000000)"):
        with pytest.raises(SqlRefusedError, match=r"more memory than queries may take \(\d+ MB\)") as caught:
            database.query(query, timeout=60)
        assert caught.value.facts["reason"] == "memory"
        database.append(versions(ticket(1), start=database.load().last_seq + 1))
    assert database.query("SELECT count(*) AS n FROM ticket_versions").to_pylist() == [{"n": 2}]
    database.close()


def test_queries_share_the_memory_there_is_and_the_writer_keeps_writing(path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "MOST_MEMORY", 256 * 2**20)
    database = Database.open(path)
    database.query("FROM tickets")
    before, most = queries._resident(), 0
    greedy = "SELECT histogram(a) FROM range(1000000000) t(a)"  # DuckDB counts nothing of what this one takes
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(database.query, greedy, timeout=120) for _ in range(3)]
        asked.append(pool.submit(database.query, "SELECT array_agg(range) FROM range(100000000000)", timeout=120))
        number = 0
        while not all(query.done() for query in asked):
            number += 1
            database.append(versions(ticket(number), start=database.load().last_seq + 1))
            most = max(most, queries._resident())
        errors = [query.exception() for query in asked]
    assert all(isinstance(e, SqlRefusedError) and "more memory than queries may take" in str(e) for e in errors), errors
    assert most - before < 2 * 256 * 2**20
    assert database.query("SELECT count(*) AS n FROM ticket_versions").to_pylist() == [{"n": number}]
    database.close()


def test_memory_that_duckdb_does_not_count_is_watched_too(database: Database, monkeypatch: pytest.MonkeyPatch):
    sizes = iter([100, 100, 10**15])
    monkeypatch.setattr(queries, "_resident", lambda: next(sizes))
    with pytest.raises(SqlRefusedError, match="more memory"):
        database.query(ENDLESS, timeout=60)


def test_a_result_that_is_too_large_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MOST_BYTES", 2**20)
    with pytest.raises(SqlRefusedError, match="larger than 1 MB"):
        database.query("FROM range(100000000000)")
    assert database.query("FROM range(1000)").num_rows == 1000


def test_a_limit_returns_the_first_rows(database: Database):
    assert database.query("FROM range(1000000) ORDER BY 1", limit=3).to_pydict() == {"range": [0, 1, 2]}
    assert database.query("FROM range(100000000000)", limit=100_000).num_rows == 100_000
    assert database.query("FROM range(10) -- all", limit=0).num_rows == 0
    assert database.query("FROM range(10)", limit=20).num_rows == 10
    with pytest.raises(SqlRefusedError, match="negative"):
        database.query("FROM range(10)", limit=-1)


def test_no_rows_have_columns_too(database: Database):
    result = database.query("SELECT id, created_at FROM tickets")
    assert (result.num_rows, result.column_names) == (0, ["id", "created_at"])
    assert list(result.to_pandas().columns) == ["id", "created_at"]


def test_columns_come_in_types_that_analysis_expects(database: Database):
    result = database.query(
        "SELECT sum(range) AS total, sum(1000000000000000000000000000000::HUGEINT) AS huge, 1.25 AS price, "
        "uuid AS id, TIMESTAMPTZ '2026-01-02' - TIMESTAMPTZ '2026-01-01 12:00' AS gap, 'a'::ENUM('a', 'b') AS kind, "
        "map {'a': 1} AS counts, '{\"a\": 1}'::JSON AS data, {'a': 1} AS struct, [1, NULL] AS list, "
        "TIMESTAMPTZ '2026-01-01 01:00:00+01' AS at, DATE '2026-01-01' AS day, NULL AS nothing "
        "FROM range(3), (SELECT 'f47ac10b-58cc-4372-a567-0e02b2c3d479'::UUID AS uuid) GROUP BY uuid"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = result.to_pandas().iloc[0].to_dict()
    assert row["total"] == 3
    assert str(result.schema.field("total").type) == "int64"
    assert row["huge"] == 3e30
    assert row["price"] == 1.25
    assert row["id"] == "f47ac10b-58cc-4372-a567-0e02b2c3d479"
    assert row["gap"] == pd.Timedelta(hours=12)
    assert row["kind"] == "a"
    assert row["counts"] == [("a", 1)]
    assert row["data"] == '{"a": 1}'
    assert row["struct"] == {"a": 1}
    assert row["at"] == pd.Timestamp("2026-01-01", tz="UTC")
    assert str(result.schema.field("at").type.tz) == "UTC"
    assert row["day"] == dt.date(2026, 1, 1)


def test_intervals_become_durations_unless_they_have_months(database: Database):
    result = database.query(
        "SELECT x FROM (VALUES (INTERVAL '90 minutes'), (NULL), (INTERVAL '-2 days'), (INTERVAL '1 microsecond')) v(x)"
    )
    hours = dt.timedelta(hours=1.5)
    assert result.column("x").to_pylist() == [hours, None, dt.timedelta(days=-2), dt.timedelta(microseconds=1)]
    months = database.query("SELECT INTERVAL '1 month' AS x UNION ALL SELECT INTERVAL '1 day'").column("x").to_pylist()
    assert sorted((value.months, value.days) for value in months) == [(0, 1), (1, 0)]
    assert database.query("SELECT INTERVAL 1 DAY AS x WHERE false").to_pydict() == {"x": []}


def test_columns_of_the_same_name_are_told_apart(database: Database):
    assert database.query("SELECT 1 a, 2 a, 3 a_1, 4 a, 5 b").to_pydict() == {
        "a": [1],
        "a_2": [2],
        "a_1": [3],
        "a_3": [4],
        "b": [5],
    }


@pytest.mark.parametrize("value", ["union_value(a := 1)", "[union_value(a := 1)]", "1::BIGNUM", "{'a': 1::BIGNUM}"])
def test_types_that_only_duckdb_has_are_refused_with_a_way_out(database: Database, value):
    with pytest.raises(SqlRefusedError, match="cast it to VARCHAR"):
        database.query(f"SELECT {value} AS x")


def test_times_are_utc_whatever_the_zone_of_the_machine(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        database.append(Batch(logs=[event(1)]))
        row = database.query("SELECT ts, ts::VARCHAR AS text, hour(ts) AS hour FROM events").to_pylist()[0]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert row["ts"] == event(1).ts
    assert row["text"].endswith("+00")
    assert row["hour"] == event(1).ts.hour


def test_many_threads_read_while_one_writes(database: Database):
    """Every reader sees whole batches only, and its own rows only."""
    failures: list[str] = []
    stop = threading.Event()

    def read(number: int) -> None:
        while not stop.is_set():
            row = database.query(
                f"SELECT {number} AS me, (SELECT count(*) FROM tickets) AS a, (SELECT count(*) FROM events) AS b"
            ).to_pylist()[0]
            if row["me"] != number or row["a"] != row["b"]:
                failures.append(str(row))

    readers = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in readers:
        thread.start()
    for seq in range(1, 200, 4):
        batch = versions(ticket(seq), ticket(seq + 1), start=seq)
        database.append(Batch(batch.versions, [event(seq + 2), event(seq + 3)]))
    stop.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert len(database.load().records) == 100


def test_a_query_that_brings_duckdb_down_harms_nobody_else(database: Database, monkeypatch: pytest.MonkeyPatch):
    """DuckDB does nothing more with a file after an internal error; the store opens it again."""
    import duckdb

    database.append(versions(ticket(1)))
    real = queries.gate.check

    def check(cursor: duckdb.DuckDBPyConnection, query: str) -> None:
        if "crash" in query:
            raise duckdb.InternalException("INTERNAL Error: an assertion failed")
        real(cursor, query)

    monkeypatch.setattr(queries.gate, "check", check)
    with pytest.raises(SqlRefusedError, match="an assertion failed"):
        database.query("SELECT 'crash'")
    database.append(versions(ticket(2), start=2))
    assert len(database.load().records) == 2


def test_a_closed_database_says_so(path):
    database = Database.open(path)
    database.close()
    with pytest.raises(StorageError, match="not open"):
        database.query("SELECT 1")
    with pytest.raises(StorageError):
        database.append(versions(ticket(1)))
    database.close()


def test_closing_ends_queries_that_run(path, monkeypatch):
    database = Database.open(path)
    errors: list[Exception] = []
    begun = threading.Event()
    monkeypatch.setattr(queries.gate, "check", lambda *_: begun.set())

    def ask() -> None:
        try:
            database.query(ENDLESS, timeout=60)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(20)
    database.close()
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(errors[0], StorageError)
    Database.open(path).close()


def test_a_query_that_is_cut_off_while_it_is_checked_is_asked_again(database: Database, monkeypatch):
    """So it is when the file is opened again, after the disk was full."""

    class CutOff:
        def execute(self, query):
            raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")

    parse, asked = gate.parse, []

    def parse_with(cursor, query):
        asked.append(query)
        return parse(CutOff() if len(asked) == 1 else cursor, query)

    monkeypatch.setattr(gate, "parse", parse_with)
    assert database.query("SELECT 1 AS n").to_pylist() == [{"n": 1}]
    assert len(asked) == 2
