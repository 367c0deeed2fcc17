"""Worktrees: one per attempt, so that agents never see each other's half-done work, nor the person's."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from heph_nb.errors import RepositoryError, UnresolvedConflictError, WrongStateError
from heph_nb.repo.command import GitCommand, printable
from heph_nb.repo.contents import read_files
from heph_nb.repo.leftovers import adopt, clear_locks, discard_half_made
from heph_nb.repo.markers import has_markers, introduces_markers
from heph_nb.repo.registry import fill, linked_admin, register, registered_admin, remove_empty
from heph_nb.repo.removal import Removal, remove_when_safe
from heph_nb.repo.status import Status, read_status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from heph_nb.repo.repository import Repository

__all__ = ["Removal", "Worktree", "add_worktree", "remove_remains", "remove_when_safe", "with_trailers"]

LONGEST_MESSAGE = 20_000
"""Characters of a commit message that are kept."""

_LARGEST_SCAN = 20_000_000
_DECIDABLE = {"UU", "AA"}


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree of ours.

    Attributes
    ----------
    repository : Repository
        The repository it belongs to.
    path : Path
        Its directory, absolute.
    branch : str or None
        The branch its commits belong on; None for a detached one.
    admin : Path
        Git's own directory for it, below ``.git/worktrees``.
    """

    repository: Repository
    path: Path
    branch: str | None
    admin: Path
    git: GitCommand = field(repr=False, compare=False)

    @classmethod
    def at(cls, repository: Repository, path: Path, branch: str | None, admin: Path) -> Worktree:
        """Describe the worktree at ``path``; nothing is run."""
        # Pinned to its repository: if an agent removes or replaces .git, git does not go on in another one.
        git = GitCommand(path, admin, path, repository.identity)
        return cls(repository, path, branch, admin, git)

    def head(self) -> str:
        """Return the commit that is checked out."""
        return self.git.run("rev-parse", "--verify", "HEAD^{commit}").text

    def status(self) -> Status:
        """Return what is checked out and what is not committed (one git process)."""
        return read_status(self.git)

    def is_clean(self) -> bool:
        """Say whether everything is committed; ignored files do not count."""
        return self.status().clean

    def is_linked(self) -> bool:
        """Say whether the directory still leads to its repository (an agent may have replaced its ``.git``)."""
        return linked_admin(self.path) == self.admin

    def commit_all(self, message: str, trailers: Mapping[str, str] | None = None) -> str | None:
        """Commit everything that is not committed: changed, deleted and new files, but not ignored ones.

        A merge that the agent began and resolved is concluded. Repositories that the agent made inside the
        worktree cannot be committed with their content; they are left where they are, and keep the worktree.

        Parameters
        ----------
        message : str
            What was done; the first line is the subject.
        trailers : mapping of str to str, optional
            ``Heph-Run``, ``Heph-Task``, ``Heph-Ticket`` and their values.

        Returns
        -------
        str or None
            The new commit, or None if there was nothing to commit.

        Raises
        ------
        UnresolvedConflictError
            Files are in conflict, or the change brings conflict markers; nothing was committed.
        WrongStateError
            Something else than the attempt's branch is checked out, and does not contain it.
        """
        return self.commit_status(self.status(), message, trailers)

    def commit_status(self, status: Status, message: str, trailers: Mapping[str, str] | None = None) -> str | None:
        """Do the same as `commit_all` with a status that was just read, which saves a git process."""
        if not self.is_linked():
            raise RepositoryError(f"{self.path} does not belong to {self.repository.root} any more (.git was replaced)")
        clear_locks(self.path, self.admin)
        self._refuse_conflicts(status)
        self._return_to_branch(status)
        paths = [path for path in status.paths if path not in status.nested]
        if not paths and not (self.admin / "MERGE_HEAD").exists():
            return None
        self._stage([path for path in paths if path not in status.staged])
        text = with_trailers(message, trailers or {})
        answer = self.git.run("commit", "--quiet", "--no-verify", "--file=-", stdin=text.encode(), allow=(0, 1))
        # 1: after line endings and filters were applied, nothing was left of the change.
        return self.head() if answer.code == 0 else None

    def _stage(self, paths: Sequence[str]) -> None:
        # Exactly what was looked at, and without looking at everything again.
        command = ("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul")
        names = b"".join(os.fsencode(path) + b"\0" for path in paths)
        if not names:
            return
        # With a sparse checkout, git 2.34 and newer want --sparse before they add a file outside of it.
        answer = self.git.run("--literal-pathspecs", *command, "--sparse", stdin=names, allow=(0, 129))
        if answer.code == 129:
            self.git.run("--literal-pathspecs", *command, stdin=names)

    def _refuse_conflicts(self, status: Status) -> None:
        undecided = [path for path, letters in status.unmerged if not self._is_resolved(path, letters)]
        if undecided:
            raise UnresolvedConflictError(
                f"{self.path} has unresolved conflicts in: {_listed(undecided)}; edit them and git add them",
                paths=tuple(map(printable, undecided)),
            )
        suspects = [path for path in (*status.changed, *status.untracked) if has_markers(self._content(path))]
        before = read_files(self.repository, status.head or "HEAD", suspects)
        marked = [path for path in suspects if introduces_markers(before.get(path, b""), self._content(path))]
        if marked:
            raise UnresolvedConflictError(
                f"{self.path} has conflict markers (<<<<<<<, >>>>>>>) in: {_listed(marked)}; resolve them",
                paths=tuple(map(printable, marked)),
            )

    def _is_resolved(self, path: str, letters: str) -> bool:
        # Only a text that had markers and has none shows that somebody decided. Whether a deletion, a rename or
        # a binary file was decided cannot be seen before it is added.
        file = self.path / path
        if letters not in _DECIDABLE or not file.is_file() or file.is_symlink():
            return False
        content = self._content(path)
        return b"\0" not in content[:8000] and not has_markers(content)

    def _content(self, path: str) -> bytes:
        file = self.path / path
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST_SCAN:
            return b""
        return file.read_bytes()

    def _return_to_branch(self, status: Status) -> None:
        # An agent may commit on a branch of its own, or on none. If that continues the attempt, it is the attempt.
        if self.branch is None or status.branch == self.branch:
            return
        ref = f"refs/heads/{self.branch}"
        found = status.branch or "no branch"
        unfinished = [name for name in ("rebase-merge", "rebase-apply") if (self.admin / name).exists()]
        if unfinished or status.head is None or not self.repository.is_ancestor(ref, status.head):
            raise WrongStateError(
                f"{self.path} is on {found} instead of {self.branch}, and does not contain it"
                f"{' (a rebase was left unfinished)' if unfinished else ''}; go back with git switch {self.branch}",
                worktree=str(self.path),
            )
        self.git.run("update-ref", "-m", "heph: adopt", ref, status.head)
        self.git.run("symbolic-ref", "-m", "heph: adopt", "HEAD", ref)


