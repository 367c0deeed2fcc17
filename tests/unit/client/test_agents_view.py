"""The agents of a run without a browser: as text, as HTML, and what is read for the page."""

from __future__ import annotations

import re
import threading

import pytest


def following():
    return [thread for thread in threading.enumerate() if thread.name.startswith("heph output")]


@pytest.fixture
def view(finished):
    shown = finished.agents_view()
    yield shown
    shown.close()


def test_text_and_html_name_the_agents_and_nothing_that_changes_from_run_to_run(view):
    text, html = view.as_text(), view.as_html()
    assert text.startswith("Agents of 'Adder'\nAt work (0)\nEnded (")
    assert "outline on 'Analysis: Adder'" in text
    assert "outline on &#x27;Analysis: Adder&#x27;" in html
    for form in (text, html):
        assert not re.search(r"[0-9a-f]{8}-|0x|\d\d:\d\d", form)
        assert not any(agent["id"] in form for agent in view.live.rows("agents"))


def test_each_agent_has_its_tokens_or_none_and_what_it_did_last(view):
    figures = view.read_figures()
    assert set(figures) == {agent["id"] for agent in view.live.rows("agents")}
    reported = view.run.usage().groupby("agent_id")["total_tokens"].sum().to_dict()
    assert {id: figure["tokens"] for id, figure in figures.items() if figure["tokens"] is not None} == reported
    assert all(figure["ts"] and figure["kind"].startswith("agent.") for figure in figures.values())


def test_the_thread_of_the_selected_agent_ends_with_the_selection_and_with_the_view(finished, monkeypatch):
    view = finished.agents_view()
    heard = threading.Event()
    monkeypatch.setattr(view, "send", lambda message, buffers=None: message["kind"] == "output" and heard.set())
    first, second = [agent["id"] for agent in view.live.rows("agents")][:2]
    view.read_selected(first)
    assert heard.wait(30)
    view.read_selected(second)
    assert [t.name for t in following()] == [f"heph output {second[:14]}"]
    view.read_selected(None)
    assert following() == []
    view.read_selected(first)
    view.close()
    assert following() == []
