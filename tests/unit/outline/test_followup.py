"""Follow-ups: what the person decided is written where it was not, and nowhere that somebody else has written."""

from __future__ import annotations

import re
import shutil
from copy import deepcopy
from pathlib import Path

import pytest

from heph_nb.agents.outline.documents import layout
from heph_nb.agents.outline.result import LONGEST_REPORT, LONGEST_SUMMARY
from heph_nb.domain.followups import HOW
from tests.unit.outline.board import Board
from tests.unit.outline.support import TEXTKIT
from tests.unit.outline.test_agent import git, tasks, work_off

OWN = f"{TEXTKIT}\n## Open questions\n- Should slugs be reversible?\n"


@pytest.fixture(scope="module", params=["python", "javascript", "gherkin"])
def language(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def specified(agent, tmp_path_factory, language):
    """Work a run off until everything is specified; returns it with its repository."""
    repo = tmp_path_factory.mktemp(language) / "repo"
    repo.mkdir()
    git(repo, "init", "-q")
    files = {"PRD.md": OWN if language == "python" else OWN.replace("Python", "small").replace("python -m ", "")}
    if language == "javascript":
        files["package.json"] = '{"name": "textkit", "scripts": {"test": "vitest"}}'
    if language == "gherkin":
        files["go.mod"] = "module textkit\n"
        files["main.go"] = "package main\n"
    for name, text in files.items():
        (repo / name).write_text(text, "utf-8")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "A PRD")
    board = Board(files["PRD.md"])
    board.add_task(1, title="Analysis")

    async def main() -> None:
        async with agent.on(board) as driver:
            await work_off(driver, board, repo)

    agent.run(main())
    return board, repo


@pytest.fixture
def done(specified, tmp_path):
    """Return such a run, and its repository, for a test to go on with."""
    board, repo = specified
    return deepcopy(board), Path(shutil.copytree(repo, tmp_path / "repo"))


def decide(
    agent, board: Board, repo: Path, *said: str, ticket: bool = True, known: list[str] | None = None
) -> tuple[str, str]:
    """Let the agent take up what was decided of the requirements of a ticket; returns its report and the diff.

    ``known`` are the criteria that the requirement has by then, where they are not just those that were decided.
    """
    ids = [line.partition(":")[0] for line in said if line.startswith("R-")]
    for line in said:
        id, _, text = line.partition(": ")
        row = next((r for r in board.requirements if r["id"] == id), None)
        if row is not None:
            text, _, old = text.removesuffix(")").partition(" (instead of ")
            row["criteria"] = [c for c in row["criteria"] if f'"{c}"' != old]
            board.marks.pop(id, None)
            if text == "dropped":
                board.marks[id] = "dropped"
            elif text != "not dropped any more":
                row["criteria"] = known or [*row["criteria"], text.strip('"')]
    found = next((t["id"] for t in board.tickets if set(ids) & set(t["requirement_ids"])), None) if ticket else None
    description = "\n".join(["The person decided:", "", *(f"- {line}" for line in said), "", HOW])
    task = board.add_task(2, title="Take up your answer", kind="answer", ticket_id=found, description=description)
    before = git(repo, "rev-parse", "HEAD").strip()

    async def main() -> None:
        async with agent.on(board) as driver:
            assert await driver.work(repo, task) == "end_turn"

    agent.run(main())
    assert board.finished[task]["status"] == "done", board.finished[task]
    assert git(repo, "status", "--porcelain") == ""
    return board.finished[task]["summary"], git(repo, "diff", before, "HEAD")


def written(repo: Path) -> str:
    """Return what there is of specifications, checklist and tests."""
    paths = [p for p in git(repo, "ls-files").split() if "docs/heph" in p or "test" in p or p.endswith(".feature")]
    return "\n".join((repo / path).read_text("utf-8") for path in paths)


