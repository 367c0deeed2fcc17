"""No word of a requirement is lost on the way: numbers at line starts, cells of tables, lists without marks."""

from __future__ import annotations

from tests.unit.prd.reading import read, texts

R = "## Requirements"


def test_a_number_at_the_start_of_a_wrapped_line_ends_the_sentence():
    assert texts("# API", R, "Every call needs a token. Requests without it, or with a wrong one, get", "401. Rate limit: 60 requests per minute.") == [
        "Every call needs a token.", "Requests without it, or with a wrong one, get 401.", "Rate limit: 60 requests per minute.",
    ]  # fmt: skip
    assert "The build must be green in 2." in texts(
        "# CI", R, "The build must be green in", "2. Then it must be shipped."
    )


def test_a_list_after_text_still_is_one():
    found = texts("# CI", R, "It must do two things.", "1) It must sort lines", "2) It must print lines")
    assert found == ["It must do two things.", "It must sort lines", "It must print lines"]


def test_a_priority_at_the_end_of_a_paragraph_counts():
    prd = read("## FR-1: Sorting", "It sorts lines.", "Priority: P3")
    assert [(s.text, s.level) for s in prd.statements] == [("It sorts lines.", "could")]


def test_rows_of_an_interface_keep_their_cells():
    found = texts(
        "# Shop", "## API requirements", "| Method | Path | Does | Errors |", "|---|---|---|---|",
        "| GET | /items | Lists all items | 401 |", "| POST | /items | Creates an item | 400 if the name is missing |",
    )  # fmt: skip
    assert found == [
        "GET /items: Lists all items, errors 401", "POST /items: Creates an item, errors 400 if the name is missing",
    ]  # fmt: skip


def test_rows_of_fields_keep_their_rules():
    found = texts(
        "# Form", "## Functional requirements", "| Field | Required | Constraints |", "|---|---|---|",
        "| Age | yes | integer, 18-99 |", "| Name | no | at most 40 characters |",
    )  # fmt: skip
    assert found == ["Age: required, integer, 18-99", "Name: optional, at most 40 characters"]


def test_a_demand_in_front_of_a_table_makes_requirements_of_its_rows():
    found = texts(
        "# Dice", R, "- It rolls dice", "", "## Notation", "The roller must support this notation:", "",
        "| Notation | Meaning |", "|---|---|", "| `NdX` | Roll N dice |", "| `!` | Exploding dice |",
    )  # fmt: skip
    assert found[1:] == ["`NdX`: Roll N dice", "`!`: Exploding dice"]


def test_stories_in_a_table_count_whatever_their_ids():
    prd = read(
        "# Machines", "## Stories", "| ID | Persona | Story | Acceptance Criteria |", "|---|---|---|---|",
        "| U1-DEV | DEV | *List* - see all machines | loads in < 2 s |", "| U2-OPS | OPS | *Stop* - stop one | asks first |",
    )  # fmt: skip
    assert [(s.label, s.criteria) for s in prd.statements] == [("U1-DEV", ("loads in < 2 s",)), ("U2-OPS", ("asks first",))]  # fmt: skip


def test_the_same_words_about_two_things_are_two_requirements():
    prd = read("# Pumps", R, "### Web", "- Control panel for manual use of pumps", "### Phone", "- Control panel for manual use of pumps")  # fmt: skip
    assert [s.lines for s in prd.statements] == [((4, 4),), ((6, 6),)]


def test_options_abilities_and_the_first_person_ask_for_something():
    assert texts("# Lib", R, "- It plays music", "## Library Integration", "- Option to import a file", "- Ability to load a library") == [
        "It plays music", "Option to import a file", "Ability to load a library",
    ]  # fmt: skip
    assert len(texts("# Story 1", "Story:", "I should be able to multiply two numbers, and see the answer.")) == 1


def test_a_title_behind_a_dash_and_a_list_of_todos_are_features():
    assert texts("# Kit", R, '### Owner — "My router earns"', "- Todo's will be managed using queries") == [
        "Todo's will be managed using queries"
    ]


