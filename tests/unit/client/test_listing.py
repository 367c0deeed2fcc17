"""What a run consists of, read in a terminal."""

from __future__ import annotations

import json
import re
import shlex

from heph_nb.run.starting import start

LONG = f"Which of these?\n\n- {'a long reading ' * 30}\n- the short one"


def test_a_question_is_read_whole_and_answered_by_the_line_that_is_printed(heph, project, state, monkeypatch):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.client.call("questions/ask", {"text": LONG, "requirement_ids": ["R-002"], "run_id": run.id})
    shown = heph("status", "--state", state).stdout
    assert f"Read the questions whole: `heph questions {run.id} --state {state}`" in shown
    shown = heph("questions", "--state", state).stdout
    assert "R-002:\n  Which of these?\n" in shown
    assert "  - the short one\n" in shown
    line = re.search(r"-> (heph answer .*)", shown)[1]
    heph(*shlex.split(line)[1:])
    assert run.questions()["answer"].tolist() == ["your answer"]
    monkeypatch.setenv("HEPH_STATE", str(state))
    assert heph("questions").stdout == "No question waits for you.\n"
    shown = heph("questions", run.id, "--all").stdout
    assert '  Decided: R-002: "your answer"\n  Answered: your answer' in shown
    assert json.loads(heph("questions", "--all", "--format", "json").stdout)[0]["text"] == LONG


def test_requirements_and_tasks_are_listed_for_people_and_programs(heph, finished):
    state = ["--state", finished.state]
    rows = json.loads(heph("requirements", "--format", "json", *state).stdout)
    assert [(row["id"], row["status"], row["level"], row["lines"]) for row in rows] == [
        ("R-001", "specified", "must", "5"), ("R-002", "specified", "must", "6"),
    ]  # fmt: skip
    head, _, first, *_ = heph("requirements", finished.id, *state).stdout.splitlines()
    assert head.split() == ["id", "status", "mark", "level", "lines", "text"]
    assert first.endswith("must print the sum of A and B.")
    assert len(heph("tasks", "--format", "csv", *state).stdout.splitlines()) == 1 + len(finished.tasks())


def test_a_requirement_is_marked_and_the_mark_is_taken_away(heph, project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    said = heph("mark", "R-002", "dropped", "--reason", "no need", "--run", run.id[:6], "--state", state).stdout
    assert said.startswith(f"Requirement R-002 of run {run.id} is dropped: it is left out of ")
    assert run.requirements()["mark"].tolist()[1] == "dropped"
    assert "R-002 is dropped: no need" in run.memories()["text"].tolist()
    heph("mark", "R-002", "none", "--state", state)
    assert run.requirements()["mark"].isna().all()
    heph("mark", "R-002", "fine", "--state", state, check=2)
    assert "There is no requirement 'R-999'" in heph("mark", "R-999", "accepted", "--state", state, check=2).stderr
