"""Specifications, checklists, scenarios: well-formed, readable, and nobody's text is lost on the way."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.documents.checklist import checklist
from heph_nb.agents.outline.documents.gherkin import feature
from heph_nb.agents.outline.documents.spec import Component, specification
from heph_nb.agents.outline.language.briefs import brief
from heph_nb.agents.outline.planning import tickets
from heph_nb.agents.outline.planning.plan import plan
from heph_nb.agents.outline.understanding.criteria import criteria, steps
from heph_nb.domain.prd import Statement
from tests.unit.outline.support import SHARED, TEXTKIT, read, statement

API = """# Shortener

## Short codes
A link is stored under its code.

| Field | Type | Meaning |
|---|---|---|
| code | string | five letters |
| url | a `str | None` | where it leads |

- The service must store a link under a code of 5 letters.
- `POST /api/links`: Accepts `{ url: string }`. Returns `{ code: string }`.
- If the code is unknown, the service returns 404.

```json
{"code": "aB3cD"}
=======
```

## Quality Gates
```bash
make lint && make test
```
"""


def component(text: str, **values: object) -> tuple[Component, object]:
    found = read(text)
    made = Component("Links", "ticket-1", "shop", found.statements, layout.specification("run-1", "links"))
    return replace(made, **values), found  # type: ignore[arg-type]


def assert_well_formed(text: str) -> None:
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)
    assert not re.search(r"^(?:<{7}|={7}|>{7})", text, re.MULTILINE)
    assert "\n\n\n" not in re.sub(r"```.*?```", "code", text, flags=re.DOTALL)


def test_a_specification_quotes_every_requirement_with_its_lines():
    made, found = component(API)
    text = specification(made, found)
    assert_well_formed(text)
    for s in made.statements:
        assert f"### {s.id} · " in text
        assert f"PRD.md {md.places(s.lines)}" in text
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert [t.map[0] for t in tokens if t.type == "table_open"], "the PRD's table is a table again"
    assert sum(t.type == "fence" for t in tokens) == 1
    assert '{"code": "aB3cD"}' in text
    quotes = [t for t in tokens if t.type == "blockquote_open"]
    assert len(quotes) == len(made.statements)


def test_a_specification_says_what_it_depends_on_and_how_to_go_on():
    made, found = component(API, depends_on=[("Data store", layout.specification("run-1", "data-store"))],
                            tests="tests/test_links_1.py", needed_by=["Statistics"])  # fmt: skip
    text = specification(made, found)
    assert "[Data store](data-store.md)" in text
    assert "## Needed by\n\n- Statistics" in text
    assert "`tests/test_links_1.py`" in text
    assert "expected to fail" in text
    assert "not implemented" in text
    assert "deterministic, no model" in text


def test_a_table_in_a_section_without_requirements_goes_where_its_words_are_used():
    text = (
        "# Links\n\n## Needs\n- A custom alias of a link has 3 to 30 characters.\n- The owner sees a chart.\n\n"
        "## Data model\n\n| Field | Type |\n|---|---|\n| alias | char(30), characters a-z |\n| link | text |\n"
    )
    found = read(text)
    made = Component("Links", "ticket-1", "shop", found.statements[:1], layout.specification("run-1", "links"))
    assert "| alias |" in " ".join(specification(made, found).split())
    assert "alias |" not in specification(replace(made, statements=found.statements[1:]), found)


def test_a_small_prd_makes_a_small_checklist():
    found = read("# Roman\n\n- `to_roman(14)` returns `XIV`.\n- Numbers below 1 raise `ValueError`.\n")
    text = checklist(plan(found.statements, prd_title="Roman"), found, run_id="run-1", run_name="roman")
    assert_well_formed(text)
    assert len(text.splitlines()) == 8


def test_gates_belong_to_the_set_up():
    made, found = component(API)
    assert found.gates == ["make lint && make test"]
    text = specification(replace(made, statements=(), gates=found.gates, purpose="Others build on it."), found)
    assert_well_formed(text)
    assert "make lint && make test" in text
    assert "none of its own" in text


@pytest.mark.parametrize(
    "text",
    [
        "<bead-id> is *kept*",
        "a | b",
        "_x_ and `c <d> | e`",
        "# no heading",
        "1. no list",
        "- no list",
        "+ x",
        "> y",
        "[a](b)",
        "&amp; `",
    ],
)
def test_text_of_the_prd_is_shown_as_it_stands(text):
    rendered = MarkdownIt("commonmark").render(md.quote(text))
    shown = re.sub(r"<code>(.*?)</code>", r"`\1`", rendered.replace("<blockquote>", "").replace("</blockquote>", ""))
    shown = re.sub(r"</?p>", "", shown).strip().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown == text


def test_a_cell_does_not_end_at_a_bar_in_it():
    lines = md.table(["a"], [[md.cell("x | `y | z`")]])
    tokens = MarkdownIt("commonmark").enable("table").parse("\n".join(lines))
    assert sum(t.type == "td_open" for t in tokens) == 1


def test_criteria_are_the_prds_own_where_it_has_some():
    own = replace(statement(1, "The tool must sort (rows, columns)"), criteria=("Rows are in order",))
    assert [(c.text, c.stated) for c in criteria(own)] == [("Rows are in order", True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'On failure the tool should display: "Error: Input File error."',
            ['The text "Error: Input File error." appears word for word.'],
        ),
        ("Supports basic information (name, price, time)", ["Each of these is covered: name, price, time."]),
        ("Epics are left out (they're containers, not work)", []),
        (
            "It must answer within 200 ms; p95 counts. See 3.5, e.g. `a; b`",
            ["It must answer within 200 ms", "p95 counts", "See 3.5, e.g. `a; b`"],
        ),
        ("A team has at most one member at a time.", []),
        (
            "Should be fast. A rota of a year (about 10,000 shifts) must be checked in under 2 seconds.",
            ["Should be fast", "A rota of a year (about 10,000 shifts) must be checked in under 2 seconds"],
        ),
        ("Maybe reading .xlsx directly. Let's see.", []),
        (
            "At most 60 requests a minute. Personal login comes later (see below). Keys never show up in logs.",
            ["At most 60 requests a minute", "Keys never show up in logs"],
        ),
        ("Dr. Aris can compare bread vs. cake by hand", []),
        ('`word_count("a b c")` returns `3`', []),
        ("The tool must sort", []),
    ],
)
def test_criteria_are_taken_from_the_words_otherwise(text, found):
    assert [c.text for c in criteria(statement(1, text))] == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "As a buyer, I want to see the sum so that I know it",
            [("Given", "a buyer"), ("When", "they want to see the sum"), ("Then", "I know it")],
        ),
        (
            "If the code is unknown, the service returns 404.",
            [("When", "the code is unknown"), ("Then", "the service returns 404.")],
        ),
        (
            "Exit code is non-zero when errors are found",
            [("When", "errors are found"), ("Then", "Exit code is non-zero")],
        ),
        (
            "`GET /x`: Looks it up. Returns 404 otherwise.",
            [("When", "`GET /x` is called"), ("Then", "Looks it up"), ("And", "Returns 404 otherwise.")],
        ),
        ("The tool must sort", [("Then", "The tool must sort")]),
    ],
)
def test_sentences_become_given_when_then(text, told):
    assert steps(statement(1, text)) == told


def test_scenarios_of_the_prd_are_kept():
    s = replace(
        statement(1, "Login"),
        criteria=("Given a user, when they sign in, then the start page opens", "And their name is shown"),
    )
    assert steps(s) == [
        ("Given", "a user"),
        ("When", "they sign in"),
        ("Then", "the start page opens"),
        ("And", "their name is shown"),
    ]


def test_a_feature_has_one_scenario_for_each_requirement():
    made, found = component(API, tests="features/links-1.feature")
    text = feature(made, found)
    assert_well_formed(text)
    lines = text.splitlines()
    assert sum(line.startswith("  Scenario: ") for line in lines) == len(made.statements)
    for s in made.statements:
        assert any(line.startswith(f"  @{s.id} ") for line in lines)
    steps_ = [line.split()[0] for line in lines if line.startswith("    ") and not line.strip().startswith("#")]
    assert set(steps_) <= {"Given", "When", "Then", "And"}


STORIES = """# Parish hall

