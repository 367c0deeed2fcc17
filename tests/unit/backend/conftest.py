"""A real backend process on a real state file, and plain HTTP to it."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from heph_nb.client.client import Client
from heph_nb.client.discovery import BackendInfo

PRD = """# Word count

## Requirements

- The command `wc.py FILE` prints the number of words in FILE.
- The command must print an error and exit with code 2 when FILE does not exist.
- An option `--lines` should count lines instead of words.
"""


@dataclass
class Running:
    """A backend that runs, and HTTP to it as its owner."""

    client: Client
    http: httpx.Client

    @property
    def info(self) -> BackendInfo:
        return self.client.info

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.http.post(f"/api/{path}", json=body if body is not None else {}, headers=headers)

    def as_agent(self, token: str, agent: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} | ({"X-Agent-ID": agent} if agent else {})
        return httpx.Client(base_url=self.info.url, headers=headers, trust_env=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a git repository with one commit and a PRD."""
    path = tmp_path / "project"
    path.mkdir()
    (path / "PRD.md").write_text(PRD)
    (path / "pyproject.toml").write_text('[project]\nname = "project"\nversion = "0"\n')
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments], cwd=path, check=True, timeout=30
        )
    return path


@pytest.fixture
def running_in(monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs a backend in a directory; they end with the test."""
    monkeypatch.setenv("HEPH_PORT", "0")
    started: list[Running] = []

    def run(directory: Path) -> Running:
        directory.mkdir(exist_ok=True)
        client = Client(directory / "hephaestus.duckdb", create=True)
        headers = {"Authorization": f"Bearer {client.info.token}"}
        http = httpx.Client(base_url=client.info.url, headers=headers, trust_env=False, timeout=30)
        started.append(Running(client, http))
        return started[-1]

    yield run
    for one in started:
        one.http.close()
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(one.client.info.pid)
            process.terminate()
            process.wait(10)
        one.client.close()


@pytest.fixture
def running(running_in, tmp_path: Path) -> Running:
    """Run a backend of its own for a test."""
    return running_in(tmp_path)


def git(cwd: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()
