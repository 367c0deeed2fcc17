"""What a PRD leaves open, and what was read and not taken, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from heph_nb.domain.prd import read_prd, why_nothing
from heph_nb.domain.prd.markdown import TAG_LINE
from tests.bench.prd_accuracy import cases
from tests.unit.prd.reading import read
from tests.unit.prd.test_properties import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heph_nb.domain.prd.model import Lines


def passed(*lines: str) -> dict[str, str]:
    return {each.text: each.reason for each in read(*lines).passed_over}


def test_open_questions_are_told_apart_from_what_was_passed_over():
    prd = read(
        "# Sorter", "## Requirements", "- It sorts lines", "## Open questions", "- Which order?", "- Numbers too",
    )  # fmt: skip
    assert [(q.text, q.lines, q.section) for q in prd.questions] == [
        ("Which order?", (5, 5), "Open questions"),
        ("Numbers too", (6, 6), "Open questions"),
    ]
    assert prd.passed_over == ()


def test_a_mark_and_a_list_below_its_introduction_are_questions_too():
    prd = read(
        "## Requirements", "- It sorts lines [NEEDS CLARIFICATION: ascending?]", "", "Open questions:", "- Stable sorting?",
    )  # fmt: skip
    assert [q.text for q in prd.questions] == ["ascending?", "Stable sorting?"]
    assert [s.text for s in prd.statements] == ["It sorts lines"]


def test_what_was_passed_over_says_why():
    assert passed(
        "# Sorter", "## Background", "We sort by hand.", "## Requirements", "- It sorts lines", "- Who pays?",
        "## Out of scope", "- Printing", "## Glossary", "| Term | Meaning |", "|---|---|", "| Line | Some text |",
    ) == {
        "We sort by hand.": "under “Background”",
        "Printing": "under “Out of scope”",
        "Line: Some text": "under “Glossary”",
    }  # fmt: skip


def test_criteria_and_priorities_were_not_passed_over():
    assert (
        passed("## FR-1: Sorting", "It sorts lines.", "Priority: P1", "", "Acceptance criteria:", "- `b a` gives `a b`")
        == {}
    )


def test_a_document_without_requirements_says_what_was_read():
    said = why_nothing(read_prd("# Sorter\n## Background\nWe sort by hand.\n\n## Open questions\n- Who pays?\n"))
    assert "under “Background” (line 3)" in said
    assert "what it leaves open (line 6)" in said
    assert why_nothing(read_prd("")) == "It holds no text."


CASES = {case.name: case.text for case in cases()[0]}


@pytest.mark.parametrize("name", CASES)
def test_every_line_of_a_document_is_told_of(name):
    unaccounted, twice = accounts(CASES[name])
    assert unaccounted == []
    assert name.endswith(".json") or twice == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_every_line_of_any_text_is_told_of(text):
    assert accounts(text)[0] == []


def accounts(text: str) -> tuple[list[str], list[str]]:
    """Return the lines of which nothing is said, and what is taken and passed over at once."""
    prd = read_prd(text)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    taken = covered([*(lines for s in prd.statements for lines in s.lines), *prd.attached, *prd.headings])
    taken |= covered([*(b.lines for b in prd.blocks if b.kind == "code"), *(e.lines for e in prd.examples)])
    passed = covered(each.lines for each in prd.passed_over)
    asked = covered(each.lines for each in prd.questions)
    worded = [at for at, line in enumerate(lines, 1) if any(map(str.isalnum, line)) and not TAG_LINE.fullmatch(line)]
    return (
        [f"{at}: {lines[at - 1]}" for at in worded if at not in taken | passed | asked],
        [
            each.text
            for each in prd.passed_over
            if any(each.text in s.text and covered(s.lines) & covered([each.lines]) for s in prd.statements)
        ],
    )


def covered(places: Iterable[Lines]) -> set[int]:
    return {line for first, last in places for line in range(first, last + 1)}


def test_each_sentence_of_a_paragraph_is_told_of():
    prd = read(
        "# Plants", "## Watering", "Each plant must have a day. We once had a list on the fridge. How big is a spot? It",
        "can be moved. We saw that at the neighbours'.",
    )  # fmt: skip
    assert [s.text for s in prd.statements] == ["Each plant must have a day.", "It can be moved."]
    assert [(each.text, each.lines) for each in prd.passed_over] == [
        ("We once had a list on the fridge.", (3, 3)), ("How big is a spot?", (3, 3)),
        ("We saw that at the neighbours'.", (4, 4)),
    ]  # fmt: skip


def test_a_question_is_open_wherever_it_stands():
    prd = read(
        "# Build", "## Requirements", "- Each build runs on one agent (Tom: is 1 OK for the build server? TBD)",
        "- We probably want some metrics. Prometheus?", "- Who pays?",
    )  # fmt: skip
    assert [q.text for q in prd.questions] == [
        "Tom: is 1 OK for the build server? TBD", "We probably want some metrics. Prometheus?", "Who pays?",
    ]  # fmt: skip
    assert [s.lines for s in prd.statements] == [((3, 3),)]


def test_a_question_inside_a_paragraph_is_open_unless_the_sentence_behind_it_answers_it():
    prd = read(
        "# Boats", "## Booking", "A boat can be booked for a day. May dogs come", "along? Bookings end at 18:00. Who cleans the boats? The club cleans",
        "them. Is a deposit needed? Yes, 50 euros. Have you ever lost a boat? A booking is paid by card.",
    )  # fmt: skip
    assert [(q.text, q.lines) for q in prd.questions] == [("May dogs come along?", (3, 4))]
    assert "May dogs come along?" not in [each.text for each in prd.passed_over]
    story = read("# Boats", "## Background", "Who has the key? Last summer it was lost. The harbour kept a spare.")
    assert story.questions == ()


def test_a_question_that_is_settled_or_quoted_is_none():
    prd = read(
        "# Build", "## Requirements", "- Should logs be kept? Decided: yes, 30 days.", "- Do we need tags?", "  - Decision: no",
        '- The dialog asks "Delete all?" before it deletes.', "", "Is a login needed?", "", "No, not in this version.",
    )  # fmt: skip
    assert prd.questions == ()
    assert [s.text for s in prd.statements if "dialog" in s.text] == [
        'The dialog asks "Delete all?" before it deletes.'
    ]


def test_front_matter_comments_and_introductions_are_passed_over():
    prd = read("---", "title: Sorter", "owner: Ann", "---", "# Sorter", "<!-- It must also sort numbers -->", "It sorts. Sets are files:", "", "```", "a", "```")  # fmt: skip
    assert [each.lines for each in prd.passed_over if each.reason.startswith("a comment")] == [(2, 3), (6, 6)]


def test_a_table_that_holds_no_requirement_is_told_of_once():
    prd = read("# Sorter", "## Requirements", "- It sorts lines", "", "## Files", "| File | Size |", "|---|---|", "| a | 1 |", "| b | 2 |")  # fmt: skip
    assert [(each.text, each.lines, each.reason) for each in prd.passed_over] == [
        ("Table of 2 rows: File, Size", (6, 9), "a table of data")
    ]
