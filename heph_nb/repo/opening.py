"""Finding the repository of a directory, or saying exactly why it cannot be used."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from heph_nb.errors import InvalidError, RepositoryError
from heph_nb.repo.command import GitCommand, Output, complaint

OLDEST_GIT = (2, 25)
"""The oldest git that has every command used here."""

_FALLBACK = {"name": "heph", "email": "heph@localhost"}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a repository are.

    Attributes
    ----------
    root : Path
        The top of the work tree that was named; a bare repository has none, and this is its git directory.
    git_dir : Path
        The git directory of that work tree.
    common_dir : Path
        The git directory that all work trees of the repository share.
    main_root : Path
        The top of the main work tree (of a bare repository: the git directory).
    bare : bool
        Whether the named place has no work tree.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    main_root: Path
    bare: bool


def find_places(directory: Path) -> Places:
    """Find the repository that contains ``directory``.

    Parameters
    ----------
    directory : Path
        Any directory in a work tree, or a bare repository.

    Returns
    -------
    Places

    Raises
    ------
    InvalidError
        It does not exist, or is not a directory.
    RepositoryError
        It is not usable: no git, not a repository, owned by somebody else, not writable, inside ``.git``.
    """
    if not directory.exists():
        raise InvalidError(f"{directory} does not exist; name the directory of a git repository")
    if not directory.is_dir():
        raise InvalidError(f"{directory} is not a directory; name the directory of a git repository")
    if not os.access(directory, os.R_OK | os.X_OK):
        raise RepositoryError(f"{directory} cannot be read; check its permissions")
    git = GitCommand(directory)
    _check_version(git)
    answer = git.run(
        "rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir",
        "--show-toplevel", allow=range(256),
    )  # fmt: skip
    lines = answer.text.splitlines()
    if len(lines) < 4:
        raise _unusable(directory, answer)
    inside_work_tree = lines[1] == "true"
    git_dir, common_dir = Path(lines[2]), (directory / lines[3]).resolve()
    if not inside_work_tree and lines[0] != "true":
        raise RepositoryError(f"{directory} is inside a git directory; name the work tree, not its .git")
    root = Path(lines[4]) if inside_work_tree and len(lines) > 4 else common_dir
    main_root = common_dir.parent if common_dir.name == ".git" else root
    for needed in {root, common_dir}:
        if not os.access(needed, os.W_OK | os.X_OK):
            raise RepositoryError(f"{needed} is not writable for you; a run keeps its branches there")
    return Places(root, git_dir, common_dir, main_root, bare=not inside_work_tree)


def head_commit(git: GitCommand, directory: Path) -> str:
    """Return the commit that is checked out.

    Raises
    ------
    RepositoryError
        There is no commit yet, or HEAD is broken.
    """
    answer = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", allow=range(256))
    if answer.code == 0:
        return answer.text
    branch = git.run("symbolic-ref", "--quiet", "HEAD", allow=range(256)).text
    if branch and git.run("rev-list", "--all", "--max-count=1", allow=range(256)).text:
        raise RepositoryError(
            f"HEAD of {directory} is at the branch {branch.removeprefix('refs/heads/')}, which has no commit; "
            "switch to a branch that has one (git switch NAME)"
        )
    if git.work_tree is None:
        raise RepositoryError(
            f"{directory} is a bare repository without a commit, and a run starts from one; push a branch to it, "
            "and let its HEAD name that branch"
        )
    raise RepositoryError(
        f"{directory} has no commit yet, and a run starts from one; make the first, with what belongs to it: "
        f'cd {directory} && git add FILE ... && git commit -m "Start"'
    )


def find_identity(git: GitCommand) -> dict[str, str]:
    """Return the variables that make git commit as the repository's user, or as ``heph`` where none is set.

    Example
    -------
    >>> find_identity(GitCommand(Path.cwd()))["GIT_AUTHOR_NAME"]  # doctest: +SKIP
    'Ada'
    """
    found = dict(_FALLBACK)
    answer = git.run("config", "-z", "--get-regexp", r"^user\.(name|email)$", allow=(0, 1))
    for field in answer.fields:
        key, _, value = field.partition("\n")
        if value.strip():
            found[key.removeprefix("user.")] = value
    return {f"GIT_{role}_{part.upper()}": found[part] for role in ("AUTHOR", "COMMITTER") for part in found}


def _check_version(git: GitCommand) -> None:
    text = git.run("--version").text
    match = re.search(r"(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < OLDEST_GIT:
        wanted = ".".join(map(str, OLDEST_GIT))
        raise RepositoryError(f"{text or 'this git'} is too old; install git {wanted} or newer")


def _unusable(directory: Path, answer: Output) -> RepositoryError:
    said = complaint(answer.err, answer.code)
    if "dubious ownership" in answer.err or "unsafe repository" in answer.err:
        owned = re.search(r"repository at '([^']+)'", answer.err) or re.search(r"\('([^']+)' is owned", answer.err)
        place = owned[1] if owned else str(directory)
        return RepositoryError(
            f"git does not work in {place}, because it belongs to another user of this machine; "
            f"if you trust it: git config --global --add safe.directory {place}"
        )
    if "not a git repository" in answer.err and (directory / ".git").exists():
        return RepositoryError(f"{directory} has a .git that git cannot use: {said}")
    if "not a git repository" in answer.err:
        return RepositoryError(
            f"{directory} is not in a git repository; make one, and commit what belongs to it: "
            f'cd {directory} && git init && git add FILE ... && git commit -m "Start"'
        )
    return RepositoryError(f"git cannot use {directory}: {said}")
