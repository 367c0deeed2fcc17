"""Labels, levels, kinds: what a PRD writes beside its statements."""

from __future__ import annotations

import pytest

from heph_nb.domain.prd.labels import label_key
from tests.unit.prd.reading import by_label, only, read

LABELS = [
    ("FR-1: It sorts", "FR-1"), ("**FR-001**: System MUST sort", "FR-001"), ("NFR-PERF-2: It sorts", "NFR-PERF-2"), ("FR1 It sorts", "FR1"),
    ("[R2] It sorts", "R2"), ("US-001: It sorts", "US-001"), ("REQ_7. It sorts", "REQ_7"), ("2.1 It sorts", "2.1"), ("3.2.1-4 It sorts", "3.2.1-4"),
    ("GHC-010  It sorts", "GHC-010"), ("/LF10/ Es sortiert", "LF10"), ("B1. It sorts", "B1"), ("§2.3 It sorts", "2.3"), ("R-1 · It sorts", "R-1"),
]  # fmt: skip
NO_LABELS = [
    "UTF-8: all files are read as UTF-8",
    "2.5 GHz is supported",
    "P1: it sorts",
    "HTTP-404 pages are shown",
    "ISO-8601 dates are read",
]


@pytest.mark.parametrize(("text", "label"), LABELS)
def test_labels_are_kept_beside_the_text(text, label):
    statement = only("## Requirements", f"- {text}")
    assert statement.label == label
    assert label not in statement.text


@pytest.mark.parametrize("text", NO_LABELS)
def test_what_looks_like_a_label_and_is_none_stays_in_the_text(text):
    assert only("## Requirements", f"- {text}").label is None


def test_labels_are_compared_without_zeros_dashes_and_case():
    assert label_key("FR-001") == label_key("fr 1") == label_key("FR1")
    assert label_key("US-1") == label_key("User Story 1")
    assert label_key("FR-1") != label_key("FR-10")


LEVELS = [
    ("It sorts", "must"), ("It must sort", "must"), ("It SHALL sort", "must"), ("It should sort", "should"), ("It MAY sort", "could"),
    ("It could also sort", "could"), ("[P0] It sorts", "must"), ("[P1] It sorts", "should"), ("[P2] It sorts", "could"),
    ("It sorts (should)", "should"), ("It sorts (nice to have)", "could"), ("Nice to have: it sorts", "could"), ("Optional: it sorts", "could"),
    ("It would be nice if it could sort", "could"), ("If a user must sign in again, a note should say why", "should"),
    ("A title and an optional note can be entered", "must"), ("Quoted fields may contain line ends", "must"), ("Es muss sortieren", "must"),
    ("Es soll sortieren", "should"), ("MUST - it sorts", "must"), ("Could it also sort?", "must"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "level"), LEVELS)
def test_the_words_of_a_statement_give_its_level(text, level):
    assert (
        read("Priorities from P0", "", "## Requirements", f"- {text}" if not text.endswith("?") else text)
        .statements[0]
        .level
        == level
    )


@pytest.mark.parametrize(
    ("heading", "level"),
    [("Must have", "must"), ("Should have", "should"), ("Could have", "could"), ("Nice to have", "could"), ("Stretch goals", "could"),
     ("P2 features", "should"), ("If we have time", "could"), ("Soll", "should"), ("Wünschenswert", "could")],
)  # fmt: skip
def test_a_heading_gives_its_level_to_what_stands_under_it(heading, level):
    assert only(f"## {heading}", "- The tool sorts lines").level == level


def test_without_p0_priorities_count_from_p1():
    prd = read("## Features", "- [P1] It sorts", "- [P2] It prints", "- [P3] It faxes")
    assert [s.level for s in prd.statements] == ["must", "should", "could"]


