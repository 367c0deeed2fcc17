"""Permissions and questions in a browser: decided from the keyboard, in one view or in two."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from heph_nb.run.starting import start
from tests.browser.accessible import faults
from tests.unit.client.conftest import make_project


@pytest.fixture(scope="module")
def run(lab, tmp_path_factory):
    """Return a run whose agent asks before every step."""
    folder = tmp_path_factory.mktemp("asking")
    project = make_project(folder / "project")
    run = start(project / "PRD.md", project, state=folder / "state.duckdb", policy="ask").run
    yield run
    ending.shutdown(run.state)


@pytest.fixture(scope="module")
def page(same_notebook, run):
    """Connect to the run in the notebook of the module."""
    same_notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})")
    return same_notebook


@pytest.fixture
def view(page):
    """Show what waits, in a new cell."""
    return page.run("run.permissions_view()").locator(".heph-permissions")


def coming(view):
    """Wait for the request that is asked about, and return its element and its title."""
    request = view.locator("article.current[data-ready]")
    expect(request).to_be_visible()
    return request, request.locator(".request-title").inner_text()


def decision(run, title):
    found = run.sql(f"SELECT status, reason FROM permissions WHERE title = '{title}' ORDER BY created_at")
    return tuple(found.iloc[0].fillna(""))


def answered(view, title):
    return view.locator(".permissions-answers li", has_text=title).locator(".answer-outcome")


def test_the_first_answer_of_two_views_stands_and_the_other_view_says_so(run, page, view):
    other = page.run("run.permissions_view()").locator(".heph-permissions")
    request, title = coming(view)
    coming(other)
    other.get_by_role("button", name="Deny").click()
    allow, deny = request.get_by_role("button", name="Allow once"), other.locator(".request-deny")
    page.page.evaluate(
        "([allow, deny]) => { allow.click(); deny.requestSubmit(); }", [allow.element_handle(), deny.element_handle()]
    )
    expect(other.locator(".heph-notice")).to_contain_text(f"{title}: allowed by you already, so that stands.")
    for one in (view, other):
        one.scroll_into_view_if_needed()
        expect(answered(one, title)).to_have_text("allowed by you")
    assert decision(run, title) == ("allowed", "")


def test_what_is_allowed_always_is_told_before_listed_after_and_taken_back(run, page, view):
    request, title = coming(view)
    told = request.locator(".request-always code").first.inner_text()
    assert told.rstrip("…") in run.permissions()["subject"].iloc[-1]
    request.focus()
    page.page.keyboard.press("Shift+A")
    rule = view.locator(".permissions-rules li")
    expect(rule.locator("code").first).to_have_text(told)
    expect(answered(view, title)).to_have_text("allowed by you")
    assert list(run.rules()["status"]) == ["active"]
    rule.get_by_role("button", name="Revoke").click()
    expect(rule).to_have_count(0)
    assert list(run.rules()["status"]) == ["revoked"]
    assert page.page.evaluate("document.activeElement.closest('.heph-permissions') !== null")


def test_a_request_is_allowed_and_the_next_one_denied_from_the_keyboard(run, page, view):
    request, allowed = coming(view)
    request.focus()
    page.page.keyboard.press("a")
    expect(answered(view, allowed)).to_have_text("allowed by you")
    assert decision(run, allowed) == ("allowed", "")

    request, denied = coming(view)
    expect(request).to_be_focused()
    expect(view.locator(".heph-hidden[role=status]")).to_have_text(f"outline asks: {denied}. 1 request waits.")
    page.page.keyboard.press("d")
    page.page.keyboard.type("Not into this folder")
    page.page.keyboard.press("Enter")
    expect(answered(view, denied).first).to_have_text("denied by you: Not into this folder")
    assert decision(run, denied) == ("denied", "Not into this folder")
    assert page.page.evaluate("document.activeElement.closest('.heph-permissions') !== null")
    told = page.value("run.permissions_view()")
    counts = run.permissions()["status"].value_counts().drop("pending", errors="ignore").sort_index()
    assert f"Decided: {', '.join(f'{n} {status}' for status, n in counts.items())}." in told


def test_a_question_is_answered_and_the_view_says_how_that_was_understood(run, page, view):
    text = "- R-001: How many digits has a sum?\n- R-002: Where does the message go? Proposal: standard error."
    asked = run.client.call("questions/ask", {"run_id": run.id, "text": text, "requirement_ids": ["R-001", "R-002"]})
    answer = view.get_by_role("textbox", name="How many digits")
    expect(view.locator(".question-requirement").first).to_contain_text("must print the sum of A and B.")
    answer.fill("whatever")
    answer.press("Control+Enter")
    expect(view.locator(".question-wrong")).to_contain_text("decides nothing")
    answer.fill("R-001: at most 12 digits")
    answer.press("Control+Enter")
    expect(view.locator(".question-told")).to_contain_text("at most 12 digits")
    expect(view.locator(".question-requirement")).to_have_count(1)
    decided = run.questions().set_index("id").loc[asked["question_id"]]
    assert (decided["status"], list(decided["requirement_ids"])) == ("open", ["R-002"])
    told = page.value("run.permissions_view()")
    assert "Questions (1)" in told
    assert faults(page.page, ".heph-permissions") == []
