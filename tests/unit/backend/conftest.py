"""A real backend process on a real state file, and plain HTTP to it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from heph_nb.client.client import Client
from heph_nb.client.discovery import BackendInfo
from heph_nb.run.handle import Run

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


def make_repository(path: Path) -> Path:
    """Make a git repository with one commit and a PRD."""
    path.mkdir()
    (path / "PRD.md").write_text(PRD)
    (path / "pyproject.toml").write_text('[project]\nname = "project"\nversion = "0"\n')
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@b", *arguments], cwd=path, check=True, timeout=30
        )
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project")


@contextlib.contextmanager
def backends():
    """Yield a function that runs a backend in a directory; they end at the end."""
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
def running_in(monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs a backend in a directory; they end with the test."""
    monkeypatch.setenv("HEPH_PORT", "0")
    with backends() as run:
        yield run


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    """Run one backend for those tests of a module that need none to themselves."""
    with pytest.MonkeyPatch.context() as patch, backends() as run:
        patch.setenv("HEPH_PORT", "0")
        yield run(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def running(running_in, tmp_path: Path) -> Running:
    """Run a backend of its own for a test."""
    return running_in(tmp_path)


def git(cwd: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()


def start_backend(state, *options):
    """Start a backend that knows the scripted agent, and return a client of it once it serves."""
    ready, told = os.pipe()
    command = [
        sys.executable, "-m", "tests.unit.backend.scripted_backend", "--state", str(state), "--port", "0",
        "--ready-fd", str(told), *options,
    ]  # fmt: skip
    with Path(f"{state}.backend.log").open("ab") as log:
        process = subprocess.Popen(command, pass_fds=(told,), start_new_session=True, stdout=log, stderr=log)
    os.close(told)
    with os.fdopen(ready) as pipe:
        assert pipe.readline().startswith("http")
    return process, Client(state, create=True)


@contextlib.contextmanager
def scripted_runs(folder, repository):
    """Yield a function that starts a run whose tasks are the given titles."""
    started = []

    def run(*titles, backend=(), **values) -> Run:
        (repository / "PRD.md").write_text("# Demo\n\n- It must work.\n\n" + "".join(f"task: {t}\n" for t in titles))
        process, client = start_backend(folder / "hephaestus.duckdb", *backend)
        started.append((process, client))
        body = {"prd": str(repository / "PRD.md"), "working_dir": str(repository), "agent": "scripted", **values}
        return Run(client, client.call("runs/create", body)["id"])

    run.started = started
    yield run
    for process, client in started:
        client.close()
        process.terminate()
        process.wait(20)


@pytest.fixture
def scripted(tmp_path, repository):
    """Return a function that starts a run whose tasks are the given titles."""
    with scripted_runs(tmp_path, repository) as run:
        yield run


def until(run, kind, after=0, **data):
    """Wait for an event, from the beginning of the run on, or after a sequence number."""
    with run.client.stream(after) as stream:
        for event in stream:
            if event.kind == kind and all(event.data.get(k) == v for k, v in data.items()):
                return event
    raise AssertionError(kind)
