"""Questions: at most ten, the same for everybody who derives them, and answerable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heph_nb.agents.outline import questions
from tests.unit.outline.support import statement, statements

VAGUE = ["The page must be fast.", "The page must be easy to use.", "The page must look modern."]


def many(sections: int) -> list:
    return statements(*((f"Chapter {i}", [f"{text} {i}" for text in VAGUE]) for i in range(sections)))


@pytest.mark.parametrize("sections", [0, 1, 4, 10, 11, 40])
def test_there_are_at_most_ten_questions_and_no_requirement_is_lost(sections):
    found = many(sections)
    groups = questions.groups(found)
    assert len(groups) == min(sections, questions.MOST_QUESTIONS)
    assert [s.id for group in groups for s in group] == [s.id for s in found]
    assert len({questions.group_key(group) for group in groups}) == len(groups)


def test_what_a_test_could_decide_is_not_asked():
    asked = [statement(1, "A search answers within 200 ms."), statement(2, "The search is fast.")]
    assert [[s.id for s in group] for group in questions.groups(asked)] == [["R-002"]]


def test_an_answer_makes_a_requirement_testable():
    answered = replace(statement(1, "The search is fast."), criteria=("It answers within 200 ms.",))
    assert not questions.untestable(answered)


def test_a_question_says_what_to_decide_with_a_proposal_for_each_requirement():
    found = many(1)
    text = questions.question(found, "PRD.md")
    for s in found:
        assert f"{s.id} (line {s.lines[0][0]}): “{s.text}”" in text
    assert text.count("To decide: ") == text.count("Proposal: ") == len(found)
    assert "how long it may take" in text
    assert "becomes the criterion" in text
    assert text.endswith("“R-001: a typical input takes at most 2 seconds on a developer's laptop.”")
    assert questions.question(found[:1], "PRD.md").startswith("This requirement of PRD.md")


def test_a_task_that_asks_names_the_requirements_that_its_session_will_ask_about():
    group = tuple(many(1))
    text = f"{questions.title(group)}\n{questions.description(group, 'PRD.md')}"
    assert all(s.id in text for s in group)
    assert "Chapter 0" in questions.title(group)
    assert len(questions.title(group)) < 120
