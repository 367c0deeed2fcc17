"""The state of a work tree, as ``git status`` sees it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.repo.command import printable

if TYPE_CHECKING:
    from heph_nb.repo.command import GitCommand

UNBORN = "(initial)"


@dataclass(frozen=True, slots=True)
class Status:
    """What is checked out in a work tree, and what in it is not committed. Ignored files do not count.

    Attributes
    ----------
    head : str or None
        The commit that is checked out; None on a branch without a commit.
    branch : str or None
        The branch, without ``refs/heads/``; None when HEAD is detached.
    changed, untracked : tuple of str
        Paths relative to the work tree; an untracked one that ends with ``/`` is a repository of its own.
    unmerged : tuple of (str, str)
        Path and the two letters of git (``UU``, ``AA``, ``DU``, ...) of every file in conflict.
    staged : frozenset of str
        Those of ``changed`` whose whole change is in the index already.
    """

    head: str | None
    branch: str | None
    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    unmerged: tuple[tuple[str, str], ...] = ()
    staged: frozenset[str] = frozenset()

    @property
    def clean(self) -> bool:
        """Whether everything is committed."""
        return not self.paths

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything that is not committed."""
        return (*(path for path, _ in self.unmerged), *self.changed, *self.untracked)

    @property
    def nested(self) -> tuple[str, ...]:
        """Untracked repositories inside the work tree, which git cannot commit with their content."""
        return tuple(path for path in self.untracked if path.endswith("/"))

    def describe(self, most: int = 5) -> str:
        """Return what is not committed, in a few words, naming at most ``most`` files."""
        if self.clean:
            return "everything is committed"
        named = ", ".join(printable(path) for path in self.paths[:most]) + (", …" if len(self.paths) > most else "")
        return f"{len(self.paths)} uncommitted {'file' if len(self.paths) == 1 else 'files'}: {named}"


def read_status(git: GitCommand) -> Status:
    """Ask git for the status of the work tree it runs in (one process)."""
    answer = git.run(
        "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames",
        "--ignore-submodules=none",
    )  # fmt: skip
    head = branch = None
    changed, untracked, unmerged, staged = [], [], [], set()
    for entry in answer.out.split(b"\0"):
        line = os.fsdecode(entry)
        kind, _, rest = line.partition(" ")
        if line.startswith("# branch.oid "):
            head = None if line.endswith(UNBORN) else line.removeprefix("# branch.oid ")
        elif line.startswith("# branch.head "):
            branch = None if line.endswith("(detached)") else line.removeprefix("# branch.head ")
        elif kind == "1":
            path = rest.split(" ", 7)[7]
            changed.append(path)
            staged |= {path} if rest[1] == "." else set()
        elif kind == "u":
            letters, *_, path = rest.split(" ", 9)
            unmerged.append((path, letters))
        elif kind == "?":
            untracked.append(rest)
    return Status(head, branch, tuple(changed), tuple(untracked), tuple(unmerged), frozenset(staged))
