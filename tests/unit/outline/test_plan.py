"""The planner: would a person agree that these are the parts?"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from dataclasses import replace

import pytest

from heph_nb.agents import outline
from heph_nb.agents.outline.planning.plan import TicketPlan, plan, priority
from heph_nb.domain.prd import read_prd
from tests.unit.outline.support import SHARED, read, statement, statements

SHOP = {
    "Accounts": ["sign up with an e-mail address", "sign in with a password", "reset a forgotten password",
                 "change the display name", "delete the account"],
    "Catalogue": ["list products by category", "show product pictures", "filter products by price",
                  "sort products by rating", "show stock levels", "mark discontinued products", "show related products",
                  "export the product list as CSV", "import products from CSV", "archive old products"],
    "Vouchers": ["apply a voucher code"],
    "Checkout": ["enter a delivery address", "choose a delivery method", "pay by credit card", "pay by invoice"],
}  # fmt: skip


def shop(times: int = 1) -> list:
    return statements(
        *((f"{name} {i}" if times > 1 else name, [f"The system must let users {text} {i or ''}" for text in texts])
          for i in range(times) for name, texts in SHOP.items())
    )  # fmt: skip


def components(tickets: tuple[TicketPlan, ...]) -> list[TicketPlan]:
    return [t for t in tickets if t.ticket_type == "component"]


def before(tickets: tuple[TicketPlan, ...], key: str) -> set[str]:
    direct = next(t for t in tickets if t.key == key).blocked_by
    return set(direct).union(*(before(tickets, other) for other in direct))


def test_examples_in_docstrings_hold():
    walked = pkgutil.walk_packages(outline.__path__, f"{outline.__name__}.")
    names = [m.name for m in walked if not m.name.endswith("__main__")]
    results = [doctest.testmod(importlib.import_module(name)) for name in names]
    assert sum(r.attempted for r in results) > 20
    assert sum(r.failed for r in results) == 0


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_few_requirements_make_few_tickets_and_no_ceremony(count):
    texts = [f"The tool must do thing number {i}" for i in range(count)]
    made = plan(statements(("One", texts[:3]), ("Two", texts[3:6]), ("Three", texts[6:])), bare=True)
    assert 1 <= len(made.tickets) <= 3
    assert all(t.ticket_type == "component" and not t.blocked_by for t in made.tickets)


def test_a_single_ticket_bears_the_name_of_the_document():
    made = plan(statements(("", ["It must turn a title into a slug."])), prd_title="Slug tool")
    assert [t.title for t in made.tickets] == ["Slug tool"]


def test_every_requirement_is_in_exactly_one_ticket():
    wanted = shop()
    ids = [id for t in plan(wanted).tickets for id in t.requirement_ids]
    assert sorted(ids) == [s.id for s in wanted]


def test_components_follow_the_sections_and_are_neither_tiny_nor_huge():
    made = components(plan(shop()).tickets)
    assert all(3 <= len(t.statements) <= 8 for t in made)
    assert "Accounts" in [t.title for t in made]
    assert sum(t.title.startswith("Catalogue") for t in made) == 2, "ten requirements of one section are split"
    assert any("Vouchers" in t.title and "Checkout" in t.title for t in made), "a tiny section joins its neighbour"


def test_infrastructure_comes_first_and_blocks_the_rest():
    asked = [*shop(), statement(90, "Prices must be stored in SQLite.", "Catalogue"),
             statement(91, "The project must have unit tests run by pytest.", "Accounts")]  # fmt: skip
    made = plan(asked)
    kinds = [t.ticket_type for t in made.tickets]
    assert kinds[:2] == ["infrastructure", "infrastructure"]
    assert "infrastructure" not in kinds[2:]
    setup, store = made.tickets[:2]
    assert setup.requirement_ids == ("R-091",)
    assert store.requirement_ids == ("R-090",)
    assert store.blocked_by == (setup.key,)
    assert all({setup.key, store.key} <= before(made.tickets, t.key) for t in made.tickets[2:])


def test_a_repository_with_code_needs_no_set_up_that_the_prd_does_not_ask_for():
    assert plan(shop(), bare=True).tickets[0].ticket_type == "infrastructure"
    assert all(t.ticket_type == "component" for t in plan(shop(), bare=False).tickets)
    with_gates = plan(shop(), bare=False, gates=["make test"]).tickets[0]
    assert with_gates.ticket_type == "infrastructure"
    assert not with_gates.statements


def test_what_the_prd_says_comes_first_blocks_and_no_circle_is_made():
    wanted = shop()
    wanted[0] = replace(wanted[0], depends_on=("R-017",))
    wanted[16] = replace(wanted[16], depends_on=("R-001",))
    made = plan(wanted, bare=False)
    of = {id: t.key for t in made.tickets for id in t.requirement_ids}
    assert of["R-017"] in before(made.tickets, of["R-001"])
    assert of["R-001"] not in before(made.tickets, of["R-017"])
    seen: set[str] = set()
    for ticket in made.tickets:
        assert set(ticket.blocked_by) <= seen, "a ticket comes after those that block it"
        seen.add(ticket.key)


def test_general_sections_are_gathered_by_subject():
    made = plan(
        statements(
            ("Import", ["Users can upload a CSV file", "The import reports broken lines", "Duplicate rows are merged"]),
            ("Charts", ["A chart shows sales per month", "Charts can be saved as PNG", "Colours follow the theme"]),
            ("Functional Requirements", ["The CSV import must accept semicolons", "The sales chart must have a legend",
                                         "Every chart must load within 2 seconds"]),
            ("Non-Functional Requirements", ["Passwords must be hashed", "Pages must load within 1 second",
                                             "The service must be available 99.9 % of the time"]),
        ),
        bare=False,
    )  # fmt: skip
    of = {id: t.title for t in made.tickets for id in t.requirement_ids}
    assert of["R-007"] == of["R-001"] == "Import"
    assert of["R-008"] == of["R-004"] == "Charts"


def test_two_hundred_requirements_make_a_readable_board():
    made = plan(shop(times=10))
    assert len(shop(times=10)) == 200
    titles = [t.title for t in made.tickets]
    assert 25 <= len(titles) <= 67
    assert len(set(titles)) == len(titles)
    assert len({t.key for t in made.tickets}) == len(titles)
    assert all(len(title) <= 80 for title in titles)
    assert all(len(t.statements) <= 8 for t in made.tickets)


def test_a_flat_list_without_headings_is_split_where_the_subject_changes():
    texts = [
        f"The log file must be read {way}" for way in ("line by line", "as UTF-8", "even if it is empty", "from stdin")
    ]
    texts += [f"The summary table must be sorted {way}" for way in ("by count", "by level", "by time", "in reverse")]
    texts += [f"The JSON output must contain {what}" for what in ("the count", "the level", "the version", "the date")]
    made = components(plan(statements(("", texts)), bare=False).tickets)
    assert [len(t.statements) for t in made] == [4, 4, 4]
    assert all(word in t.title for t, word in zip(made, ("og file", "ummary table", "JSON output"), strict=True))


def test_titles_are_never_numbers_of_components():
    for wanted in (shop(), shop(times=3), statements(("", [f"x{i}" for i in range(20)]))):
        titles = [t.title for t in plan(wanted).tickets]
        assert len(set(map(str.casefold, titles))) == len(titles)
        assert not any(title.casefold().startswith("component") or not title.strip() for title in titles)


def test_other_languages_get_titles_and_keys_of_their_own():
    german = read_prd(
        "# Lastenheft\n\n## Mitglieder\n- Das System muss Mitglieder mit Namen erfassen.\n"
        "- Mitglieder müssen gesucht werden können.\n- Das System muss doppelte Mitglieder melden.\n\n"
        "## Beiträge\n- Das System muss Beiträge berechnen.\n- Beiträge müssen nach 30 Tagen gemahnt werden.\n"
        "- Das System muss Lastschriften ausgeben.\n"
    )
    assert [t.title for t in plan(german.statements).tickets] == ["Mitglieder", "Beiträge"]
    chinese = plan(statements(("功能", [f"用户必须能够做第{i}件事" for i in range(12)])), bare=False)
    assert all(t.key.isascii() and t.key for t in chinese.tickets)


def test_titles_say_the_topic_where_headings_only_say_a_kind_of_text():
    made = plan(
        statements(
            ("MVP", ["Parcels can be tracked", "A parcel has a weight", "The parcel label must be printed"]),
            ("Functional requirements", ["Invoices must be sent", "Each invoice has a number", "Invoices are stored"]),
            ("Routes", ["`GET /rates` returns rates", '`POST /rates` with `{"a": 1}` adds one', "Rates expire"]),
        ),
        bare=False,
    )
    titles = [t.title for t in made.tickets]
    assert not {"MVP", "Functional requirements"} & set(titles)
    assert "arcel" in titles[0]
    assert "nvoice" in titles[1]
    assert all(len(title) <= 60 for title in titles)


def test_endpoints_are_titles_without_what_is_sent_to_them():
    texts = ['`POST /rates` with `{"a": 1}` adds one', "`GET /rates?day=x` returns rates", "`GET /rates` is fast"]
    groups = statements(("MVP", texts), ("Phase 2", texts), ("User stories", texts))
    assert all("{" not in t.title and "?" not in t.title for t in plan(groups, bare=False).tickets)


@pytest.mark.parametrize(
    ("section", "title"),
    [
        ("Feature 3: \U0001f680 **Seat map**", "Seat map"),
        ("User Story 2 - Mark tasks (Priority: P1)", "Mark tasks"),
        ("v0.2 \u2014 Offline mode", "Offline mode"),
        ("Apportioning of Requirements", "Apportioning of Requirements"),
        ("As a guest I want to look around", "Kiosk: guests"),
        ("Requirements", "Kiosk: guests"),
        ("IN", "Kiosk: guests"),
        ("API", "API: guests"),
    ],
)
def test_a_title_is_the_heading_where_that_is_a_name(section, title):
    texts = ["Guests must be counted", "It must greet the guests in the hall", "The door must open for guests"]
    other = ["Prices must be shown", "A price must be in euros", "It must print prices"]
    wanted = statements((section, texts), ("Price list", other), ("Opening hours", [f"{t} at noon" for t in other]))
    made = plan(wanted, prd_title="Kiosk \u2013 PRD", bare=False)
    assert made.tickets[0].title == title


def test_where_it_runs_is_no_set_up():
    wanted = [*shop(), statement(90, "Works on Python 3.10 to 3.13.", "Quality"),
              statement(91, "An addition takes less than 1 µs on the CI machine.", "Quality")]  # fmt: skip
    assert all(t.ticket_type == "component" for t in plan(wanted, bare=False).tickets)


def test_the_plan_is_the_same_every_time():
    assert plan(shop(times=3), prd_title="Shop") == plan(shop(times=3), prd_title="Shop")


def test_priority_is_that_of_the_most_urgent_requirement():
    levels = {"must": "high", "should": "medium", "could": "low"}
    for level, word in levels.items():
        assert priority([statement(1, "x", level=level)]) == word
    assert priority([statement(1, "x", level="must"), *(statement(i, "x", level="could") for i in (2, 3))]) == "high"


ROTA = """# rota - PRD (draft 3)

