"""What a PRD leaves open, and what was read and not taken, each with its reason."""

from __future__ import annotations

from heph_nb.domain.prd import read_prd, why_nothing
from tests.unit.prd.reading import read


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
        "Who pays?": "a question",
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
