"""What holds for every text: nothing crashes, lines are inside the file, ids count up, and twice gives the same."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heph_nb.domain.prd import decode_prd, is_testable, read_prd
from heph_nb.domain.prd.model import KINDS, LEVELS
from heph_nb.errors import InvalidError

PARTS = st.sampled_from(
    [
        "# Thing",
        "## Requirements",
        "### FR-1: Sort",
        "## Out of scope",
        "**Acceptance criteria:**",
        "Acceptance criteria:",
        "- ",
        "1. ",
        "  - ",
        "    ",
        "| ID | Requirement |",
        "|---|---|",
        "| R-1 | It must sort |",
        "```",
        "```gherkin",
        "~~~",
        "<PRD>",
        "</PRD>",
        "<context>",
        "<!--",
        "-->",
        "---",
        "===",
        "> ",
        "FR-2: ",
        "The tool must sort lines. ",
        "As a user, I want to sort. ",
        "Given a when b then c",
        "Given a",
        "When b",
        "Then c",
        "(depends on 1 & 2)",
        "after FR-1 to FR-9",
        "`f(1) -> 2`",
        ">>> f(1)",
        "$ ls",
        "[P1] ",
        "- [ ] ",
        "**bold** ",
        "*it*",
        "~~gone~~",
        "必须支持",
        "müssen",
        "\u2028",
        "\u205f",
        "\t",
        "{",
        '"a":',
        "[",
        "]",
        "}",
        "•",
        "1.2.3 ",
        "MUST",
        "Input: a",
        "Output: b",
        "\\",
        "&amp;",
        "![x](y)",
        "[x](y",
        "<b>",
        "\r",
        "\x0c",
        "\x85",
    ]  # fmt: skip
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(PARTS, st.just("\n"), st.just("\n\n"), st.text(max_size=8)), max_size=60).map("".join),
    st.lists(PARTS, max_size=40).map("\n".join),
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_every_text_is_read(text):
    prd = read_prd(text)
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    ids = [statement.id for statement in prd.statements]
    assert ids == [f"R-{number:03d}" for number in range(1, len(ids) + 1)]
    for statement in prd.statements:
        assert statement.text.strip() == statement.text != ""
        assert statement.level in LEVELS
        assert statement.kind in KINDS
        assert statement.lines == tuple(sorted(set(statement.lines)))
        assert set(statement.depends_on) <= set(ids) - {statement.id}
        assert is_testable(statement) in (True, False)
    places = [lines for s in prd.statements for lines in s.lines]
    places += [b.lines for b in prd.blocks] + [e.lines for e in prd.examples] + [s.lines for s in prd.sections]
    assert all(1 <= first <= last <= count for first, last in places)
    assert [s.lines[0] for s in prd.statements] == sorted(s.lines[0] for s in prd.statements)
    assert {e.statement_id for e in prd.examples} <= {"", *ids}
    assert {own for section in prd.sections for own in section.statements} <= set(ids)
    assert read_prd(text) == prd


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(data):
    try:
        text = decode_prd(data, "PRD.md")
    except InvalidError as error:
        assert "PRD.md" in str(error)
    else:
        read_prd(text)
