"""The graph in a browser: what a person sees of a run's tasks as they come, and does with them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from heph_nb.run.starting import start
from tests.browser.accessible import faults
from tests.unit.client.conftest import make_project


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run whose later phases wait for a person; the tests of this module take it further."""
    root = tmp_path_factory.mktemp("graph")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        run = start(make_project(root / "adder") / "PRD.md", root / "adder", state=root / "s.duckdb", manual=True).run
        yield run.wait(60, phase=1)
        ending.shutdown(run.state)


@pytest.fixture(scope="module")
def graph(same_notebook, run):
    """Show the graph of the run, and return its element."""
    same_notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})\nview = run.graph()")
    shown = same_notebook.run("view").locator(".heph-graph")
    expect(shown).to_be_visible()
    return shown


def node(graph, title, *, exact=False):
    return graph.locator(".graph-scroll").get_by_role(
        "button", name=re.compile(rf"^{re.escape(title)}{',' if exact else ''}")
    )


def places(graph):
    """Return where each task that can be seen stands."""
    return graph.locator("[data-task]").evaluate_all(
        "all => Object.fromEntries(all.map(el => [el.dataset.task, el.style.transform]))"
    )


def status(run, task):
    return run.sql(f"SELECT status FROM tasks WHERE id = '{task}'")["status"][0]


def test_tasks_come_and_those_that_are_there_stay_where_they_are(run, graph):
    expect(graph.get_by_role("list", name=re.compile("Phase 1 .*complete"))).to_be_visible()
    expect(graph.locator("[data-task]")).to_have_count(len(run.tasks()))
    before = places(graph)
    assert set(before) == set(run.tasks()["id"])
    run.start_phase(2).wait(60, phase=2)
    expect(node(graph, "Validate")).not_to_have_count(0)
    expect(graph.locator("[data-task]")).to_have_count(len(run.tasks()))
    expect(graph.locator(".graph-node.good")).to_have_count(int((run.tasks()["status"] == "done").sum()))
    after = places(graph)
    assert {task: after[task] for task in before} == before
    assert len(set(after.values())) == len(after)
    created = run.tasks().set_index("id")["parent_task_id"].dropna()
    drawn = graph.locator(".graph-edges").first.get_attribute("d")
    assert drawn.count("H") >= len(created) > 1


def test_a_task_is_found_along_the_edges_and_opened(run, graph):
    first = node(graph, "Analysis")
    first.focus()
    first.press("ArrowRight")
    child = graph.locator(".graph-node:focus")
    expect(child).to_have_accessible_name(re.compile("^Build"))
    assert graph.locator(".graph-edges.related").get_attribute("d")
    expect(graph.locator(".graph-node.related")).not_to_have_count(0)
    child.press("Enter")
    side = graph.get_by_role("complementary", name="Task")
    expect(side.get_by_role("heading", level=3)).to_be_focused()
    expect(side).to_contain_text("Created by")
    expect(side).to_contain_text("merged")
    side.get_by_role("button", name=re.compile("^Output of ")).first.click()
    expect(side.locator(".task-output")).to_be_visible()
    side.get_by_role("button", name="Diff of Build").click()
    expect(side.locator(".diff-line.added").first).to_be_visible()
    expect(side.get_by_role("button", name="Diff of Build")).to_be_focused()
    side.get_by_role("heading", level=3).press("Escape")
    expect(child).to_be_focused()
    child.press("ArrowLeft")
    expect(first).to_be_focused()


def test_what_a_task_created_is_put_away_and_comes_back(run, graph):
    first = node(graph, "Analysis")
    first.focus()
    first.press("Space")
    expect(node(graph, "Build")).to_have_count(0)
    expect(first).to_be_focused()
    expect(first).to_contain_text("put away")
    first.press("Space")
    expect(graph.locator("[data-task]")).to_have_count(len(run.tasks()))


def test_a_task_is_given_up_and_tried_again(run, graph):
    run.pause()
    task = run.create_task("Weigh the sums", phase=2)
    node(graph, "Weigh the sums").click()
    side = graph.get_by_role("complementary", name="Task")
    side.get_by_role("button", name="Give up").click()
    expect(side.locator(".heph-chip").first).to_have_text("cancelled")
    assert status(run, task) == "cancelled"
    side.get_by_role("button", name="Retry").click()
    expect(side.locator(".heph-chip").first).not_to_have_text("cancelled")
    assert status(run, task) != "cancelled"
    graph.get_by_role("button", name="Show code").click()
    expect(graph.locator(".heph-code")).to_have_text(f'run.cancel("{task}")\nrun.retry("{task}")')
    graph.get_by_role("button", name="Show code").click()


def test_it_can_be_used_by_everybody(same_notebook, graph):
    assert faults(same_notebook.page, ".heph-graph") == []


def test_its_text_is_the_same_every_time(same_notebook, run, graph):
    text = same_notebook.value("view")
    assert "  1 Analysis: Adder (done)\n    2 Build" in text
    assert not re.search(r"[0-9a-f]{8}-|\d\d:\d\d", text)
    assert "2 Build" in same_notebook.value("view._repr_mimebundle_()[0]['text/html']")


def test_two_thousand_tasks_are_folded_and_few_are_drawn(run, graph):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: run.create_task(f"Piece {n}", phase=2), range(2000)))
    total = len(run.tasks())
    expect(graph.get_by_role("status").filter(has_text=f"{total:,} tasks")).to_be_visible()
    graph.locator(".graph-scroll").evaluate("el => el.scrollTop = el.scrollHeight")
    expect(node(graph, "1,9")).to_have_accessible_name(re.compile(r"more: 1,9\d\d"))
    graph.get_by_role("button", name="Unfold all").click()
    last = run.tasks()["title"].iloc[-1]
    graph.locator(".graph-scroll").evaluate("el => el.scrollTop = el.scrollHeight")
    expect(node(graph, last, exact=True)).to_be_visible()
    assert graph.locator("*").count() < 3000
    graph.get_by_role("searchbox").fill("Piece 1234")
    expect(graph.get_by_role("status").filter(has_text=f"1 of {total:,} tasks")).to_be_visible()
    expect(node(graph, "Piece 1234")).to_be_visible()
