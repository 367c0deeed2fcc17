"""Removing worktrees and branches: only what is kept elsewhere is ever removed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.repo.command import GitCommand, printable
from heph_nb.repo.leftovers import clear_locks, delete_tree
from heph_nb.repo.registry import checked_out_at, forget
from heph_nb.repo.repository import ATTEMPT_BRANCHES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from heph_nb.repo.repository import Repository
    from heph_nb.repo.status import Status
    from heph_nb.repo.worktrees import Worktree


_ASIDE = ".removed"


@dataclass(frozen=True, slots=True)
class Removal:
    """Whether a worktree was removed, and if not, why it was left. True in a condition if it was removed.

    Attributes
    ----------
    removed : bool
        The directory and the branch are gone.
    reason : str
        What would have been lost; empty if it was removed.
    """

    removed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.removed


def remove_when_safe(
    worktree: Worktree, target: str, kept: Sequence[str] = (), merged: Collection[str] = ()
) -> Removal:
    """Remove a worktree and its branch if nothing would be lost, and leave both as they are if something would.

    Safe means: everything is committed; what is checked out and the tip of the branch are reachable from
    ``target`` (or a ref of ``kept``); no repository with commits of its own lies inside. Files that are *ignored*
    go with the worktree: its tree is clean and merged, so the ignore rules are the ones on the run branch, and no
    commit would ever have had those files (``__pycache__``, a virtual environment, build results).

    Parameters
    ----------
    worktree : Worktree
    target : str
        The run branch, or a commit.
    kept : sequence of str
        More branches, tags or commits that stay.
    merged : collection of str
        Commits that were just found to be reachable from ``target`` (`merged_tips`), so that git is not asked again.

    Returns
    -------
    Removal
        Calling it again, also after a crash in the middle, gives the same result.

    Raises
    ------
    RepositoryError
        Git failed, or the directory could not be deleted.
    """
    aside = worktree.path.with_name(f".{worktree.path.name}{_ASIDE}")
    repository, branch = worktree.repository, worktree.branch
    tip = None
    if os.path.lexists(worktree.path):
        status, reason = _inspect(worktree, [target, *kept], merged)
        if reason:
            return Removal(removed=False, reason=reason)
        tip = status.head if status is not None and status.branch == branch else None
        delete_tree(aside)
        # One step: after it the directory is either untouched or known to be of no use, whenever we are killed.
        worktree.path.rename(aside)
    elif not os.path.lexists(aside) and worktree.admin.exists():
        # Somebody deleted the directory; what was checked out in it may still be nowhere else.
        head = GitCommand(repository.root, worktree.admin).run("rev-parse", "HEAD").text
        lost = unreachable(repository, [head], [target, *kept])
        if lost is not None:
            return Removal(removed=False, reason=f"the commit {lost[:12]} is not in {target}")
    if worktree.admin.exists():
        forget(repository, worktree.admin)
    removal = _drop_branch(repository, branch, tip, [target, *kept], merged)
    delete_tree(aside)
    return removal


def finish_removals(directory: Path) -> int:
    """Delete what a crash kept `remove_when_safe` from deleting below ``directory``, and return how many there were.

    Each of these directories was found to be safe to remove before it was given its name.
    """
    found = [path for path in directory.glob(f".*{_ASIDE}") if path.is_dir()]
    for path in found:
        delete_tree(path)
    return len(found)


def unreachable(repository: Repository, revisions: Sequence[str], kept: Sequence[str]) -> str | None:
    """Return a commit that only ``revisions`` lead to, and none of ``kept``; None if there is none."""
    # A revision of `kept` that does not exist is ignored, which errs on the side of keeping.
    answer = repository.git.run("rev-list", "--max-count=1", "--ignore-missing", *revisions, "--not", *kept, "--")
    return answer.text or None


def merged_tips(repository: Repository, run_id: str, target: str) -> frozenset[str]:
    """Return the tips of a run's attempts that are reachable from ``target`` (one git process)."""
    below = f"refs/heads/{ATTEMPT_BRANCHES}/{run_id}/"
    # 129: there is no such target, so nothing is in it.
    answer = repository.git.run(
        "for-each-ref", "--format=%(objectname)", f"--merged={target}", below, allow=(0, 128, 129)
    )
    return frozenset(answer.text.split()) if answer.code == 0 else frozenset()


def _inspect(worktree: Worktree, kept: Sequence[str], merged: Collection[str]) -> tuple[Status | None, str]:
    if not worktree.is_linked():
        return None, f"{worktree.path} does not belong to the repository any more (.git was replaced)"
    if (worktree.admin / "locked").exists():
        return None, f"{worktree.path} is locked (git worktree lock)"
    clear_locks(worktree.path, worktree.admin)
    status = worktree.status()
    return status, _reason_to_stay(worktree, status, kept, merged)


def _reason_to_stay(worktree: Worktree, status: Status, kept: Sequence[str], merged: Collection[str]) -> str:
    if not status.clean:
        return status.describe()
    if status.head is None:
        return f"{worktree.path} is on a branch without a commit"
    unfinished = [name for name in ("MERGE_HEAD", "rebase-merge", "rebase-apply") if (worktree.admin / name).exists()]
    if unfinished:
        return "a merge or rebase was left unfinished"
    revisions = [status.head]
    if worktree.branch is not None and status.branch != worktree.branch:
        revisions.append(f"refs/heads/{worktree.branch}")
    lost = None if merged and set(revisions) <= set(merged) else unreachable(worktree.repository, revisions, kept)
    if lost is not None:
        return f"the commit {lost[:12]} is not in {kept[0]}"
    inside = _repository_inside(worktree)
    return f"{printable(inside)} is a repository of its own" if inside else ""


def _repository_inside(worktree: Worktree) -> str | None:
    # Git records such a directory by the id of a commit only, and calls it clean; its content is nowhere else.
    if (worktree.admin / "modules").exists():
        return "a submodule"
    for line in worktree.git.run("ls-files", "--stage", "-z").fields:
        facts, _, path = line.partition("\t")
        if facts.startswith("160000 ") and _has_content(worktree.path / path):
            return path
    return None


def _has_content(directory: Path) -> bool:
    return directory.is_dir() and any(directory.iterdir())


def _drop_branch(
    repository: Repository, branch: str | None, tip: str | None, kept: Sequence[str], merged: Collection[str]
) -> Removal:
    if branch is None:
        return Removal(removed=True)
    if tip is None:
        tip = repository.resolve(f"refs/heads/{branch}")
        if tip is None:
            return Removal(removed=True)
        lost = None if tip in merged else unreachable(repository, [tip], kept)
        if lost is not None:
            return Removal(removed=False, reason=f"the commit {lost[:12]} of {branch} is not in {kept[0]}")
    checkout = checked_out_at(repository, branch)
    if checkout is not None:
        return Removal(removed=False, reason=f"{branch} is checked out in {checkout}")
    # With the old value: a commit that arrived since stays.
    repository.git.run("update-ref", "-d", f"refs/heads/{branch}", tip)
    return Removal(removed=True)
