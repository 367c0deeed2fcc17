"""Headings decide what counts: requirements, features, constraints do; background, goals and the like do not."""

from __future__ import annotations

import pytest

from heph_nb.domain.prd.topics import Topic, topic_of
from tests.unit.prd.reading import read, texts

COUNTS = [
    "Requirements", "2.1 Functional requirements", "Core Features (MVP)", "Constraints", "Non-functional requirements",
    "Data requirements", "User interface", "Acceptance criteria", "Must have", "Edge cases", "Business rules", "What it should do",
    "Anforderungen", "功能需求", "Exigences fonctionnelles", "Checkout", "Login & sign-up", "Order history", "Order status",
]  # fmt: skip
SILENT = [
    "Background", "1. Goals & Objectives", "Glossary", "Terms/Concepts Explanation", "Personas", "Roadmap", "Success metrics",
    "Risks and Mitigations", "Open Questions", "Non-Goals (Out of Scope)", "Future enhancements", "Key files to be modified",
    "Existing code to reuse", "Assumptions", "Revision history", "Won't have", "Who we talked to", "Where we are today",
    "What we can live without", "Nicht-Ziele", "Hintergrund", "不在范围内", "项目背景", "Hors périmètre", "Not now", "Why?",
]  # fmt: skip


@pytest.mark.parametrize("heading", COUNTS)
def test_bullets_under_a_requirement_heading_or_an_unknown_one_count(heading):
    assert texts("# Thing", f"## {heading}", "- Lines are sorted", "- Lines are printed") == [
        "Lines are sorted",
        "Lines are printed",
    ]


@pytest.mark.parametrize("heading", SILENT)
def test_nothing_counts_under_the_others(heading):
    assert texts("# Thing", f"## {heading}", "- Lines are sorted", "", "Lines are printed.") == []


def test_a_heading_inside_a_silent_one_is_silent_too():
    assert texts("## Risks", "### Technical", "- It must not fail") == []


def test_requirements_inside_a_roadmap_count():
    assert texts("## Roadmap", "- **MVP requirements:**", "  1. Sort lines", "- **Future:** print lines") == [
        "Sort lines"
    ]


def test_an_overview_counts_where_it_says_must_about_the_system():
    found = texts(
        "## Overview",
        "This is a sorter. The system must run on Linux. Users need to sort files.",
        "## Requirements",
        "- It sorts",
    )
    assert found == ["The system must run on Linux.", "It sorts"]


def test_technical_notes_count_where_they_ask_for_something():
    found = texts(
        "## Requirements",
        "- It sorts",
        "## Technical considerations",
        "- Written once by Ann",
        "- The daemon must not feed staged convoys",
    )
    assert found == ["It sorts", "The daemon must not feed staged convoys"]


def test_in_scope_counts_only_without_a_requirement_section():
    scope = ["## In scope", "- Booking of rooms"]
    assert texts(*scope) == ["Booking of rooms"]
    assert texts(*scope, "## Requirements", "- Rooms can be booked") == ["Rooms can be booked"]


@pytest.mark.parametrize(
    "text",
    [
        "We do not need SMS", "Fuzzy search is out of scope", "Sync comes in a later version", "Users don't need accounts", "Not in v1: printing",
        "Themes are deferred to v2", "A crown can be added later", "Out of scope: printing", "Drucken wird nicht benötigt", "不需要登录",
    ],
)  # fmt: skip
def test_what_is_not_needed_does_not_count(text):
    assert texts("## Requirements", "- It sorts", f"- {text}", "", f"{text}.") == ["It sorts"]


def test_must_not_is_a_requirement():
    assert texts(
        "## Requirements", "- The tool must not print passwords", "- No collection or retention of user data"
    ) == [
        "The tool must not print passwords",
        "No collection or retention of user data",
    ]


def test_plain_statements_under_a_requirement_heading_count():
    found = texts(
        "## Requirements",
        "Logs are kept for 30 days. A user needs a password. Admins can block users. We talked about it in May.",
    )
    assert found == ["Logs are kept for 30 days.", "A user needs a password.", "Admins can block users."]


def test_questions_links_and_status_lines_do_not_count():
    assert texts(
        "## Requirements", "- Should it sort?", "- https://example.org/spec", "- Status: draft", "- It sorts"
    ) == ["It sorts"]


