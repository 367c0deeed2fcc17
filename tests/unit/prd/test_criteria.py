"""User stories, acceptance criteria, scenarios: what is a requirement of its own and what belongs to one."""

from __future__ import annotations

from tests.unit.prd.reading import by_label, only, read

STORY = ["### US-1: Sorting", "As a user, I want sorted lines, so that I find things.", "", "**Acceptance Criteria:**"]


def test_the_criteria_of_a_story_are_requirements():
    prd = read("## User stories", *STORY, "- [ ] Lines are sorted by name", "- [ ] Equal lines keep their order")
    assert [(s.label, s.text, s.section) for s in prd.statements] == [
        ("US-1 AC-1", "Lines are sorted by name", "User stories > US-1: Sorting"),
        ("US-1 AC-2", "Equal lines keep their order", "User stories > US-1: Sorting"),
    ]


def test_a_story_without_criteria_is_a_requirement():
    assert only("## User stories", "- US-1: As a user, I want sorted lines.").label == "US-1"


def test_a_story_over_several_lines_is_one_story():
    statement = only("### Story 1.1", "**As a** clerk", "**I want** sorted lines", "**so that** I find things")
    assert statement.text == "As a clerk I want sorted lines so that I find things"
    assert statement.lines == ((2, 4),)


def test_stories_in_a_list_keep_their_criteria_apart():
    prd = read(
        "## Stories", "- **US-1** As a member, I want to pause.", "  - AC: at most 3 months", "  - AC: from the 1st on",
        "- **US-2** As front desk, I want to see it.",
    )  # fmt: skip
    assert [(s.label, s.text) for s in prd.statements] == [
        ("US-1", "As a member, I want to pause."), ("US-2", "As front desk, I want to see it."),
    ]  # fmt: skip
    assert [s.criteria for s in prd.statements] == [("at most 3 months", "from the 1st on"), ()]


def test_the_criteria_of_a_requirement_belong_to_it():
    statement = only(
        "### FR-1 Export",
        "The tool must export lines.",
        "",
        "Acceptance criteria:",
        "- The file has a header",
        "- Empty lists give an empty file",
    )
    assert statement.label == "FR-1"
    assert statement.criteria == ("The file has a header", "Empty lists give an empty file")
    assert statement.lines == ((2, 2),)


def test_criteria_nested_under_an_item_belong_to_it():
    prd = read(
        "## Requirements",
        "- FR-1: It sorts",
        "  - Acceptance criteria:",
        "    - a before b",
        "- FR-2: It prints",
        "  - AC: in colour",
    )
    assert {label: s.criteria for label, s in by_label(prd).items()} == {
        "FR-1": ("a before b",),
        "FR-2": ("in colour",),
    }


def test_criteria_that_name_their_requirement_go_there():
    prd = read(
        "## Requirements",
        "- FR-1: It sorts",
        "- FR-2: It prints",
        "## Acceptance criteria",
        "- AC-1 (FR-2): in colour",
        "- FR-1: a before b",
        "- Works offline",
    )
    assert by_label(prd)["FR-1"].criteria == ("a before b",)
    assert by_label(prd)["FR-2"].criteria == ("in colour",)
    assert [s.text for s in prd.statements] == ["It sorts", "It prints", "Works offline"]


def test_criteria_of_the_whole_document_are_requirements():
    prd = read("# Thing", "## Features", "- It sorts", "- It prints", "## Acceptance criteria", "- Loses no line")
    assert [s.text for s in prd.statements] == ["It sorts", "It prints", "Loses no line"]


def test_given_when_then_in_one_line_is_one_scenario():
    statement = only(
        "### Story 1", "**Acceptance scenarios**:", "", "1. **Given** a cart, **When** I pay, **Then** it is empty"
    )
    assert (statement.label, statement.text) == ("Story 1 AC-1", "Given a cart, When I pay, Then it is empty")


def test_given_when_then_as_items_is_one_scenario():
    prd = read(
        "## Requirements", "- Given a cart", "- When I pay", "- Then it is empty", "- And a mail is sent", "- It sorts"
    )
    assert [(s.text, s.lines) for s in prd.statements] == [
        ("Given a cart, When I pay, Then it is empty, And a mail is sent", ((2, 5),)),
        ("It sorts", ((6, 6),)),
    ]


def test_scenarios_in_a_gherkin_block_are_criteria():
    prd = read(
        "### FR-1 Cart",
        "Carts must be kept.",
        "```gherkin",
        "Scenario: pay",
        "  Given a cart",
        "  When I pay",
        "  Then it is empty",
        "```",
    )
    assert prd.statements[0].criteria == ("Given a cart, When I pay, Then it is empty",)
    assert len(prd.blocks) == 1


def test_scenarios_in_plain_text_stand_for_themselves():
    prd = read(
        "# Feature: cart",
        "",
        "Scenario: first",
        "Given an empty cart",
        'When I add "Tea"',
        "Then it has 1 line",
        "",
        "Scenario: second",
        "Given a cart",
        "When I pay",
        "Then it is empty",
    )
    assert [s.lines for s in prd.statements] == [((3, 6),), ((8, 11),)]


def test_an_epic_is_told_by_its_stories():
    prd = read(
        "## Epic 1 Search",
        "Users can find things.",
        "### Story 1.1",
        "As a user, I want to search.",
        "#### Acceptance criteria",
        "1. Titles are searched",
    )
    assert [s.text for s in prd.statements] == ["Titles are searched"]


def test_a_requirement_and_its_criteria_are_whole_sentences():
    statement = only(
        "### FR-1: Teams", "A team must have at most one member at a", "time. p95: 200 ms. The save must check it.", "",
        "**Acceptance criteria**", "- p95 < 200 ms at 100 req. per second. It must hold for 10 min. in a row.",
        "- A team has at most one member at a", "  time, checked on each save",
    )  # fmt: skip
    assert statement.text == "A team must have at most one member at a time. p95: 200 ms. The save must check it."
    assert statement.criteria == (
        "p95 < 200 ms at 100 req. per second. It must hold for 10 min. in a row.",
        "A team has at most one member at a time, checked on each save",
    )
