"""Real repositories: git is run as a person would run it, with a configuration of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from heph_nb.repo.repository import Repository


def run_git(directory: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"git {arguments}: {done.stderr}")
    return done.stdout.strip()


class Person:
    """A person with a repository, who works in it while a run does."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str, at: Path | None = None) -> str:
        return run_git(at or self.root, *arguments)

    def write(self, name: str, text: str | bytes, at: Path | None = None) -> Path:
        path = (at or self.root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def commit(self, message: str = "Change", at: Path | None = None) -> str:
        self.git("add", "-A", at=at)
        self.git("commit", "-q", "-m", message, at=at)
        return self.git("rev-parse", "HEAD", at=at)

    def files(self) -> dict[str, str]:
        """Every byte of the checkout, and the modification times git relies on."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            if ".git" not in path.relative_to(self.root).parts and path.is_file():
                found[str(path)] = f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mtime_ns}"
        return found


@pytest.fixture(autouse=True)
def own_git_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    configuration = home / ".gitconfig"
    configuration.write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n")
    return configuration


@pytest.fixture
def make_person(tmp_path: Path) -> Callable[..., Person]:
    def make(name: str = "project", *options: str) -> Person:
        root = tmp_path / name
        root.mkdir()
        person = Person(root)
        person.git("init", "-q", *options)
        person.write("README.md", "one\ntwo\nthree\nfour\nfive\n")
        person.write("src/sales.py", "def total(rows):\n    return sum(rows)\n")
        person.write(".gitignore", "__pycache__/\n*.log\n")
        person.commit("Start")
        return person

    return make


@pytest.fixture
def person(make_person: Callable[..., Person]) -> Person:
    return make_person()


@pytest.fixture
def repository(person: Person) -> Repository:
    return Repository.open(person.root)
