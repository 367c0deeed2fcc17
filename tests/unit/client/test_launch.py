"""Backends that are started, raced for, killed, ended and put aside."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import duckdb
import psutil
import pytest

from heph_nb.client import ending
from heph_nb.client.client import Client
from heph_nb.client.discovery import beside, read_backend_file
from heph_nb.client.launch import _import_path, ensure_backend, running_backend
from heph_nb.errors import BackendUnavailableError, InvalidError, StateFileError
from heph_nb.run.starting import connect, start

ENSURE = """
from pathlib import Path
from heph_nb.client.launch import ensure_backend
print(ensure_backend(Path({!r})).pid)
"""


def test_clients_that_start_at_the_same_moment_get_one_backend(state):
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: ensure_backend(state), range(3)))
    assert len({info.pid for info in found}) == 1
    assert psutil.pid_exists(found[0].pid)


def test_processes_that_start_at_the_same_moment_get_one_backend(state):
    command = [sys.executable, "-c", ENSURE.format(str(state))]
    env = os.environ | _import_path()
    both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    pids = {process.communicate()[0].strip() for process in both}
    assert len(pids) == 1
    assert int(pids.pop()) == read_backend_file(state).pid


def test_the_backend_outlives_who_started_it_and_its_file_is_private(state):
    command = [sys.executable, "-c", ENSURE.format(str(state))]
    told = subprocess.run(command, env=os.environ | _import_path(), capture_output=True, text=True, check=True)
    assert psutil.pid_exists(int(told.stdout))
    left = {path.name: path.stat().st_mode & 0o077 for path in state.parent.glob(f"{state.name}*")}
    assert set(left.values()) == {0}
    assert {f"{state.name}{suffix}" for suffix in ("", ".backend.json", ".backend.log", ".lock")} <= set(left)
    assert os.getsid(int(told.stdout)) == int(told.stdout)


def test_after_kill_9_the_next_call_starts_a_backend_and_the_run_ends_as_usual(project, state):
    run = start(project / "PRD.md", project, state=state).run
    killed = run.client.info.pid
    waiting = ThreadPoolExecutor(1).submit(run.wait, 120)
    os.kill(killed, signal.SIGKILL)
    assert len(run.requirements()) == 2
    assert run.client.info.pid != killed
    assert waiting.result(120).status == "completed"
    assert run.events()["seq"].is_unique


def test_whoever_waits_is_told_when_the_backend_is_shut_down_on_purpose(project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    attached = threading.Event()

    def wait():
        with run.client.stream(0, run.id) as events:
            for _ in events:
                attached.set()

    waiting = ThreadPoolExecutor(1).submit(wait)
    assert attached.wait(60)
    assert ending.shutdown(state)
    with pytest.raises(BackendUnavailableError, match="shut down"):
        waiting.result(60)
    assert running_backend(state) is None
    assert run.status == "active"


def test_a_backend_of_another_version_is_named_and_can_be_ended(state):
    info = ensure_backend(state)
    told = json.loads(beside(state, ".backend.json").read_text()) | {"version": "99.0"}
    beside(state, ".backend.json").write_text(json.dumps(told))
    with pytest.raises(BackendUnavailableError, match=r"99\.0.*heph shutdown"):
        ensure_backend(state)
    assert ending.shutdown(state)
    assert not psutil.pid_exists(info.pid)


def test_a_file_that_another_program_has_open_is_refused_by_name(state):
    with duckdb.connect(str(state)), pytest.raises(StateFileError, match=str(os.getpid())):
        ensure_backend(state)


def test_a_file_from_nowhere_is_refused(tmp_path):
    with pytest.raises(StateFileError):
        ensure_backend(tmp_path / "gone" / "x.duckdb")


def test_nothing_is_shut_down_where_nothing_runs(state):
    assert ending.shutdown(state) is False
    assert ending.move_aside(state) is None


def test_drop_db_moves_the_old_file_aside_with_everything_in_it(project, state):
    first = start(project / "PRD.md", project, state=state, manual=True).run
    again = start(project / "PRD.md", project, state=state, manual=True, drop_db=True)
    assert not again.attached
    assert again.moved_aside.name.startswith("state.duckdb.old-")
    assert list(connect(state).client.sql("SELECT id FROM runs").column("id").to_pylist()) == [again.run.id]
    with duckdb.connect(str(again.moved_aside), read_only=True) as old:
        assert old.execute("SELECT id FROM runs").fetchall() == [(first.id,)]


def test_drop_db_leaves_no_worktree_for_merges_behind(project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    run.wait(120, phase=1)
    assert len(run.merges()) > 0
    ending.move_aside(state)
    listed = subprocess.run(["git", "worktree", "list"], cwd=project, capture_output=True, text=True, check=True).stdout
    assert listed.count("\n") == 1, listed


POLL = """
import sys
from pathlib import Path
from heph_nb.client.launch import ensure_backend
while True:
    print(ensure_backend(Path(sys.argv[1])).pid, flush=True)
"""


def test_a_file_is_put_aside_although_clients_start_its_backend_again_and_again(state):
    ensure_backend(state)
    command = [sys.executable, "-c", POLL, str(state)]
    polling = [subprocess.Popen(command, env=os.environ | _import_path(), stdout=subprocess.PIPE) for _ in range(3)]
    try:
        for process in polling:
            assert process.stdout.readline()
        kept = [ending.move_aside(state) for _ in range(3)]
    finally:
        for process in polling:
            process.kill()
            process.communicate()
    assert len({path for path in kept if path is not None}) == len([path for path in kept if path is not None]) > 0
    assert kept[0].exists()


def test_a_prd_that_cannot_be_read_drops_nothing(project, state):
    run = start(project / "PRD.md", project, state=state, manual=True).run
    with pytest.raises(InvalidError, match="There is no PRD"):
        start(project / "none.md", project, state=state, drop_db=True)
    assert connect(state).id == run.id


def test_the_same_prd_attaches_and_new_starts_another(project, state, capsys):
    first = start(project / "PRD.md", project, state=state, manual=True)
    second = start(project / "PRD.md", project / ".", state=state)
    other = start(project / "PRD.md", project, state=state, manual=True, new=True)
    assert (first.attached, second.attached, other.attached) == (False, True, False)
    assert first.run.id == second.run.id != other.run.id
    assert connect(state).id == other.run.id
    assert connect(state, first.run.id).id == first.run.id
    assert capsys.readouterr().out == ""


def test_a_connection_that_is_forgotten_leaves_nothing_open(state):
    ensure_backend(state)
    connections = psutil.Process().net_connections()
    client = Client(state)
    client.health()
    del client
    assert psutil.Process().net_connections() == connections
