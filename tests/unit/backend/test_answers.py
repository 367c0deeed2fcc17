"""Answers in a real run: understood, told, and taken into the files by the built-in agent, after the run too."""

from __future__ import annotations

import signal

import psutil
import pytest

from heph_nb.run.handle import Run
from tests.unit.backend.conftest import git

PRD = """# Word count

## Requirements

- The command `wc.py FILE` prints the number of words in FILE.
- The command must print an error and exit with code 2 when FILE does not exist.
- The output should look nice.
- Large files must be counted fast.

## Open questions

- Should hidden files be counted?
"""


@pytest.fixture
def run(running, repository) -> Run:
    """Return a run of the built-in agent that has ended with its questions filed."""
    (repository / "PRD.md").write_text(PRD)
    body = {"prd": str(repository / "PRD.md"), "working_dir": str(repository), "agent": "outline"}
    return Run(running.client, running.client.call("runs/create", body)["id"]).wait(timeout=60)


def question(run: Run, word: str) -> dict:
    return next(q for q in run.client.get("questions", run_id=run.id)["questions"] if word in q["text"])


def answered(run: Run, word: str, text: str) -> str:
    fields = {"question_id": question(run, word)["id"], "text": text}
    return run.client.call("questions/answer", fields)["message"]


def files(run: Run, repository) -> dict[str, str]:
    paths = git(repository, "ls-tree", "-r", "--name-only", run.branch).split()
    paths = [path for path in paths if "docs/heph" in path or "test_" in path]
    return {path: git(repository, "show", f"{run.branch}:{path}") for path in paths}


def test_an_answer_after_the_end_is_taken_into_the_files_and_the_run_ends_again(run, repository):
    asked = len(run.client.get("questions", run_id=run.id)["questions"])
    assert "No test can decide" in "".join(files(run, repository).values())
    message = answered(run, "R-003", "R-003: No line is longer than 80 characters.")
    assert message.startswith('R-003: "No line is longer than 80 characters."')
    assert "A task takes this into the files: “Take up your answer: " in message
    psutil.Process(run.client.info.pid).send_signal(signal.SIGKILL)
    run.wait(timeout=60)
    found = files(run, repository)
    flat = {path: " ".join(text.split()) for path, text in found.items()}
    naming = [path for path, text in flat.items() if "No line is longer than 80 characters." in text]
    assert {path.split("/")[0] for path in naming} == {"docs", "tests"}
    assert any("/specs/" in path for path in naming)
    assert any(path.endswith("checklist.md") for path in naming)
    assert "**R-003** does not say" not in "".join(found.values())
    tickets = run.client.get("tickets", run_id=run.id)["tickets"]
    assert any("Decided: No line is longer" in ticket["description"] for ticket in tickets)
    assert set(run.requirements()["status"]) == {"specified"}
    assert len(run.client.get("questions", run_id=run.id)["questions"]) == asked
    message = answered(run, "hidden", "No.")
    assert message.startswith("Kept as a decision of the run. A task takes this into the files")
    run.mark("R-001", "dropped").wait(timeout=60)
    found = files(run, repository)
    [checklist] = [text for path, text in found.items() if path.endswith("checklist.md")]
    assert "- “Should hidden files be counted?” No." in checklist
    assert "\n- Should hidden files be counted?" not in checklist
    assert "- [x] **R-001** dropped" in checklist
    assert not any("### R-001" in text or "R-001 (PRD" in text for text in found.values())
    assert run.tasks()["status"].tolist() == ["done"] * len(run.tasks())


def test_what_decides_nothing_is_refused_and_a_question_answered_as_proposed_leaves_nothing_to_ask(
    running, run, repository
):
    asked = question(run, "R-003")
    refused = running.post("questions/answer", {"question_id": asked["id"], "text": "whatever, you decide"})
    assert refused.status_code == 400
    assert "R-003: as proposed" in refused.json()["detail"]
    assert run.client.get("runs", run.id)["run"]["status"] == "completed"
    for row in run.client.get("questions", run_id=run.id)["questions"]:
        if row["status"] == "open" and row["requirement_ids"]:
            run.answer(row["id"], "as proposed")
    run.wait(timeout=60)
    assert "No test can decide" not in "".join(files(run, repository).values())
    again = [q for q in run.client.get("questions", run_id=run.id)["questions"] if q["status"] == "open"]
    assert all("hidden" in q["text"] for q in again)
