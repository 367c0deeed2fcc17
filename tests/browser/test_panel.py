"""The panel in a browser: a run from its first phase to its review, whatever happens to the page or the backend."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from heph_nb.run.starting import start
from tests.browser.accessible import faults


@pytest.fixture
def run(project, tmp_path):
    """Return a run whose later phases wait for a person."""
    state = tmp_path / "state.duckdb"
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.wait(60, phase=1)
    yield run
    ending.shutdown(state)


def show(notebook, run, what="run.panel()"):
    """Show something of a run in a new cell; return where it is shown."""
    return notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})\nview = {what}\nview")


def phase(panel, number):
    return panel.locator(f"[data-phase='{number}']")


def test_a_run_is_driven_from_the_panel_to_its_review(same_notebook, run):
    panel = show(same_notebook, run)
    expect(panel.locator(".head-since")).to_contain_text(re.compile("tickets? created"))
    expect(phase(panel, 1)).to_contain_text("complete")

    panel.get_by_role("button", name="Pause").click()
    expect(panel.locator(".head-run")).to_contain_text("paused")
    assert run.status == "paused"
    panel.locator(".head-controls").get_by_role("button", name="Resume").click()
    expect(panel.locator(".head-run")).to_contain_text("active")

    phase(panel, 2).get_by_role("button", name="Start phase 2").click()
    expect(phase(panel, 2)).to_contain_text("complete", timeout=60_000)
    # What waits is told with its way out; the same button stands there.
    panel.locator(".head-needs").get_by_role("button", name="Start the phase").click()
    expect(panel.locator(".head-run")).to_contain_text("completed", timeout=60_000)
    assert run.status == "completed"

    review = panel.locator(".heph-review")
    expect(review.locator(".review-line")).to_have_count(len(run.tickets()))
    review.locator(".review-open").first.click()
    expect(review.locator(".diff-line.added").first).to_be_visible()

    panel.locator(".heph-panel-head").get_by_role("button", name="Show code").click()
    expect(panel.locator(".heph-panel-head .heph-code")).to_have_text(
        re.compile(r"run\.pause\(\)\nrun\.resume\(\)\nrun\.start_phase\(2\)\nrun\.start_phase\(3\)")
    )
    assert faults(same_notebook.page, ".heph-panel-head") == []
    assert faults(same_notebook.page, ".heph-review") == []


def test_a_killed_backend_is_told_of_and_comes_back(same_notebook, run):
    panel = show(same_notebook, run)
    link = panel.locator(".heph-panel-head .heph-link")
    expect(phase(panel, 1)).to_contain_text("complete")
    link.evaluate(
        "link => { window.told = ''; new MutationObserver(() => { if (!link.hidden) window.told += link.textContent; })"
        ".observe(link, {attributes: true, childList: true, subtree: true}); }"
    )
    os.kill(run.client.info.pid, signal.SIGKILL)
    same_notebook.page.wait_for_function("window.told.includes('being started again')")
    expect(link).to_be_hidden()
    phase(panel, 2).get_by_role("button", name="Start phase 2").click()
    expect(phase(panel, 2)).to_contain_text("complete", timeout=60_000)


def test_a_reloaded_page_and_a_second_view_show_the_present(same_notebook, run):
    first = show(same_notebook, run)
    expect(phase(first, 1)).to_contain_text("complete")
    second = same_notebook.run("view")
    phase(first, 2).get_by_role("button", name="Start phase 2").click()
    expect(phase(second, 2)).to_contain_text("complete", timeout=60_000)
    same_notebook.reload()
    again = same_notebook.page.locator(".heph-panel-head").last
    expect(phase(again, 2)).to_contain_text("complete")
    done = run.tasks().query("phase == 2")["id"].count()
    run.create_task("Look again", phase=2)
    expect(phase(again, 2)).to_contain_text(f"of {done + 1} done")


def test_buttons_work_while_a_cell_awaits(same_notebook, run):
    panel = show(same_notebook, run)
    cell = same_notebook.begin("await run.finished()")
    panel.get_by_role("button", name="Pause").click()
    expect(panel.locator(".head-run")).to_contain_text("paused")
    panel.get_by_role("button", name="Stop", exact=True).click()
    panel.get_by_role("button", name="Stop for good").click()
    expect(cell).to_contain_text("RunFailedError: The run was stopped")


def test_what_is_refused_is_said_in_the_widget(same_notebook, run):
    panel = show(same_notebook, run)
    same_notebook.run("def broken(*a, **k): raise RuntimeError('the printer is on fire')\nview.head.run.pause = broken")
    panel.get_by_role("button", name="Pause").click()
    notice = panel.locator(".heph-panel-head").get_by_role("alert")
    expect(notice).to_contain_text("the printer is on fire")
    same_notebook.run(
        "def refused(*a, **k): raise heph.HephError('Not now: the run is being merged.')\nview.head.run.pause = refused"
    )
    panel.get_by_role("button", name="Pause").click()
    expect(notice).to_contain_text("Not now: the run is being merged.")


def test_a_restarted_kernel_finds_everything_again(same_notebook, run):
    show(same_notebook, run)
    same_notebook.restart()
    panel = show(same_notebook, run)
    expect(phase(panel, 1)).to_contain_text("complete")
    panel.get_by_role("button", name="Stop", exact=True).click()
    panel.get_by_label("Why the run is stopped").fill("enough for today")
    panel.get_by_role("button", name="Stop for good").click()
    expect(panel.locator(".head-run")).to_contain_text("stopped")
    assert (run.status, run.record["reason"]) == ("stopped", "enough for today")


def test_closed_views_leave_no_thread(same_notebook, run):
    before = same_notebook.value("__import__('threading').active_count()")
    show(same_notebook, run)
    same_notebook.run("view.close()")
    assert same_notebook.value("__import__('threading').active_count()") == before
