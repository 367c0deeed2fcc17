"""Tickets over HTTP: created by 32 clients at once, then listed, read and searched by one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from heph_nb.client.discovery import BackendInfo
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Phase, Record, Requirement, Run, Task, Ticket
from heph_nb.store.database import Batch, Database
from tests.bench.figures import Figure, figure, median
from tests.bench.load import percentile, times_of
from tests.bench.place import ROOT, Running, backend, folder, settle
from tests.bench.store import raw_append

CLIENTS, EACH, ROUNDS = 32, 100, 3
WARM = 400
TICKETS = WARM + CLIENTS * EACH * ROUNDS
READS = 300


def serving() -> Iterator[Figure]:
    """Measure creating, listing, reading, searching, and what 10,000 tickets take in memory."""
    with folder() as place:
        state = place / "hephaestus.duckdb"
        seed(state)
        with backend(state) as running:
            settle(running)
            yield from _creating(running, place)
            settle(running)
            full = running.megabytes()
            yield from _reading(running, place)
        with backend(state) as again:
            settle(again)
            yield figure(
                f"memory with {TICKETS:,} tickets", max(full, again.megabytes()),
                f"{full:.0f} MB after they came, {again.megabytes():.0f} MB after a restart "
                f"(ready in {again.ready:.2f} s)", "< 260 MB", most=260,
            )  # fmt: skip


def seed(state: Path) -> None:
    """Write a run into the file that waits for a person, as it is in practice: with tasks done and tasks to come."""
    now = datetime.now(UTC)
    who = {"run_id": "bench", "created_at": now}
    records: list[Record] = [
        Run(
            id="bench", name="Bench", prd_path="/PRD.md", prd_text="- The tool must run.\n", prd_sha256="0",
            working_dir="/", worktrees="/", branch="heph/bench", base_commit="0", workflow="prd_to_software",
            agent="outline", max_agents=4, manual=True, **who,
        )
    ]  # fmt: skip
    records += [
        Phase(id=f"phase-{n}", number=n, name=f"phase {n}", status="complete" if n == 1 else "pending", **who)
        for n in (1, 2, 3)
    ]
    records += [
        Requirement(
            id=f"R-{n:03}", text="The tool must run.", section="", line_start=n, line_end=n, lines=((n, n),),
            level="must", kind="functional", **who,
        )
        for n in range(1, 201)
    ]  # fmt: skip
    records += [
        Task(
            id=f"task-{n}", phase=1 if n < 50 else 2, title=f"Task {n}", description="", created_by="bench",
            status="done" if n < 50 else "pending", **who,
        )
        for n in range(100)
    ]  # fmt: skip
    database = Database.open(state)
    database.append(Batch([(n, now, "bench", record) for n, record in enumerate(records, 1)]))
    database.close()


def _creating(running: Running, place: Path) -> Iterator[Figure]:
    info = running.client.info
    _load(info, 8, WARM // 8)
    rounds = []
    for _ in range(ROUNDS):
        before = running.cpu()
        found = _load(info, CLIENTS, EACH)
        found["cpu"] = 1000 * (running.cpu() - before) / found["count"]
        assert not found["failed"], f"{found['failed']} requests failed"
        rounds.append(found)
    rate, p50, p99, cpu = (median([r[name] for r in rounds]) for name in ("per_second", "p50", "p99", "cpu"))
    batch = _batch_size(running)
    bare = _bare_rate(place, batch)
    worst, best = min(r["per_second"] for r in rounds), max(r["per_second"] for r in rounds)
    yield figure(
        "ticket create over HTTP, durable before the answer, 32 clients", rate,
        f"{rate:,.0f}/s ({worst:,.0f}-{best:,.0f})", ">= 800/s", least=800,
        reference=f"the same rows appended to a bare DuckDB file, {batch} at a time: {bare:,.0f}/s",
    )  # fmt: skip
    yield figure("... latency", p99, f"p50 {p50:.0f} ms, p99 {p99:.0f} ms", "p99 < 150 ms", most=150,
                 reference=f"one bare commit of {batch}: {1000 * batch / bare:.0f} ms")  # fmt: skip
    yield figure("... server CPU", cpu, f"{cpu:.2f} ms each", "< 1.2 ms each", most=1.2)


def _load(info: BackendInfo, clients: int, each: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.load", info.url, info.token, str(clients), str(each)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def _batch_size(running: Running) -> int:
    """Return how many tickets one commit had, as a rule: the rows of a commit share their time."""
    query = "SELECT count(*) // count(DISTINCT ts) AS n FROM ticket_versions"
    return max(1, running.client.sql(query).column("n")[0].as_py())


def _bare_rate(place: Path, size: int) -> float:
    """Append ticket versions and their events to a DuckDB file in batches; return how many tickets per second."""
    path = place / "bare.duckdb"
    Database.open(path).close()
    now = datetime.now(UTC)

    def batch(start: int) -> Batch:
        versions, logs = [], []
        for n in range(start, start + size):
            ticket = Ticket(
                id=f"ticket-{n}", run_id="bench", title=f"Ticket {n}", description="What is to be done. " * 10,
                ticket_type="component", priority="high", status="backlog", created_by="bench", created_at=now,
            )  # fmt: skip
            versions.append((2 * n, now, "bench", ticket))
            logs.append(Event(seq=2 * n + 1, ts=now, run_id="bench", kind="ticket.created", data={"id": ticket.id}))
        return Batch(versions, logs)

    count = max(4, 3200 // size)
    batches = [batch(1 + size * n) for n in range(count + 1)]
    with duckdb.connect(str(path)) as raw:
        raw_append(raw, batches.pop(0))
        started = time.perf_counter()
        for each in batches:
            raw_append(raw, each)
        return count * size / (time.perf_counter() - started)


def _reading(running: Running, place: Path) -> Iterator[Figure]:
    info = running.client.info
    one = running.client.get("tickets", limit=1, offset=TICKETS // 2)["tickets"][0]["id"]
    search = json.dumps({"query": f"ticket {EACH // 2} done", "limit": 10}).encode()
    asked = [
        (f"list 50 of {TICKETS:,} tickets", "GET", f"/api/tickets?limit=50&offset={TICKETS // 2}", b"", 15.0),
        ("get one", "GET", f"/api/tickets/{one}", b"", 5.0),
        ("search", "POST", "/api/tickets/search", search, 25.0),
    ]
    found = []
    for what, method, path, body, most in asked:
        times, answer = times_of(info.url, info.token, method, path, body, READS)
        found.append((what, path, most, times, answer))
    bare = _bare_times(place, [(path.split("?")[0], answer) for _, path, _, _, answer in found])
    for (what, _, most, times, _), raw in zip(found, bare, strict=True):
        p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
        yield figure(
            what, p50, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", f"p50 < {most:.0f} ms", most=most,
            reference=f"the same bytes from a bare Starlette route: p50 {percentile(raw, 0.5):.1f} ms",
        )  # fmt: skip


def _bare_times(place: Path, answers: list[tuple[str, bytes]]) -> list[list[float]]:
    """Serve the same bytes from routes that do nothing else; return what each request took, in milliseconds."""
    for number, (_, answer) in enumerate(answers):
        (place / f"{number}.json").write_bytes(answer)
    command = [
        sys.executable,
        "-m",
        "tests.bench.bare_server",
        *(str(place / f"{n}.json") for n in range(len(answers))),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            return [times_of(url, "none", "GET", f"/{n}", b"", READS)[0] for n in range(len(answers))]
        finally:
            server.terminate()
