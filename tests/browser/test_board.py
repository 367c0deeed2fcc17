"""The board in a browser: what a person sees and does with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from heph_nb.client import ending
from heph_nb.run.starting import start
from tests.browser.accessible import faults


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
def board(same_notebook, run):
    """Show the board of the run, and return its element."""
    same_notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})")
    shown = same_notebook.run("run.board()").locator(".heph-board")
    expect(shown).to_be_visible()
    return shown


def card(board, title):
    return board.get_by_role("button", name=title)


def column(board, name):
    return board.locator(f"[data-column={name}]")


def status(run, title):
    return run.sql(f"SELECT status FROM tickets WHERE id = '{run.ids[title]}'")["status"][0]


def announced(board, text):
    """Wait until the board says something to those who listen: then the move is stored, not only drawn."""
    expect(board.locator(".heph-hidden[role=status]")).to_have_text(text)


def test_a_ticket_is_dragged_and_moved_back_by_keyboard(run, board):
    card(board, "Parser").drag_to(column(board, "building"))
    expect(column(board, "building").get_by_role("button", name="Parser")).to_be_visible()
    announced(board, "Parser moved to building")
    assert status(run, "Parser") == "building"

    face = card(board, "Parser")
    face.focus()
    face.press("Space")
    face.press("ArrowLeft")
    face.press("Enter")
    expect(column(board, "backlog").get_by_role("button", name="Parser")).to_be_focused()
    announced(board, "Parser moved to backlog")
    assert status(run, "Parser") == "backlog"


def test_of_two_quick_moves_the_last_one_counts(run, board):
    face = card(board, "Manual")
    face.focus()
    face.press("Alt+ArrowRight")
    face.press("Alt+ArrowRight")
    face.press("Alt+ArrowLeft")
    announced(board, "Manual moved to building")
    assert status(run, "Manual") == "building"
    expect(column(board, "building").get_by_role("button", name="Manual")).to_be_focused()


def test_a_ticket_is_made_changed_and_talked_about(run, board):
    board.get_by_role("button", name="New ticket").click()
    board.get_by_label("Title").fill("Ligatures break the layout")
    board.get_by_label("Type", exact=True).select_option("bug")
    board.get_by_label("Priority", exact=True).select_option("critical")
    board.get_by_label("Requirements").fill("R-001")
    board.get_by_role("button", name="Create", exact=True).click()
    face = card(board, "Ligatures")
    expect(face).to_contain_text("critical")
    expect(face).to_contain_text("R-001")

    face.press("Enter")
    side = board.get_by_label("Ticket", exact=True)
    expect(side.get_by_role("heading", name="Ligatures")).to_be_focused()
    expect(side).to_contain_text("must print the sum")
    side.get_by_role("button", name="Edit").click()
    side.get_by_label("Description").fill("Since the font was changed.")
    side.get_by_role("button", name="Save").click()
    expect(side).to_contain_text("Since the font was changed.")
    side.get_by_label("Comment").fill("Seen on two machines")
    side.get_by_role("button", name="Comment", exact=True).click()
    expect(side.locator(".ticket-comment")).to_contain_text("Seen on two machines")
    side.get_by_label("Status").select_option("validating")
    expect(column(board, "validating").get_by_role("button", name="Ligatures")).to_be_visible()
    side.get_by_label("Add a ticket that must come first").fill("Manual")
    expect(side.locator(".ticket-blocked")).to_contain_text("Manual")
    assert run.tickets().set_index("title").loc["Ligatures break the layout", "blocked_by"] == [run.ids["Manual"]]
    side.get_by_role("button", name="Manual need not come first").click()
    expect(side.locator(".ticket-blocked")).to_have_count(0)
    side.get_by_role("button", name="History").click()
    expect(side.locator(".ticket-history")).to_contain_text("backlog → validating")
    side.press("Escape")
    expect(card(board, "Ligatures")).to_be_focused()

    board.get_by_role("button", name="Show code").click()
    expect(board.locator(".heph-code")).to_contain_text('run.create_ticket("Ligatures break the layout"')
    made = run.tickets().set_index("title").loc["Ligatures break the layout"]
    assert (made["status"], made["ticket_type"], made["description"]) == (
        "validating",
        "bug",
        "Since the font was changed.",
    )


def test_filters_and_blocked_tickets(run, board):
    run.update_ticket(run.ids["Printer"], blocked_by=[run.ids["Parser"]], priority="high")
    expect(card(board, "Printer, component, priority high, backlog, blocked by 1 ticket")).to_be_visible()
    board.get_by_label("Filter tickets by text").fill("pri")
    expect(board.locator(".board-card")).to_have_count(1)
    expect(board.locator(".board-shown")).to_have_text("1 of 3 tickets")
    board.get_by_label("Filter tickets by text").fill("")
    board.get_by_label("Any priority").select_option("medium")
    expect(board.locator(".board-card")).to_have_count(2)
    run.resolve_ticket(run.ids["Parser"])
    board.get_by_label("Any priority").select_option("")
    expect(card(board, "Printer, component, priority high, backlog")).not_to_contain_text("1")


def test_two_boards_agree_and_a_refusal_puts_the_ticket_back(same_notebook, run, board):
    second = same_notebook.run("run.board()").locator(".heph-board")
    face = card(second, "Manual")
    face.focus()
    face.press("Alt+ArrowRight")
    expect(column(board, "building").get_by_role("button", name="Manual")).to_be_visible()
    same_notebook.run("b = run.board()\nb")
    third = same_notebook.page.locator(".heph-board").last
    same_notebook.run("def refused(*a, **k): raise heph.HephError('It is locked.')\nb.run.move_ticket = refused")
    face = card(third, "Parser")
    face.focus()
    face.press("Alt+ArrowRight")
    expect(third.get_by_role("alert")).to_contain_text("It is locked.")
    expect(column(third, "backlog").get_by_role("button", name="Parser")).to_be_focused()
    assert status(run, "Parser") == "backlog"


def test_axe_finds_nothing(same_notebook, run, board):
    card(board, "Parser").click()
    expect(board.get_by_label("Ticket", exact=True)).to_be_visible()
    assert faults(same_notebook.page, ".heph-board") == []
