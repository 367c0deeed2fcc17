"""The board in a browser: what a person sees and does with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from heph_nb.run.starting import start


@pytest.fixture
def run(project, tmp_path):
    """Return a run that stands still before anything is done, with three tickets."""
    state = tmp_path / "state.duckdb"
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.pause()
    run.ids = {title: run.create_ticket(title) for title in ("Parser", "Printer", "Manual")}
    yield run
    ending.shutdown(state)


@pytest.fixture
def board(notebook, run):
    """Show the board of the run, and return its element."""
    notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})")
    shown = notebook.run("run.board()").locator(".heph-board")
    expect(shown).to_be_visible()
    return shown


def card(board, title):
    return board.get_by_role("button", name=title)


def column(board, name):
    return board.locator(f"[data-column={name}]")


def status(run, title):
    return run.sql(f"SELECT status FROM tickets WHERE id = '{run.ids[title]}'")["status"][0]


def test_a_ticket_is_dragged_and_moved_back_by_keyboard(run, board):
    card(board, "Parser").drag_to(column(board, "building"))
    expect(column(board, "building").get_by_role("button", name="Parser")).to_be_visible()
    assert status(run, "Parser") == "building"

    face = card(board, "Parser")
    face.focus()
    face.press("Space")
    face.press("ArrowLeft")
    face.press("Enter")
    expect(column(board, "backlog").get_by_role("button", name="Parser")).to_be_focused()
    assert status(run, "Parser") == "backlog"
