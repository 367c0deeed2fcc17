"""A person's repository, in the middle of their own work, and the command they type."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Checkout:
    """A repository as its owner left it: edited files, staged ones, and one in the stash."""

    root: Path

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        command = ["git", "--no-optional-locks", *identity, *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def seen(self) -> dict[str, str]:
        """Return everything about it that belongs to the person."""
        own = [p for p in sorted(self.root.rglob("*")) if p.is_file() and ".git" not in p.parts]
        return {
            "status": self.git("status", "--porcelain=v2", "--branch", "--ignored=no"),
            "HEAD": self.git("rev-parse", "HEAD"),
            "branch": self.git("symbolic-ref", "HEAD"),
            "stash": self.git("stash", "list"),
            "index": hashlib.sha256((self.root / ".git" / "index").read_bytes()).hexdigest(),
            **{
                str(p.relative_to(self.root)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in own
                if not p.name.startswith("hephaestus.duckdb")
            },
        }


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Make a Python project with a commit and with work that is not committed."""
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    made = Checkout(root)
    made.git("init", "-q", "-b", "main")
    (root / "pyproject.toml").write_text('[project]\nname = "project"\nversion = "0.1"\n')
    (root / "notes.txt").write_text("one\n")
    (root / "tests" / "test_own.py").write_text("def test_own():\n    assert True\n")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Start")
    (root / "notes.txt").write_text("stashed\n")
    made.git("stash", "-q")
    (root / "notes.txt").write_text("edited\n")
    (root / "staged.txt").write_text("staged\n")
    made.git("add", "staged.txt")
    (root / "untracked.txt").write_text("untracked\n")
    return made


class Heph:
    """The command line in a process of its own, as a person runs it."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(self, *arguments: object, timeout: float = 280) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from heph_nb.cli import main; main()", *map(str, arguments)],
            cwd=self.cwd, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=timeout,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str) -> list[dict]:
        return json.loads(self("sql", query, "--format", "json"))


@pytest.fixture
def heph(checkout: Checkout, monkeypatch: pytest.MonkeyPatch):
    """Return the command as typed in the checkout; its backend ends with the test."""
    monkeypatch.setenv("HEPH_PORT", "0")
    monkeypatch.delenv("HEPH_STATE", raising=False)
    command = Heph(checkout.root)
    yield command
    if (checkout.root / "hephaestus.duckdb").exists():
        command("shutdown")