def test_an_answer_reaches_specification_tests_checklist_and_ticket(agent, done, language):
    board, repo = done
    checklist = repo / layout.checklist(board.run_id)
    assert "**R-007** does not say" in checklist.read_text("utf-8")
    made = len(board.tasks), len(board.questions)
    summary, diff = decide(agent, board, repo, "R-007: No line is longer than 80 characters.")
    assert "stays as it is" not in summary
    assert "**R-007** does not say" not in checklist.read_text("utf-8")
    assert "No test can decide" not in written(repo)
    changed = set(re.findall(r"^\+\+\+ b/(.*)", diff, re.MULTILINE))
    assert len(changed) == 3, "the specification, the tests, the checklist"
    for path in changed:
        text = " ".join((repo / path).read_text("utf-8").split()).casefold()
        assert "no line is longer than 80 characters." in text, path
    assert "R-005" not in "".join(line for line in diff.splitlines() if line[:1] in "+-"), "others stay as they are"
    assert (len(board.tasks), len(board.questions)) == (made[0] + 1, made[1]), "nothing is asked or created again"
    again, diff = decide(agent, board, repo, "R-007: Nor shorter than 3.")
    assert "nor shorter than 3." in diff.casefold()
    assert "stays as it is" not in again


def test_what_is_dropped_leaves_the_files(agent, done, language):
    board, repo = done
    ids = next(t["requirement_ids"] for t in board.tickets if "R-001" in t["requirement_ids"])
    decide(agent, board, repo, "R-001: dropped")
    left = written(repo)
    assert re.search(r"- \[x\] \*\*R-001\*\* dropped: ~~", left)
    assert not re.search(r"^### R-001|def test.*\n.*R-001|\(\"R-001|@R-001|^\| R-001", left, re.MULTILINE)
    assert re.search(r"^### R-002", left, re.MULTILINE)
    board.marks.pop("R-001")
    decide(agent, board, repo, "R-001: not dropped any more")
    back = {path for path in git(repo, "grep", "-l", "R-001").split() if "more." in path}
    assert back
    assert {link.get("file") or link["test"] for link in board.links if "R-001" in link["requirement_ids"]} >= back
    decide(agent, board, repo, *(f"{id}: dropped" for id in ids))
    board.marks.pop("R-001")
    decide(agent, board, repo, *(["R-001: not dropped any more"]))
    assert re.search(r"^### R-001", written(repo), re.MULTILINE)
    assert "~~" not in next(line for line in written(repo).splitlines() if "] **R-001**" in line)