## Stories

- As a caretaker, I want to lock the hall from my desk.
- As a choir, I want to see which evenings are free.

## Heating

- The boiler must start an hour before each event.

## Bookings

As a club I want to book the hall, so that nobody else is in it.

- A booking must have a name.
- We want a page that shows free evenings.
- No parties!
- `GET /evenings` must list the free evenings.
- The page of the Rotary must be green.
- Rotary members pay nothing.
"""


def test_a_story_is_quoted_only_where_it_is_told_of_the_section():
    found = read(STORIES)
    sections = {"Stories": "caretaker", "Heating": "", "Bookings": "club"}
    for section, said in sections.items():
        mine = [s for s in found.statements if s.section == section and not s.text.startswith("As a club")]
        mine = [*mine, found.statements[0]] if section == "Heating" else mine
        text = specification(Component(section, "ticket-1", "hall", mine, "docs/heph/run-1/specs/x.md"), found)
        purpose = text.partition("## Purpose")[2].partition("## Requirements")[0]
        assert ("As a" in purpose) is (said == "club"), (section, purpose)


def test_a_step_goes_on_without_a_capital_unless_it_begins_with_a_name():
    found = read(STORIES)
    made = Component("Hall", "ticket-1", "hall", found.statements, "docs/heph/run-1/specs/x.md", "features/x.feature")
    text = feature(made, found)
    assert "    Then a page that shows free evenings" in text
    assert "    Then no parties\n" in text
    assert "    Then Rotary members pay nothing" in text
    assert "    Then `GET /evenings` must list" in text


def test_the_checklist_names_every_requirement_and_ticket():
    found = read(API)
    made = plan(found.statements, prd_title=found.prd.title)
    text = checklist(made, found, run_id="run-1", run_name="shop")
    assert_well_formed(text)
    assert all(f"**{s.id}**" in text for s in found.statements)
    assert all(t.title in text for t in made.tickets)
    assert text.startswith("# Checklist: Shortener\n")


def test_a_ticket_and_the_checklist_hold_all_that_the_prd_says():
    found = read(
        "# Rooms\n\n## Bookings\n\n- **US-1** As Ines I want to book a room, so that I can work.\n"
        "  - Acceptance: the tap books 30 minutes\n- **US-2** The booking must end at the full hour.\n\n"
        "| Field | Meaning |\n|---|---|\n| owner | who booked |\n"
    )
    made = plan(found.statements, prd_title="Rooms", blocks=found.prd.blocks)
    text = tickets.description(made.tickets[0], found, "run-1")
    for s in found.statements:
        assert f"{s.id} / {s.label} ({md.places(s.lines)}, {s.level}): {s.text}" in text
    assert "Accepted when: the tap books 30 minutes" in text
    assert "owner | who booked" in " ".join(text.split())
    shown = checklist(made, found, run_id="run-1", run_name="x")
    assert "**R-001** · US-1 " in shown


def test_a_title_is_not_cut_at_an_abbreviation():
    assert brief("Stretch vs. workout can be chosen. Then it starts") == "Stretch vs. workout can be chosen"


def test_a_ticket_tells_any_agent_what_to_do_and_where():
    found = read(TEXTKIT)
    for ticket in plan(found.statements).tickets:
        text = tickets.description(ticket, found, "run-1")
        assert all(f"{s.id} / {s.label} ({md.places(s.lines)}" in text for s in ticket.statements)
        assert layout.key_of({"id": "t", "title": "", "description": text}, "run-1") == ticket.key


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("The system must support CRUD operations (name, price)", "CRUD operations"),
        ("Users should be able to run the program", "Run the program"),
        ("The tool must not lose data", "Must not lose data"),
        ("Multi-sheet Support: every sheet becomes a file", "Multi-sheet Support"),
        ("`gt stage` must accept three forms", "gt stage must accept three forms"),
        ("As a user, I want to sort rows so that I find them", "Sort rows"),
        ("Administrators can list links", "Administrators can list links"),
        ("The admin pages should look modern", "Admin pages should look modern"),
        ('`f(x, { a: "b" })` reads `in_*.csv`', 'f(x, { a: "b" }) reads in_*.csv'),
        ("A file that was loaded (same hash) must be skipped", "File that was loaded must be skipped"),
        ("p95 stays below 150 ms", "p95 stays below 150 ms"),
    ],
)
def test_a_requirement_in_few_words(text, short):
    assert brief(text) == short


@pytest.mark.parametrize(
    "name",
    [
        "03_taskmaster_sample_small.txt",
        "04_gastown_stage_launch_prd.md",
        "05_devbench_xlsx2csv_PRD.md",
        "08_prdbench_01_restaurant_supply_PRD.md",
    ],
)
def test_documents_of_real_prds_are_well_formed(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    found = read(path.read_text("utf-8"), name)
    for ticket in plan(found.statements, gates=found.gates).tickets:
        made = Component(ticket.title, "ticket-1", name, ticket.statements, layout.specification("run-1", ticket.key))
        for text in (specification(made, found), feature(made, found)):
            assert_well_formed(text)
            MarkdownIt("commonmark").enable("table").parse(text)


def test_statements_survive_the_way_through_the_backend():
    found = read(TEXTKIT)
    assert found.statements == found.prd.statements
    row = {"id": "R-001", "text": "x", "line_start": 3, "line_end": 4, "lines": [{"line_start": 3, "line_end": 4}]}
    from heph_nb.agents.outline.understanding.reading import statement as of_row

    assert of_row(row) == Statement(id="R-001", text="x", section="", lines=((3, 4),))
