"""The merge queue's side of git: a candidate is built in a worktree of its own, and then the branch moves to it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from heph_nb.errors import BranchInUseError, BranchMovedError, InvalidError, ObstacleError, RepositoryError
from heph_nb.repo.command import complaint, printable
from heph_nb.repo.conflicts import Conflict, read_conflicts
from heph_nb.repo.contents import read_files
from heph_nb.repo.leftovers import clear_locks, clear_ref_lock, delete_tree
from heph_nb.repo.markers import PATTERN, introduces_markers
from heph_nb.repo.registry import checked_out_at, remove_empty, unregister
from heph_nb.repo.worktrees import Worktree, add_worktree, with_trailers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heph_nb.repo.repository import Repository


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be merged.

    Attributes
    ----------
    commit : str
        The attempt's commit (or its branch; a commit says exactly what was looked at).
    message : str
        The message of the merge commit.
    trailers : mapping of str to str
        ``Heph-Run``, ``Heph-Task``, ``Heph-Ticket`` and their values.
    """

    commit: str
    message: str
    trailers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the run branch would become.

    Attributes
    ----------
    tip : str
        The commit of the run branch that it was built on.
    commit : str
        The result; equal to ``tip`` if there was nothing to merge.
    merges : dict
        The merge commit of every source that is in, by `Source.commit`, in order.
    conflicts : dict
        What stood against a source that was left out, by `Source.commit`.
    nothing : tuple of str
        Sources that the run branch has already, or that have no commit of their own; see `MergeTree.merge_of`.
    path : Path
        Where ``commit`` is checked out, for the checks.
    """

    tip: str
    commit: str
    merges: Mapping[str, str]
    conflicts: Mapping[str, tuple[Conflict, ...]]
    nothing: tuple[str, ...]
    path: Path


class MergeTree:
    """The worktree of a run in which its merges are tried and checked. One caller at a time.

    Parameters
    ----------
    repository : Repository
    path : str or Path
        Outside the repository; made when it is first needed.
    target_branch : str
        The run branch, for example ``heph/run-1``.

    Example
    -------
    >>> tree = MergeTree(repository, worktrees / "run-1" / "merge", "heph/run-1")  # doctest: +SKIP
    >>> candidate = tree.candidate([Source(commit, "Merge sales")])  # doctest: +SKIP
    >>> tree.advance(candidate)  # after the checks passed in candidate.path  # doctest: +SKIP
    """

    def __init__(self, repository: Repository, path: str | Path, target_branch: str) -> None:
        self.repository = repository
        self.path = Path(os.path.realpath(path))
        self.target_branch = target_branch
        self._ref = f"refs/heads/{target_branch}"
        self._worktree: Worktree | None = None

    def __repr__(self) -> str:
        return f"MergeTree({str(self.path)!r}, {self.target_branch!r})"

    def tip(self) -> str:
        """Return the commit of the run branch.

        Raises
        ------
        RepositoryError
            The branch is gone.
        """
        commit = self.repository.resolve(self._ref)
        if commit is None:
            raise RepositoryError(
                f"the branch {self.target_branch} is gone; make it again at the last merge of the run"
            )
        return commit

    def candidate(self, sources: Sequence[Source]) -> Candidate:
        """Merge one or several sources onto the tip of the run branch, in a detached worktree; no branch moves.

        Each source gets a merge commit of its own. One that conflicts is left out, with both sides of every
        conflict; so is one that brings conflict markers. The worktree is at the result and clean afterwards, but
        for ignored files, which stay from check to check (environments, caches). What an earlier check or a crash
        left there is thrown away.

        Several sources make a *train*, whose checks run once for all of them. If they fail, call this again
        with one source at a time.

        Parameters
        ----------
        sources : sequence of Source

        Returns
        -------
        Candidate

        Raises
        ------
        ObstacleError
            The run branch cannot be checked out, whatever is to be merged.
        RepositoryError
            Git refuses, for example because a source has no history in common with the run.
        """
        tip = self.tip()
        worktree = self._prepared(tip)
        merges: dict[str, str] = {}
        conflicts: dict[str, tuple[Conflict, ...]] = {}
        nothing: list[str] = []
        current = tip
        for source in sources:
            commit, found = self._merge(worktree, source, current)
            if found:
                conflicts[source.commit] = found
            elif commit == current:
                nothing.append(source.commit)
            else:
                merges[source.commit] = current = commit
        marked = self._markers(tip, current)
        if marked:
            return self._without_marked(sources, tip, merges, conflicts, marked)
        return Candidate(tip, current, merges, conflicts, tuple(nothing), self.path)

    def advance(self, candidate: Candidate) -> str:
        """Move the run branch to a candidate, if it is still where the candidate was built.

        Parameters
        ----------
        candidate : Candidate

        Returns
        -------
        str
            The commit of the candidate, which the run branch contains now. Calling it again changes nothing.

        Raises
        ------
        BranchInUseError
            The run branch is checked out in a worktree of the person, which would change under them.
        BranchMovedError
            The branch moved since; build the candidate again.
        RepositoryError
            Git refuses, or the branch does not contain the candidate afterwards.
        """
        if candidate.commit != candidate.tip:
            self._move(candidate)
        if not self.is_merged(candidate.commit):
            raise RepositoryError(f"{self.target_branch} does not contain {candidate.commit} after it was moved there")
        return candidate.commit

    def take_back(self, candidate: Candidate) -> None:
        """Move the run branch back to where a candidate was built, unless somebody else has moved it on since."""
        command = ("update-ref", "--create-reflog", "-m", "heph: take back", self._ref, candidate.tip, candidate.commit)
        self.repository.git.run(*command, allow=range(256))

    def is_merged(self, commit: str) -> bool:
        """Say whether the run branch contains ``commit`` (``git merge-base --is-ancestor``)."""
        return self.repository.is_ancestor(commit, self._ref)

    def merge_of(self, commit: str) -> str | None:
        """Return the merge commit that brought ``commit`` into the run branch, or None if none did.

        After a crash this tells a source that was merged, but not recorded, from one that had nothing to merge.
        """
        source = self.repository.resolve(commit)
        answer = self.repository.git.run("rev-list", "--first-parent", "--parents", "--merges", self._ref, f"^{source}")
        for line in reversed(answer.text.splitlines()):
            merge, _, *merged = line.split(" ")
            if source in merged:
                return merge
        return None

    def remove(self) -> None:
        """Remove the worktree; everything in it can be made again."""
        delete_tree(self.path)
        unregister(self.repository, self.path)
        remove_empty(self.repository, self.path.parent)
        self._worktree = None

    def _prepared(self, tip: str) -> Worktree:
        try:
            if self._worktree is None or not self._worktree.is_linked():
                self._worktree = add_worktree(self.repository, self.path, None, tip)
            clear_locks(self.path, self._worktree.admin)
            # --detach: should somebody have checked out a branch here, it stays where it is.
            self._worktree.git.run("clean", "-ffdq")
            self._worktree.git.run("checkout", "--quiet", "--force", "--detach", tip)
        except (RepositoryError, InvalidError) as error:
            raise ObstacleError(f"nothing can be merged: {error.detail}") from error
        return self._worktree

    def _merge(self, worktree: Worktree, source: Source, current: str) -> tuple[str, tuple[Conflict, ...]]:
        message = with_trailers(source.message, source.trailers)
        answer = worktree.git.run(
            "-c", "merge.conflictStyle=diff3", "merge", "--no-ff", "--no-edit", "--no-stat", "--no-log",
            "-m", message, source.commit, allow=(0, 1),
        )  # fmt: skip
        if answer.code == 0:
            return _checked_out(worktree), ()
        found = read_conflicts(worktree, answer.text)
        worktree.git.run("checkout", "--quiet", "--force", "--detach", current)
        if not found:
            raise RepositoryError(f"{source.commit} could not be merged: {answer.err.strip() or answer.text}")
        worktree.git.run("clean", "-ffdq")
        return current, found

    def _markers(self, base: str, head: str) -> list[str]:
        if base == head:
            return []
        suspects = self.repository.git.run(
            "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-filter=d",
            f"-G{PATTERN}", base, head,
        ).fields  # fmt: skip
        before, after = (read_files(self.repository, side, suspects, largest=sys.maxsize) for side in (base, head))
        return [path for path in suspects if introduces_markers(before.get(path, b""), after.get(path, b""))]

    def _without_marked(
        self,
        sources: Sequence[Source],
        tip: str,
        merges: Mapping[str, str],
        conflicts: Mapping[str, tuple[Conflict, ...]],
        marked: Sequence[str],
    ) -> Candidate:
        guilty: dict[str, tuple[Conflict, ...]] = {}
        before = tip
        for commit, merge in merges.items():
            paths = self._markers(before, merge)
            text = "the file has conflict markers (<<<<<<<, >>>>>>>)"
            if paths:
                guilty[commit] = tuple(Conflict(printable(path), "markers", text) for path in paths)
            before = merge
        if not guilty:
            raise RepositoryError(f"conflict markers came up while merging, in: {', '.join(marked)}")
        again = self.candidate([source for source in sources if source.commit not in {*guilty, *conflicts}])
        return Candidate(
            again.tip, again.commit, again.merges, {**conflicts, **again.conflicts, **guilty}, again.nothing, again.path
        )

    def _move(self, candidate: Candidate) -> None:
        checkout = checked_out_at(self.repository, self.target_branch)
        if checkout is not None and not self.is_merged(candidate.commit):
            raise BranchInUseError(
                f"{self.target_branch} is checked out in {checkout}, and merging would change it there; "
                f"look at it detached instead: git -C {checkout} switch --detach {self.target_branch}",
                branch=self.target_branch,
                worktree=checkout,
            )
        # With the old value: whoever else moved the branch is not overwritten.
        command = ("update-ref", "--create-reflog", "-m", "heph: merge", self._ref, candidate.commit, candidate.tip)
        answer = self.repository.git.run(*command, allow=range(256))
        if answer.code != 0 and clear_ref_lock(self.repository, self._ref):
            answer = self.repository.git.run(*command, allow=range(256))
        if answer.code == 0 or self.is_merged(candidate.commit):
            return
        found = self.tip()
        if found == candidate.tip:
            raise RepositoryError(f"{self.target_branch} could not be moved: {complaint(answer.err, answer.code)}")
        raise BranchMovedError(
            f"{self.target_branch} moved from {candidate.tip[:12]} to {found[:12]} meanwhile; merge again",
            branch=self.target_branch,
            expected=candidate.tip,
            found=found,
        )


def _checked_out(worktree: Worktree) -> str:
    # A detached HEAD is the commit itself (but not in a repository with reftables, where git has to be asked).
    head = (worktree.admin / "HEAD").read_text().strip()
    return head if len(head) in {40, 64} and set(head) <= set("0123456789abcdef") else worktree.head()
