"""What the backend reads for itself."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from heph_nb.domain.logs import Usage
from heph_nb.store.database import Batch, Database
from tests.unit.store.samples import answer, event, message, moment, ticket, usage, versions


def test_a_new_file_is_empty(database: Database):
    assert database.load() == ([], 0, datetime(1970, 1, 1, tzinfo=UTC))


def test_loading_gives_the_newest_versions_in_the_order_of_their_first(database: Database):
    first, second = ticket(1), ticket(2)
    database.append(versions(first, second))
    changed = dataclasses.replace(first, status="done")
    database.append(versions(changed, start=3))
    loaded = database.load()
    assert loaded.records == [changed, second]
    assert (loaded.last_seq, loaded.last_ts) == (3, moment(3))


def test_the_last_number_and_time_count_logs_too(database: Database):
    database.append(Batch(versions(ticket(1)).versions, [event(50), message(51)]))
    assert database.load()[1:] == (51, moment(50))


def test_events_follow_a_number_up_to_a_limit(database: Database):
    database.append(Batch(logs=[event(seq, "run-1" if seq % 2 else "run-2") for seq in range(1, 11)]))
    assert [e.seq for e in database.events(after=7)] == [8, 9, 10]
    assert [e.seq for e in database.events(after=2, limit=3)] == [3, 4, 5]
    assert [e.seq for e in database.events(after=2, limit=3, run_id="run-2")] == [4, 6, 8]
    assert database.events(after=10) == []
    assert database.events(run_id="'; DROP TABLE events; --") == []
    assert database.events(run_id="run-1\0") == []


def test_messages_and_usage_follow_a_number(database: Database):
    database.append(Batch(logs=[message(1), usage(2), message(3, "run-2"), usage(4)]))
    assert [m.seq for m in database.messages(after=1)] == [3]
    assert [m.seq for m in database.messages(run_id="run-1")] == [1]
    for after, offset, seqs, total in ((0, 0, [2], 2), (0, 1, [4], 2), (2, 0, [4], 1), (0, 2, [], 2)):
        found, count = database.page(Usage, after=after, limit=1, offset=offset, run_id=None)
        assert ([u.seq for u in found], count) == (seqs, total)


def test_the_tokens_of_a_run_are_counted_in_the_file_as_they_are_in_memory(database: Database):
    told = [(None, None, 9), (3, 4, None), (3, None, None), (-5, 4, None), (1, 1, -7), (None, None, None)]
    lines = [
        dataclasses.replace(usage(n), input_tokens=i, output_tokens=o, total_tokens=t)
        for n, (i, o, t) in enumerate(told, 1)
    ]
    database.append(Batch(logs=[*lines, usage(7, "run-2"), dataclasses.replace(usage(8), run_id=None)]))
    assert [line.tokens for line in lines] == [9, 7, 3, 4, 0, 0]
    assert database.tokens() == {"run-1": 23, "run-2": 7}


def test_the_newest_answers_come_oldest_first(database: Database):
    database.append(Batch(logs=[answer(seq, f"key-{seq}") for seq in range(1, 6)]))
    assert [a.key for a in database.answers(limit=2)] == ["key-4", "key-5"]
    assert len(database.answers()) == 5
