"""Answers in a real run: understood, told, and taken into the files by the built-in agent, after the run too."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

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


def test_an_answer_of_any_length_is_corrected_by_answering_again(running, run, repository):
    one, two = "No line is longer than 80 characters.", "No line is longer than 90 characters."
    answered(run, "R-003", f"R-003: {one}")
    run.wait(timeout=60)
    message = answered(run, "R-003", f"R-003: {two}")
    assert message.startswith(f'R-003: "{two}" (instead of "{one}")')
    assert "A task takes this into the files: “Take up your answer: " in message
    run.wait(timeout=60)
    found = {path: " ".join(text.split()) for path, text in files(run, repository).items()}
    assert not [path for path, text in found.items() if one in text]
    assert len([path for path, text in found.items() if two in text]) == 3, "specification, tests, checklist"
    assert criteria(run) == [two]
    assert [f'R-003: "{two}"'] in run.questions()["decided"].map(list).tolist()
    tasks = len(run.tasks())
    assert answered(run, "R-003", f"R-003: {two}").endswith("Nothing is changed by that.")
    assert answered(run, "R-003", "drop R-003").startswith(f'R-003: dropped (instead of "{two}")')
    run.wait(timeout=60)
    assert not any(two in " ".join(text.split()) for text in files(run, repository).values())
    assert len(run.tasks()) == tasks + 1
    with ThreadPoolExecutor(2) as notebooks:
        told = list(notebooks.map(lambda n: answered(run, "R-003", f"R-003: below {n} s"), (1, 2)))
    assert sorted("instead of dropped" in message for message in told) == [False, True]
    [last] = criteria(run)
    assert any(message.startswith(f'R-003: "{last}" (instead of "below') for message in told)
    assert question(run, "R-003")["decided"] == [f'R-003: "{last}"']
    asked = question(run, "R-003")["id"]
    refused = running.post("questions/answer", {"question_id": asked, "text": "x" * 10_001})
    assert refused.status_code == 422
    assert "10,000" in refused.json()["detail"] or "10000" in refused.json()["detail"]
    long = "that anybody reads are longer than 80 characters " * 200
    for word in ("lines", "rows"):
        answered(run, "R-003", f"R-003: No {word} {long}")
    run.wait(timeout=60)
    assert run.client.get("runs", run.id)["run"]["status"] == "completed"
    texts = [" ".join(text.split()) for text in files(run, repository).values()]
    assert sum("No rows that anybody reads" in text for text in texts) == 3
    assert not any("No lines that" in text or "below" in text for text in texts)
    assert not run.tasks()["summary"].str.contains("stays as it is").any()


def criteria(run: Run) -> list[str]:
    rows = run.client.get("requirements", run_id=run.id)["requirements"]
    return next(row["criteria"] for row in rows if row["id"] == "R-003")


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
