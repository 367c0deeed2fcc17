"""What a document says of its requirements is none: how they are numbered, grouped, tested and brought one by one."""

from __future__ import annotations

from tests.unit.prd.reading import texts


def test_the_name_of_a_group_is_not_a_requirement_beside_those_it_names():
    assert texts(
        "## Functional requirements", "- FR1: Printing", "- FR1.1: It prints a label", "- FR1.2: It prints a receipt",
        "- FR2: Print queue", "- FR3: Every printer must have a queue", "- FR3.1: The queue can be cleared",
    ) == [
        "It prints a label", "It prints a receipt", "Print queue", "Every printer must have a queue", "The queue can be cleared",
    ]  # fmt: skip


def test_a_label_with_a_name_and_a_colon_is_the_heading_of_the_lines_below():
    assert texts(
        "## Requirements", "- NFR1: Comfort:", "- The seat can be heated", "- NFR2: It starts in winter",
    ) == ["The seat can be heated", "It starts in winter"]  # fmt: skip


def test_a_matrix_of_what_was_said_above_asks_for_nothing():
    assert texts(
        "| ID | Requirement |", "|---|---|", "| GATE-1 | The gate opens for a valid ticket |",
        "| GATE-2 | The gate closes after 5 seconds |", "## How far we are", "| ID | Verified by | State |", "|---|---|---|",
        "| GATE-1 | `gate_test.py` | done, and shown to the operator |", "| GATE-2 | - | pending |",
    ) == ["The gate opens for a valid ticket", "The gate closes after 5 seconds"]  # fmt: skip


def test_how_requirements_are_kept_is_about_the_document():
    assert texts(
        "# Requirements", "Each requirement is numbered and keeps its number. Tests that check a requirement carry it.", "",
        "- New requirements are added at the end", "- The lamp is switched off at midnight",
    ) == ["The lamp is switched off at midnight"]  # fmt: skip


def test_numbered_titles_of_plain_text_may_have_a_remark_in_brackets():
    lines = [f"It keeps list number {number} for a year" for number in range(1, 8)]
    assert texts(
        "Kiosk", "", "1. Lists", "", *lines, "2. Receipts (agreed with the branch in the station, not with the others)", "",
        *[line.replace("list", "receipt") for line in lines], "3. Future work, out of scope (V1)", "", "Vouchers can be sold", "Cards can be sold",
    ) == [*lines, *[line.replace("list", "receipt") for line in lines]]  # fmt: skip


def test_a_section_with_a_timetable_is_a_roadmap():
    assert texts(
        "# Oven", "## Baking", "The oven holds 240 degrees.", "## Order of delivery", "| Week | Ships |", "|---|---|",
        "| 1 | heating |", "| 2 | the clock |", "", "Week 1 brings the heat before the clock shows it.",
    ) == ["The oven holds 240 degrees."]  # fmt: skip


def test_planning_may_be_what_the_product_is_for():
    assert texts("# Trips", "## Route planning", "- Two routes are shown side by side") == [
        "Two routes are shown side by side"
    ]


def test_what_is_currently_selected_is_part_of_the_product():
    assert texts(
        "## Calendar", "- Currently selected week is drawn in bold", "- Currently we draw it by hand",
        "- The currently selected week is sent to the printer",
    ) == ["Currently selected week is drawn in bold", "The currently selected week is sent to the printer"]  # fmt: skip
    assert texts("# Calendar", "A calendar.", "## Printing", "The currently selected week is sent to the printer.") == [
        "The currently selected week is sent to the printer."
    ]


def test_problems_that_are_solved_are_still_problems():
    assert texts("# Cache", "## Key problems solved", "- Reducing slow reads", "## Features", "- Reads are cached") == [
        "Reads are cached"
    ]


def test_what_is_not_specified_here_is_left_to_others():
    assert texts("## Requirements", "- The menu has three pages", "- The texts of the menu are not specified further here") == [
        "The menu has three pages"
    ]  # fmt: skip
