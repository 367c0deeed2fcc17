"""What a document says of its requirements is none: how they are numbered, grouped, tested and brought one by one."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import read, texts


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


def test_an_apostrophe_may_be_typeset():
    assert texts(
        "## Requirements", "- You don’t have to handle refunds", "- You don't have to handle vouchers", "- The till prints a receipt"
    ) == ["The till prints a receipt"]  # fmt: skip


def test_what_is_named_before_an_approval_is_a_feature():
    assert texts(
        "# Club", "## Modes", "### Open", "- Anybody can join", "### Joining and approval",
        "- The board has to let a member in", "## Approval", "- Board: May 3",
    ) == ["Anybody can join", "The board has to let a member in"]  # fmt: skip


def test_a_path_is_no_list_of_titles():
    assert texts(
        "## Routes", "- `POST /open`:", "  - The door answers with its state", "- `POST /release`:",
        "  - The door answers with its state", "  - The bolt is drawn",
    ) == ["The door answers with its state", "The door answers with its state", "The bolt is drawn"]  # fmt: skip


def test_a_condition_says_nothing_without_what_follows_from_it():
    assert texts(
        "## Rules", "- When the card is blocked", "  - Show a red lamp", "  - Keep the door shut",
        "- If the card is new, open the door", "  - within a second",
    )[:3] == [
        "When the card is blocked, show a red lamp", "When the card is blocked, keep the door shut",
        "If the card is new, open the door",
    ]  # fmt: skip


def test_design_is_how_the_product_looks():
    assert texts("# Lamp", "## Design", "- Round corners", "- Calm colours") == ["Round corners", "Calm colours"]


def test_lines_in_a_script_without_capitals_are_no_titles():
    assert texts("## 문", "`OK` 를 누르면 LED가 켜진다.", "", "`NO` 를 누르면 LED가 꺼진다.", "", "문이 닫힌다.") == [
        "`OK` 를 누르면 LED가 켜진다.", "`NO` 를 누르면 LED가 꺼진다.", "문이 닫힌다.",
    ]  # fmt: skip


def test_a_label_and_a_name_are_the_heading_of_the_paragraph_below():
    assert texts(
        "Requisitos Funcionais", "", "RF1 — Portas do elevador no piso", "", "O elevador deve abrir as portas no piso.", "",
        "RF2 — Luz", "", "O elevador deve acender a luz.",
    ) == ["O elevador deve abrir as portas no piso.", "O elevador deve acender a luz."]  # fmt: skip


def test_stories_are_told_in_other_languages():
    found = texts(
        "Verhalen", "", "Als lezer", "wil ik een boek reserveren,", "zodat het voor mij klaarligt.", "Als bibliothecaris",
        "wil ik boetes zien,", "zodat ik ze kan innen.",
    )  # fmt: skip
    assert [text.split(",")[0] for text in found] == [
        "Als lezer wil ik een boek reserveren", "Als bibliothecaris wil ik boetes zien",
    ]  # fmt: skip
    assert texts("## Récits", "En tant que lecteur, je veux réserver un livre.", "", "Como leitora, quero ver as multas.") == [
        "En tant que lecteur, je veux réserver un livre.", "Como leitora, quero ver as multas.",
    ]  # fmt: skip


def test_a_story_may_be_described_in_a_language_whose_verbs_are_not_known():
    assert texts(
        "## User stories", "De app toont de boetes van de lezer.", "", "De lezer wordt een dag vooraf gewaarschuwd.",
    ) == ["De app toont de boetes van de lezer.", "De lezer wordt een dag vooraf gewaarschuwd."]  # fmt: skip


def test_a_signal_and_its_treatment_are_a_rule():
    assert texts(
        "## Alarm levels", "| Signal | Tone | Treatment |", "|---|---|---|", "| Door open | low | show a lamp in the hall |",
        "| Smoke in the hall | high | sound the horn |",
    ) == ["Door open: low, show a lamp in the hall", "Smoke in the hall: high, sound the horn"]  # fmt: skip


def test_what_comes_later_is_left_out_in_german_too():
    assert texts("## Anforderungen", "- Die Seite zeigt Zahlen", "- Weitere Zahlen werden später festgelegt") == [
        "Die Seite zeigt Zahlen"
    ]  # fmt: skip


def test_a_label_alone_above_a_list_says_nothing():
    assert texts("F1:", "", "- It must ring", "", "F2:", "", "-") == ["It must ring"]


def test_a_row_whose_priority_is_no_is_left_out():
    assert texts(
        "## Funktionen", "| ID | Anforderung | Priorität |", "|---|---|---|", "| F1 | Sie zeigt das Datum | muss |",
        "| F2 | Sie spielt Musik | nein |",
    ) == ["Sie zeigt das Datum"]  # fmt: skip
    (name, nick) = read(
        "## Requirements", "| ID | Requirement | Mandatory |", "|---|---|---|", "| F1 | A name is kept | yes |", "| F2 | A nickname is kept | no |",
    ).statements  # fmt: skip
    assert (name.level, nick.text) == ("must", "A nickname is kept")


def test_the_flow_of_a_user_is_a_story_in_other_languages_too():
    assert texts(
        "# Bilety", "## Funkcje", "- Zakup biletu", "## Przykładowy przepływ użytkownika", "1. Wybiera lot", "## Zweck", "- Weniger Papier",
        "## Flujo principal", "- elegir", "- pagar",
    ) == ["Zakup biletu"]  # fmt: skip


def test_what_the_future_brings_is_left_out_in_other_languages_too():
    assert texts("## Funkcje", "- Zakup biletu", "- W przyszłości zwrot biletu") == ["Zakup biletu"]
    assert texts("## Requisitos", "- Vender billetes", "- En el futuro, devolver billetes") == ["Vender billetes"]


def test_a_backlog_of_improvements_and_how_work_is_judged_ask_for_nothing():
    assert texts(
        "## Features", "- It prints tickets", "## Improvement backlog (unscoped)", "- Coloured tickets", "## What we look for", "- clean code",
    ) == ["It prints tickets"]  # fmt: skip


def test_an_idea_introduces_a_product():
    assert texts(
        "# Kite", "## Idea", "Un proyecto para aprender.", "## Funciones", "El programa muestra el viento en un mapa.",
    ) == ["El programa muestra el viento en un mapa."]  # fmt: skip


@pytest.mark.parametrize("verb", ["browse", "inspect", "rename", "drag", "customize", "anonymise", "paginate"])
def test_what_people_do_with_software_is_known(verb):
    assert texts("# Shelf", "## Architecture", f"- {verb.capitalize()} the books of a shelf")


def test_an_overview_of_features_lists_them():
    assert texts("# Bell", "## Requirements", "- It must ring", "## Key features overview", "1. **Tone:** Bells of brass") == [
        "It must ring", "Tone: Bells of brass",
    ]  # fmt: skip


def test_the_management_of_users_is_a_feature_in_languages_that_put_the_head_first():
    assert texts(
        "# Cloche", "## Fonctionnalités", "### Gestion des utilisateurs", "- Création d'un compte", "## Contexte métier", "Le gérant doit appeler.",
        "### Acteurs du système", "- Le gérant sonne",
    ) == ["Création d'un compte"]  # fmt: skip


def test_users_are_a_part_of_a_title_that_names_more():
    assert texts(
        "# Club", "## Users, keys, and doors", "Only members with a key can open a door.", "## Users and roles", "- Guest, who rings",
    ) == ["Only members with a key can open a door."]  # fmt: skip


def test_how_the_work_is_delivered_is_a_plan():
    assert texts("# Oven", "## Baking", "The oven holds 240 degrees.", "## Delivery strategy", "It is delivered in two steps.") == [
        "The oven holds 240 degrees."
    ]  # fmt: skip


def test_plain_sentences_below_a_story_count():
    assert "The switch is between the lamps." in texts(
        "## User stories", "### 1. Light", "> As a guest, I want to switch the light on.", "", "The switch is between the lamps.", "",
        "## Requirements", "- It must glow",
    )  # fmt: skip


def test_wrapped_lines_are_no_list():
    assert texts(
        "## The game", "Once a player rings the bell the other player", "hears the bell and rings his own one after the pause that was", "agreed. The bells ring in turn, where",
        "the pause is the same for every turn and the last player who rang begins the next turn of the game, whoever it is",
    ) == [
        "Once a player rings the bell the other player hears the bell and rings his own one after the pause that was agreed.",
        "The bells ring in turn, where the pause is the same for every turn and the last player who rang begins the next turn of the game, whoever it is",
    ]  # fmt: skip
