"""Amounts: how much the commits of many tickets changed, with a few git processes however many tickets there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.repo.diffs import COMPARE, ChangedFile, read_numstats

if TYPE_CHECKING:
    from heph_nb.repo.repository import Repository


@dataclass(frozen=True, slots=True)
class Amount:
    """How many files were changed, and by how many lines; binary files have none."""

    files: int
    added: int
    removed: int


def count_changes(
    repository: Repository, branch: str, base: str, commits: Mapping[str, Sequence[str]]
) -> dict[str, Amount]:
    """Return how much was changed for each ticket.

    A merge counts as everything that it brought in. A commit that one of the ticket's merges brought in is not counted
    twice, and one that the repository does not have is not counted.

    Parameters
    ----------
    repository : Repository
    branch : str
        The run branch.
    base : str
        Where the run began; commits before it are compared with their parents all the same.
    commits : mapping of str to sequence of str
        The whole ids of every ticket's commits.
    """
    named = _present(repository, {sha for shas in commits.values() for sha in shas})
    tip = repository.resolve(f"refs/heads/{branch}")
    parents = _parents(repository, base, named | ({tip} if tip else set()))
    brought = _brought(parents, tip)
    alone: dict[str, list[str]] = {}
    for ticket, shas in commits.items():
        mine = [sha for sha in dict.fromkeys(shas) if sha in named]
        inside = {sha for merge in mine for sha in brought.get(merge, ())}
        alone[ticket] = [sha for sha in mine if sha not in inside]
    changed = _changed(repository, parents, {sha for shas in alone.values() for sha in shas})
    return {ticket: _amount([file for sha in shas for file in changed.get(sha, ())]) for ticket, shas in alone.items()}


def _present(repository: Repository, commits: set[str]) -> set[str]:
    asked = "\n".join(sorted(commits)).encode()
    told = repository.git.run("cat-file", "--batch-check", stdin=asked).text if asked else ""
    return {sha for sha, kind, *_ in map(str.split, told.splitlines()) if kind == "commit"}


def _parents(repository: Repository, base: str, commits: set[str]) -> dict[str, list[str]]:
    """Return the parents of the commits, and of everything behind them down to the base, the oldest first."""
    if not commits:
        return {}
    known = _present(repository, {base}) if base else set()
    asked = "\n".join([*sorted(commits), *(f"^{sha}" for sha in known)]).encode()
    command = ("rev-list", "--parents", "--topo-order", "--reverse", "--stdin")
    lines = repository.git.run(*command, stdin=asked).text.splitlines()
    if before := commits - {line.split(" ", 1)[0] for line in lines}:  # of the time before the run
        asked = "\n".join(sorted(before)).encode()
        lines += repository.git.run("rev-list", "--parents", "--no-walk", "--stdin", stdin=asked).text.splitlines()
    return {commit: behind for commit, *behind in map(str.split, lines)}


def _brought(parents: Mapping[str, Sequence[str]], tip: str | None) -> dict[str, set[str]]:
    """Return what every merge into a branch brought in: what its other parents have beyond the first."""
    line: list[str] = []
    while tip is not None and tip in parents:
        line.append(tip)
        tip = next(iter(parents[tip]), None)
    seen: set[str] = set()
    brought: dict[str, set[str]] = {}
    for commit in reversed(line):
        brought[commit] = _walk(parents, parents[commit][1:], seen)
        seen.add(commit)
    return brought


def _walk(parents: Mapping[str, Sequence[str]], starts: Sequence[str], seen: set[str]) -> set[str]:
    """Return what is reachable and was not seen before; it is seen then."""
    found: set[str] = set()
    ahead = list(starts)
    while ahead:
        commit = ahead.pop()
        if commit in parents and commit not in seen:
            seen.add(commit)
            found.add(commit)
            ahead.extend(parents[commit])
    return found


def _changed(
    repository: Repository, parents: Mapping[str, Sequence[str]], commits: set[str]
) -> dict[str, list[ChangedFile]]:
    if not commits:
        return {}
    asked = "".join(" ".join([sha, *parents[sha][:1]]) + "\n" for sha in sorted(commits)).encode()
    return read_numstats(repository.git.run(*COMPARE, "--stdin", "--root", "--numstat", "-z", stdin=asked).out)


def _amount(files: Sequence[ChangedFile]) -> Amount:
    paths = {file.path for file in files}
    return Amount(len(paths), sum(file.added or 0 for file in files), sum(file.removed or 0 for file in files))
