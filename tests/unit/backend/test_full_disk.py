"""A disk that fills up while a backend works on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

import httpx
import pytest

from heph_nb.client import ending
from heph_nb.client.discovery import read_backend_file
from heph_nb.errors import HephError
from heph_nb.run.starting import start
from tests.unit.backend.test_http import bootstrap

SIZE = 24_000_000


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of a few megabytes."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system can only be mounted by root on Linux")
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)], check=False, timeout=30
    )
    if mounted.returncode:
        pytest.skip("this machine does not let a file system be mounted")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True, timeout=30)


def fill(ballast):
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_a_full_disk_is_a_507_and_writing_goes_on_when_there_is_space(small_disk, running_in, repository):
    running = running_in(small_disk)
    bootstrap(running, repository, manual=True)
    ballast = small_disk / "ballast"
    fill(ballast)
    answers = [running.post("tickets/create", {"title": f"T{n}", "description": "x" * 90_000}) for n in range(400)]
    refused = [a for a in answers if a.status_code != 200]
    assert {(a.status_code, a.json()["code"]) for a in refused} == {(507, "storage_failed")}
    stored = sum(a.status_code == 200 for a in answers)
    assert running.http.get("/api/tickets").json()["total"] == stored
    assert running.http.get("/health").json()["store"]["ok"] is False
    assert running.client.sql("select count(*) n from tickets").to_pylist() == [{"n": stored}]
    ballast.unlink()
    with running.http.stream("GET", "/api/events/stream") as stream:
        assert next(line for line in stream.iter_lines() if line.startswith("event: ")) == "event: store.recovered"
    assert running.post("tickets/create", {"title": "After"}).status_code == 200
    assert running.http.get("/health").json()["store"]["ok"] is True


def test_a_taken_port_is_no_obstacle(running_in, tmp_path, monkeypatch):
    first = running_in(tmp_path / "one")
    monkeypatch.setenv("HEPH_PORT", first.info.url.rsplit(":", 1)[1])
    second = running_in(tmp_path / "two")
    assert second.info.url != first.info.url
    assert httpx.get(f"{second.info.url}/health", trust_env=False).json()["state"] == str(second.client.state)
    assert read_backend_file(second.client.state).url == second.info.url


@pytest.mark.parametrize("free", [0, 40_960])
def test_a_disk_that_is_full_from_the_start_is_named_and_nothing_is_left(small_disk, repository, monkeypatch, free):
    monkeypatch.setenv("HEPH_PORT", "0")
    state = small_disk / "hephaestus.duckdb"
    fill(small_disk / "ballast")
    os.truncate(small_disk / "ballast", (small_disk / "ballast").stat().st_size - free)
    before = {path.name for path in small_disk.iterdir()}
    with pytest.raises(HephError, match=r"[Nn]o space left") as caught:
        start(repository / "PRD.md", repository, state=state, manual=True)
    assert str(small_disk) in caught.value.detail
    assert "Make space" in caught.value.detail
    left = {path.name: path.stat().st_size for path in small_disk.iterdir() if path.name not in before}
    assert set(left) <= {"hephaestus.duckdb.lock", "hephaestus.duckdb.backend.log"}
    (small_disk / "ballast").unlink()
    assert start(repository / "PRD.md", repository, state=state, manual=True).run.status == "active"
    ending.shutdown(state)
