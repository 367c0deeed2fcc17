"""The agents in a browser: watched, spoken to and ended; a flood stays within its bounds."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import faults
from tests.unit.backend.conftest import make_repository, scripted_runs, until

LINES = 60_000
COUNT_MESSAGES = """el => {
  const kept = window.hephCounted = {messages: 0, nodes: 0, draws: 0};
  new MutationObserver(() => {
    kept.draws += 1;
    kept.nodes = Math.max(kept.nodes, el.getElementsByTagName('*').length);
  }).observe(el.querySelector('.output-list'), {childList: true, subtree: true, characterData: true});
}"""
THREADS = "[t.name for t in __import__('threading').enumerate() if t.name.startswith('heph output')]"


@pytest.fixture(scope="module")
def run(lab, tmp_path_factory):
    """Return a run whose agents wait to be watched."""
    folder = tmp_path_factory.mktemp("agents")
    with scripted_runs(folder, make_repository(folder / "project")) as start, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        run = start("show the words", "ask notes.txt hello", "silent reading", policy="ask", max_agents=4)
        until(run, "agent.usage")
        until(run, "permission.created")
        yield run


@pytest.fixture(scope="module")
def page(same_notebook, run):
    """Connect to the run in the notebook of the module."""
    same_notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})")
    return same_notebook


@pytest.fixture
def view(page):
    """Show the agents, in a new cell."""
    return page.run("view = run.agents_view()\nview").locator(".heph-agents")


def row(view, title):
    return view.get_by_role("option").filter(has_text=title)


def output(view):
    return view.get_by_role("log")


def agent_of(run, title):
    agents = "SELECT a.* FROM agents a JOIN tasks t ON t.id = a.task_id"
    return run.sql(f"{agents} WHERE t.title = '{title}' ORDER BY a.started_at").iloc[-1]


def test_an_agent_is_watched_spoken_to_allowed_and_ended(run, page, view):
    rows = view.get_by_role("listbox")
    rows.focus()
    rows.press("Home")
    while "show the words" not in view.locator(".agents-row.active").inner_text():
        rows.press("ArrowDown")
    rows.press("Enter")
    expect(output(view)).to_be_focused()
    expect(output(view)).to_contain_text("One test is red: shall empty lines count?")
    expect(row(view, "show the words")).to_contain_text("12,400 tokens in its context")
    expect(row(view, "silent reading")).to_contain_text("not reported")
    expect(view.locator(".agent-plan li")).to_have_text(
        ["done: Read the parser", "at work: Count the words", "to do: Write the tests"]
    )
    output(view).get_by_text("Edit count.py").click()
    expect(view.locator(".diff-line.added")).to_have_text("+    return len(text.split())")
    assert faults(page.page, ".heph-agents") == []

    said = view.get_by_role("textbox", name="Message to the agent")
    said.fill("Yes, as one word")
    said.press("Enter")
    expect(output(view)).to_contain_text("I was told: Yes, as one word")
    expect(view.locator(".agent-plan summary")).to_contain_text("2 of 3 done")

    page.reload()
    view = page.page.locator(".heph-agents").last
    expect(output(view)).to_contain_text("I was told: Yes, as one word")
    expect(row(view, "show the words")).to_have_attribute("aria-selected", "true")

    view.get_by_role("button", name="Terminate").click()
    view.get_by_role("textbox", name="Reason").fill("it is in the way")
    view.get_by_role("textbox", name="Reason").press("Enter")
    until(run, "agent.status", to="terminated", reason="it is in the way")
    expect(output(view)).to_contain_text("it is in the way")
    ended = run.sql("SELECT status FROM agents WHERE reason = 'it is in the way'")
    assert list(ended["status"]) == ["terminated"]

    row(view, "ask notes.txt").click()
    view.get_by_role("button", name="Allow once: write notes.txt").click()
    expect(output(view)).to_contain_text("allowed")
    assert run.sql("SELECT status FROM permissions")["status"][0] == "allowed"
    assert page.value(f"len({THREADS})") == "1"
    page.run("view.close()")
    assert page.value(THREADS) == "[]"


def test_a_flood_stays_within_bounds_and_the_last_line_is_shown(run, page, view):
    run.create_task(f"burst {LINES}", phase=2)
    row(view, "burst").click()
    expect(output(view)).to_contain_text("at work")
    view.evaluate(COUNT_MESSAGES)
    agent = agent_of(run, f"burst {LINES}").id
    run.message(agent, "go")
    expect(output(view)).to_contain_text("the last line", timeout=60_000)
    expect(output(view).locator(".output-item").last).to_contain_text("the last line")
    counted = page.page.evaluate("window.hephCounted")
    events = run.sql(f"SELECT count(*) AS n FROM events WHERE agent_id = '{agent}'")["n"][0]
    assert counted["nodes"] < 3_000
    assert counted["draws"] < events / 5
    expect(output(view)).to_contain_text("run.events() has all of it")

    scroll = output(view)
    scroll.evaluate("el => { el.scrollTop = el.scrollHeight / 2; }")
    newest = view.get_by_role("button", name="Jump to the newest")
    expect(newest).to_be_visible()
    first, older = scroll.locator(".output-item").first, view.get_by_role("button", name="Earlier")
    while older.is_visible():
        before = first.inner_text()
        older.click()
        expect(first).not_to_have_text(before)
    expect(first).to_contain_text("at work")
    gap = scroll.locator(".output-item.gap").first
    alike = scroll.locator(".output-item.gap", has_text=gap.inner_text().splitlines()[0])
    before = alike.count()
    gap.get_by_role("button", name="Read it here").click()
    expect(alike).to_have_count(before - 1)
    assert view.evaluate("el => el.getElementsByTagName('*').length") < 3_000
    newest.click()
    expect(scroll.locator(".output-item").last).to_contain_text("the last line")

    view.get_by_role("searchbox", name="Search the output").fill("the last line")
    expect(scroll.locator("mark")).to_have_text("the last line")
    page.run("view.close()")