def test_a_priority_field_belongs_to_its_item_or_section():
    prd = read(
        "## Features",
        "- It sorts",
        "  - Priority: Low",
        "### Printing",
        "Priority: Should",
        "",
        "- It prints",
        "- It faxes",
    )
    assert [s.level for s in prd.statements] == ["could", "should", "should"]


def test_an_introduction_gives_its_level_to_its_items():
    prd = read("## Requirements", "The tool should:", "- sort lines", "- print lines")
    assert [s.level for s in prd.statements] == ["should", "should"]


KINDS = [
    ("## Functional requirements", "- Passwords are stored", "functional"),
    ("## Non-functional requirements", "- Sorting takes 2 s", "non-functional"),
    ("## Constraints", "- It runs on Linux", "non-functional"),
    ("## Performance", "- It sorts", "non-functional"),
    ("## Requirements", "- NFR-1: It sorts", "non-functional"),
    ("## Requirements", "- **Security**: tokens expire", "non-functional"),
    ("## Requirements", "- The p95 latency is below 20 ms", "non-functional"),
    ("## Requirements", "- The list is sorted", "functional"),
    ("## Nichtfunktionale Anforderungen", "- Es ist sicher", "non-functional"),
]


@pytest.mark.parametrize(("heading", "item", "kind"), KINDS)
def test_kinds_come_from_heading_label_and_words(heading, item, kind):
    assert only(heading, item).kind == kind


def test_ids_count_in_the_order_of_the_lines():
    prd = read("## Requirements", "- FR-9: It sorts lines", "- FR-1: It prints lines")
    assert [(s.id, s.label) for s in prd.statements] == [("R-001", "FR-9"), ("R-002", "FR-1")]


def test_tables_give_label_level_kind_criteria_and_order():
    prd = read(
        "## Requirements",
        "| ID | Requirement | Priority | Type | Depends on | Acceptance criteria |",
        "|----|-------------|----------|------|------------|---------------------|",
        "| R-1 | Files are read | Must | Functional | | empty file: message; big file: bar |",
        "| R-2 | Reading is safe | Low | Non-functional | R-1 | |",
        "| R-3 | Faxing | Won't | Functional | | |",
    )  # fmt: skip
    rows = by_label(prd)
    assert list(rows) == ["R-1", "R-2"]
    assert rows["R-1"].criteria == ("empty file: message", "big file: bar")
    assert (rows["R-2"].level, rows["R-2"].kind, rows["R-2"].depends_on, rows["R-2"].lines) == (
        "could",
        "non-functional",
        ("R-001",),
        ((5, 5),),
    )
    assert prd.blocks == ()


def test_other_tables_are_data():
    prd = read(
        "## Requirements",
        "- It has an API",
        "",
        "| Method | Path | Purpose |",
        "|---|---|---|",
        "| GET | /a | must list |",
    )
    assert len(prd.statements) == 1
    (block,) = prd.blocks
    assert block.kind == "table"
    assert block.rows == (("Method", "Path", "Purpose"), ("GET", "/a", "must list"))
    assert block.lines == (4, 6)


def test_quality_tables_are_read_with_their_targets():
    assert (
        only("## Non-functional requirements", "| Attribute | Target |", "|---|---|", "| Start | 2 s |").text
        == "Start: 2 s"
    )


def test_a_table_of_stories_reads_as_stories():
    statement = only(
        "| ID | As a | I want to | So that |", "|---|---|---|---|", "| US-1 | teacher | make a quiz | they learn |"
    )
    assert (statement.label, statement.text) == ("US-1", "As a teacher, I want to make a quiz")


def test_the_number_of_a_chapter_is_no_label_of_the_first_story_in_it():
    prd = read(
        "# Ferry", "## 3. User stories", "- As a guest, I want to see the ferries.", "- As a guest, I want to book.",
        "## 4.1 Crew", "As a mate, I want to see who is on board.", "## US-7 Tickets", "As a guest, I want to pay.",
    )  # fmt: skip
    assert [s.label for s in prd.statements] == [None, None, "4.1", "US-7"]
