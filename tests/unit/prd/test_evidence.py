"""A heading is only a first guess: labels, "must", introductions, siblings and columns say what stands under it."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import read, texts

RULED_OUT = ["Out of scope", "Non-goals", "Future work", "Risks", "Open questions"]
ABOUT = ["Goals", "Background", "Target users", "Example: a wash house", "Success metrics", "Purpose"]


@pytest.mark.parametrize("heading", ABOUT)
def test_a_list_of_what_must_be_counts_under_any_heading_about_the_project(heading):
    wishes = ["- Guests should book a machine", "- The door must stay locked", "- Receipts must be kept 3 years"]
    assert len(texts("# Laundry", f"## {heading}", *wishes)) == 3


@pytest.mark.parametrize("heading", RULED_OUT)
def test_what_is_ruled_out_stays_so_whatever_its_words(heading):
    assert texts("# Laundry", f"## {heading}", "- Guests must pay online", "- Prices must be shown in dollars") == []


def test_labels_of_requirements_count_under_the_name_of_a_persona():
    rows = ["| ID | Text |", "|---|---|", "| FR-1 | Works for owners of one shop |", "| FR-2 | Works for chains |"]
    assert len(texts("# Laundry", "## Features", "### Target users", *rows)) == 2


def test_success_criteria_with_labels_stay_criteria_of_success():
    assert texts("# Laundry", "## Success criteria", "- SC-1: 80% come back", "- SC-2: Churn falls by half") == []


def test_an_introduction_that_demands_speaks_for_its_list():
    assert texts("# Laundry", "## Goals", "The system MUST:", "", "1. Count coins.", "2. Lock the door.") == [
        "The system MUST count coins.",
        "The system MUST lock the door.",
    ]
    spanish = [
        "## Objetivo",
        "La aplicación debe incluir:",
        "",
        "- Pagos con tarjeta y móvil.",
        "- Avisos al terminar.",
    ]
    assert len(texts("# Lavandería", *spanish)) == 2


def test_about_us_among_pages_is_a_page():
    pages = ["## Pages", "### Home", "- Opening hours", "### Prices", "- Table of prices", "### About us", "- Our team"]
    assert texts("# Laundry", *pages)[-1] == "Our team"
    items = ["## Features", "1. **Question bank:**", "   - Stores riddles", "2. **Duels:**", "   - Two players meet"]
    assert texts("# Quiz", *items, "3. **Riddle research:**", "   - Finds new topics")[-1] == "Finds new topics"


def test_background_beside_background_stays_background():
    assert texts("# Laundry", "## Requirements", "### Goals", "- More guests", "### Personas", "- Ann, 34") == []


def test_the_items_of_a_list_share_their_fate():
    notes = ["# Laundry", "## Requirements", "- Guests book machines", "## Architecture"]
    assert texts(*notes, "- Client: React, Vue", "- Host: a rented box", "- Store: SQLite")[1:] == []
    asked = ["- Must restart by itself", "- Logs are kept 30 days", "- Short start-up times"]
    assert len(texts(*notes, *asked)) == 4


def test_a_part_of_the_architecture_that_is_only_described_is_no_requirement():
    parts = ["- **Broker:** The service that carries events", "- **Client:** An app that shows them"]
    assert texts("# Laundry", "## Technical architecture", *parts) == []


def test_contents_close_their_own_list_and_nothing_else():
    assert texts(
        "Laundry", "Contents", "========", "* 1 Requirements", "", "## 1. Requirements", "1. Machines shall be counted."
    ) == ["Machines shall be counted."]  # fmt: skip


def test_phases_bring_what_was_asked_for_above():
    features = ["## Features", "- Guests book machines", "- Guests pay by card", "- Doors lock"]
    phases = [
        "## Delivery",
        "### Phase 1: Core",
        "- Booking",
        "### Phase 2: Mobile & user experience",
        "- Touch design",
    ]
    assert texts("# Laundry", *features, *phases) == ["Guests book machines", "Guests pay by card", "Doors lock"]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("| Action | Available when | Effect |", "| Stop | Any time | Ends the wash and unlocks the door |"),
        ("| Flow | Description |", "| Pay | Card held to the reader, then a receipt |"),
        ("| Shortcut | Action |", "| Ctrl+K | Search machines |"),
        ("| Setting | Default | Range |", "| Spin | 800 rpm | 400-1200 rpm |"),
    ],
)
def test_rows_that_say_what_happens_are_requirements(header, row):
    cells = "|".join("---" for _ in header.split("|")[1:-1])
    assert len(texts("# Laundry", "## Controls", header, f"|{cells}|", row, row.replace("| ", "| Re", 1))) == 2


def test_rows_of_parameters_and_matrices_of_labels_are_none():
    assert (
        texts("# API", "## Booking", "| Name | Type | Description |", "|---|---|---|", "| id | int | the guest |") == []
    )
    matrix = ["## Matrix", "| Requirement | Test |", "|---|---|", "| FR-1 | door test |"]
    assert texts("# Laundry", "## Features", "- FR-1: Doors lock", *matrix) == ["Doors lock"]


def test_an_example_in_plain_paragraphs_ends_with_the_next_sentence():
    assert texts(
        "# Tareas", "## Estimaciones", "La suma debe contar las subtareas.", "", "Ejemplo:", "", "Total = 12", "",
        "El cálculo debe ser exacto.",
    ) == ["La suma debe contar las subtareas.", "El cálculo debe ser exacto."]  # fmt: skip


def test_a_title_with_words_of_its_own_is_a_statement_beside_what_stands_under_it():
    assert texts("# Laundry", "## Features", "- **Desk**: Two panels", "  - Machines on the left") == [
        "Desk: Two panels",
        "Machines on the left",
    ]


def test_empty_brackets_are_a_box_to_tick():
    assert texts("# Laundry", "## Features", "- [] Doors lock", "- [x] Guests pay") == ["Doors lock", "Guests pay"]


@pytest.mark.parametrize(
    "line",
    [
        "First, I built a prototype and showed it to guests",
        "See docs/plan.md for the drawings",
        "Prepared by Ann Lee",
        "Describe the features here",
        "None for MVP",
        "A drying room (post-MVP)",
        "The project was finished in a hurry",
    ],
)
def test_what_speaks_of_the_document_or_its_authors_is_none(line):
    assert texts("# Laundry", "## Features", f"- {line}", "- Doors lock") == ["Doors lock"]


def test_non_functional_in_german_rules_nothing_out():
    assert texts("# Waschküche", "## Nicht-funktionale Anforderungen", "- Antwort unter 2 Sekunden") != []


def test_a_sample_document_in_a_fence_opens_no_sections():
    prd = read(
        "# Recipes", "## Files", "Each file must look like this:", "", "```markdown", "# Title", "", "## Ingredients", "- one",
        "- two", "", "## Steps", "1. First", "2. Second", "```", "", "## Search", "- Finds a recipe by its name",
    )  # fmt: skip
    assert [section.path for section in prd.sections] == ["Files", "Search"]


def test_what_a_template_asks_of_its_author_is_none():
    assert texts("# Laundry", "## Requirements", "[Briefly describe what the product must do.]", "", "It counts coins.") == [
        "It counts coins."
    ]  # fmt: skip


def test_those_who_must_are_not_the_product():
    people = ["This is for anyone who needs to wash:", "", "- Guests of the house", "- Students nearby"]
    assert texts("# Laundry", "## Target audience", *people) == []


def test_parts_of_a_feature_count_under_a_heading_that_nobody_knows():
    pages = [
        "## Requirements",
        "- Guests pay",
        "## Blueprint",
        "### Bar",
        "- **Home**: Main screen",
        "- **Wash**: Big button",
    ]
    assert len(texts("# Laundry", *pages)) == 3


def test_words_of_english_do_not_judge_another_language():
    polish = [
        "## Wymagania",
        "- Goście płacą kartą",
        "## Pralnia",
        "- Rezerwacja pralki na godzinę",
        "- Powiadomienie po praniu",
    ]
    assert len(texts("# Pralnia", *polish)) == 3


def test_a_title_speaks_of_its_first_words_too():
    risks = ["## Risks introduced by pricing", "- Guests stay away", "- Late refunds"]
    assert texts("# Laundry", "## Features", "- Doors lock", *risks) == ["Doors lock"]


def test_what_a_thing_is_not_is_no_requirement():
    assert texts("# Laundry", "## Booking", "A booking is not:", "", "- a contract", "- a payment") == []
