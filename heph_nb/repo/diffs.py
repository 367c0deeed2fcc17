"""Differences: what commits changed, as unified text that is limited in size, with the files that are in it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heph_nb.errors import RepositoryError
from heph_nb.repo.command import printable

if TYPE_CHECKING:
    from heph_nb.repo.repository import Repository

MOST_BYTES = 2_000_000
"""How much text a difference may have."""

COMPARE = ("diff-tree", "-r", "-M", "--no-color", "--no-ext-diff", "--no-textconv")
"""Compares two commits: the same for everybody, whatever their configuration says of diffs."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Work that a merge brought into the run branch."""

    title: str
    commit: str


@dataclass(frozen=True, slots=True)
class Unmerged:
    """Work on a branch of its own: everything since it left the run branch (``base``, where that is gone)."""

    title: str
    head: str
    base: str
    target: str


@dataclass(frozen=True, slots=True)
class Single:
    """One commit that somebody named."""

    title: str
    commit: str


@dataclass(frozen=True, slots=True)
class Part:
    """What two commits differ in; without ``base``, a commit that has no parent is everything it holds."""

    title: str
    base: str | None
    commit: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that was changed, and by how many lines; None for a binary one."""

    path: str
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What several parts changed, one after the other.

    Attributes
    ----------
    text : str
        Unified, at most `MOST_BYTES` long.
    files : tuple of ChangedFile
        Each once, in the order in which they were first changed.
    parts : tuple of Part
        Those that are there, in order.
    missing : int
        Bytes that were cut off.
    gone : tuple of str
        Commits that the repository does not have (any more).
    """

    text: str
    files: tuple[ChangedFile, ...]
    parts: tuple[Part, ...]
    missing: int
    gone: tuple[str, ...]


def read_difference(
    repository: Repository, works: Sequence[Merged | Unmerged], singles: Sequence[Single] = (), most: int = MOST_BYTES
) -> Difference:
    """Return what works and single commits changed. A commit that is a part of a work is not told twice.

    Parameters
    ----------
    repository : Repository
    works : sequence of Merged or Unmerged
    singles : sequence of Single
    most : int
        Bytes of text at most.
    """
    parts: list[Part] = []
    gone: list[str] = []
    told: set[str] = set()
    for work in works:
        part = _part(repository, work)
        if part is None:
            gone.append(work.commit if isinstance(work, Merged) else work.head)
            continue
        told |= _commits_of(repository, part)
        if part.base != part.commit:
            parts.append(part)
    for single in singles:
        if single.commit in told:
            continue
        part = _part(repository, single)
        if part is None:
            gone.append(single.commit)
            continue
        told.add(part.commit)
        parts.append(part)
    return _read(repository, parts, tuple(gone), most)


def _part(repository: Repository, work: Merged | Unmerged | Single) -> Part | None:
    """Return the two commits to compare, or None if they are not there."""
    if isinstance(work, Unmerged):
        head = repository.resolve(work.head)
        target = repository.resolve(work.target)
        if head is None:
            return None
        answer = repository.git.run("merge-base", target or work.base or head, head, allow=(0, 1, 128))
        return Part(work.title, answer.text if answer.code == 0 else work.base or head, head)
    answer = repository.git.run("rev-list", "--parents", "--max-count=1", work.commit, "--", allow=(0, 128))
    if answer.code != 0:
        return None
    commit, *parents = answer.text.split()
    return Part(work.title, parents[0] if parents else None, commit)


def _commits_of(repository: Repository, part: Part) -> set[str]:
    without = (f"^{part.base}",) if part.base else ()
    return set(repository.git.run("rev-list", part.commit, *without, "--").text.split())


def _read(repository: Repository, parts: Sequence[Part], gone: tuple[str, ...], most: int) -> Difference:
    files: dict[str, ChangedFile] = {}
    texts: list[str] = []
    room, missing = most, 0
    for part in parts:
        for file in _files(repository, part):
            before = files.get(file.path, ChangedFile(file.path, 0, 0))
            files[file.path] = ChangedFile(
                file.path, _sum(before.added, file.added), _sum(before.removed, file.removed)
            )
        text, size = _text(repository, part, room)
        texts.append(text.decode("utf-8", "replace"))
        room -= len(text)
        missing += size - len(text)
    return Difference("".join(texts), tuple(files.values()), tuple(parts), missing, gone)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _ends(part: Part) -> tuple[str, ...]:
    return (part.base, part.commit, "--") if part.base else ("--root", "--no-commit-id", part.commit, "--")


def _files(repository: Repository, part: Part) -> list[ChangedFile]:
    out = repository.git.run(*COMPARE, "--numstat", "-z", *_ends(part)).out
    return read_numstats(out).get("", [])


def read_numstats(out: bytes) -> dict[str, list[ChangedFile]]:
    r"""Return the files that ``--numstat -z`` lists, by the commit that stands above them; "" where none does.

    A file that was renamed is called by its new name.

    Examples
    --------
    >>> read_numstats(b"3\t1\ta.py\x00-\t-\tlogo.png\x00")[""][1]
    ChangedFile(path='logo.png', added=None, removed=None)
    """
    found: dict[str, list[ChangedFile]] = {}
    commit = ""
    fields = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    for field in fields:
        if "\t" not in field:
            commit = field
            continue
        added, removed, path = field.split("\t", 2)
        if not path:  # renamed: the old name and the new one follow
            next(fields)
            path = next(fields)
        counts = (None, None) if added == "-" else (int(added), int(removed))
        found.setdefault(commit, []).append(ChangedFile(printable(path), *counts))
    return found


def _text(repository: Repository, part: Part, room: int) -> tuple[bytes, int]:
    """Return the beginning of a part's text that there is room for, in whole lines, and the size of all of it."""
    try:
        with tempfile.TemporaryDirectory(prefix="heph-diff-") as place:
            file = Path(place) / "diff"
            repository.git.run(*COMPARE, "--patch", f"--output={file}", *_ends(part))
            size = file.stat().st_size
            with file.open("rb") as stream:
                text = stream.read(room)
    except OSError as error:
        raise RepositoryError(f"the diff cannot be put into {tempfile.gettempdir()}: {error.strerror}") from error
    if size > len(text):
        text = text[: text.rfind(b"\n") + 1]
    return text, size
