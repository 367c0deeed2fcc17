"""What a person decides of the PRD's own questions, or asks for in words, and what the agent makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from heph_nb.agents.outline.documents import layout
from heph_nb.domain.followups import HOW
from tests.unit.outline.board import Board
from tests.unit.outline.support import TEXTKIT
from tests.unit.outline.test_agent import git, tasks

PRD = f"{TEXTKIT}\n## Open questions\n- Must `slugify` drop letters with accents too?\n- Who pays?\n"
ASKED = "“Must `slugify` drop letters with accents too?”"


@pytest.fixture
def repo(tmp_path) -> Path:
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "PRD.md").write_text(PRD, "utf-8")
    git(repo, "init", "-q")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "A PRD")
    return repo


def test_a_decision_on_a_question_of_the_prd_is_in_the_specification_that_it_touches(agent, repo):
    board = Board(PRD)

    def do(*given: str) -> dict:
        async def main() -> None:
            async with agent.on(board) as driver:
                for task in given:
                    assert await driver.work(repo, task) == "end_turn"

        agent.run(main())
        return board.finished[given[-1]]

    def answer(*lines: str) -> dict:
        description = "\n".join(["The person decided:", "", *(f"- {line}" for line in lines), "", HOW])
        return do(board.add_task(2, title="Take up your answer: the checklist", kind="answer", description=description))

    do(board.add_task(1, title="Analysis"))
    texts = [q["text"] for q in board.questions]
    assert sum("It touches R-002: specified as the PRD stands" in text for text in texts) == 1
    answer(f"{ASKED} Yes, all of them.")
    do(*(t["id"] for t in tasks(board, 2, "work")))
    specs = {path: (repo / path) for path in git(repo, "ls-files").split() if "/specs/" in path}
    told = [path for path, file in specs.items() if "all of them" in file.read_text("utf-8")]
    ticket = next(t for t in board.tickets if "R-002" in t["requirement_ids"])
    assert told == [layout.specification(board.run_id, layout.key_of(ticket, board.run_id))]
    answer(f'{ASKED} Only those of French. (instead of "Yes, all of them.")', "“Who pays?” The library.")
    text = specs[told[0]].read_text("utf-8")
    assert "## What you decided\n\n- “Must `slugify` drop letters with accents too?” Only those of French.\n" in text
    assert "all of them" not in text
    assert not any("The library." in file.read_text("utf-8") for file in specs.values())
    assert "The library." in (repo / layout.checklist(board.run_id)).read_text("utf-8")

    before = git(repo, "rev-parse", "HEAD")
    more = {"ticket_id": ticket["id"], "requirement_ids": ticket["requirement_ids"]}
    told = do(board.add_task(2, title="Slugs again", description="Make it twice as short.", **more))
    assert told["status"] == "done"
    assert "outline cannot follow instructions: “Make it twice as short.”" in told["summary"]
    assert "nothing was changed; a coding agent or you can take it" in told["summary"]
    assert board.reports[-1]["title"] == "Not followed: Slugs again"
    assert git(repo, "rev-parse", "HEAD") == before
