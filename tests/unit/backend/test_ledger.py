"""The ledger on a real file: what shares a commit, in which order, and with which time."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from heph_nb.backend.ledger import MOST_IN_BATCH, Ledger
from heph_nb.domain.records import Memory
from heph_nb.errors import WrongStateError
from heph_nb.store.database import Database

T0 = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Time that goes on by a second with every look, or jumps."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def database(tmp_path):
    opened = Database.open(tmp_path / "hephaestus.duckdb")
    opened.commits = 0
    append = opened.append

    def counted(batch):
        opened.commits += 1
        append(batch)

    opened.append = counted
    yield opened
    opened.close()


def on(database, work, clock=None):
    async def go():
        ledger = Ledger(database, clock=clock or Clock())
        ledger.start()
        try:
            return await work(ledger)
        finally:
            await ledger.close()

    return asyncio.run(go())


def remember(text):
    def decide(draft):
        return draft.put(Memory(id=text, run_id="run", kind="fact", text=text, created_at=draft.now)).created_at

    return decide


def test_what_nobody_waits_for_shares_a_commit_with_what_comes_after_it(database):
    async def work(ledger):
        for number in range(20):
            await ledger.tell(lambda draft, n=number: draft.note("told", run_id="run", n=n), actor="agent")
        await ledger.execute(lambda draft: draft.note("asked", run_id="run"), actor="person")

    on(database, work)
    assert database.commits == 1
    events = database.events()
    assert [e.kind for e in events] == ["told"] * 20 + ["asked"]
    assert [e.data["n"] for e in events[:20]] == list(range(20))


def test_each_row_has_the_time_at_which_it_was_asked_for(database):
    async def work(ledger):
        for number in range(3):
            await ledger.tell(remember(f"memory {number}"), actor="agent")
        return await ledger.execute(remember("last"), actor="agent")

    last = on(database, work)
    kept = {record.id: record.created_at for record in database.load().records}
    assert list(kept) == ["memory 0", "memory 1", "memory 2", "last"]
    assert sorted(set(kept.values())) == list(kept.values())
    assert kept["last"] == last
    rows = [(e.seq, e.ts) for e in database.events()]
    assert rows == sorted(rows)
    assert len({ts for _, ts in rows}) == 4


def test_a_clock_that_goes_back_does_not_take_the_times_with_it(database):
    clock = Clock()

    async def work(ledger):
        await ledger.execute(remember("before"), actor="agent")
        clock.now = T0 - timedelta(days=1)
        await ledger.execute(remember("after"), actor="agent")

    on(database, work, clock)
    times = [record.created_at for record in database.load().records]
    assert times[0] <= times[1]


def test_what_is_told_is_stored_without_anything_after_it(database):
    async def work(ledger):
        stored = asyncio.Event()
        ledger.watch(lambda events, runs: stored.set())
        await ledger.tell(lambda draft: draft.note("told", run_id="run"), actor="agent")
        await stored.wait()

    on(database, work)
    assert [e.kind for e in database.events()] == ["told"]


def test_who_tells_very_much_waits_until_it_is_stored(database):
    async def work(ledger):
        for number in range(3 * MOST_IN_BATCH):
            await ledger.tell(lambda draft, n=number: draft.note("told", run_id="run", n=n), actor="agent")
        return len(database.events())

    assert on(database, work) >= 2 * MOST_IN_BATCH
    assert [e.data["n"] for e in database.events()] == list(range(3 * MOST_IN_BATCH))


def test_what_goes_wrong_with_it_is_in_the_log(database, caplog):
    async def work(ledger):
        await ledger.tell(lambda draft: draft.get(Memory, "nowhere"), actor="agent")
        await ledger.execute(remember("after"), actor="agent")

    with caplog.at_level(logging.ERROR):
        on(database, work)
    assert "nowhere" in caplog.text


def test_a_key_stands_for_one_request_after_the_next_start_too(database):
    async def first(ledger):
        assert await ledger.execute(lambda draft: "made", actor="person", key="op:me:k", request="a") == "made"

    async def again(ledger):
        assert await ledger.execute(lambda draft: "twice", actor="person", key="op:me:k", request="a") == "made"
        assert await ledger.execute(lambda draft: "twice", actor="person", key="op:me:k") == "made"
        with pytest.raises(WrongStateError, match="'k' was given for another request"):
            await ledger.execute(lambda draft: "twice", actor="person", key="op:me:k", request="b")

    on(database, first)
    on(database, again)
