"""Markdown in all its forms: the lines stay exact and the text clean."""

from __future__ import annotations

import pytest

from tests.unit.prd.reading import only, read, texts


def lines_of(*lines: str) -> list[tuple[tuple[int, int], ...]]:
    return [statement.lines for statement in read(*lines).statements]


def test_markers_and_emphasis_go_code_stays():
    statement = only("# A", "## Requirements", "- **FR-1**: The _tool_ must run `gt stage <id>` **now**.")
    assert statement.text == "The tool must run `gt stage <id>` now."
    assert statement.label == "FR-1"


def test_links_keep_their_words_and_pictures_go():
    assert texts("## Requirements", "- See-through export to [CSV](https://x.example) ![icon](i.png)") == [
        "See-through export to CSV"
    ]


@pytest.mark.parametrize("box", ["[ ]", "[x]", "[X]", "☐", "✅"])
def test_checkboxes_go(box):
    assert texts("## Requirements", f"- {box} Users can sign in") == ["Users can sign in"]


def test_what_is_struck_out_is_no_requirement():
    assert texts("## Features", "- ~~Meal planner~~", "- Shopping ~~cart~~ list is shared") == [
        "Shopping list is shared"
    ]


def test_a_wrapped_item_has_all_of_its_lines():
    assert lines_of("## Requirements", "- The tool must sort", "  all lines", "  by name.", "- It must print.") == [
        ((2, 4),),
        ((5, 5),),
    ]


def test_sentences_of_a_wrapped_paragraph_have_their_own_lines():
    found = lines_of("## Requirements", "The tool must sort lines. It must", "print them. It must stop.")
    assert found == [((2, 2),), ((2, 3),), ((3, 3),)]


def test_a_tag_line_does_not_swallow_the_line_below_it():
    prd = read(
        "<PRD>",
        "# Requirements",
        "- The tool must sort.",
        "</PRD>",
        "<context>",
        "# Background",
        "- It must not count.",
        "</context>",
    )
    assert [(s.text, s.lines) for s in prd.statements] == [("The tool must sort.", ((3, 3),))]


def test_a_tag_inside_a_list_ends_it_cleanly():
    prd = read("# Requirements", "- One must work", "</context>", "<PRD>", "- Two must work", "</PRD>", "<context>")
    assert [(s.text, s.lines) for s in prd.statements] == [("One must work", ((2, 2),)), ("Two must work", ((5, 5),))]


def test_a_placeholder_in_brackets_is_text():
    assert texts("## Requirements", "- The tool must read <file> and write", "  <file>.out") == [
        "The tool must read <file> and write <file>.out"
    ]


def test_comments_are_not_read_and_lines_stay_exact():
    prd = read("# Requirements", "<!-- The old one", "- must not count -->", "- The tool must sort. <!-- why? -->")
    assert [(s.text, s.lines) for s in prd.statements] == [("The tool must sort.", ((4, 4),))]


def test_a_comment_that_nothing_closes_hides_nothing():
    assert texts("# Requirements", "<!-- draft", "", "- The tool must sort.") == ["The tool must sort."]


def test_front_matter_gives_the_title_and_no_requirement():
    prd = read("---", "title: Sorter", "must: be ignored", "---", "", "- The tool must sort.")
    assert prd.title == "Sorter"
    assert [s.lines for s in prd.statements] == [((6, 6),)]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_do_not_matter(end):
    from heph_nb.domain.prd import read_prd

    prd = read_prd(end.join(["\ufeff# A", "## Requirements", "", "- One must work", "- Two must work", ""]))
    assert [s.lines for s in prd.statements] == [((4, 4),), ((5, 5),)]


def test_setext_headings_are_headings():
    prd = read(
        "Sorter",
        "======",
        "",
        "Requirements",
        "------------",
        "",
        "- It sorts",
        "",
        "Out of scope",
        "------------",
        "",
        "- It must not print",
    )
    assert prd.title == "Sorter"
    assert [(s.text, s.section) for s in prd.statements] == [("It sorts", "Requirements")]


def test_a_line_of_dashes_below_a_sentence_is_no_heading():
    assert texts("## Requirements", "The tool must sort all lines of the file.", "---", "It must print them.") == [
        "The tool must sort all lines of the file.",
        "It must print them.",
    ]


def test_bold_lines_are_headings():
    prd = read("**Requirements**", "", "- It sorts", "", "**Out of scope:**", "", "- It must not print")
    assert [(s.text, s.section) for s in prd.statements] == [("It sorts", "Requirements")]


def test_html_headings_and_details_are_read():
    prd = read(
        "<h1>Sorter</h1>",
        "",
        "## Requirements",
        "<details>",
        "<summary>More</summary>",
        "",
        "- It must sort",
        "",
        "</details>",
    )
    assert [s.text for s in prd.statements] == ["It must sort"]


def test_code_is_no_requirement_but_a_block():
    prd = read("## Requirements", "- It must sort", "", "```bash", "go test ./...  # must pass", "```")
    assert [s.text for s in prd.statements] == ["It must sort"]
    (block,) = prd.blocks
    assert (block.kind, block.language, block.lines, block.section) == ("code", "bash", (4, 6), "Requirements")


def test_a_fence_that_nothing_closes_hides_nothing():
    assert texts("## Requirements", "```", "- It must sort", "- It must print") == ["It must sort", "It must print"]


def test_a_whole_prd_in_a_fence_is_read():
    inside = [
        "# Sorter",
        "## Requirements",
        "- It must sort",
        "- It must print",
        "## Out of scope",
        "- It must not win",
        "",
        "The end.",
        ".",
    ]
    prd = read("```markdown", *inside, "```")
    assert [(s.text, s.lines) for s in prd.statements] == [("It must sort", ((4, 4),)), ("It must print", ((5, 5),))]


def test_indented_text_is_text_and_indented_code_is_code():
    prd = read(
        "Requirements", "", "    The tool must sort all lines.", "", "For example:", "", "    $ sort file", "    a"
    )
    assert [(s.text, s.lines) for s in prd.statements] == [("The tool must sort all lines.", ((3, 3),))]
    assert [(b.kind, b.lines) for b in prd.blocks] == [("code", (7, 8))]


def test_nested_lists_have_the_path_of_their_titles():
    prd = read("## Features", "- Search", "  - by title", "  - Results are sorted by date", "- Export to CSV")
    assert [(s.text, s.section) for s in prd.statements] == [
        ("by title", "Features > Search"),
        ("Results are sorted by date", "Features > Search"),
        ("Export to CSV", "Features"),
    ]


def test_names_under_a_sentence_become_part_of_it():
    statement = only("## Requirements", "The report must contain these fields:", "- date", "- amount", "- currency")
    assert statement.text == "The report must contain these fields: date; amount; currency"
    assert statement.lines == ((2, 5),)


def test_an_unfinished_introduction_runs_on_into_its_items():
    prd = read("## Requirements", "The system must:", "- validate the input", "- Store it")
    assert [s.text for s in prd.statements] == ["The system must validate the input", "The system must store it"]


def test_definition_lists_are_lists():
    assert texts("## Requirements", "**Display**", ": Each order is a card", ": The last card can be brought back") == [
        "Each order is a card",
        "The last card can be brought back",
    ]
