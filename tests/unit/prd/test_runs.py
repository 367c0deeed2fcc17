"""An example that sentences and code tell together belongs to the requirement before it, whole."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import read

FILE = ["", "```csv", "berth,boat", "7,Ann?", "```", ""]
OUTPUT = ["", "```", "line 2: no such boat", "```", ""]


@pytest.mark.parametrize(
    ("given", "prints"),
    [
        ("Example. Given this file", "`quay load spring.csv` prints"),
        ("For example, given the file `spring.csv`:", "then `quay load spring.csv` must print"),
        ("Given a file `spring.csv`:", "the command prints"),
    ],
)
def test_a_run_told_in_sentences_is_no_requirement_of_its_own(given, prints):
    prd = read(
        "# Quay", "## Lists", "The tool must refuse unknown boats.", "", given, *FILE, prints, *OUTPUT, "and exits with status 2.",
        "", "Lists are kept for a year.",
    )  # fmt: skip
    assert [(s.text, s.section) for s in prd.statements] == [
        ("The tool must refuse unknown boats.", "Lists"), ("Lists are kept for a year.", "Lists"),
    ]  # fmt: skip
    assert (5, 18) in prd.attached
    assert [block.lines for block in prd.blocks] == [(7, 10), (14, 16)]
    assert [section.path for section in prd.sections] == ["Lists"]


def test_a_run_told_in_a_list_item():
    prd = read(
        "# Quay", "## Lists", "- `quay load` must refuse unknown boats. Given `spring.csv`", *[f"  {line}" for line in FILE],
        "  it prints", *[f"  {line}" for line in OUTPUT], "  and exits with status 2.", "- Lists are kept for a year.",
    )  # fmt: skip
    assert [s.lines for s in prd.statements] == [((3, 3),), ((17, 17),)]


def test_what_follows_an_example_is_read_again():
    prd = read("# Quay", "## Lists", "Boats have names.", "", "Given this file", *FILE, "`quay load spring.csv` prints", *OUTPUT, "The output must be sorted.")  # fmt: skip
    assert [s.text for s in prd.statements] == ["Boats have names.", "The output must be sorted."]


def test_a_request_keeps_what_is_sent_and_what_is_answered():
    prd = read(
        "# Quay", "## Requirements", "Boats must have names.", "", "For example, `POST /boats` with", "", "```json", '{"name": "Ann"}', "```", "",
        "answers `201 Created` with", "", "```json", '{"id": 1,', ' "name": "Ann"}', "```",
    )  # fmt: skip
    assert [(s.text, s.lines) for s in prd.statements[1:]] == [
        (
            'For example, `POST /boats` with `{"name": "Ann"}` answers `201 Created` with `{"id": 1, "name": "Ann"}`',
            ((5, 16),),
        )
    ]


def test_how_a_command_ends_belongs_to_it():
    prd = read("# Quay", "## Requirements", "- It must refuse unknown boats", "", "```console", "$ quay load a.csv", "line 2: no", "$ echo $?", "2", "```")  # fmt: skip
    assert [(e.call, e.output, e.lines) for e in prd.examples] == [("quay load a.csv", "line 2: no", (6, 9))]


def test_a_session_among_the_words_of_a_plain_text():
    prd = read("Quay", "", '- `quay name "x"` must refuse short names', "- The tool names boats:", "", '  $ quay name "Ann B"', "  ann-b", "- It must count boats", "- Fees are $ 5 a day")  # fmt: skip
    assert [(e.statement_id, e.form, e.call, e.output) for e in prd.examples] == [
        ("R-002", "shell", 'quay name "Ann B"', "ann-b")
    ]
    assert len(prd.statements) == 4


def test_a_call_and_what_it_returns_need_no_backticks():
    prd = read("## Requirements", '- slug("Ann B") returns "ann-b"', "- Spaces go: slug('a b', 2) gives 'ab'", "- slug(name) returns \"x\"")  # fmt: skip
    assert [(e.form, e.call, e.output) for e in prd.examples] == [
        ("call", 'slug("Ann B")', '"ann-b"'), ("call", "slug('a b', 2)", "'ab'"),
    ]  # fmt: skip
