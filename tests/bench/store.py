"""What the store takes: ``python -m tests.bench.store`` prints a table.

Each figure stands beside the same work done with DuckDB alone, measured in the same run.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import psutil

from heph_nb.store.database import Batch, Database
from heph_nb.store.tables import TABLES, log_rows, version_rows
from tests.unit.store.samples import event, ticket, versions

EVENTS = 1_000_000


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*appending(Path(folder)), *loading(Path(folder)), *querying(Path(folder))]
    width = max(len(name) for name, *_ in rows)
    for name, value, raw in rows:
        print(f"{name:<{width}}  {value:>12}  {raw}")


def appending(folder: Path) -> list[tuple[str, str, str]]:
    """Batches of one ticket version and one event per command, acknowledged one after another."""
    found = []
    for size, times in ((1, 400), (8, 200), (32, 200), (128, 60), (512, 20), (10_000, 2)):
        database = Database.open(folder / f"append-{size}.duckdb")
        batches = [_batch(size, 1 + 2 * size * n) for n in range(times + 1)]
        database.append(batches.pop(0))
        ours = _rate(database.append, batches)
        database.close()
        bare = ""
        if size <= 128:
            with duckdb.connect(str(folder / f"append-{size}.duckdb")) as raw:
                append = partial(raw_append, raw)
                batches = [_batch(size, 10**9 + 2 * size * n) for n in range(30)]
                append(batches.pop(0))
                bare = f"(DuckDB, one multi-row VALUES per table: {_rate(append, batches):,.0f}/s)"
        found.append((f"append {size} tickets and {size} events", f"{ours:,.0f}/s", bare))
    return found


def loading(folder: Path) -> list[tuple[str, str, str]]:
    """Opening a file with 10,000 tickets, and reading them into memory."""
    path = folder / "load.duckdb"
    database = Database.open(path)
    for version in range(2):
        tickets = [ticket(n, status="backlog" if version else "done") for n in range(10_000)]
        database.append(versions(*tickets, start=1 + 10_000 * version))
    database.close()
    process = psutil.Process()
    started = time.perf_counter()
    database = Database.open(path)
    opened = time.perf_counter() - started
    before, started = process.memory_info().rss, time.perf_counter()
    loaded = database.load()
    seconds, grown = time.perf_counter() - started, process.memory_info().rss - before
    database.close()
    assert len(loaded.records) == 10_000
    return [
        ("open a file", f"{1000 * opened:,.0f} ms", ""),
        ("load 10,000 tickets (20,000 versions)", f"{1000 * seconds:,.0f} ms", f"(memory +{grown >> 20} MB)"),
    ]


def querying(folder: Path) -> list[tuple[str, str, str]]:
    """A million events to a DataFrame; a point query; a group by."""
    path = folder / "query.duckdb"
    Database.open(path).close()
    with duckdb.connect(str(path)) as raw:
        raw.execute(
            "INSERT INTO events SELECT i, TIMESTAMPTZ '2026-01-01' + to_milliseconds(i), 'run-' || i % 3, "
            "'agent-' || i % 40, 'task-' || i % 1000, ['tool.started', 'tool.ended', 'message'][i % 3 + 1], "
            f'\'{{"tool": "bash", "n": \' || i || \'}}\' FROM range({EVENTS}) t(i)'
        )
        direct = _best(lambda: raw.execute("FROM events").to_arrow_table())
    database = Database.open(path)
    table = database.query("FROM events")
    rows = [
        (
            f"{EVENTS:,} events to Arrow",
            f"{_best(lambda: database.query('FROM events')):,.0f} ms",
            f"(DuckDB: {direct:,.0f} ms)",
        ),
        ("... and on to pandas", f"{_best(table.to_pandas):,.0f} ms", ""),
        (
            "events by kind",
            f"{_best(lambda: database.query('SELECT kind, count(*) FROM events GROUP BY 1')):,.1f} ms",
            "",
        ),
        ("one event by seq", f"{_best(lambda: database.query('FROM events WHERE seq = 77')):,.1f} ms", ""),
        (
            "500 events after a seq, as records",
            f"{_best(lambda: database.events(after=500_000, limit=500)):,.1f} ms",
            "",
        ),
    ]
    database.close()
    return rows


def _batch(size: int, start: int) -> Batch:
    tickets = [ticket(start + n, description="What is to be done. " * 10) for n in range(size)]
    return Batch(versions(*tickets, start=start).versions, [event(start + size + n) for n in range(size)])


def raw_append(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Append a batch as anybody would: one multi-row VALUES per table, in one transaction."""
    connection.begin()
    for cls, rows in (
        (type(batch.versions[0][3]), version_rows(TABLES[type(batch.versions[0][3])], batch.versions)),
        (type(batch.logs[0]), log_rows(TABLES[type(batch.logs[0])], batch.logs)),
    ):
        table = TABLES[cls]
        one = f"({', '.join('?' * len(table.types))})"
        values = [
            str(v) if isinstance(v, dict) else list(v) if isinstance(v, tuple) else v for row in rows for v in row
        ]
        values = ["{}" if isinstance(v, str) and v.startswith("{") else v for v in values]
        connection.execute(f"INSERT INTO {table.name} VALUES {', '.join([one] * len(rows))}", values)
    connection.commit()


def _rate(append: Callable[[Batch], None], batches: list[Batch]) -> float:
    started = time.perf_counter()
    for batch in batches:
        append(batch)
    return len(batches) / (time.perf_counter() - started)


def _best(function: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of some runs, in milliseconds."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return 1000 * best


if __name__ == "__main__":
    sys.exit(main())
