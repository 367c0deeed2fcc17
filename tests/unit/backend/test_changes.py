"""The stream of changes: a run as it is, then the newest of whatever changed, at a steady pace and without a gap."""

from __future__ import annotations

import os
import signal
from itertools import pairwise

import pytest

from heph_nb.backend.changes import PACE
from tests.unit.backend.test_http import bootstrap


@pytest.fixture
def run_id(running, repository):
    return bootstrap(running, repository)["id"]


def ticket(running, run_id, title):
    return running.post("tickets/create", {"title": title, "run_id": run_id}).json()["ticket_id"]


def until(stream, wanted):
    """Return the messages up to the first one that fits."""
    seen = []
    for message in stream:
        seen.append(message)
        if wanted(message):
            return seen
    raise AssertionError("the stream ended")


def titles(messages):
    return {t["id"]: t["title"] for m in messages for t in m["put"].get("tickets", ())}


def test_it_begins_with_the_whole_run(running, run_id):
    id = ticket(running, run_id, "Parser")
    with running.client.changes(run_id) as stream:
        first = next(iter(stream))
    assert first["whole"]
    assert titles([first])[id] == "Parser"
    assert [p["number"] for p in first["put"]["phases"]] == [1, 2, 3]
    assert "prd_text" not in first["put"]["runs"][0]
    assert "token_hash" not in str(first)
    assert isinstance(first["needs"], list)


def test_what_changes_comes_as_it_is_now(running, run_id):
    with running.client.changes(run_id) as stream:
        messages = iter(stream)
        next(messages)
        id = ticket(running, run_id, "Parser")
        running.post("tickets/update", {"ticket_id": id, "title": "Tokenizer", "run_id": run_id})
        last = until(messages, lambda m: titles([m]).get(id) == "Tokenizer")[-1]
        assert not last["whole"]


def test_a_burst_is_a_few_messages_and_the_last_one_is_the_truth(running, run_id):
    ids = [ticket(running, run_id, f"Ticket {n}") for n in range(50)]
    with running.client.changes(run_id) as stream:
        messages = iter(stream)
        next(messages)
        for turn in range(4):
            for id in ids:
                running.post("tickets/update", {"ticket_id": id, "title": f"Turn {turn}", "run_id": run_id})
        end = ticket(running, run_id, "End")
        seen = until(messages, lambda m: end in titles([m]))
    assert {id: titles(seen)[id] for id in ids} == dict.fromkeys(ids, "Turn 3")
    assert len(seen) < 200, "one message a change is no pace"
    assert all(a["seq"] < b["seq"] for a, b in pairwise(seen))
    assert PACE >= 0.1


def test_a_listener_that_was_cut_off_goes_on_where_it_was(running, run_id):
    cuts = []
    with running.client.changes(run_id) as stream:
        stream.on_cut = lambda: cuts.append(stream.last)
        messages = iter(stream)
        seen = [next(messages)]
        before = ticket(running, run_id, "Before")
        seen += until(messages, lambda m: before in titles([m]))
        os.kill(running.info.pid, signal.SIGKILL)
        after = running.client.call("tickets/create", {"title": "After", "run_id": run_id})["ticket_id"]
        seen += until(messages, lambda m: after in titles([m]))
    assert cuts
    assert [m["whole"] for m in seen].count(True) == 1
    assert {before, after} <= titles(seen).keys()


def test_a_listener_that_is_ahead_of_the_file_gets_the_whole_run(running, run_id):
    with running.client.changes(run_id) as stream:
        stream.last = 10**9
        assert next(iter(stream))["whole"]
