"""A full disk fails what is being written and nothing else."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from heph_nb.errors import StateFileError, StateLockedError, StorageError
from heph_nb.store import owned, writer
from heph_nb.store.database import Database
from tests.unit.store.samples import run, ticket, versions

SIZE = 6


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here, so no small disk to fill")
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all space that is left."""
    ballast = folder / "ballast"
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    for size in (2**16, 2**12):
        with contextlib.suppress(OSError):
            while True:
                os.write(fd, bytes(size))
    os.close(fd)
    return ballast


def append_until_refused(opened: Database, start: int) -> tuple[int, StorageError]:
    for number in range(start, start + 5_000):
        try:
            opened.append(versions(ticket(number, description=os.urandom(5_000).hex()), start=number))
        except StorageError as error:
            return number, error
    raise AssertionError("the disk never became full")


def test_nothing_of_a_batch_that_does_not_fit_is_kept_and_the_rest_goes_on(small: Path):
    opened = Database.open(small / "hephaestus.duckdb")
    opened.append(versions(ticket(1)))
    ballast = fill(small)
    refused, error = append_until_refused(opened, 2)
    assert "No space left on device" in error.detail
    assert error.status == 507

    kept = [record.id for record in opened.load().records]
    assert kept == [f"ticket-{number}" for number in range(1, refused)]
    assert opened.load().last_seq == refused - 1
    assert opened.query("SELECT count(*) AS n FROM tickets").to_pylist() == [{"n": refused - 1}]
    with pytest.raises(StateLockedError):
        Database.open(opened.path)
    with pytest.raises(StorageError):
        opened.append(versions(ticket(refused, description=os.urandom(50_000).hex()), start=refused))

    ballast.unlink()
    opened.append(versions(ticket(refused), start=refused))
    opened.close()
    again = Database.open(small / "hephaestus.duckdb")
    assert [record.id for record in again.load().records] == [*kept, f"ticket-{refused}"]
    again.close()


def test_a_row_that_was_refused_is_gone_and_one_that_was_acknowledged_is_there_after_a_crash(small: Path):
    """The process ends without closing the file: what counts is what is on the disk."""
    opened = Database.open(small / "hephaestus.duckdb")
    fill(small)
    refused, _ = append_until_refused(opened, 1)
    copy = small.parent / "copy.duckdb"
    for suffix in ("", ".wal"):
        subprocess.run(["cp", f"{opened.path}{suffix}", f"{copy}{suffix}"], check=True)
    opened.close()
    again = Database.open(copy)
    assert [record.id for record in again.load().records] == [f"ticket-{number}" for number in range(1, refused)]
    again.close()


def test_a_checkpoint_that_does_not_fit_loses_nothing(small: Path, monkeypatch: pytest.MonkeyPatch):
    """DuckDB reports it as a failed commit, although the rows are safe in the write-ahead log."""
    monkeypatch.setattr(owned, "CHECKPOINT", 2**18)
    monkeypatch.setattr(owned.OwnedFile, "reopen", counted := _Counted(owned.OwnedFile.reopen))
    opened = Database.open(small / "hephaestus.duckdb")
    refused, _ = append_until_refused(opened, 1)
    assert counted.calls > 1
    assert [record.id for record in opened.load().records] == [f"ticket-{number}" for number in range(1, refused)]
    opened.close()


def test_a_file_opens_and_can_be_read_on_a_full_disk(small: Path):
    opened = Database.open(small / "hephaestus.duckdb")
    opened.append(versions(ticket(1)))
    opened.close()
    ballast = fill(small)
    opened = Database.open(small / "hephaestus.duckdb")
    assert opened.query("FROM tickets").num_rows == 1
    refused, _ = append_until_refused(opened, 2)
    ballast.unlink()
    opened.append(versions(ticket(refused), start=refused))
    opened.close()


def test_an_export_that_does_not_fit_leaves_nothing_behind(small: Path):
    opened = Database.open(small / "hephaestus.duckdb")
    opened.append(versions(run(), *(ticket(n, description=os.urandom(5_000).hex()) for n in range(150))))
    fill(small)
    with pytest.raises(StorageError, match="could not be written to"):
        opened.export("run-1", "run.duckdb")
    assert list(opened.exports.iterdir()) == []
    assert len(opened.load().records) == 151
    opened.close()


class _Counted:
    """A method that counts its calls."""

    def __init__(self, function) -> None:
        self.function = function
        self.calls = 0

    def __get__(self, instance, owner):
        def call():
            self.calls += 1
            return self.function(instance)

        return call


def test_a_file_that_could_not_be_opened_again_is_opened_by_the_next_who_needs_it(tmp_path, monkeypatch):
    opened = Database.open(tmp_path / "hephaestus.duckdb")
    opened.append(versions(ticket(1)))

    def no_space(*_: object) -> None:
        raise duckdb.IOException("IO Error: No space left on device")

    def no_file(*_: object, **__: object) -> None:
        raise StateFileError("The disk is gone.")

    with monkeypatch.context() as broken:
        broken.setattr(writer.Writer, "write", no_space)
        broken.setattr(owned, "connect", no_file)
        with pytest.raises(StorageError):
            opened.append(versions(ticket(2), start=2))
        with pytest.raises(StorageError, match="The disk is gone"):
            opened.load()
        with pytest.raises(StorageError, match="The disk is gone"):
            opened.append(versions(ticket(2), start=2))
    assert [record.id for record in opened.load().records] == ["ticket-1"]
    opened.append(versions(ticket(3), start=3))
    opened.close()
