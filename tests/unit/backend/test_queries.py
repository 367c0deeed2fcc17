"""Queries that take long: they end, and nothing else waits for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest

from heph_nb.client import client as client_module
from heph_nb.errors import SqlRefusedError

SLOW = "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c WHERE a.range + b.range = c.range"


def test_slow_queries_hold_up_neither_git_nor_reads_and_too_many_are_refused(running, repository):
    with ThreadPoolExecutor(60) as pool:
        slow = [pool.submit(running.post, "sql", {"query": SLOW, "timeout": 120}) for _ in range(40)]
        refused = next(as_completed(slow)).result()
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert int(refused.headers["Retry-After"]) > 0
        body = {"prd": str(repository / "PRD.md"), "working_dir": str(repository), "manual": True}
        run = running.post("runs/create", body).json()
        assert running.http.get("/api/events", params={"run_id": run["id"]}).json()["total"] > 0
        with running.http.stream("GET", "/api/events/stream", params={"after": 0}) as stream:
            assert next(line for line in stream.iter_lines() if line.startswith("event: "))
        assert sum(query.done() for query in slow) < len(slow) - 3
        running.post("backend/shutdown")
        for query in slow:
            error = query.exception()
            assert error is None or isinstance(error, httpx.TransportError)


def test_a_client_waits_longer_than_a_query_may_take(running, monkeypatch):
    monkeypatch.setattr(client_module, "_TIMEOUT", httpx.Timeout(0.5, connect=5.0))
    client = client_module.Client(running.client.state)
    with pytest.raises(SqlRefusedError, match="did not end within 1 seconds"):
        client.sql(SLOW, timeout=1.0)
    client.close()
