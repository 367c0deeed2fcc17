"""The person's repository: where a run starts, and what must stay exactly as it is."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from heph_nb.errors import InvalidError, RepositoryError
from heph_nb.repo.command import GitCommand, complaint
from heph_nb.repo.opening import find_identity, find_places, head_commit
from heph_nb.repo.registry import admins, points_to

RUN_BRANCHES = "heph"
ATTEMPT_BRANCHES = "heph-attempt"
"""The two places below ``refs/heads/`` that are ours; no other ref is ever written."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.|lock$|$))*")


class RunBranch(NamedTuple):
    """The branch of a run, and the commit it started from."""

    branch: str
    base_commit: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a run promises to leave as it is: equal before and after.

    Attributes
    ----------
    head, commit : str
        What HEAD says (a branch, or a commit when detached), and its commit.
    status : bytes
        ``git status --porcelain=v2`` with all untracked files.
    index, config : str
        SHA-256 of the index and of the configuration file, empty where there is none.
    stash, refs : tuple of str
        The stash list, and every ref that is not ours with its commit.
    """

    head: str
    commit: str
    status: bytes
    index: str
    config: str
    stash: tuple[str, ...]
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository that a run can work in.

    Attributes
    ----------
    directory : Path
        The directory that was opened, perhaps below ``root``.
    root, git_dir, common_dir, main_root : Path
        See `Places`. All are absolute, symbolic links resolved.
    bare : bool
        Whether there is no work tree.
    git : GitCommand
        Git in ``root``, with the identity that commits are made with.
    """

    directory: Path
    root: Path
    git_dir: Path
    common_dir: Path
    main_root: Path
    bare: bool
    git: GitCommand = field(repr=False)

    @classmethod
    def open(cls, path: str | Path) -> Repository:
        """Open the repository that contains ``path``.

        Parameters
        ----------
        path : str or Path
            A work tree, a directory in one, a linked worktree, or a bare repository.

        Raises
        ------
        InvalidError
            ``path`` does not exist, or is not a directory.
        RepositoryError
            It cannot be used; the text says what to do.

        Example
        -------
        >>> Repository.open(".").start_run("run-1")  # doctest: +SKIP
        RunBranch(branch='heph/run-1', base_commit='4f2c…')
        """
        directory = Path(path).expanduser().resolve()
        places = find_places(directory)
        work_tree = None if places.bare else places.root
        plain = GitCommand(places.root, places.git_dir, work_tree)
        head_commit(plain, directory)
        git = GitCommand(places.root, places.git_dir, work_tree, find_identity(plain))
        return cls(directory, places.root, places.git_dir, places.common_dir, places.main_root, places.bare, git)

    @property
    def name(self) -> str:
        """The name of the repository's directory (of a bare one without ``.git`` at its end)."""
        return self.main_root.name.removesuffix(".git") or self.main_root.name

    @property
    def identity(self) -> dict[str, str]:
        """The variables ``GIT_AUTHOR_NAME``, ..., for agents that commit by themselves."""
        return dict(self.git.identity or {})

    def head(self) -> str:
        """Return the commit that the person has checked out now."""
        return head_commit(self.git, self.directory)

    def resolve(self, revision: str) -> str | None:
        """Return the commit of a branch, tag or abbreviated id, or None if there is no such commit."""
        answer = self.git.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", allow=(0, 1, 128))
        return answer.text if answer.code == 0 else None

    def is_ancestor(self, commit: str, descendant: str) -> bool:
        """Say whether ``descendant`` contains ``commit`` (``git merge-base --is-ancestor``)."""
        answer = self.git.run("merge-base", "--is-ancestor", commit, descendant, allow=(0, 1))
        return answer.code == 0

    def start_run(self, run_id: str, start: str | None = None) -> RunBranch:
        """Create the branch of a run; one that is already there is left where it is.

        Parameters
        ----------
        run_id : str
            Becomes a part of branch and directory names.
        start : str, optional
            The commit to start from; by default the current HEAD.

        Raises
        ------
        InvalidError
            ``run_id`` cannot be a part of a branch name.
        RepositoryError
            A branch of the person is in the way, for example one named ``heph``.
        """
        check_name(run_id)
        branch = f"{RUN_BRANCHES}/{run_id}"
        existing = self.resolve(f"refs/heads/{branch}")
        if existing is not None:
            return RunBranch(branch, start or existing)
        base = start or self.head()
        self.check_branches()
        # The empty old value: somebody who was faster is not overwritten.
        message = ("--create-reflog", "-m", "heph: start")
        answer = self.git.run("update-ref", *message, f"refs/heads/{branch}", base, "", allow=(0, 128))
        if answer.code != 0 and self.resolve(f"refs/heads/{branch}") is None:
            raise RepositoryError(f"the branch {branch} could not be created: {complaint(answer.err, answer.code)}")
        return RunBranch(branch, base)

    def check_branches(self) -> None:
        """Check that git can make branches below the two names that are ours.

        Raises
        ------
        RepositoryError
            A branch of the person has one of these names.
        """
        for taken in (RUN_BRANCHES, ATTEMPT_BRANCHES):
            if self.resolve(f"refs/heads/{taken}") is not None:
                raise RepositoryError(
                    f"a branch named {taken} is in the way of {taken}/…; "
                    f"rename it: git branch -m {taken} {taken}-branch"
                )

    def attempt_branches(self, run_id: str) -> set[str]:
        """Return the branches that the attempts of a run have left."""
        below = f"refs/heads/{ATTEMPT_BRANCHES}/{run_id}/"
        return set(self.git.run("for-each-ref", "--format=%(refname:lstrip=2)", below).text.split())

    def exclude(self, pattern: str) -> None:
        """Let git ignore ``pattern`` in all work trees (``info/exclude``, which is never committed)."""
        path = self.common_dir / "info" / "exclude"
        try:
            present = path.read_bytes() if path.exists() else b""
            if os.fsencode(pattern) in present.split():
                return
            path.parent.mkdir(exist_ok=True)
            gap = b"" if not present or present.endswith(b"\n") else b"\n"
            with path.open("ab") as file:
                file.write(gap + os.fsencode(pattern) + b"\n")
        except OSError as error:
            raise RepositoryError(f"{path} could not be written: {error.strerror}") from error

    def default_worktrees(self) -> Path:
        """Return where the worktrees of runs go unless the person names a place: beside the repository."""
        return self.main_root.parent / f".{self.name}-heph"

    def check_worktrees(self, path: str | Path) -> Path:
        """Check that worktrees may be put below ``path``; nothing is created.

        Returns
        -------
        Path
            ``path``, absolute, symbolic links resolved.

        Raises
        ------
        InvalidError
            It is inside the repository, not a directory, or not writable.
        """
        place = Path(path).expanduser().resolve()
        for taken in {self.root, self.main_root, self.common_dir, *self._checkouts()}:
            if place == taken or taken in place.parents:
                raise InvalidError(
                    f"the worktrees must be outside the repository, and {place} is inside {taken}; "
                    f"the default is {self.default_worktrees()}"
                )
        existing = next(parent for parent in (place, *place.parents) if os.path.lexists(parent))
        if not existing.is_dir():
            raise InvalidError(f"the worktrees cannot go to {place}: {existing} is not a directory")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise InvalidError(f"the worktrees cannot go to {place}: {existing} is not writable for you")
        return place

    def prepare_worktrees(self, path: str | Path) -> Path:
        """Create the directory that worktrees go to, after `check_worktrees`; inside another repository it is ignored.

        Raises
        ------
        InvalidError
            See `check_worktrees`.
        """
        place = self.check_worktrees(path)
        try:
            place.mkdir(parents=True, exist_ok=True)
            around = GitCommand(place).run("rev-parse", "--is-inside-work-tree", allow=range(256))
            if around.text == "true" and not (place / ".gitignore").exists():
                (place / ".gitignore").write_text("*\n")
        except OSError as error:
            raise InvalidError(f"the worktrees cannot go to {place}: {error.strerror}") from error
        return place

    def _checkouts(self) -> list[Path]:
        return [place for admin in admins(self) if (place := points_to(admin)) is not None]

    def fingerprint(self) -> Fingerprint:
        """Return what must stay as it is in the person's checkout, without touching anything."""
        run = self.git.run
        attached = run("symbolic-ref", "--quiet", "HEAD", allow=(0, 1)).text
        refs = run("for-each-ref", "--format=%(objectname) %(refname) %(symref)").text.splitlines()
        ours = tuple(f"refs/heads/{name}/" for name in (RUN_BRANCHES, ATTEMPT_BRANCHES))
        looking = ("status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames")
        return Fingerprint(
            head=attached or run("rev-parse", "HEAD").text,
            commit=run("rev-parse", "HEAD").text,
            status=b"" if self.bare else run(*looking).out,
            index=_digest(self.git_dir / "index"),
            config=_digest(self.common_dir / "config"),
            stash=tuple(run("stash", "list", "--format=%H %gs").text.splitlines()) if not self.bare else (),
            refs=tuple(line for line in refs if not line.split(" ")[1].startswith(ours)),
        )


def check_name(name: str) -> None:
    """Check that ``name`` can be a part of branch and directory names.

    Raises
    ------
    InvalidError
        It has other characters than letters, digits, ``-``, ``_`` and single dots inside.
    """
    if not _NAME.fullmatch(name):
        raise InvalidError(f"{name!r} cannot be a part of a branch name; use letters, digits, - and _")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
