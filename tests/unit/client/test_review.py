"""What became of every ticket, in one table."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import heph_nb
from heph_nb.run.starting import start


def test_a_merged_ticket_is_told_with_its_amounts_checks_and_requirements(finished, tmp_path):
    frame = finished.review()
    assert list(frame["ticket"]) == list(finished.tickets()["id"])
    [row] = frame.to_dict("records")
    diff = finished.diff(row["ticket"])
    assert (row["outcome"], row["tasks"], row["commits"]) == ("merged", 2, 2)
    assert row["files"] == len(diff.files)
    assert (row["added"], row["removed"]) == (sum(f.added for f in diff.files), sum(f.removed for f in diff.files))
    checks = finished.checks().merge(finished.tasks(), left_on="task_id", right_on="id")
    assert row["checks_passed"] == (checks["ticket_id"] == row["ticket"]).sum() > 0
    assert row["checks_failed"] == 0
    assert row["evidence"] == ["R-001 specified", "R-002 specified"]
    assert (row["questions"], row["retry"]) == ([], [])
    with heph_nb.open(finished.export(tmp_path / "run.duckdb")) as opened:
        theirs = opened.review()
    assert theirs["files"].isna().all()
    same = [name for name in frame if name not in ("files", "added", "removed")]
    assert theirs[same].equals(frame[same])
    assert theirs.dtypes.equals(frame.dtypes)
    assert finished.at(finished.events()["ts"].iloc[0]).review().dtypes.equals(frame.dtypes)


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """Return a paused run with tickets in every state that a person may find them in."""
    from heph_nb.client import ending
    from tests.unit.client.conftest import make_project

    root = tmp_path_factory.mktemp("busy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        patch.delenv("HEPH_STATE", raising=False)
        project = make_project(root / "adder")
        yield start(project / "PRD.md", project, state=root / "state.duckdb", manual=True).run.pause()
        ending.shutdown(root / "state.duckdb")


def test_every_outcome_has_its_word(busy):
    made = {
        title: busy.create_ticket(title, requirement_ids=["R-001"]) for title in ("none", "work", "cancelled", "hand")
    }
    task = busy.create_task("Later", phase=3, ticket=made["work"])
    given_up = busy.create_task("Never", phase=3, ticket=made["cancelled"])
    busy.cancel(given_up)
    git = ["git", "-C", busy.record["working_dir"]]
    sha = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    busy.client.call("tickets/link-commit", {"ticket_id": made["hand"], "commit_sha": sha})
    busy.mark("R-001", "unclear")
    question = busy.client.call("questions/ask", {"text": "How?", "requirement_ids": ["R-001"], "run_id": busy.id})
    rows = busy.review().set_index("ticket").loc[list(made.values())]
    assert list(rows["outcome"]) == ["no work", "in work", "cancelled", "by hand"]
    assert list(rows["retry"]) == [[], [], [given_up], []]
    assert list(rows["files"]) == [0, 0, 0, 1]
    assert list(rows["commits"]) == [0, 0, 0, 1]
    assert {tuple(evidence) for evidence in rows["evidence"]} == {("R-001 open, unclear",)}
    assert {tuple(questions) for questions in rows["questions"]} == {(question["question_id"],)}
    assert busy.tasks().set_index("id")["status"][task] not in ("failed", "done")


def test_a_repository_that_was_moved_leaves_the_amounts_open(busy):
    here = Path(busy.record["working_dir"])
    away = here.rename(here.with_name("away"))
    moved = busy.review()
    away.rename(here)
    assert moved["files"].isna().all()
    assert busy.review()["files"].notna().all()
    assert list(moved["outcome"]) == list(busy.review()["outcome"])
