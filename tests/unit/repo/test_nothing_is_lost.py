"""Random lives of a run: agents edit, commit and wander, git and backend are killed, work is merged and removed.

Whatever happens, no commit becomes unreachable, no uncommitted byte disappears, and the person's checkout is the same
byte for byte. ``HEPH_RANDOM_LIVES`` sets how many lives are lived (6 by default).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from heph_nb.errors import HephError
from heph_nb.repo.command import GitCommand, Output
from heph_nb.repo.merging import MergeTree, Source
from heph_nb.repo.registry import linked_admin
from heph_nb.repo.removal import remove_when_safe
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import Worktree, add_worktree

from .conftest import Person, run_git

LIVES = int(os.environ.get("HEPH_RANDOM_LIVES", "6"))
STEPS = 24
TARGET = "heph/run-1"


class KilledError(BaseException):
    """The backend was killed."""


class Life:
    def __init__(self, seed: int, person: Person, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.random = random.Random(seed)
        self.person = person
        self.place = place
        self.monkeypatch = monkeypatch
        self.repository = Repository.open(person.root)
        self.repository.start_run("run-1")
        self.commits: set[str] = set()
        self.written: dict[tuple[str, str], str] = {}
        self.told: list[str] = []
        self.number = 0

    # What agents and the person do.

    def worktree(self, name: str) -> Worktree:
        return add_worktree(self.repository, self.place / name, f"heph-attempt/run-1/{name}", TARGET)

    def names(self) -> list[str]:
        """Worktrees that were made to the end: no agent is started in another one."""
        places = {name: linked_admin(self.place / name) for name in ("a1", "a2", "a3")}
        return [name for name, admin in places.items() if admin is not None and (admin / "index").exists()]

    def agent_writes(self, name: str) -> None:
        path = self.random.choice(
            ["README.md", "src/sales.py", "shared.txt", f"{name}.txt", "deep/er/file.txt", "x.log"]
        )
        self.number += 1
        lines = [f"{name} {self.number}\n"] * self.random.randint(1, 4)
        if self.random.random() < 0.1:
            lines = ["<<<<<<< HEAD\n", *lines, "=======\n", ">>>>>>> other\n"]
        file = self.place / name / path
        with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(lines))
            if not path.endswith(".log"):
                self.written[name, path] = file.read_text()

    def agent_deletes(self, name: str) -> None:
        path = self.random.choice(["README.md", "shared.txt", f"{name}.txt"])
        (self.place / name / path).unlink(missing_ok=True)
        self.written.pop((name, path), None)

    def agent_commits(self, name: str) -> None:
        run_git(self.place / name, "add", "-A", check=False)
        run_git(self.place / name, "commit", "-q", "-m", "By the agent", check=False)

    def agent_wanders(self, name: str) -> None:
        how = self.random.choice([["switch", "-q", "--detach"], ["switch", "-q", "-c", f"own-{name}-{self.number}"]])
        self.number += 1
        run_git(self.place / name, *how, check=False)

    def agent_merges(self, name: str) -> None:
        run_git(self.place / name, "merge", "-q", "-m", "Catch up", TARGET, check=False)

    def git_is_killed(self, name: str) -> None:
        admin = self.repository.common_dir / "worktrees" / self.random.choice([name, "merge"])
        if admin.is_dir():
            (admin / "index.lock").write_bytes(b"half")

    def disk_disappears(self, name: str) -> None:
        run_git(self.place / name, "add", "-A", check=False)
        run_git(self.place / name, "commit", "-q", "-m", "All", check=False)
        if run_git(self.place / name, "status", "--porcelain", check=False) == "":
            shutil.rmtree(self.place / name)

    def person_works(self, name: str) -> None:
        self.number += 1
        self.person.write(f"mine-{self.number}.txt", "mine")
        what = self.random.choice(
            [["add", "-A"], ["stash", "-u"], ["commit", "-qm", "Mine", "--allow-empty"], ["status"]]
        )
        self.person.git(*what)

    # What we do, perhaps killed in the middle.

    def we_add(self, name: str) -> None:
        self.worktree(name)

    def we_commit(self, name: str) -> None:
        self.worktree(name).commit_all("By us", {"Heph-Run": "run-1"})

    def we_merge(self, name: str) -> None:
        tree = MergeTree(self.repository, self.place / "merge", TARGET)
        names = self.random.sample(self.names(), self.random.randint(1, len(self.names())))
        candidate = tree.candidate([Source(self.worktree(each).head(), f"Merge {each}") for each in names])
        tree.advance(candidate)
        for path in ("README.md", "shared.txt", "src/sales.py"):
            text = self.repository.git.run("show", f"{TARGET}:{path}", allow=(0, 128)).text
            assert "<<<<<<<" not in text

    def we_remove(self, name: str) -> None:
        remove_when_safe(self.worktree(name), TARGET)

    @contextlib.contextmanager
    def perhaps_killed(self) -> Iterator[None]:
        if self.random.random() < 0.5:
            yield
            return
        left, after, run = self.random.randint(0, 6), self.random.random() < 0.5, GitCommand.run

        def counted(git: GitCommand, *arguments: str | Path, **options: object) -> Output:
            nonlocal left
            left -= 1
            if left < 0 and not after:
                raise KilledError
            output = run(git, *arguments, **options)  # type: ignore[arg-type]
            if left < 0:
                raise KilledError
            return output

        with self.monkeypatch.context() as patched:
            patched.setattr(GitCommand, "run", counted)
            yield

    # What must hold.

    def step(self) -> None:
        names = self.names()
        if not names or self.random.random() < 0.5:
            before = (self.repository.fingerprint(), self.person.files())
            actions = [self.we_add, self.we_commit, self.we_merge, self.we_remove] if names else [self.we_add]
            action = self.random.choice(actions)
            name = self.random.choice(names if action != self.we_add else ["a1", "a2", "a3"])
            with contextlib.suppress(HephError, KilledError), self.perhaps_killed():
                action(name)
            assert (self.repository.fingerprint(), self.person.files()) == before
        else:
            usual = [self.agent_writes, self.agent_writes, self.agent_commits, self.agent_commits, self.agent_wanders]
            rare = [self.agent_deletes, self.agent_merges, self.git_is_killed, self.disk_disappears, self.person_works]
            action, name = self.random.choice([*usual, *usual, *rare]), self.random.choice(names)
            action(name)
        self.told.append(f"{action.__name__} {name}")
        self.check()

    def check(self) -> None:
        admins = [path for path in (self.repository.common_dir / "worktrees").glob("*") if path.name != "merge"]
        heads = [run_git(self.person.root, "--git-dir", str(at), "rev-parse", "HEAD", check=False) for at in admins]
        heads = [head for head in heads if len(head) == 40]
        self.commits |= {*heads, *self.person.git("for-each-ref", "--format=%(objectname)", "refs/heads").split()}
        objects = {line[:40] for line in self.person.git("rev-list", "--objects", "--all", *heads).splitlines()}
        assert self.commits <= objects, f"unreachable commits after {self.told}"
        for (name, path), text in self.written.items():
            file = self.place / name / path
            if not file.is_file() or file.read_text() != text:
                blob = hashlib.sha1(b"blob %d\0" % len(text.encode()) + text.encode()).hexdigest()
                assert blob in objects, f"{name}/{path} is lost after {self.told}"


@pytest.mark.parametrize("seed", range(LIVES))
def test_nothing_is_ever_lost(seed: int, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(seed, person, tmp_path / "worktrees", monkeypatch)
    for _ in range(STEPS):
        life.step()
