"""Statements made twice, and statements that name others."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import by_label, read


def needs(*items: str) -> dict[str | None, tuple[str, ...]]:
    prd = read("## Requirements", *(f"- {item}" for item in items))
    return {statement.label: statement.depends_on for statement in prd.statements}


@pytest.mark.parametrize(
    "words",
    [
        "(depends on FR-1)",
        "after FR-1",
        "It requires FR-1.",
        "(requires FR1)",
        "Blocked by FR-01",
        "needs FR-1",
        "Depends on: FR 1",
        "builds on FR-001",
    ],
)
def test_labels_of_what_comes_first_are_found(words):
    assert needs("FR-1: It reads", f"FR-2: It sorts {words}")["FR-2"] == ("R-001",)


def test_several_labels_and_spans():
    found = needs(
        "FR-1: a reads",
        "FR-2: b sorts",
        "FR-3: c prints",
        "FR-4: d ends (depends on FR-1 & FR-3)",
        "FR-5: e (after FR-1 to FR-3)",
    )
    assert found["FR-4"] == ("R-001", "R-003")
    assert found["FR-5"] == ("R-001", "R-002", "R-003")


def test_numbers_are_those_of_the_list():
    prd = read(
        "## Requirements",
        "1. It reads files",
        "2. It sorts lines (depends on 1)",
        "3. It prints (depends on 1 & 2)",
        "",
        "## More features",
        "1. It ends (depends on 1)",
    )
    assert [s.depends_on for s in prd.statements] == [(), ("R-001",), ("R-001", "R-002"), ()]


def test_a_story_stands_for_its_criteria():
    prd = read(
        "## Stories",
        "### US-1 Read",
        "Acceptance criteria:",
        "- a is read",
        "- b is read",
        "### US-2 Sort",
        "Depends on: US-1",
        "",
        "Acceptance criteria:",
        "- a is first",
    )
    assert prd.statements[2].depends_on == ("R-001", "R-002")


def test_one_criterion_of_a_story_can_be_meant():
    prd = read(
        "## Stories",
        "### US-1 Read",
        "Acceptance criteria:",
        "- a is read",
        "- b is read",
        "## Requirements",
        "- FR-1: It sorts (depends on US-1 AC-2)",
    )
    assert by_label(prd)["FR-1"].depends_on == ("R-002",)


@pytest.mark.parametrize(
    "words",
    ["after 3 failed attempts", "consistent with FR-1", "see FR-1", "requires 2 keys", "depends on the weather"],
)
def test_other_words_are_no_order(words):
    assert needs("FR-1: It reads", "FR-2: It waits", f"FR-3: It stops {words}")["FR-3"] == ()


def test_nothing_depends_on_itself():
    assert needs("FR-1: It reads (depends on FR-1)")["FR-1"] == ()


def test_a_statement_made_twice_is_one_with_two_places():
    prd = read(
        "## Features",
        "- The list is sorted by name.",
        "## Requirements",
        "- **The list is sorted by name**",
        "- It prints",
    )
    assert [(s.text, s.lines) for s in prd.statements] == [
        ("The list is sorted by name.", ((2, 2), (4, 4))),
        ("It prints", ((5, 5),)),
    ]


def test_short_statements_in_different_places_stay_apart():
    prd = read("## Customer form", "- Name is required", "## Supplier form", "- Name is required")
    assert len(prd.statements) == 2


def test_a_build_order_adds_places_and_order_to_what_it_says_again():
    prd = read(
        "## MVP requirements", "1. Setup the web project.", "2. Implement `POST /api/shorten` endpoint logic.", "3. Unique short code generation.",
        "## Logical dependency chain", "1. Web Project Setup.", "2. Short code generation.", "3. Endpoint `POST /api/shorten` (depends on 1 & 2).", "4. Party.",
    )  # fmt: skip
    assert [(s.lines, s.depends_on) for s in prd.statements] == [
        (((2, 2), (6, 6)), ()), (((3, 3), (8, 8)), ("R-001", "R-003")), (((4, 4), (7, 7)), ()),
    ]  # fmt: skip
