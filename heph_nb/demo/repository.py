"""A small git repository for the demonstration, made from the files that are shipped beside this module."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from heph_nb.errors import InvalidError
from heph_nb.repo.command import GitCommand

PRD = "PRD.md"
SHIPPED = {"tally-prd.md": PRD, "tally-pyproject.toml": "pyproject.toml"}
"""Which shipped file becomes which file of the repository."""

_IDENTITY = {
    "GIT_AUTHOR_NAME": "heph demo",
    "GIT_AUTHOR_EMAIL": "demo@localhost",
    "GIT_COMMITTER_NAME": "heph demo",
    "GIT_COMMITTER_EMAIL": "demo@localhost",
}


def make_repository(directory: Path) -> Path:
    """Make a repository with one commit: the PRD, and a ``pyproject.toml`` that says it will be Python.

    Parameters
    ----------
    directory : Path
        A directory that does not exist yet, or is empty.

    Returns
    -------
    Path
        The PRD.

    Raises
    ------
    InvalidError
        There is something in the directory already.
    RepositoryError
        git is not installed.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InvalidError(f"{directory} is not empty: name a directory that is, or that does not exist.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for shipped, name in SHIPPED.items():
            content = (resources.files("heph_nb.demo") / shipped).read_text("utf-8")
            (directory / name).write_text(content, "utf-8")
    except OSError as error:
        raise InvalidError(f"The demo repository cannot be made in {directory}: {error.strerror}.") from None
    git = GitCommand(directory, identity=_IDENTITY)
    git.run("init", "--quiet", "--initial-branch=main")
    git.run("add", *SHIPPED.values())
    git.run("commit", "--quiet", "-m", "Requirements of tally")
    return directory / PRD
