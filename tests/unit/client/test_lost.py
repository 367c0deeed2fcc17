"""A backend whose address, state file or directory was lost while it lives."""

import contextlib
import os
import signal

import psutil
import pytest

from heph_nb.backend.service import Backend
from heph_nb.client import ending
from heph_nb.client.client import Client
from heph_nb.client.discovery import beside
from heph_nb.client.launch import ensure_backend
from heph_nb.errors import BackendUnavailableError, NotFoundError, StorageError
from heph_nb.run.starting import connect, start
from heph_nb.store.database import Batch, Database
from heph_nb.store.lock import StateLock, find_holder
from tests.unit.client.conftest import make_project
from tests.unit.store.samples import event


def ended(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(30)
    return not psutil.pid_exists(pid)


@pytest.mark.parametrize("spoil", ["delete", "garbage", "mislead"])
def test_a_lost_address_comes_back_and_no_second_backend_is_started(state, spoil):
    first = ensure_backend(state)
    address = beside(state, ".backend.json")
    if spoil == "delete":
        address.unlink()
    elif spoil == "garbage":
        address.write_bytes(b"\xff{{{")
    else:
        address.write_text('{"url": "http://127.0.0.1:9", "token": "x", "pid": 1, "version": "0"}')
    assert ensure_backend(state) == first
    assert beside(state, ".backend.log").read_text().count("serves at") == 1


def test_a_backend_that_is_silent_is_named_and_can_be_ended(state, monkeypatch):
    info = ensure_backend(state)
    os.kill(info.pid, signal.SIGSTOP)
    beside(state, ".backend.json").unlink()
    monkeypatch.setenv("HEPH_START_SECONDS", "1")
    with pytest.raises(BackendUnavailableError, match=rf"pid {info.pid}.*heph shutdown") as caught:
        ensure_backend(state)
    assert caught.value.facts["pid"] == info.pid
    os.kill(info.pid, signal.SIGCONT)
    beside(state, ".backend.json").unlink(missing_ok=True)
    assert ending.shutdown(state)
    assert not psutil.pid_exists(info.pid)


def test_a_program_that_is_no_backend_is_never_signalled(state):
    lock = StateLock(state)
    lock.acquire()
    assert find_holder(state).pid == os.getpid()
    with pytest.raises(BackendUnavailableError, match="is no backend"):
        ending.shutdown(state)
    lock.release()
    assert find_holder(state) is None


def test_a_backend_whose_state_file_is_deleted_ends_with_its_agents_and_a_new_one_works(project, state):
    old = start(project / "PRD.md", project, state=state, manual=True).run
    backend = psutil.Process(old.client.info.pid)
    agents = [child.pid for child in backend.children(recursive=True)]
    state.unlink()
    assert ended(backend.pid)
    assert not any(psutil.pid_exists(pid) for pid in agents)
    assert not state.exists()
    assert "was deleted or moved away" in beside(state, ".backend.log").read_text()
    with pytest.raises(NotFoundError, match="was deleted or moved away"):
        old.tickets()
    assert not state.exists()
    new = start(project / "PRD.md", project, state=state, manual=True)
    assert not new.attached
    assert connect(state).id == new.run.id


def test_everything_deleted_at_once_is_as_good_as_new(project, state):
    old = start(project / "PRD.md", project, state=state, manual=True).run
    pid = old.client.info.pid
    for path in state.parent.glob(f"{state.name}*"):
        if path.is_file():
            path.unlink()
    new = start(project / "PRD.md", project, state=state, manual=True).run
    assert ended(pid)
    ticket = new.create_ticket("Still here")
    assert ending.shutdown(state)
    assert list(connect(state).tickets()["id"]).count(ticket) == 1


@pytest.mark.parametrize("what", ["the directory", "the file alone"])
def test_what_was_stored_goes_with_a_file_that_is_moved(tmp_path, what):
    folder = tmp_path / "here"
    project = make_project(folder / "adder")
    state = folder / "state.duckdb"
    run = start(project / "PRD.md", project, state=state, manual=True).run
    ticket = run.create_ticket("Goes along")
    pid = run.client.info.pid
    if what == "the directory":
        folder.rename(tmp_path / "there")
        moved = tmp_path / "there" / "state.duckdb"
    else:
        moved = folder / "moved.duckdb"
        state.rename(moved)
        assert ended(pid)
    with Client(moved) as client:
        found = client.sql("SELECT id FROM tickets").column("id").to_pylist()
    assert ended(pid)
    assert ticket in found
    assert not state.exists()
    ending.shutdown(moved)


def test_health_says_that_the_file_is_gone_and_nothing_is_written_any_more(tmp_path):
    database = Database.open(tmp_path / "state.duckdb")
    backend = Backend(database)
    database.path.unlink()
    told = backend.health()
    assert (told["status"], told["store"]["ok"]) == ("degraded", False)
    assert "was deleted or moved away" in told["lost"]
    with pytest.raises(StorageError, match="was deleted"):
        database.append(Batch(logs=[event(1)]))
    assert not database.path.exists()
    database.path.write_text("another")
    assert "Another file" in database.missing()
    database.close()


def test_the_log_of_a_file_that_is_gone_is_kept(tmp_path):
    path = tmp_path / "state.duckdb"
    beside(path, ".wal").write_bytes(b"rows")
    Database.open(path).close()
    assert [p.read_bytes() for p in tmp_path.glob("state.duckdb.old-*.wal")] == [b"rows"]
