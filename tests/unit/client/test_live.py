"""The live copy of a run: one thread for everybody, nothing missed, nothing left behind."""

from __future__ import annotations

import os
import queue
import signal
import threading

import pytest

from heph_nb.client import ending
from heph_nb.errors import HephError
from heph_nb.run.handle import Run
from heph_nb.run.live import live
from heph_nb.run.starting import start


@pytest.fixture
def run(project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.wait(phase=1, tell=lambda why: None)
    return run


def following():
    return [thread for thread in threading.enumerate() if thread.name.startswith("heph live")]


def test_everybody_shares_one_thread_which_ends_with_the_last(run):
    copy, heard = live(run.client, run.id), queue.Queue()
    others = [queue.Queue() for _ in range(3)]
    copy.join(heard.put)
    for other in others:
        live(run.client, run.id).join(other.put)
    assert len(following()) == 1
    ticket = run.create_ticket("Parser")
    for each in (heard, *others):
        while ticket not in [t["id"] for t in each.get(timeout=30)["put"].get("tickets", ())]:
            pass
    copy.leave(heard.put)
    assert len(following()) == 1
    for other in others:
        copy.leave(other.put)
    assert following() == []
    assert live(run.client, run.id) is not copy


def test_it_knows_what_was_done_in_the_line_above(run):
    copy = live(run.client, run.id)
    copy.join(lambda change: None)
    for n in range(20):
        ticket = run.create_ticket(f"Ticket {n}")
        copy.catch_up()
        assert copy.tables["tickets"][ticket]["title"] == f"Ticket {n}"
    copy.close()


def test_a_listener_that_fails_keeps_nobody_from_hearing(run, caplog):
    heard = queue.Queue()

    def fail(change):
        raise ValueError("no")

    copy = live(run.client, run.id)
    copy.join(fail)
    copy.join(heard.put)
    run.create_ticket("Parser")
    assert heard.get(timeout=30)
    assert "A listener of run" in caplog.text
    copy.close()


def test_it_says_that_the_backend_is_gone_and_goes_on_with_the_next(run):
    copy, links = live(run.client, run.id), queue.Queue()
    copy.join(lambda change: links.put(copy.link))
    os.kill(run.client.info.pid, signal.SIGKILL)
    while links.get(timeout=30) != "reconnecting":
        pass
    while links.get(timeout=30) != "live":
        pass
    ticket = run.create_ticket("After")
    copy.catch_up()
    assert ticket in copy.tables["tickets"]
    copy.close()


def test_a_backend_that_was_shut_down_is_started_by_whoever_asks(run):
    copy, links = live(run.client, run.id), queue.Queue()
    copy.join(lambda change: links.put(copy.link))
    ending.shutdown(run.state)
    while links.get(timeout=30) != "ended":
        pass
    assert "shut down" in copy.trouble
    copy.revive()
    while links.get(timeout=30) != "live":
        pass
    copy.close()


def test_a_run_that_is_not_there_is_refused(run):
    with pytest.raises(HephError, match="no run 'nothing'"):
        live(run.client, Run(run.client, "nothing").id).join(lambda change: None)
    assert following() == []
