"""What a killed process leaves behind in a repository, and how it is put right without losing a byte."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from heph_nb.errors import InvalidError, RepositoryError
from heph_nb.repo.command import GitCommand
from heph_nb.repo.registry import fill, linked_admin, points_to, register, registered_admin, unregister

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.repo.repository import Repository

PATIENCE = 30.0
"""Seconds to wait for a git that still works in a worktree whose owner is gone."""


_LOCKS = ("index.lock", "HEAD.lock")


def adopt(repository: Repository, path: Path, branch: str | None, start: str) -> Path:
    """Make the worktree at ``path`` whole, whatever is there, and return git's own directory for it.

    Parameters
    ----------
    repository : Repository
    path : Path
        Absolute.
    branch : str or None
        The branch of the worktree; None for a detached one.
    start : str
        Where the branch starts if it has to be made.

    Raises
    ------
    InvalidError
        Something that is not a worktree of this repository is at ``path``, or another attempt's worktree is.
    RepositoryError
        Git refuses, or another git works there and does not end.
    """
    whole = _whole(path)
    if whole is not None and whole.parent == repository.common_dir / "worktrees":
        return _belongs(path, whole, branch)
    wait_for_git(path)
    discard_half_made(repository, path)
    admin = registered_admin(repository, path)
    if admin is not None:
        _reconnect(repository, path, admin)
    elif not path.exists() or (path.is_dir() and not any(path.iterdir())):
        admin = _create(repository, path, branch, start)
    elif _was_worktree(repository, path):
        admin = _relink(repository, path, branch, start)
    else:
        raise InvalidError(f"{path} is in the way: it is not empty, and not a worktree of {repository.root}")
    return _belongs(path, admin, branch)


def wait_for_git(path: Path) -> None:
    """Wait until no git works at ``path``: one that was started before a crash may have outlived its parent.

    Raises
    ------
    RepositoryError
        One is still there after `PATIENCE` seconds.
    """
    _, alive = psutil.wait_procs(list(_gits_at(path)), timeout=PATIENCE)
    if alive:
        raise RepositoryError(f"git (pid {alive[0].pid}) is still working in {path}; end it and try again")


def discard_half_made(repository: Repository, path: Path) -> None:
    """Remove a worktree that git did not complete, once no git works there; nobody has worked in it yet."""
    if not _half_made(repository, path):
        return
    wait_for_git(path)
    for admin in _half_made(repository, path):
        if points_to(admin) is not None:
            delete_tree(path)
        delete_tree(admin)


def _half_made(repository: Repository, path: Path) -> list[Path]:
    # Git locks a worktree with this word until it is complete.
    return [
        admin
        for lock in (repository.common_dir / "worktrees").glob("*/locked")
        if lock.is_file()
        and lock.read_text().strip() == "initializing"
        and (points_to(admin := lock.parent) or path.parent / admin.name) == path
    ]


def clear_locks(path: Path, admin: Path) -> None:
    """Remove the lock files that a killed git left in the worktree at ``path``; one that is alive is waited for."""
    locks = [admin / name for name in _LOCKS if (admin / name).exists()]
    if locks:
        wait_for_git(path)
    for lock in locks:
        lock.unlink(missing_ok=True)


def clear_ref_lock(repository: Repository, ref: str) -> bool:
    """Remove the lock file of a ref of ours if no git is alive that may hold it; say whether there was one."""
    lock = repository.common_dir / f"{ref}.lock"
    if not lock.exists():
        return False
    wait_for_git(repository.common_dir)
    lock.unlink(missing_ok=True)
    return True


def delete_tree(path: Path) -> None:
    """Delete a directory, also where an agent took away the permission to.

    Raises
    ------
    RepositoryError
        The system refuses, or a process still writes there.
    """
    if not path.exists():
        return
    try:
        try:
            shutil.rmtree(path)
        except PermissionError:
            for directory, _, _ in os.walk(path):
                Path(directory).chmod(stat.S_IRWXU)
            shutil.rmtree(path)
    except OSError as error:
        raise RepositoryError(f"{error.filename or path} could not be deleted: {error.strerror}") from error


def _whole(path: Path) -> Path | None:
    """Return git's own directory for a worktree that nothing is the matter with; reads a few small files."""
    admin = linked_admin(path)
    if admin is None or points_to(admin) != path or not (admin / "index").exists():
        return None
    return None if any((admin / name).exists() for name in (*_LOCKS, "locked")) else admin


def _belongs(path: Path, admin: Path, branch: str | None) -> Path:
    found = (admin / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")
    if branch is not None and found != branch and found.startswith(branch.split("/")[0] + "/"):
        raise InvalidError(f"{path} is the worktree of {found}, not of {branch}")
    return admin


def _gits_at(path: Path) -> Iterator[psutil.Process]:
    place = str(path)
    for process in psutil.process_iter(["name", "cmdline", "cwd"]):
        if not (process.info["name"] or "").startswith("git"):
            continue
        words = [process.info["cwd"] or "", *(process.info["cmdline"] or ())]
        if any(f"{place}{os.sep}" in f"{word}{os.sep}" for word in words):
            yield process


def _reconnect(repository: Repository, path: Path, admin: Path) -> None:
    vanished = not path.exists()
    if linked_admin(path) != admin:
        path.mkdir(parents=True, exist_ok=True)
        if (path / ".git").is_dir():
            raise InvalidError(f"{path} has a repository of its own in .git, in place of {repository.root}'s")
        (path / ".git").write_text(f"gitdir: {admin}\n")
    clear_locks(path, admin)
    git = GitCommand(path, admin, path, repository.identity)
    if not (admin / "index").exists():
        fill(repository, path, admin)
    elif vanished:
        git.run("checkout-index", "--all", "--force")


def _create(repository: Repository, path: Path, branch: str | None, start: str) -> Path:
    new = branch is not None and repository.resolve(f"refs/heads/{branch}") is None
    if new:
        clear_ref_lock(repository, f"refs/heads/{branch}")
    admin = register(repository, path, branch, start, new=new)
    fill(repository, path, admin)
    return admin


def _was_worktree(repository: Repository, path: Path) -> bool:
    link = path / ".git"
    text = link.read_text() if link.is_file() else ""
    return text.removeprefix("gitdir:").strip().startswith(str(repository.common_dir / "worktrees"))


def _relink(repository: Repository, path: Path, branch: str | None, start: str) -> Path:
    # `git worktree prune` ran while the directory was out of reach (an unmounted disk). Its files are still the
    # agent's work, so a new worktree is made beside it, without files, and its ties are moved over.
    beside = path.with_name(f".{path.name}.relink")
    shutil.rmtree(beside, ignore_errors=True)
    unregister(repository, beside)
    new = branch is not None and repository.resolve(f"refs/heads/{branch}") is None
    admin = register(repository, beside, branch, start, new=new)
    GitCommand(beside, admin, beside, repository.identity).run("reset", "--quiet")
    (admin / "gitdir").write_text(f"{path / '.git'}\n")
    (beside / ".git").replace(path / ".git")
    beside.rmdir()
    return admin
