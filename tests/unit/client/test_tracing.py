"""Everything that one requirement led to."""

from __future__ import annotations

import json
import re

import pytest

import heph_nb
from heph_nb.errors import NotFoundError
from heph_nb.run.tracing import RequirementTrace


def test_a_requirement_is_followed_to_its_commits_checks_and_files(finished, tmp_path):
    trace = finished.trace("R-002")
    [line] = [
        n
        for n, text in enumerate(finished.sql("select prd_text from runs")["prd_text"][0].split("\n"), 1)
        if "exit" in text
    ]
    assert (trace.requirement["id"], trace.requirement["lines"], trace.requirement["status"]) == (
        "R-002",
        str(line),
        "specified",
    )
    assert [ticket["title"] for ticket in trace.tickets] == ["Adder"]
    mine = finished.tasks().query("ticket_id == @trace.tickets[0]['id']")
    assert set(mine["title"]) <= {task["title"] for task in trace.tasks}
    merged = dict(finished.merges()[["attempt_id", "merge_commit"]].values)
    assert trace.attempts
    assert all(attempt["merge_commit"] == merged.get(attempt["id"]) for attempt in trace.attempts)
    assert {check["exit_code"] for check in trace.checks} == {0}
    assert [file["path"] for file in trace.files] == finished.coverage().set_index("id")["files"]["R-002"]
    assert json.loads(json.dumps(trace.as_dict()))["requirement"]["id"] == "R-002"
    with heph_nb.open(finished.export(tmp_path / "run.duckdb")) as opened:
        assert opened.trace("R-002") == trace
    early = finished.at(finished.events("requirement.*")["ts"].iloc[0]).trace("R-002")
    assert (early.requirement["status"], early.tickets, early.checks) == ("open", [], [])
    with pytest.raises(NotFoundError, match="no requirement 'R-999'"):
        finished.trace("R-999")


def test_a_trace_shows_itself_without_ids_and_with_everything_escaped(finished):
    shown = finished.trace("R-001")._repr_mimebundle_()
    assert shown["text/plain"].startswith("R-001 [specified]: The command `add A B` must print the sum of A and B.\n")
    assert "Build: Adder: done (1 attempt, merged)" in shown["text/plain"]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", shown["text/plain"] + shown["text/html"])
    head = {
        "id": "R-1",
        "label": "<b>",
        "text": "<i>",
        "section": "",
        "lines": "3",
        "level": "must",
        "kind": "functional",
    }
    rest = {"criteria": [], "status": "open", "mark": "unclear", "evidence": None}
    none = dict.fromkeys(("tickets", "tasks", "attempts", "checks", "tests", "questions"), ())
    one = RequirementTrace(requirement=head | rest, files=[{"path": "a\x1b", "merged": False}], **none)
    assert (
        repr(one)
        == "R-1 (<b>) [open, unclear]: <i>\n  must, functional; line 3 of the PRD\nFiles:\n  a\\x1b (not merged)"
    )
    assert "<i>" not in one._repr_mimebundle_()["text/html"]
