"""The PRD in a browser: each requirement at its lines, how far it is, what it led to, and a person's word on it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from heph_nb.run.starting import start
from tests.browser.accessible import faults
from tests.unit.client.conftest import make_project

PRD = """# Adder

A tool <img src="http://far.example/a.png"> that adds, see ![shot](http://far.example/b.png).

## Requirements

- The command `add A B` must print the sum of A and B.
- The command must exit with code 2
  when an argument is not a number.

| Id   | Requirement                                |
|------|--------------------------------------------|
| FR-7 | The command must accept negative numbers.  |
| FR-8 | The command must accept decimal fractions. |

The command must print nothing else. The command must not open any file.
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run whose later phases wait for a person; the tests of this module take it further."""
    root = tmp_path_factory.mktemp("prd")
    project = make_project(root / "adder", PRD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        run = start(project / "PRD.md", project, state=root / "s.duckdb", manual=True).run
        yield run.wait(60, phase=1)
        ending.shutdown(run.state)


@pytest.fixture(scope="module")
def prd(same_notebook, run):
    """Show the PRD of the run, and return its element."""
    same_notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})\nview = run.prd()")
    shown = same_notebook.run("view").locator(".heph-prd")
    expect(shown).to_be_visible()
    return shown


def chip(prd, id):
    return prd.locator(f".prd-chip[data-requirement={id}]").first


def side(prd):
    return prd.get_by_role("complementary", name="Requirement")


def where(run, words):
    """Return the id of the requirement with these words in it."""
    return next(row.id for row in run.requirements().itertuples() if words in row.text)


def test_each_requirement_is_at_its_lines(run, prd):
    rows = run.requirements()
    assert len(rows) >= 5
    for row in rows.itertuples():
        expect(chip(prd, row.id)).to_have_accessible_name(re.compile(rf"^{row.id}, {row.status}"))
        at = prd.locator(f"[data-lines]:has(> .prd-chips [data-requirement={row.id}])")
        at = at if at.count() else prd.locator(f"tr:has([data-requirement={row.id}])")
        first, last = map(int, at.first.get_attribute("data-lines").split("-"))
        assert first <= row.line_start <= last
    one = prd.locator(".prd-at", has_text="exit with code 2")
    assert one.inner_text().endswith("The command must exit with code 2")
    expect(prd.locator("[data-lines='9-9']")).to_have_class(re.compile("prd-at"))
    several = prd.locator("[data-lines='16-16'] .prd-chip")
    expect(several).to_have_count(2)


def test_nothing_of_the_text_acts(prd):
    expect(prd.locator(".prd-doc img")).to_have_count(0)
    expect(prd.locator(".prd-doc")).to_contain_text('<img src="http://far.example/a.png">')


def test_colours_follow_and_what_it_led_to_is_shown(run, prd):
    sums = where(run, "print the sum")
    run.start_phase(2).wait(60, phase=2)
    status = run.requirements().set_index("id")["status"][sums]
    assert status != "open"
    expect(chip(prd, sums)).to_have_accessible_name(re.compile(f"^{sums}, {status}"))
    expect(prd.locator("[data-lines='7-7']")).to_have_class(re.compile(status))

    chip(prd, sums).focus()
    chip(prd, sums).press("Enter")
    expect(side(prd).get_by_role("heading", level=3)).to_be_focused()
    trace = run.trace(sums)
    for path in [row["path"] for row in (*trace.files, *trace.tests)]:
        expect(side(prd)).to_contain_text(path)
    expect(side(prd)).to_contain_text(trace.tickets[0]["title"])
    expect(side(prd)).to_contain_text(f"Checks ({len(trace.checks)})")
    side(prd).get_by_role("button", name=re.compile("^Diff of ")).first.click()
    expect(side(prd).locator(".diff-file").first).to_be_visible()
    side(prd).get_by_role("heading", level=3).press("Escape")
    expect(chip(prd, sums)).to_be_focused()


def test_the_keyboard_goes_from_one_to_the_next(run, prd):
    filtered = prd.get_by_role("button", name=re.compile("^specified|^implemented|^verified")).first
    ids = list(run.requirements()["id"])
    chip(prd, ids[0]).focus()
    chip(prd, ids[0]).press("ArrowDown")
    expect(chip(prd, ids[1])).to_be_focused()
    run.mark(ids[3], "disputed")
    only = prd.get_by_role("button", name=re.compile("^disputed"))
    only.click()
    expect(prd.locator(".prd-chip.off")).not_to_have_count(0)
    prd.locator(".prd-chip:not(.off)").first.press("p")
    expect(chip(prd, ids[3])).to_be_focused()
    only.click()
    run.mark(ids[3], None)
    expect(only).to_be_hidden()
    expect(filtered).to_be_visible()


def test_a_requirement_is_marked_and_the_mark_taken_away(run, prd):
    id = where(run, "decimal fractions")
    chip(prd, id).click()
    side(prd).get_by_label("Your word").select_option("dropped")
    side(prd).get_by_label("Reason").fill("whole numbers are enough")
    side(prd).get_by_role("button", name="Mark").click()
    expect(prd.locator(".heph-notice")).to_contain_text(id)
    expect(chip(prd, id)).to_have_accessible_name(re.compile("marked dropped"))
    assert run.requirements().set_index("id")["mark"][id] == "dropped"
    side(prd).get_by_label("Your word").select_option("no word")
    side(prd).get_by_label("Reason").fill("")
    side(prd).get_by_role("button", name="Mark").click()
    expect(chip(prd, id)).not_to_have_accessible_name(re.compile("marked"))
    prd.get_by_role("button", name="Show code").click()
    expect(prd.locator(".heph-code")).to_have_text(
        f'run.mark("{id}", "dropped", "whole numbers are enough")\nrun.mark("{id}", None)'
    )
    prd.get_by_role("button", name="Show code").click()


def test_a_ticket_is_made_for_it_and_its_question_answered(run, prd):
    id = where(run, "nothing else")
    chip(prd, id).click()
    side(prd).get_by_label("Title of a new ticket").fill("Draw it")
    side(prd).get_by_role("button", name="Create").click()
    expect(side(prd).locator(".task-line", has_text="Draw it")).to_be_visible()
    assert run.tickets().set_index("title")["requirement_ids"]["Draw it"] == [id]
    asked = {"text": "Not even a line end?", "requirement_ids": [id], "run_id": run.id}
    question = run.client.call("questions/ask", asked)["question_id"]
    expect(side(prd)).to_contain_text("Not even a line end?")
    side(prd).get_by_label("Your answer").fill("One line end is fine.")
    side(prd).get_by_role("button", name="Answer").click()
    expect(side(prd).locator(".prd-question")).to_contain_text("One line end is fine.")
    expect(side(prd).get_by_label("Your answer")).to_have_count(0)
    assert run.questions().set_index("id")["status"][question] == "answered"


def test_it_can_be_used_by_everybody(same_notebook, prd):
    assert faults(same_notebook.page, ".heph-prd") == []


def test_its_text_is_the_same_every_time(same_notebook, run, prd):
    text = same_notebook.value("view")
    assert re.search(r"R-001 \w+ +The command `add A B` must print the sum of A and B. \(line 7\)", text)
    assert not re.search(r"[0-9a-f]{8}-|\d\d:\d\d", text)
    assert "R-001" in same_notebook.value("view._repr_mimebundle_()[0]['text/html']")