def test_an_answer_that_is_corrected_leaves_nothing_of_the_one_before(agent, done, language):
    board, repo = done
    one, two, three = "No line is longer than 80 characters.", "No line is longer than 90.", "Each line has 70 at most."
    decide(agent, board, repo, f'R-007: "{one}"')
    for before, now in ((f'"{one}"', f'"{two}"'), (f'"{two}"', "dropped"), ("dropped", f'"{three}"')):
        summary, _ = decide(agent, board, repo, f"R-007: {now} (instead of {before})")
        assert "stays as it is" not in summary, (before, now)
        left = " ".join(written(repo).split())
        assert f"- R-007: {now}" in left
        assert f"- R-007: {before}" not in left
        left = left.casefold()
        if before != "dropped":
            assert before.strip('"').casefold() not in left
        if now != "dropped":
            assert left.count(now.strip('"').casefold()) >= 3, "the specification, the tests, the checklist"
    [ticket] = [t for t in board.tickets if "R-007" in t["requirement_ids"]]
    assert f"Decided: {three}" in ticket["description"]
    assert two not in ticket["description"]


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_corrections_that_came_while_a_task_waited_are_taken_up_together(agent, done):
    board, repo = done
    decide(agent, board, repo, 'R-007: "At most 80."')
    row = next(r for r in board.requirements if r["id"] == "R-007")
    row["criteria"] = ["At most 80."]
    said = ['R-007: "At most 90." (instead of "At most 80.")', 'R-007: "At most 99." (instead of "At most 90.")']
    summary, _ = decide(agent, board, repo, *said)
    assert "stays as it is" not in summary
    left = written(repo)
    assert "At most 99." in left
    assert "At most 80." not in left
    assert "At most 90." not in left
    # What is decided after a task began is known to it before it is told.
    decided = ('R-007: "At most 70." (instead of "At most 99.")', 'R-007: "At most 60." (instead of "At most 70.")')
    for line in decided:
        summary, _ = decide(agent, board, repo, line, known=["At most 60."])
        assert "stays as it is" not in summary
    assert "At most 60." in written(repo)
    assert not re.search("At most (?:70|99)", written(repo))


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_a_proof_that_an_answer_asks_more_of_is_expected_to_fail_again(agent, done):
    board, repo = done
    (path,) = [p for p in git(repo, "ls-files").split() if p.startswith("tests/test_slugs")]
    module = repo / path
    mark = next(line for line in module.read_text("utf-8").splitlines() if "R-002 is not" in line)
    module.write_text(module.read_text("utf-8").replace(f"{mark}\n", ""), "utf-8")
    git(repo, "commit", "-qam", "It is implemented")
    summary, _ = decide(agent, board, repo, "R-002: Numbers are refused with a TypeError.")
    assert "stays as it is" not in summary
    text = module.read_text("utf-8")
    assert mark in text
    assert "R-002: nothing checks this yet: Numbers are refused with a TypeError." in text


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_an_answer_of_any_length_is_handed_in(agent, done):
    board, repo = done
    long = "No line is longer than 80 characters. " * 5000
    said = [f'{id}: "{long}"' for id in ("R-006", "R-007")]
    summary, _ = decide(agent, board, repo, *said)
    assert len(summary) <= LONGEST_SUMMARY
    assert all(len(ticket["description"]) <= 100_000 for ticket in board.tickets)
    assert all(len(report["markdown"]) <= LONGEST_REPORT for report in board.reports)


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_what_somebody_has_changed_is_left_alone_and_named(agent, done):
    board, repo = done
    [module] = [
        p for p in git(repo, "ls-files").split() if p.startswith("tests/") and "R-007" in (repo / p).read_text()
    ]
    text = (repo / module).read_text("utf-8")
    mine = text.replace('    pytest.fail("R-007: nothing checks this yet")', "    assert 1 + 1 == 2")
    assert mine != text
    (repo / module).write_text(mine, "utf-8")
    git(repo, "commit", "-qam", "Implemented")
    summary, _ = decide(agent, board, repo, "R-007: No line is longer than 80 characters.", "R-006: It says which.")
    assert f"`{module}` stays as it is for R-007" in summary
    now = (repo / module).read_text("utf-8")
    assert "80 characters" not in now
    assert "assert 1 + 1 == 2" in now
    assert "Criterion: It says which." in now
    [spec] = [p for p in git(repo, "ls-files").split() if "/specs/" in p and "80 char" in (repo / p).read_text()]
    text = (repo / spec).read_text("utf-8")
    (repo / spec).write_text(text.replace("- [ ] No line is", "- [x] No line is"), "utf-8")
    git(repo, "commit", "-qam", "Ticked off")
    summary, _ = decide(agent, board, repo, "R-007: And none is empty.")
    assert f"`{spec}` stays as it is for R-007" in summary


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_a_decision_about_no_requirement_is_in_the_checklist(agent, done):
    board, repo = done
    checklist = repo / layout.checklist(board.run_id)
    assert "\n- Should slugs be reversible?" in checklist.read_text("utf-8")
    decide(agent, board, repo, "“Should slugs be reversible?” No, never.", ticket=False)
    text = checklist.read_text("utf-8")
    assert "\n- Should slugs be reversible?" not in text
    assert "## What you decided\n\n- “Should slugs be reversible?” No, never.\n" in text
    decide(agent, board, repo, '“Should slugs be reversible?” Yes. (instead of "No, never.")', ticket=False)
    text = checklist.read_text("utf-8")
    assert "## What you decided\n\n- “Should slugs be reversible?” Yes.\n" in text
    assert "No, never." not in text
    assert len(tasks(board, 2, "answer")) == 2
