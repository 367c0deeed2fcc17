"""What a merge could not decide, told so that somebody who sees neither side can resolve it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heph_nb.repo.command import printable
from heph_nb.repo.contents import read_blobs

if TYPE_CHECKING:
    from heph_nb.repo.worktrees import Worktree

EXCERPT = 2_000
"""Characters of each side that are kept per file."""

MOST_SHOWN = 20
"""Files of a merge whose sides are kept; further ones are only named."""

_LARGEST_READ = 5_000_000

_HUNK = re.compile(
    r"^<{7} [^\n]*\n(?P<ours>.*?)^\|{7}[^\n]*\n(?P<base>.*?)^={7}\r?\n(?P<theirs>.*?)^>{7} [^\n]*$",
    re.MULTILINE | re.DOTALL,
)
_REPORT = re.compile(r"^CONFLICT \((?P<kind>[^)]*)\): (?P<text>.*)$", re.MULTILINE)
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One file that two sides changed in ways that git cannot join.

    Attributes
    ----------
    path : str
        Relative to the top of the repository.
    kind : str
        ``content``, ``add/add``, ``modify/delete``, ``rename/delete``, ``rename/rename``, ``file/directory``,
        ``binary``, ``submodule``, ``markers`` (the attempt brings conflict markers), or git's own word.
    detail : str
        What git says about it.
    ours, base, theirs : str or None
        The run branch's side, what both started from, and the attempt's side: the places in conflict, at most
        `EXCERPT` characters each. None where a side has no such file, or none that is text.
    """

    path: str
    kind: str
    detail: str = ""
    ours: str | None = None
    base: str | None = None
    theirs: str | None = None

    def describe(self) -> str:
        """Return the conflict as text, both sides included, for whoever is to resolve it."""
        parts = [f"{self.path}: {self.kind} conflict. {self.detail}".rstrip()]
        for label, text in (("run branch", self.ours), ("before both", self.base), ("this attempt", self.theirs)):
            if text is not None:
                parts.append(f"--- {label} ---\n{text.rstrip()}")
        return "\n".join(parts)


def read_conflicts(worktree: Worktree, report: str) -> tuple[Conflict, ...]:
    """Describe the conflicts of a merge that stopped in ``worktree`` (two git processes).

    Parameters
    ----------
    worktree : Worktree
        With an unmerged index, and files in the ``diff3`` style.
    report : str
        What ``git merge`` printed.

    Returns
    -------
    tuple of Conflict
        By path; empty if nothing is unmerged.
    """
    stages: dict[str, dict[int, tuple[str, str]]] = {}
    for line in worktree.git.run("ls-files", "--unmerged", "-z").fields:
        facts, _, path = line.partition("\t")
        mode, name, stage = facts.split(" ")
        stages.setdefault(path, {})[int(stage)] = (mode, name)
    shown = dict(sorted(stages.items())[:MOST_SHOWN])
    names = {name for sides in shown.values() for mode, name in sides.values() if mode != _SUBMODULE}
    blobs = read_blobs(worktree.repository, names, largest=_LARGEST_READ)
    said = [(match["kind"], match["text"]) for match in _REPORT.finditer(report)]
    first = [_describe(worktree, path, sides, blobs, said) for path, sides in shown.items()]
    return (*first, *(_named(path, stages[path], said) for path in sorted(stages.keys() - shown.keys())))


def bounded(text: str, limit: int = EXCERPT) -> str:
    """Return ``text`` with its middle left out if it has more than ``limit`` characters."""
    text = text.replace("\0", "\ufffd")
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def _describe(
    worktree: Worktree,
    path: str,
    sides: dict[int, tuple[str, str]],
    blobs: dict[str, bytes],
    said: list[tuple[str, str]],
) -> Conflict:
    plain = _named(path, sides, said)
    if plain.kind == "submodule":
        commits = {stage: name for stage, (mode, name) in sides.items() if mode == _SUBMODULE}
        return replace(plain, ours=commits.get(2), base=commits.get(1), theirs=commits.get(3))
    content = {stage: blobs[name] for stage, (_, name) in sides.items() if name in blobs}
    if any(b"\0" in data[:8000] for data in content.values()):
        return replace(plain, kind="binary")
    texts = {stage: data.decode("utf-8", "replace") for stage, data in content.items()}
    hunks = _hunks(worktree, path)
    if hunks:
        ours, base, theirs = ("\n…\n".join(hunk[side] for hunk in hunks) for side in ("ours", "base", "theirs"))
        return replace(plain, ours=bounded(ours), base=bounded(base), theirs=bounded(theirs))
    ours, base, theirs = (bounded(texts[stage]) if stage in texts else None for stage in (2, 1, 3))
    return replace(plain, ours=ours, base=base, theirs=theirs)


def _named(path: str, sides: dict[int, tuple[str, str]], said: list[tuple[str, str]]) -> Conflict:
    about = [(kind, text) for kind, text in said if _names(text, path)]
    detail = bounded(printable("; ".join(text for _, text in about)), 500)
    if any(mode == _SUBMODULE for mode, _ in sides.values()):
        return Conflict(printable(path), "submodule", detail)
    return Conflict(printable(path), about[0][0] if about else _kind(frozenset(sides)), detail)


def _hunks(worktree: Worktree, path: str) -> list[dict[str, str]]:
    file = worktree.path / path
    if not file.is_file() or file.is_symlink() or file.stat().st_size > _LARGEST_READ:
        return []
    text = file.read_bytes().decode("utf-8", "replace")
    return [match.groupdict() for match in _HUNK.finditer(text)]


def _kind(stages: frozenset[int]) -> str:
    if stages == {1, 2, 3}:
        return "content"
    if stages == {2, 3}:
        return "add/add"
    return "modify/delete" if 1 in stages and len(stages) == 2 else "rename/rename"


def _names(text: str, path: str) -> bool:
    return re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w/-]|\.\w)", text) is not None
