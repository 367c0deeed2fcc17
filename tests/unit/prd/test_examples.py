"""Examples with an output that a test can assert."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import read

HEAD = ["## Requirements", "- FR-1: Titles become slugs"]


def examples(*lines: str) -> list[tuple[str, str, str]]:
    return [(e.form, e.call, e.output) for e in read(*HEAD, *lines).examples]


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ('- `slugify("Hello World") -> "hello-world"`', ("call", 'slugify("Hello World")', '"hello-world"')),
        ('- `slugify("A b")` returns `"a-b"`', ("call", 'slugify("A b")', '"a-b"')),
        ('- `slugify("A b")` → "a-b"', ("call", 'slugify("A b")', '"a-b"')),
        ("- `add(2, 3)` is 5", ("call", "add(2, 3)", "5")),
        ("- `add 2 3` prints `5`", ("shell", "add 2 3", "5")),
        ("- `./add 2 3` must print `5`", ("shell", "./add 2 3", "5")),
        ('- "Foo Bar" becomes a slug: "Foo Bar" → "foo-bar"', ("value", '"Foo Bar"', '"foo-bar"')),
        ("- `3 + 4` → `7`", ("value", "3 + 4", "7")),
    ],
)  # fmt: skip
def test_examples_in_a_sentence(line, example):
    assert examples(line) == [example]


@pytest.mark.parametrize(
    "line",
    [
        "- States go `draft` → `sent` → `paid`", "- `staged_ready→open` is allowed", "- `GET /a` returns `200`", "- short code -> long URL",
        "- `/design` → `stage` → `launch`", "- `load(<file>)` returns `3`", "- `list()` returns `[1, ...]`", "- 1 → 2",
    ],
)  # fmt: skip
def test_transitions_forms_and_placeholders_are_none(line):
    assert examples(line) == []


def test_doctests_in_code_and_in_text():
    found = examples(
        "", "```python", '>>> slugify("A b")', "'a-b'", ">>> x = 1", ">>> x", "1", "```", "", ">>> slugify('Q')", "'q'"
    )
    assert found == [("call", 'slugify("A b")', "'a-b'"), ("call", "x", "1"), ("call", "slugify('Q')", "'q'")]


def test_a_session_gives_commands_with_their_output():
    found = examples(
        "```console",
        "$ slug 'A b'",
        "a-b",
        "$ slug \\",
        "  --version  # short",
        "slug 1.0",
        "beta",
        "",
        "$ slug <file>",
        "x",
        "$ slug -q",
        "```",
    )
    assert found == [("shell", "slug 'A b'", "a-b"), ("shell", "slug --version", "slug 1.0\nbeta")]


def test_comments_in_code_are_outputs():
    assert examples("```", 'slug("a b")  # => "a-b"', 'slug("a c")  -> "a-c"', "x = 1  # one", "```") == [
        ("call", 'slug("a b")', '"a-b"'),
        ("call", 'slug("a c")', '"a-c"'),
    ]


def test_tables_of_inputs_and_outputs():
    assert examples("", "| Input | Output |", "|---|---|", "| `Ä` | `ae` |", "| x y | x-y |") == [
        ("value", "Ä", "ae"),
        ("value", "x y", "x-y"),
    ]


def test_input_and_output_below_each_other():
    assert examples("", "Input: `abc`", "Output: `cba`", "", "```", "Input: 1 2", "Expected output: 3", "```") == [
        ("value", "abc", "cba"),
        ("value", "1 2", "3"),
    ]


def test_an_example_shows_the_requirement_whose_words_it_shares():
    prd = read(
        "## Commands", "- FR-1: `inv add NAME` adds an invoice", "- FR-2: `inv list` prints them",
        "- FR-3: `inv total --year Y` sums",
        "- FR-4: All of it is quick", "### Examples", "```", "$ inv add Foo", "added Foo", "$ inv total --year 2024", "12",
        "$ inv list", "Foo", "```", "```python", ">>> due(2)", "3", "```",
    )  # fmt: skip
    labels = {s.id: s.label for s in prd.statements}
    assert [labels[e.statement_id] for e in prd.examples] == ["FR-1", "FR-3", "FR-2", "FR-4"]


def test_each_example_belongs_to_the_nearest_requirement():
    prd = read(
        "## Slugs", "- FR-1: `slug(1)` returns `2`", "- FR-2: Slugs are short", "", "```", "slug(3) -> 4", "```",
        "## Sums", "```", "add(1) -> 2", "```", "- FR-3: Sums are exact",
    )  # fmt: skip
    labels = {s.id: s.label for s in prd.statements}
    assert [(labels[e.statement_id], e.call, e.lines) for e in prd.examples] == [
        ("FR-1", "slug(1)", (2, 2)), ("FR-2", "slug(3)", (6, 6)), ("FR-3", "add(1)", (10, 10)),
    ]  # fmt: skip


def test_examples_without_any_requirement_belong_to_none():
    assert [e.statement_id for e in read("## Background", "`f(1)` returns `2`").examples] == [""]
