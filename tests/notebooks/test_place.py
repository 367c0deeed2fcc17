"""A place is gone when a notebook has ended, with all that was in it."""

from __future__ import annotations

from pathlib import Path

import psutil

from heph_nb.client.client import Client
from tests.notebooks.place import fresh_place


def test_a_backend_that_a_notebook_left_behind_is_ended(monkeypatch):
    with fresh_place() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        place = Path(environment["TMPDIR"])
        with Client(place / "hephaestus.duckdb", create=True) as client:
            pid = client.info.pid
            assert client.state.is_relative_to(place)
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert not place.exists()


def test_a_notebook_uses_no_state_file_of_the_person(monkeypatch):
    monkeypatch.setenv("HEPH_STATE", "/somewhere/else.duckdb")
    with fresh_place() as environment:
        assert environment["HEPH_STATE"] == ""
