"""The worktrees that a repository knows: git's own list of them, below ``.git/worktrees``.

Git reads the whole list for many commands, and fails when it meets an entry that is just being written ("failed to
read .git/worktrees/…/commondir"). So whatever writes or reads the list through git does it under one lock here, which
is held for milliseconds: files are checked out after it is released.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from heph_nb.errors import RepositoryError
from heph_nb.repo.command import GitCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.repo.repository import Repository

_NOT_A_FILE = "refs/heads/.invalid"


@contextlib.contextmanager
def registry_lock(common_dir: Path) -> Iterator[None]:
    """Hold the lock on the list of worktrees, against other threads and other backends."""
    with (common_dir / "heph.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def admins(repository: Repository) -> list[Path]:
    """Return git's own directories for all linked worktrees."""
    below = repository.common_dir / "worktrees"
    return [entry for entry in below.iterdir() if entry.is_dir()] if below.is_dir() else []


def linked_admin(path: Path) -> Path | None:
    """Return git's own directory for the worktree at ``path``, or None if its ``.git`` leads to none that exists."""
    link = path / ".git"
    try:
        text = link.read_text().strip() if link.is_file() else ""
    except OSError:
        return None
    admin = (path / text.removeprefix("gitdir:").strip()).resolve() if text.startswith("gitdir:") else None
    return admin if admin is not None and admin.is_dir() else None


def registered_admin(repository: Repository, path: Path) -> Path | None:
    """Return git's own directory for the worktree at ``path`` as the repository has it, present on disk or not."""
    return next((admin for admin in admins(repository) if points_to(admin) == path), None)


def points_to(admin: Path) -> Path | None:
    """Return the worktree that an entry of the list is for, or None if it is not complete."""
    try:
        link = (admin / "gitdir").read_text().strip()
    except OSError:
        return None
    return (admin / link).parent.resolve() if link else None


def register(repository: Repository, path: Path, branch: str | None, start: str, *, new: bool = True) -> Path:
    """Add a worktree without files to the list, and return git's own directory for it.

    Parameters
    ----------
    repository : Repository
    path : Path
    branch : str or None
        None: detached.
    start : str
        The commit to be at; of a branch that is there already, it is not looked at.
    new : bool
        Whether the branch is to be created.

    Raises
    ------
    RepositoryError
        Git refuses.
    """
    target: tuple[str, ...]
    if branch is None:
        target = ("--detach", str(path), start)
    else:
        target = ("-b", branch, str(path), start) if new else (str(path), branch)
    with registry_lock(repository.common_dir):
        repository.git.run("worktree", "add", "--quiet", "--no-checkout", *target)
    admin = linked_admin(path)
    if admin is None:
        raise RepositoryError(f"git made no worktree at {path}")
    return admin


def fill(repository: Repository, path: Path, admin: Path) -> None:
    """Check out the files of a worktree in which nobody has worked yet: all of them.

    Git copies a person's sparse checkout into the worktree's own configuration. Agents and checks need every file.
    """
    git = GitCommand(path, admin, path, repository.identity)
    if (admin / "config.worktree").exists():
        git.run("config", "--file", admin / "config.worktree", "core.sparseCheckout", "false")
    git.run("reset", "--quiet", "--hard")


def unregister(repository: Repository, path: Path) -> None:
    """Take a worktree whose directory is gone from the list."""
    admin = registered_admin(repository, path)
    if admin is not None:
        forget(repository, admin)


def forget(repository: Repository, admin: Path) -> None:
    """Delete an entry of the list whose worktree is gone: what `git worktree remove` does, without reading the list.

    Raises
    ------
    RepositoryError
        It is locked, or the system refuses.
    """
    if (admin / "locked").exists():
        raise RepositoryError(f"the worktree {admin.name} is locked; git worktree unlock {admin.name}")
    with registry_lock(repository.common_dir):
        try:
            shutil.rmtree(admin)
        except OSError as error:
            raise RepositoryError(f"{error.filename or admin} could not be deleted: {error.strerror}") from error
        with contextlib.suppress(OSError):
            admin.parent.rmdir()


def remove_empty(repository: Repository, directory: Path) -> None:
    """Remove the directory of a run's worktrees if none is left in it, and none is just being made there."""
    with registry_lock(repository.common_dir), contextlib.suppress(OSError):
        directory.rmdir()


def checked_out_at(repository: Repository, branch: str) -> str | None:
    """Return the directory in which a branch is checked out, or is being rebased; None if it is nowhere."""
    for git_dir in (repository.common_dir, *admins(repository)):
        places = [git_dir / "HEAD", git_dir / "rebase-merge" / "head-name", git_dir / "rebase-apply" / "head-name"]
        found = {_first_line(place).removeprefix("ref: ") for place in places}
        if _NOT_A_FILE in found:
            return _ask_git(repository, branch)
        if f"refs/heads/{branch}" not in found:
            continue
        if git_dir != repository.common_dir:
            return str(points_to(git_dir))
        if not _is_bare(repository):
            return str(repository.main_root)
    return None


def _first_line(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""  # nothing of the kind, or an entry that is just being written or removed


def _ask_git(repository: Repository, branch: str) -> str | None:
    # In a repository with reftables, HEAD is no file of its own.
    with registry_lock(repository.common_dir):
        place = repository.git.run("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}").text
    return place or None


def _is_bare(repository: Repository) -> bool:
    if repository.root == repository.main_root:
        return repository.bare
    answer = repository.git.run("config", "--file", repository.common_dir / "config", "core.bare", allow=(0, 1))
    return answer.text == "true"
