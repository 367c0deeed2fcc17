"""The launcher in a browser: a run is started by typing and clicking."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from tests.browser.accessible import faults
from tests.browser.lab import READY


@pytest.fixture
def launcher(notebook, project):
    """Show the launcher where the project is, and return its element."""
    shown = notebook.run(
        f"import os, heph_nb as heph\nos.chdir({str(project)!r})\nlauncher = heph.launcher()\nlauncher"
    )
    yield shown
    ending.shutdown(project / "hephaestus.duckdb")


def test_a_run_is_started_by_typing_and_clicking_and_a_wrong_path_is_said_first(notebook, project, launcher):
    form = launcher.locator(".heph-launcher")
    second = notebook.run("launcher").locator(".launch-started-name")
    start = form.get_by_role("button", name="Start the run")
    expect(form.locator(".preview-title")).to_have_text("Adder")
    assert faults(notebook.page, ".heph-launcher") == []

    prd = form.get_by_label("PRD", exact=True)
    prd.fill("missing.md")
    expect(form.locator(".launch-wrong").first).to_have_text(
        f"There is no PRD at {project}/missing.md: check the path."
    )
    expect(start).to_be_disabled()
    expect(form.locator(".launch-reason")).to_have_text("Not yet: see the PRD.")
    assert not (project / "hephaestus.duckdb").exists()

    prd.fill("PRD.md")
    form.get_by_label("Agents at a time").fill("2")
    form.get_by_label("ask me").check()
    form.get_by_role("button", name="Show code").click()
    line = 'run = heph.bootstrap("PRD.md", max_agents=2, policy="ask")'
    expect(form.locator(".heph-code")).to_have_text(line)
    fail = "def refused(*a, **k): raise heph.HephError('The disk is full.')"
    notebook.run(f"import heph_nb.widgets.launcher as home\nstart = home.start\n{fail}\nhome.start = refused")
    start.click()
    expect(form.get_by_role("alert")).to_contain_text("The disk is full.")
    notebook.run("home.start = start")
    start.click()

    expect(form.locator(".launch-started-name")).to_have_text("Adder", timeout=READY)
    expect(form.locator(".launch-started-name")).to_be_focused()
    expect(launcher.locator(".heph-panel-head")).to_be_visible()
    expect(second).to_have_text("Adder")
    run = notebook.run("launcher.run.sql('SELECT max_agents, policy FROM runs').to_dict('records')[0]")
    expect(run).to_contain_text("{'max_agents': 2, 'policy': 'ask'}")
    assert notebook.value("launcher.form.lines[0]") == line

    assert notebook.value("launcher").startswith(f"Started: {line}\n\nRun 'Adder'")

    shown = notebook.run("heph.launcher()")
    again = shown.locator(".heph-launcher")
    expect(again.locator(".launch-note.attach")).to_contain_text("starting attaches to it")
    expect(again.get_by_role("button", name="Attach to the run")).to_be_enabled()
    again.get_by_label("PRD", exact=True).press("Enter")
    expect(shown.locator(".heph-panel-head")).to_be_visible(timeout=READY)
    assert notebook.value("len(heph.runs())") == "1"

    notebook.reload()
    expect(notebook.page.locator(".launch-started-name").first).to_have_text("Adder", timeout=READY)
    expect(notebook.page.locator(".heph-panel-head").first).to_be_visible()
