"""Everything that happened to a ticket, and who did it."""

from __future__ import annotations

import pytest

import heph_nb
from heph_nb.errors import NotFoundError
from heph_nb.run.starting import start


def rows(frame, *names):
    return list(
        frame[list(names)].astype(object).where(frame[list(names)].notna(), None).itertuples(index=False, name=None)
    )


def test_what_agents_and_the_backend_did_to_a_ticket_is_told_in_order(finished, tmp_path):
    ticket = finished.tickets()["id"][0]
    frame = finished.history(ticket)
    assert list(frame.columns) == ["ts", "actor", "what", "before", "after"]
    assert frame["ts"].is_monotonic_increasing
    assert rows(frame, "what", "after")[0] == ("created", finished.tickets()["title"][0])
    moves = [r[1:] for r in rows(frame, "what", "before", "after") if r[0] == "status"]
    assert moves == [
        ("backlog", "building"),
        ("building", "building-done"),
        ("building-done", "validating"),
        ("validating", "validating-done"),
    ]
    linked = [after.split(" ", 1) for what, after in rows(frame, "what", "after") if what == "commit"]
    assert linked == finished.commits()[["commit_sha", "message"]].values.tolist()
    assert set(frame["actor"]) == {"outline: deterministic, no model", "scheduler", "verifier"}
    then = frame["ts"].iloc[len(frame) // 2]
    assert finished.at(then).history(ticket).equals(frame[frame["ts"] <= then].reset_index(drop=True))
    with heph_nb.open(finished.export(tmp_path / "run.duckdb")) as opened:
        assert opened.history(ticket[:13]).equals(frame)


def test_what_the_person_did_is_told_with_what_was_there_before(project, state):
    run = start(project / "PRD.md", project, state=state).run.pause()
    ticket = run.create_ticket("Old", "a", requirement_ids=["R-001"])
    run.client.call("tickets/update", {"ticket_id": ticket, "title": "New", "requirement_ids": ["R-001", "R-002"]})
    run.comment(ticket, "looks good")
    run.resolve_ticket(ticket, "by hand")
    found = rows(run.history(ticket), "actor", "what", "before", "after")
    assert {row[0] for row in found} == {"the person"}
    assert [row[1:] for row in found[:4]] == [
        ("created", None, "Old"),
        ("title", "Old", "New"),
        ("requirement_ids", "R-001", "R-001, R-002"),
        ("comment", None, "looks good"),
    ]
    assert ("resolved", "no", "yes") in [row[1:] for row in found[4:]]
    with pytest.raises(NotFoundError, match="no ticket 'ticket-none'"):
        run.history("ticket-none")
