"""What holds in every kind of document: modal verbs outweigh headings, fragments count, rows keep their words."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import only, read, texts


def test_what_must_be_counts_below_a_goal_if_it_has_a_heading_of_its_own():
    assert texts(
        "# Goal", "A tool for invoices.", "- The tool must delight", "## Import",
        "- The tool must read CSV", "- It shall skip empty lines", "- fast work",
        "## Business goals", "- more money",
        "# Requirements", "- It prints totals",
    ) == ["The tool must read CSV", "It shall skip empty lines", "It prints totals"]  # fmt: skip


@pytest.mark.parametrize(
    "header", ["| ID | Description | Priority |", "| ID | Text | Prio |", "| Nr | Wording | MoSCoW |"]
)
def test_a_row_is_its_words_and_not_its_id(header):
    statement = only("# Fines", header, "|---|---|---|", "| FINE-1 | Fines are charged per day | High |")
    assert (statement.label, statement.text) == ("FINE-1", "Fines are charged per day")


def test_a_row_with_a_name_and_a_behaviour_is_both():
    rows = texts(
        "# Fines", "| ID | Name | Behaviour |", "|---|---|---|", "| FINE-1 | Daily fine | Charged at midnight |"
    )
    assert rows == ["Daily fine: Charged at midnight"]


def test_bullets_inside_a_user_story_are_its_criteria():
    story = only(
        "## Stories",
        "- As a reader, I want to reserve a book",
        "  - Reserved books are kept 3 days",
        "  - The reader gets a mail",
    )
    assert story.text == "As a reader, I want to reserve a book"
    assert story.criteria == ("Reserved books are kept 3 days", "The reader gets a mail")


def test_fragments_and_whatever_the_verb_is_count():
    assert texts("# Notes", "A tool for notes. No network. No ads. Everything lives in one file.") == [
        "No network.", "No ads.", "Everything lives in one file.",
    ]  # fmt: skip
    assert texts("# Notes", "## Constraints", "No ads.", "", "[ ] Backups: nightly") == ["No ads.", "Backups: nightly"]


def test_reminders_and_names_of_files_are_no_requirements():
    assert texts(
        "# Report", "TODO: ask Bob about fonts", "## Requirements", "- It prints a sum", "- TODO: define retries",
        "- [TODO] fill this in", "- Input file: orders.csv", "- `prices.json`, `orders.csv`", "", "TBD",
    ) == ["It prints a sum"]  # fmt: skip


def test_a_pair_of_tags_is_a_section():
    prd = read(
        "<context>", "Guests must write mails today.", "</context>", "<requirements>", "## Times", "- It sorts by time", "</requirements>",
        "<non_goals>", "- Fetching mails", "</non_goals>",
    )  # fmt: skip
    assert [(s.text, s.section) for s in prd.statements] == [("It sorts by time", "Requirements > Times")]


def test_gherkin_needs_no_fence():
    feature = only(
        "Feature: Refunds", "  As an assistant", "  I want to refund articles", "", "  Background:", "    Given the shop is open", "",
        "  Scenario: Late", "    Given an old receipt", "    When I scan it", "    Then the refund is refused",
    )  # fmt: skip
    assert feature.text == "Given an old receipt, When I scan it, Then the refund is refused"
    assert feature.lines == ((8, 11),)


def test_the_lines_that_say_who_speaks_are_no_text():
    assert texts(
        "anna  9:02 AM", "it posts a poll every day at 10:30", "", "ben  9:05 AM", "+1", "", "anna  9:12 AM",
        "the poll must close at 11:30",
    ) == ["it posts a poll every day at 10:30", "the poll must close at 11:30"]  # fmt: skip


def test_a_short_first_line_is_a_heading_and_lettered_parts_belong_together():
    assert texts(
        "Shell", "", "What to implement", "Write a program that reads commands from standard input.", "", "Certificates",
        "(3) The shell issues a certificate that contains:", "  (a) the name;", "  (b) the date.",
    ) == [
        "Write a program that reads commands from standard input.",
        "The shell issues a certificate that contains: the name; the date",
    ]  # fmt: skip


def test_a_name_between_names_of_features_is_one_too():
    assert texts(
        "# Plants", "## Photos", "- **Lookup:** Identify a species", "- **Confidence:** Below 70%, show the best three"
    ) == ["Lookup: Identify a species", "Confidence: Below 70%, show the best three"]  # fmt: skip


def test_columns_of_tabs_are_a_table_and_lines_of_a_chat_are_messages():
    assert texts(
        "Wardrobe", "", "ID\tTitle\tDescription\tPrio", "W-1\tTags\tThe colour is suggested from the photo\tHigh",
        "W-2\tTrip\tA packing list is proposed for a trip\tLow",
    ) == ["Tags: The colour is suggested from the photo", "Trip: A packing list is proposed for a trip"]  # fmt: skip
    assert texts(
        "[2025-02-11 19:02] kit: ok so for the bot", "[2025-02-11 19:02] kit: /raid must take a date", "[2025-02-11 19:05] zed: lol",
        "[2025-02-11 19:06] mori: it must ping everybody",
    ) == ["/raid must take a date", "it must ping everybody"]  # fmt: skip


def test_a_bold_question_is_the_heading_of_its_answer():
    assert texts(
        "# Bikes", "**Who are our competitors?**", "The city.", "", "**How do I open the lock?**", "With a code of six digits.",
    ) == ["With a code of six digits."]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("p95 latency < 200 ms", "non-functional"), ("Handles 500 requests per second", "non-functional"),
        ("Uses less than 100 MB of RAM", "non-functional"), ("99.9 % available", "non-functional"),
        ("All pages are usable with the keyboard", "non-functional"), ("Passwords are hashed with bcrypt", "non-functional"),
        ("Logs contain no personal data", "non-functional"), ("It complies with GDPR", "non-functional"),
        ("The app must work on Android 9", "non-functional"), ("No third-party dependencies", "non-functional"),
        ("It sends a mail", "functional"), ("When a stop is pressed, the pump stops within 50 ms", "functional"),
    ],
)  # fmt: skip
def test_how_well_is_told_from_what(text, kind):
    assert only("## Requirements", f"- {text}").kind == kind


def test_headings_of_other_markup_are_headings():
    assert texts(
        "#+TITLE: Kiosk", "* Background", "It must be said: fraud is dear.", "* Requirements", "** TODO Buying",
        "- At most 10 vouchers a day", "* Ideas, not now", "- Loyalty points",
    ) == ["At most 10 vouchers a day"]  # fmt: skip
    assert texts("h2. What we want", "* Trips are recorded", "h2. Out of scope", "* Live tracking") == [
        "Trips are recorded"
    ]


def test_a_title_in_front_of_a_full_stop_says_what_a_clause_is_about():
    assert texts(
        "1. Background. The client must send letters by post.", "2. Fees. The client shall pay in March.",
        "3. Recall. The system shall send a message.",
    ) == ["Recall. The system shall send a message."]  # fmt: skip


def test_what_people_do_with_the_product_is_asked_for():
    prd = read("# Swaps", "## What it does", "People enter their shifts by hand. A swap needs approval by the ward.")
    assert [s.text for s in prd.statements] == [
        "People enter their shifts by hand.", "A swap needs approval by the ward.",
    ]  # fmt: skip
