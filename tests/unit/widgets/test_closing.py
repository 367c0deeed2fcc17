"""Views come and go: nothing hangs, nothing is left behind, and nothing is sent to pages that went away."""

from __future__ import annotations

import gc
import threading
import time
from types import SimpleNamespace

import pytest
from ipywidgets.widgets.widget import _instances

from heph_nb.client import ending
from heph_nb.run.starting import start
from heph_nb.widgets import view as views
from heph_nb.widgets.launcher import Launcher
from tests.unit.client.conftest import make_project


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("closing")
    project = make_project(folder / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        patch.delenv("HEPH_STATE", raising=False)
        run = start(project / "PRD.md", project, state=folder / "state.duckdb", manual=True).run
        run.wait(60, phase=1, tell=lambda why: None)
        yield run
        ending.shutdown(folder / "state.duckdb")


@pytest.fixture
def eager_collector():
    """Let the garbage collector run at every chance, as it may."""
    before = gc.get_threshold()
    gc.set_threshold(1)
    yield
    gc.set_threshold(*before)


def test_views_are_made_and_closed_in_any_thread_whenever_the_collector_runs(run, eager_collector):
    def come_and_go():
        for _ in range(10):
            run.board().close()

    threads = [threading.Thread(target=come_and_go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize(
    "name", ["panel", "board", "agents_view", "permissions_view", "graph", "prd"], ids=lambda name: name
)
def test_a_closed_view_leaves_no_widget_and_no_thread(run, name):
    widgets, threads = set(_instances), {t.name for t in threading.enumerate()}
    view = getattr(run, name)()
    assert repr(view)
    view.close()
    view.close()
    assert set(_instances) == widgets
    assert {t.name for t in threading.enumerate()} <= threads


def test_a_launcher_names_no_panel_that_was_closed(run):
    launcher = Launcher(
        {"prd": run.record["prd_path"], "working_dir": run.record["working_dir"], "state": str(run.state)}
    )
    launcher._begun(SimpleNamespace(run=run))
    launcher.children[1].close()
    assert launcher.children == (launcher.form,)
    launcher.close()


def test_a_page_that_falls_silent_gets_nothing_until_it_speaks_again(run, monkeypatch):
    board, sent = run.board(), []
    monkeypatch.setattr(board, "send", lambda content, buffers=None: sent.append(content["kind"]))
    board._heard(board, {"kind": "watch", "page": "one", "on": True, "rev": board._rev})
    run.create_ticket("First")
    board.live.catch_up()
    assert "change" in sent

    clock = time.monotonic() + views.FORGOTTEN + 1
    monkeypatch.setattr(views.time, "monotonic", lambda: clock)
    sent.clear()
    run.create_ticket("Second")
    board.live.catch_up()
    assert sent == []
    board._heard(board, {"kind": "watch", "page": "one", "on": True, "rev": 0})
    assert sent == ["whole"]
    board.close()


@pytest.mark.parametrize("message", [None, "x", 5, []])
def test_what_is_no_message_does_nothing(run, message):
    board = run.board()
    board._heard(board, message)
    board.close()


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "act", "name": "stop", "values": {}, "request": "1"},
        {"kind": "act", "name": "__class__", "values": {}, "request": "1"},
        {"kind": "read", "name": "ticket", "values": {"ticket": "nothing"}, "request": "1"},
        {"kind": "act", "name": "move_ticket", "values": {"ticket": "x"}, "request": "1"},
        {"kind": "act", "request": "1"},
    ],
)
def test_what_cannot_be_done_is_answered_and_changes_nothing(run, message, monkeypatch):
    board, sent = run.board(), []
    monkeypatch.setattr(board, "send", lambda content, buffers=None: sent.append(content))
    board._heard(board, message)
    [answer] = [content for content in sent if content["kind"] == "answer"]
    assert answer["request"] == "1"
    assert answer["error"]
    assert run.status == "active"
    board.close()
