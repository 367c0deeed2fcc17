"""Real repositories and real backends: one run that a whole module looks at, and fresh ones for what changes them."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heph_nb.cli import heph as command_line
from heph_nb.client import ending
from heph_nb.run.handle import Run
from heph_nb.run.starting import start

PRD = """# Adder

## Requirements

- The command `add A B` must print the sum of A and B.
- The command must exit with code 2 when an argument is not a number.
"""


def make_project(folder: Path, prd: str = PRD) -> Path:
    """Make a git repository with a PRD in it."""
    folder.mkdir(parents=True)
    (folder / "PRD.md").write_text(prd)
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
    return folder


class Heph:
    """The command line as a person types it, but in this process; ``tests/acceptance`` has it in its own."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(self, *arguments: object, check: int = 0, cwd: Path | None = None) -> Result:
        with contextlib.chdir(cwd or self.cwd):
            done = CliRunner().invoke(command_line, [*map(str, arguments)])
        if not isinstance(done.exception, SystemExit | None):
            raise done.exception
        assert done.exit_code == check, done.stderr
        return done


@pytest.fixture(autouse=True)
def any_port(monkeypatch):
    monkeypatch.setenv("HEPH_PORT", "0")
    monkeypatch.delenv("HEPH_STATE", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def state(tmp_path: Path):
    """Name a state file; its backend ends with the test."""
    path = tmp_path / "state.duckdb"
    yield path
    ending.shutdown(path)


@pytest.fixture
def heph(tmp_path: Path) -> Heph:
    return Heph(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Run:
    """Return a run that is completed; tests only look at it."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        patch.delenv("HEPH_STATE", raising=False)
        run = start(make_project(root / "adder") / "PRD.md", root / "adder", state=root / "state.duckdb").run
        yield run.wait(timeout=120)
        ending.shutdown(run.state)
