"""``run.on``: a function of the person's is called when something happens."""

from __future__ import annotations

import queue

import pytest

from heph_nb.errors import InvalidError
from heph_nb.run.starting import start


@pytest.fixture
def run(project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.wait(phase=1)
    return run


def test_a_function_is_called_for_what_fits_and_only_for_that(run):
    heard = queue.Queue()
    with run.on("ticket.*", heard.put) as every, run.on("ticket.building", heard.put) as moved:
        ticket = run.create_ticket("Parser")
        run.move_ticket(ticket, "building")
        kinds = sorted(heard.get(timeout=30).kind for _ in range(3))
    assert kinds == ["ticket.created", "ticket.status", "ticket.status"]
    assert (every.calls, moved.calls) == (2, 1)
    run.create_ticket("Printer")
    assert every.calls == 2
    assert repr(moved) == "On ticket.building: called once"


def test_a_function_that_raises_is_called_again_and_the_notice_says_what_it_raised(run, caplog):
    heard = queue.Queue()

    def fail(event):
        heard.put(event)
        raise ValueError("no such channel")

    with run.on("ticket.created", fail) as notice:
        run.create_ticket("Parser")
        run.create_ticket("Printer")
        heard.get(timeout=30)
        heard.get(timeout=30)
    assert repr(notice) == "On ticket.created: called 2 times; it raised ValueError: no such channel"
    assert "no such channel" in caplog.text


def test_events_that_cannot_be_are_refused(run):
    with pytest.raises(InvalidError, match=r"no events 'tickt.created'.*ticket"):
        run.on("tickt.created", print)


def test_not_even_an_exit_ends_a_notice_unseen(run):
    heard = queue.Queue()

    def leave(event):
        heard.put(event)
        raise SystemExit(3)

    with run.on("ticket.created", leave) as notice:
        run.create_ticket("Parser")
        run.create_ticket("Printer")
        heard.get(timeout=30)
        heard.get(timeout=30)
    assert "called 2 times; it raised SystemExit" in repr(notice)