def test_the_only_long_list_counts_though_it_stands_under_goals():
    items = [f"- infinite stages of kind {name}" for name in "abcdefghij"]
    assert len(texts("# Game", "A game of caves.", "## Goals (11 Points)", *items, "## Timeline", "- Week 1")) == len(
        items
    )
    assert len(texts("# Game", R, "- It starts", "## Goals", *items)) == 1


def test_lines_without_marks_under_numbered_titles_are_items():
    found = texts(
        "Trainer", "1. Overview", "A trainer for the guitar.", "", "2. Screen", "Shows the neck", "Shows the notes", "Hides the notes",
        "Plays the notes", "", "3. Timer", "Starts by itself", "Stops at zero", "Beeps at zero", "Can be paused", "",
        "4. Look", "Shows a dark theme", "Shows large text", "Shows one task", "Hides the menu", "Fits the screen", "Fits the window",
    )  # fmt: skip
    assert "Shows the neck" in found
    assert "Stops at zero" in found
    assert len(found) == 14


def test_code_behind_an_unfinished_sentence_belongs_to_it():
    prd = read("# API", R, "The second request for the same slot gets", "", "```", "HTTP/1.1 409 Conflict", "```")
    assert [(s.text, s.lines) for s in prd.statements] == [
        ("The second request for the same slot gets: `HTTP/1.1 409 Conflict`", ((3, 7),))
    ]


def test_must_in_the_sentence_is_must_under_any_heading():
    prd = read(
        "# App", R, "- What are your stretch goals?", "  - Dark mode", "- Nice to have: export to PDF",
        "- It would be great if it printed labels", "- Should be fast: every order must be checked in under 2 seconds",
        "- Users should see what must be done", "## Nice to have", "- The export must keep the order", "- Themes",
    )  # fmt: skip
    assert [s.level for s in prd.statements] == ["could", "could", "could", "must", "should", "must", "could"]


def test_a_pointer_or_chatter_is_no_criterion():
    prd = read(
        "# App", R, "- FR-1: Login must work.", "  - Acceptance criteria:", "    - Let's see",
        "    - Personal login comes later (see below)", "    - A wrong password gives an error",
    )  # fmt: skip
    assert [s.criteria for s in prd.statements] == [("A wrong password gives an error",)]
    assert [each.lines for each in prd.passed_over] == [(5, 5), (6, 6)]


def test_abbreviations_and_thousands_end_nothing():
    said = "Dr. Meyer must see old vs. new values, e.g. by name, of approx. 10,000 rows by Prof. Kim."
    assert texts("# Clinic", R, said) == [said]


def test_what_a_template_asks_of_its_author_is_no_statement():
    assert texts("# Product", "## Features", "Describe the individual features that your product will do", "", "- List the features of your product", "- Search by name") == [
        "Search by name"
    ]  # fmt: skip


def test_columns_with_defaults_are_rules_and_columns_that_are_only_explained_are_data():
    table = ["| name | the name, unique | none |", "| price | price in cents | 100 |"]
    told = ["# Shop", R, "- It reads a file", "", "| Column | Meaning | Default |", "|---|---|---|"]
    assert texts(*told, *table)[1:] == ["name: the name, unique", "price: price in cents, default 100"]
    prd = read("# Shop", R, "- It reads a file", "", "| Column | Meaning |", "|---|---|", "| day | The day of work |")
    assert [each.reason for each in prd.passed_over] == ["a table of data"]


def test_each_route_of_a_table_is_a_requirement_under_a_technical_heading_too():
    prd = read(
        "# Lockers\n\n## API\n\n| Method | Path | What | Errors |\n|---|---|---|---|\n"
        "| GET | /lockers | all lockers with `id` and `size` | – |\n"
        "| POST | /lockers/{id}/open | opens the door and notes who did | 403 not yours |\n"
    )
    assert [statement.text for statement in prd.statements] == [
        "GET /lockers: all lockers with `id` and `size`",
        "POST /lockers/{id}/open: opens the door and notes who did, errors 403 not yours",
    ]
