"""One owner for each state file, whatever it is called."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from heph_nb.errors import StateFileError, StateLockedError
from heph_nb.store.lock import StateLock

HOLD = """
import sys
from pathlib import Path
from heph_nb.store.lock import StateLock
lock = StateLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_held_once_and_can_be_taken_again_after_release(path: Path):
    first, second = StateLock(path), StateLock(path)
    first.acquire()
    assert first.is_current
    with pytest.raises(StateLockedError):
        second.acquire()
    assert not second.is_current
    first.release()
    second.acquire()
    second.release()


def test_whoever_comes_second_learns_who_is_first(path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StateLockedError) as caught:
            StateLock(path).acquire()
        assert caught.value.facts["pid"] == holder.pid
        assert caught.value.facts["host"] == socket.gethostname()
        assert f"(pid {holder.pid})" in caught.value.detail
        assert str(path) in caught.value.detail
        holder.kill()
    lock = StateLock(path)
    lock.acquire()
    assert json.loads(lock.path.read_text())["pid"] == os.getpid()
    lock.release()


def test_an_owner_on_another_machine_is_named_with_it(path: Path):
    lock = StateLock(path)
    lock.acquire()
    lock.path.write_text(json.dumps({"pid": 7, "host": "elsewhere"}))
    with pytest.raises(StateLockedError, match="pid 7 on elsewhere"):
        StateLock(path).acquire()
    lock.path.write_text("not json")
    with pytest.raises(StateLockedError, match="another process"):
        StateLock(path).acquire()
    lock.release()


def test_a_symbolic_link_leads_to_the_same_lock(path: Path):
    path.touch()
    link = path.with_name("link.duckdb")
    link.symlink_to(path)
    lock = StateLock(link)
    lock.acquire()
    assert lock.path == path.with_name("hephaestus.duckdb.lock")
    with pytest.raises(StateLockedError):
        StateLock(path).acquire()
    lock.release()


def test_the_lock_file_stays_and_only_its_owner_may_read_it(path: Path):
    lock = StateLock(path)
    lock.acquire()
    lock.release()
    assert lock.path.exists()
    assert lock.path.stat().st_mode & 0o777 == 0o600


def test_a_lock_file_that_was_moved_away_is_made_again(path: Path):
    old = StateLock(path)
    old.acquire()
    old.path.rename(path.with_name("moved"))
    new = StateLock(path)
    new.acquire()
    assert new._is_current(new._fd or 0)
    assert not old._is_current(old._fd or 0)
    old.release()
    new.release()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc, which this system lacks")
def test_a_child_does_not_inherit_the_lock(path: Path):
    lock = StateLock(path)
    lock.acquire()
    code = "print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, close_fds=False
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        assert str(lock.path) not in [str(entry.readlink()) for entry in Path(f"/proc/{child.pid}/fd").iterdir()]
        child.communicate("\n")
    lock.release()


def test_a_directory_that_does_not_exist_or_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(StateFileError, match="does not exist"):
        StateLock(tmp_path / "nowhere" / "x.duckdb").acquire()
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom heph_nb.errors import StateFileError\n"
        "from heph_nb.store.lock import StateLock\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: StateLock(Path(sys.argv[1])).acquire()\n"
        "except StateFileError as error: print(error)"
    )
    folder = tmp_path / "readonly"
    folder.mkdir(mode=0o555)
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent.stat().st_uid == os.getuid() and parent != Path("/tmp"):
            parent.chmod(0o755)
    child = subprocess.run(
        [sys.executable, "-c", code, str(folder / "x.duckdb")], capture_output=True, text=True, check=True
    )
    assert "Permission denied" in child.stdout
