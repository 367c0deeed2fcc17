"""Files that cannot be used are refused in words, and are left as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from heph_nb.errors import StateFileError, StateLockedError
from heph_nb.store.connection import connect
from heph_nb.store.database import Database
from heph_nb.store.snapshot import open_snapshot
from tests.unit.store.samples import ticket, versions

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=len(sys.argv) > 2)
print("open", flush=True)
sys.stdin.read()
"""


def write_newer_storage(path: Path) -> None:
    """Make a file that a DuckDB of the future wrote: its storage version is 99, and its checksum is right."""
    connect(path).close()
    data = bytearray(path.read_bytes())
    data[12:20] = struct.pack("<Q", 99)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", data[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    data[:8] = struct.pack("<Q", checksum)
    path.write_bytes(data)


def write_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE tickets (id TEXT)")
    connection.close()


def write_truncated(path: Path) -> None:
    Database.open(path).close()
    os.truncate(path, 8_000)


def write_damaged(path: Path) -> None:
    Database.open(path).close()
    data = bytearray(path.read_bytes())
    data[4_200] ^= 255
    data[8_300] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize("open_it", [Database.open, open_snapshot], ids=["own", "read"])
@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b""), "is empty, so it is not a DuckDB file"),
        (lambda path: path.write_bytes(b"hello"), "is not a DuckDB file"),
        (lambda path: path.write_bytes(b"# A PRD\n" * 5_000), "is not a DuckDB file"),
        (lambda path: path.write_bytes(os.urandom(100_000)), "is not a DuckDB file"),
        (write_sqlite, "is not a DuckDB file"),
        (write_newer_storage, r"newer DuckDB \(storage version 99; this one reads up to \d+\)"),
        (write_truncated, "cannot be opened: Could not read enough bytes"),
        (write_damaged, "cannot be opened: Corrupt database file"),
    ],
    ids=["empty", "short", "text", "random", "sqlite", "newer", "truncated", "damaged"],
)
def test_a_file_that_is_no_state_file_is_refused_and_left_alone(path: Path, write, message, open_it):
    write(path)
    before = path.read_bytes()
    with pytest.raises(StateFileError, match=message) as caught:
        open_it(path)
    assert str(path) in caught.value.detail
    assert "delet" not in caught.value.detail
    assert path.read_bytes() == before


def test_a_directory_is_refused(path: Path):
    path.mkdir()
    with pytest.raises(StateFileError, match="is a directory"):
        Database.open(path)


def test_a_file_in_a_directory_that_does_not_exist_is_refused(tmp_path: Path):
    with pytest.raises(StateFileError, match="does not exist"):
        Database.open(tmp_path / "nowhere" / "x.duckdb")


def test_a_refused_file_is_not_locked_afterwards(path: Path):
    path.write_text("hello")
    for _ in range(2):
        with pytest.raises(StateFileError, match="not a DuckDB file"):
            Database.open(path)
    path.unlink()
    Database.open(path).close()


def test_a_second_owner_is_refused_and_the_first_named(database: Database):
    with pytest.raises(StateLockedError, match=rf"\(pid {os.getpid()}\)"):
        Database.open(database.path)
    database.append(versions(ticket(1)))


@pytest.mark.parametrize("read_only", [False, True])
def test_another_program_that_has_the_file_open_is_named(path: Path, read_only):
    Database.open(path).close()
    arguments = [sys.executable, "-c", HOLD, str(path), *(["ro"] if read_only else [])]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StateFileError, match=rf"open in another program: \w+.*\(pid {holder.pid}\)") as caught:
            Database.open(path)
        assert caught.value.facts["pid"] == holder.pid
        assert not isinstance(caught.value, StateLockedError)
        holder.communicate("")
    Database.open(path).close()


def test_a_live_file_cannot_be_opened_as_a_snapshot_by_another_process(database: Database):
    code = (
        "import sys\nfrom heph_nb.errors import StateFileError\nfrom heph_nb.store.snapshot import open_snapshot\n"
        "try: open_snapshot(sys.argv[1])\nexcept StateFileError as error: print(error)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(database.path)], capture_output=True, text=True, check=True
    )
    assert f"(pid {os.getpid()})" in answer.stdout


def test_a_hard_link_is_refused_because_one_lock_cannot_guard_two_names(path: Path):
    Database.open(path).close()
    other = path.with_name("other.duckdb")
    other.hardlink_to(path)
    for name in (path, other):
        with pytest.raises(StateFileError, match="2 names"):
            Database.open(name)


def test_a_symbolic_link_is_the_same_file(path: Path):
    database = Database.open(path)
    database.append(versions(ticket(1)))
    link = path.with_name("link.duckdb")
    link.symlink_to(path)
    with pytest.raises(StateLockedError):
        Database.open(link)
    database.close()
    again = Database.open(link)
    assert again.path == path
    assert len(again.load().records) == 1
    again.close()
    assert not path.with_name("link.duckdb.lock").exists()


@pytest.mark.parametrize(
    "name", ["main.duckdb", "temp.duckdb", "tickets.duckdb", 'it\'s a "file".duckdb', "ü.x.duckdb", "noext"]
)
def test_a_state_file_may_have_any_name(tmp_path: Path, name):
    database = Database.open(tmp_path / name)
    database.append(versions(ticket(1)))
    assert database.query("SELECT id FROM tickets").num_rows == 1
    assert database.query("FROM tickets_at(now())").num_rows == 1
    database.close()


def test_closing_leaves_one_file_and_its_lock(path: Path):
    database = Database.open(path)
    database.append(versions(ticket(1)))
    database.close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["hephaestus.duckdb", "hephaestus.duckdb.lock"]


def test_a_copy_of_a_closed_file_is_a_plain_duckdb_file(path: Path, tmp_path: Path):
    database = Database.open(path)
    database.append(versions(ticket(1)))
    database.close()
    copy = Path(shutil.copy(path, tmp_path / "copy.duckdb"))
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert connection.execute("SELECT id FROM tickets").fetchall() == [("ticket-1",)]


def test_a_closed_file_can_be_read_and_owned_again(path: Path):
    database = Database.open(path)
    database.append(versions(ticket(1)))
    database.close()
    with open_snapshot(path) as snapshot:
        assert snapshot.query("FROM tickets").num_rows == 1
    Database.open(path).close()


def test_the_store_brings_neither_pandas_nor_pyarrow_into_the_process(path: Path):
    """The backend's memory and its time to start depend on it; queries of people load pyarrow when they come."""
    code = (
        "import sys\nfrom heph_nb.store.database import Batch, Database\n"
        "from tests.unit.store.samples import event, ticket, versions\n"
        "database = Database.open(sys.argv[1])\n"
        "database.append(Batch(versions(ticket(1)).versions, [event(2)]))\n"
        "database.load(), database.events(), database.answers()\ndatabase.close()\n"
        "print(sorted({'pandas', 'pyarrow', 'numpy', 'psutil'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