def test_rationale_notes_and_owners_beside_a_requirement_do_not_count():
    found = texts(
        "## Requirements",
        "1. **Search:** finds titles",
        "   - *Why:* people must find things",
        "   - *How:* A full-text index is used",
        "   - Owner: Ann",
    )
    assert found == ["Search: finds titles", "A full-text index is used"]


def test_a_field_that_is_a_feature_counts():
    assert texts("## Requirements", "- Tags: users can add tags", "- Comments: users can comment on notes") == [
        "Tags: users can add tags",
        "Comments: users can comment on notes",
    ]


def test_words_of_customers_do_not_count():
    assert texts("## User needs", '- "I want it to be faster"', "- Search answers within 2 s") == [
        "Search answers within 2 s"
    ]


def test_an_introduction_says_what_its_list_is():
    found = texts(
        "## Requirements",
        "The following are out of scope:",
        "- printing",
        "- faxing",
        "",
        "Requirements:",
        "",
        "- It sorts lines",
        "",
        "For example:",
        "- a",
        "- b",
    )
    assert found == ["It sorts lines"]


def test_a_document_that_asks_for_nothing_has_no_statements():
    assert read("# Notes", "", "We met on Tuesday.").statements == ()
    assert read("").statements == ()


def test_a_heading_is_a_requirement_if_it_says_it_all():
    prd = read(
        "## Requirements", "### FR-1: Undo the last step", "### FR-2: Redo", "A step that was undone can be done again."
    )
    assert [(s.label, s.text, s.lines) for s in prd.statements] == [
        ("FR-1", "Undo the last step", ((2, 2),)),
        ("FR-2", "A step that was undone can be done again.", ((4, 4),)),
    ]


def test_a_list_of_contents_is_no_list_of_requirements():
    prd = read(
        "## Epic list",
        "- Epic 1: Foundation",
        "## Epic 1: Foundation",
        "### Story 1.1 Setup",
        "#### Acceptance criteria",
        "1. Tests run",
    )
    assert [s.text for s in prd.statements] == ["Tests run"]


def test_sections_say_where_they_are_and_what_is_in_them():
    prd = read(
        "# Thing",
        "## Stories",
        "### US-1 Sort",
        "As a user, I want to sort, so that I find things.",
        "",
        "Acceptance criteria:",
        "- a is first",
        "- b is second",
    )
    (section,) = [s for s in prd.sections if s.label == "US-1"]
    assert section.path == "Stories > US-1 Sort"
    assert section.story == "As a user, I want to sort, so that I find things."
    assert section.lines == (3, 9)
    assert section.statements == ("R-001", "R-002")


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Data model for charts", Topic.NEEDS),
        ("Security considerations", Topic.QUALITY),
        ("Requirements for the migration", Topic.NEEDS),
        ("Dependencies and risks", Topic.NEVER),
        ("Meal plan", Topic.OTHER),
        ("Logical Dependency Chain", Topic.ORDER),
        ("Definition of done", Topic.EXAMPLES),
        ("Users", Topic.RECORD),
    ],
)
def test_titles_are_read_by_their_head(title, topic):
    assert topic_of(title) is topic


def test_a_record_of_the_project_is_a_feature_among_features():
    assert texts(
        "## Features", "### Contacts", "- Contacts are imported", "### History", "- The last 50 pages are listed"
    ) == [
        "Contacts are imported",
        "The last 50 pages are listed",
    ]
    assert texts("## Contacts", "- Ann must be asked") == []


@pytest.mark.parametrize(
    "heading", ["Later addition", "10. Later addition", "Added later", "Later changes", "Later additions"]
)
def test_what_was_added_later_is_asked_for(heading):
    prd = read("# Ferry", "## Requirements", "- It must list the ferries", f"## {heading}", "The service must print a ticket.", "We found that in May.")  # fmt: skip
    assert [s.text for s in prd.statements] == ["It must list the ferries", "The service must print a ticket."]


@pytest.mark.parametrize("heading", ["Later", "For later", "Maybe later", "Later versions", "Ideas for later"])
def test_what_comes_later_is_not(heading):
    assert texts("# Ferry", "## Requirements", "- It must list the ferries", f"## {heading}", "The service must print a ticket.") == [
        "It must list the ferries"
    ]  # fmt: skip


def test_what_the_product_must_do_counts_under_the_name_of_a_record_that_is_a_feature_here():
    prd = read(
        "# Trades",
        "## Approval",
        "The manager must see both names. Approved by Ann on Monday.",
        "## Import",
        "It must import.",
    )
    assert [s.text for s in prd.statements] == ["The manager must see both names.", "It must import."]