def add_worktree(repository: Repository, path: str | Path, branch: str | None, start: str) -> Worktree:
    """Make a worktree at ``path``, or return the one that is there: calling it again changes nothing.

    What a killed process left behind is put right: a worktree that was half made is made anew, lock files of a git
    that is gone are removed, a directory that vanished or lost its ties is reconnected with all that is in it.

    Parameters
    ----------
    repository : Repository
    path : str or Path
        Outside the repository; parents are created.
    branch : str or None
        Created at ``start`` if there is no such branch, else checked out as it is. None: a detached worktree.
    start : str
        A commit or branch.

    Returns
    -------
    Worktree

    Raises
    ------
    InvalidError
        Something else is at ``path``.
    RepositoryError
        Git refuses, for example because ``branch`` is checked out elsewhere.
    """
    place = Path(os.path.realpath(path))
    if not os.path.lexists(place):
        try:
            admin = register(repository, place, branch, start)
        except RepositoryError:
            pass  # something is there already, or was: adopt() knows what, or fails with the reason
        else:
            fill(repository, place, admin)
            return Worktree.at(repository, place, branch, admin)
    return Worktree.at(repository, place, branch, adopt(repository, place, branch, start))


def remove_remains(
    repository: Repository, path: str | Path, branch: str, target: str, merged: Collection[str] = ()
) -> Removal:
    """Remove what is left of a worktree and its branch, whatever that is, if nothing would be lost.

    Parameters
    ----------
    repository : Repository
    path : str or Path
        Where the worktree is, or was.
    branch : str
    target : str
    merged : collection of str
        See `remove_when_safe`.

    Raises
    ------
    InvalidError
        Something that is not ours is at ``path``.
    RepositoryError
        Git failed.
    """
    place = Path(os.path.realpath(path))
    discard_half_made(repository, place)
    if os.path.lexists(place):
        worktree = add_worktree(repository, place, branch, target)
    else:
        admin = registered_admin(repository, place) or repository.common_dir / "worktrees" / place.name
        worktree = Worktree.at(repository, place, branch, admin)
    removal = remove_when_safe(worktree, target, merged=merged)
    if removal:
        remove_empty(repository, place.parent)
    return removal


def with_trailers(message: str, trailers: Mapping[str, str]) -> str:
    r"""Return a commit message with trailers as its last paragraph.

    Example
    -------
    >>> with_trailers("Add sales", {"Heph-Run": "run-1"})
    'Add sales\n\nHeph-Run: run-1\n'
    """
    body = message.replace("\0", "").strip()[:LONGEST_MESSAGE] or "Work of an agent"
    lines = [f"{name}: {' '.join(value.split())}" for name, value in trailers.items() if value]
    return "\n\n".join([body, "\n".join(lines)]).rstrip() + "\n"


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(map(printable, paths))
