"""A million events, from the state file through the backend into a DataFrame."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

import heph_nb as heph
from tests.bench.figures import Figure, figure, median, spread
from tests.bench.place import Running, backend, folder
from tests.bench.serving import seed

EVENTS = 1_000_000
QUERY = "SELECT seq, ts, run_id, agent_id, task_id, kind, data FROM events WHERE run_id = 'bench' ORDER BY seq"
TIMES = 3


def reading() -> Iterator[Figure]:
    """Measure ``run.sql`` and ``run.events``."""
    with folder() as place:
        state = place / "hephaestus.duckdb"
        seed(state)
        _write_events(state)
        with backend(state) as running:
            run = heph.connect(state)
            seconds, memory = _times(lambda: run.sql(QUERY), running)
            parsed, _ = _times(run.events, running)
            run.client.close()
        bare, bare_parsed = _bare(state)
    yield figure(
        f"{EVENTS:,} events to a DataFrame through the backend", median(seconds), spread(seconds), "< 1 s", most=1.0,
        reference=f"DuckDB in this process, to Arrow, to pandas: {spread(bare)}",
    )  # fmt: skip
    yield figure(
        "... run.events(), the data of each event parsed", median(parsed),
        f"{spread(parsed)}; the backend then takes {memory:.0f} MB",
        reference=f"the same with json.loads for each: {bare_parsed:.2f} s",
    )  # fmt: skip


def _write_events(state: Path) -> None:
    with duckdb.connect(str(state)) as raw:
        raw.execute(
            "INSERT INTO events SELECT 1000 + i, now() + to_microseconds(i), 'bench', 'agent-' || i % 40, "
            "'task-' || i % 1000, ['agent.tool_call', 'agent.tool_call_update', 'agent.message'][i % 3 + 1], "
            f'\'{{"tool": "bash", "n": \' || i || \'}}\' FROM range({EVENTS}) t(i)'
        )


def _times(read: Callable[[], object], running: Running) -> tuple[list[float], float]:
    seconds, most = [], 0.0
    for _ in range(TIMES):
        started = time.perf_counter()
        frame = read()
        seconds.append(time.perf_counter() - started)
        most = max(most, running.megabytes())
        assert len(frame) == EVENTS, "not every event came"  # type: ignore[arg-type]
    return seconds, most


def _bare(state: Path) -> tuple[list[float], float]:
    with duckdb.connect(str(state), read_only=True) as raw:
        raw.execute("SET TimeZone = 'UTC'")
        seconds = []
        for _ in range(TIMES):
            started = time.perf_counter()
            frame = raw.execute(QUERY).to_arrow_table().to_pandas()
            seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
        frame["data"] = [json.loads(text) for text in frame["data"]]
        return seconds, median(seconds) + time.perf_counter() - started