## Who is it for
> As a manager I want to see every broken rule in one go, so that I can fix the sheet.

## What it does
`rota check FILE` reads the file and prints one line per problem. It must report a missing column.

- The input has a header row.
- Columns may come in any order.
- Extra columns are ignored.

| Column | Meaning |
|--------|---------|
| name   | Who works |
| shift  | The day on which the shift starts |

### Rules
1. **Rest** \u2013 between two shifts of a person there must be at least 11 hours.
2. **Overlap** \u2013 nobody can be in two shifts at once.
3. **Cover** \u2013 each night needs at least one shift.
4. **Hours** \u2013 no more than 48 hours of shifts per person and week.
5. **Breaks** \u2013 a shift of 6 hours has at least one break.

### JSON output
With `--format json` the same problems come as a JSON array. No other text may be on stdout then.
An empty list of problems must be `[]`.

## Nice to have
- It would be great if the output was easy on the eye.
- A `rota stats` subcommand: hours per person as a table.

## Non-functional
- A file of 10,000 shifts must be checked in under 2 seconds.
- Code coverage must be 80 %.
- We don't log names anywhere.
"""


def test_titles_are_names_and_quality_and_wishes_are_tickets_of_their_own():
    found = read(ROTA)
    made = plan(found.statements, prd_title=found.prd.title, blocks=found.prd.blocks)
    of = {s.id: t for t in made.tickets for s in t.statements}
    titles = [t.title for t in made.tickets]
    assert {"Rules: rest, overlap and cover", "JSON output", "Wishes"} <= set(titles)
    assert all(len(title.split()) > 1 or title == "Wishes" for title in titles)
    assert not any(word in title for title in titles for word in ("It would", "second", "What it does"))
    for s in found.statements:
        assert s.level != "must" or of[s.id].priority == "high"
    assert [t.title for t in made.tickets if t.priority == "low"] == ["Wishes"]
    quality = [t for t in made.tickets if any(s.kind == "non-functional" for s in t.statements)]
    assert all(s.kind == "non-functional" for t in quality for s in t.statements)


def test_what_reads_comes_before_what_uses_it_and_parallel_work_stays_possible():
    found = read(ROTA)
    made = plan(found.statements, prd_title=found.prd.title, blocks=found.prd.blocks, bare=False)
    after = {t.title: [(title, why) for _, title, why in t.after] for t in made.tickets}
    reader = next(t.title for t in made.tickets if "header row" in " ".join(s.text for s in t.statements))
    assert after["Rules: rest, overlap and cover"] == [(reader, "needs its shifts")]
    assert after["JSON output"] == [(reader, "needs its problems")]
    assert sum(not t.blocked_by for t in made.tickets) > 1


def test_nothing_is_ordered_by_words_that_everything_has_and_nobody_waits_for_many():
    wanted = shop(times=10)
    made = plan(wanted, bare=False)
    assert all(len(t.blocked_by) <= 2 for t in made.tickets)
    accounts = {made.tickets[0].key}
    assert made.tickets[0].title.startswith("Accounts")
    assert sum(set(t.blocked_by) <= accounts for t in made.tickets) * 2 > len(made.tickets)


def test_stories_and_the_lines_on_the_same_feature_are_one_ticket():
    made = plan(
        statements(
            ("Feature 1: Delete Tasks", ["As a user I want to delete a task", "Deleted tasks stay hidden"]),
            ("Feature 2: Export", ["As a user I want to export my list", "The export is a CSV file", "It is sorted"]),
            ("Functional Requirements", ["FR-1 The system must allow users to delete tasks for good",
                                         "The export must contain every column", "Names must be unique",
                                         "The menu shows a help text"]),
        ),
        bare=False,
    )  # fmt: skip
    of = {id: t.title for t in made.tickets for id in t.requirement_ids}
    assert of["R-006"] == of["R-001"]
    assert "Delete Tasks" in of["R-001"]
    assert of["R-007"] == of["R-003"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("03_taskmaster_sample_small.txt", ["Project set-up", "Data store"]),
        (
            "04_gastown_stage_launch_prd.md",
            ["Wave computation", "Error detection", "Warning detection", "JSON output mode"],
        ),
        ("05_devbench_xlsx2csv_PRD.md", ["Project set-up and build", "Command-Line Conversion", "Multi-sheet Support"]),
        ("08_prdbench_01_restaurant_supply_PRD.md", ["Dish Data Management", "Ingredient Composition Analysis"]),
    ],
)
def test_real_prds_are_cut_into_their_parts(name, parts):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    prd = read_prd(path.read_text("utf-8"))
    made = plan(prd.statements, prd_title=prd.title, bare=True)
    titles = [t.title for t in made.tickets]
    assert set(parts) <= set(titles)
    assert made.tickets[0].ticket_type == "infrastructure"
    assert sorted(id for t in made.tickets for id in t.requirement_ids) == [s.id for s in prd.statements]
    sizes = [len(t.statements) for t in components(made.tickets)]
    assert max(sizes) <= 8
    assert sum(size >= 3 for size in sizes) >= len(sizes) - 1
