"""A click as a line of Python, and a line of Python as a button."""

from __future__ import annotations

import inspect

import pytest

from heph_nb.run.handle import Run
from heph_nb.widgets.board import Board
from heph_nb.widgets.code import line
from heph_nb.widgets.head import Head
from heph_nb.widgets.ways import way


def test_a_call_is_written_as_one_would_type_it():
    values = {"title": 'Say "hi"', "description": "", "ticket_type": "bug", "requirement_ids": ["R-001", "R-002"]}
    assert line(Run.create_ticket, "run.create_ticket", values) == (
        'run.create_ticket(\'Say "hi"\', ticket_type="bug", requirement_ids=["R-001", "R-002"])'
    )


class Stand:
    """Notes which method of a run is called with what."""

    def __getattr__(self, name):
        def call(*args, **kwargs):
            return name, inspect.signature(getattr(Run, name)).bind(self, *args, **kwargs).arguments | {"self": None}

        return call


def called(code):
    return eval(code, {"run": Stand()})


def test_what_is_written_does_the_same():
    values = {"title": "Two\nlines, 'quoted' and \"quoted\"", "priority": "high"}
    assert called(line(Run.create_ticket, "run.create_ticket", values)) == ("create_ticket", values | {"self": None})


@pytest.mark.parametrize(
    ("code", "name", "values", "asks"),
    [
        ('run.approve("p-1")', "approve", {"permission": "p-1"}, None),
        ('run.deny("p-1", "why")', "deny", {"permission": "p-1"}, "reason"),
        ('run.answer("q-1", "your answer")', "answer", {"question": "q-1"}, "text"),
        ('run.create_task("what to do", phase=2, ticket="t-1")', "create_task", {"phase": 2, "ticket": "t-1"}, "title"),
        ('run.retry("t-1", agent="outline")', "retry", {"task": "t-1", "agent": "outline"}, None),
        (
            'run.mark("R-001", "accepted", "why it is met")',
            "mark",
            {"requirement": "R-001", "mark": "accepted"},
            "reason",
        ),
        ("run.resume()", "resume", {}, None),
    ],
)
def test_a_way_out_becomes_a_button_that_does_the_same(code, name, values, asks):
    taken = way(code)
    assert (taken["name"], taken["values"], taken["asks"]) == (name, values, asks)
    filled = taken["values"] | ({asks: taken["hint"]} if asks else {})
    assert called(line(getattr(Run, name), f"run.{name}", filled)) == called(code)


@pytest.mark.parametrize("view", [Board, Head])
def test_every_action_of_a_view_is_a_method_of_the_run(view):
    assert all(callable(getattr(Run, name)) for name in view.actions)
    assert all(callable(getattr(view, f"read_{name}")) for name in view.reads)
