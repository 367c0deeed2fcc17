"""Whose processes are whose: what is ours ends with us, and nothing else is ever signalled."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from heph_nb.agents.ownership import MARK, Identity, end_tree, kill_orphan, kill_orphans, new_mark, tree

from .support import MCP, Remembering, Running, raw

FOREVER = [sys.executable, "-c", "import signal\nprint(1, flush=True)\nwhile True: signal.pause()"]


@pytest.fixture
def start():
    """Start a process that waits for ever; it is ended after the test."""
    children = []

    def starter(command=FOREVER, **options):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
        children.append(child)
        child.stdout.readline()
        return child

    yield starter
    for child in children:
        child.kill()
        child.wait()
        child.stdout.close()


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def identity_of(child, mark=None):
    return Identity(child.pid, psutil.Process(child.pid).create_time(), mark)


def in_environment(mark):
    return {"env": {**os.environ, MARK: mark}}


@pytest.mark.parametrize("prompt", ["stay", "die"])
def test_everything_an_agent_started_ends_with_it(run, tmp_path, start, prompt):
    """A child, a daemon in a session of its own, a child without environment, and one that ignores SIGTERM."""
    neighbours = [start(), start(start_new_session=True), start(**in_environment(new_mark("another")))]

    async def go():
        listener = Remembering()
        async with Running(raw("daemons"), tmp_path, owner="mine") as process:
            end = await process.run_session(tmp_path, MCP, prompt, listener)
            if prompt == "die":
                await process.ended.wait()
            started = json.loads(listener.text())
            alive = [pid for pid in started if lives(pid)]
        return end, started, alive, process

    end, started, alive, process = run(go())
    assert (end.error is None) == (prompt == "stay")
    assert alive == (started if prompt == "stay" else [])
    assert not any(lives(pid) for pid in started)
    assert not lives(process.pid)
    assert all(lives(neighbour.pid) for neighbour in neighbours)


def test_the_end_of_a_process_is_heard_at_once(run, tmp_path):
    async def go():
        async with Running(raw("linger"), tmp_path) as process:
            assert not process.ended.is_set()
            os.kill(process.pid, signal.SIGKILL)
            await process.ended.wait()
            return process.exit_code, process.alive

    assert run(go()) == (-signal.SIGKILL, False)


def test_a_process_is_stopped_by_the_end_of_its_input(run, tmp_path):
    async def go():
        async with Running(raw("echo"), tmp_path) as process:
            await asyncio.gather(process.stop(), process.stop())
            return process.exit_code

    assert run(go()) == 0


def test_an_orphan_is_killed_only_if_its_start_time_is_the_recorded_one(start):
    orphan = start(start_new_session=True, **in_environment("mark"))
    started = psutil.Process(orphan.pid).create_time()

    assert kill_orphan(orphan.pid, started - 60) == []
    assert lives(orphan.pid)
    assert kill_orphan(orphan.pid, started) == [orphan.pid]
    assert not lives(orphan.pid)
    assert kill_orphan(orphan.pid, started) == []


def test_an_orphan_that_left_a_daemon_is_killed_with_it(start):
    """The parent starts a daemon that leaves its session; the mark in the environment still tells whose it is."""
    code = (
        "import signal, subprocess, sys\n"
        "daemon = subprocess.Popen([sys.executable, '-c', 'import signal\\nwhile True: signal.pause()'],"
        " start_new_session=True)\n"
        "print(daemon.pid, flush=True)\n"
        "while True: signal.pause()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True, **in_environment("mark@x")
    )
    with parent:
        daemon = int(parent.stdout.readline())
        assert set(kill_orphan(parent.pid, psutil.Process(parent.pid).create_time())) == {parent.pid, daemon}
        assert not lives(daemon)


def test_orphans_are_found_by_their_owner_without_any_record(start):
    mine = [start(start_new_session=True, **in_environment(new_mark("/a/state"))) for _ in range(2)]
    others = [
        start(start_new_session=True, **in_environment(new_mark("/b/state"))),
        start(start_new_session=True, **in_environment(new_mark(""))),
        start(),
    ]

    assert set(kill_orphans("/a/state")) == {child.pid for child in mine}
    assert all(lives(child.pid) for child in others)
    assert kill_orphans("") == []
    assert kill_orphans("/a/state") == []


def test_what_an_orphan_started_without_its_environment_ends_with_it(start):
    """One child is still its child; the parent of the other, in the same session, is gone."""
    code = (
        "import signal, subprocess, sys\n"
        "forever = [sys.executable, '-c', 'import signal\\nwhile True: signal.pause()']\n"
        "child = subprocess.Popen(forever, env={}, start_new_session=True)\n"
        "shell = ['sh', '-c', 'env -i \"$0\" \"$@\" > /dev/null & echo $!', *forever]\n"
        "print(child.pid, subprocess.check_output(shell, text=True).strip(), flush=True)\n"
        "while True: signal.pause()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        start_new_session=True,
        **in_environment(new_mark("/a/state")),
    )
    with parent:
        started = [int(pid) for pid in parent.stdout.readline().split()]
        assert set(kill_orphans("/a/state")) == {parent.pid, *started}
        assert not any(map(lives, started))


def test_a_process_never_counts_itself_or_what_it_descends_from(start, monkeypatch):
    child = start(**in_environment("us"))
    monkeypatch.setattr("heph_nb.agents.ownership._mark_of", lambda process: "us@all")

    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = {process.pid for process in tree(Identity(child.pid, 0.0, "us@all"))}
    assert child.pid in found
    assert not found & spared


def test_a_recycled_id_does_not_bring_its_new_session_into_danger(start):
    """The recorded process is gone; another with the same id leads a session of its own."""
    stranger = start(start_new_session=True)
    gone = Identity(stranger.pid, psutil.Process(stranger.pid).create_time() - 1000, new_mark("mine"))

    assert tree(gone) == []
    assert end_tree(gone) == []
    assert end_tree(gone, gentle=True) == []
    assert lives(stranger.pid)


def test_a_tree_without_a_mark_is_its_session_and_its_descendants(start):
    leader = start(start_new_session=True)

    assert [process.pid for process in tree(identity_of(leader))] == [leader.pid]
    assert end_tree(identity_of(leader)) == [leader.pid]
