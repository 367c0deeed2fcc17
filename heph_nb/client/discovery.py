"""Which state file is meant, and which backend has it open.

Every notebook, terminal and agent must find the *same* file, so the search is the same everywhere: the argument,
``HEPH_STATE``, the nearest ``hephaestus.duckdb`` upwards, the root of the main worktree, the current directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from heph_nb import settings
from heph_nb.errors import InvalidError, NotFoundError, StateFileError

_MAGIC, _MAGIC_AT = b"DUCK", 8
"""What every DuckDB file has in its first block, and where."""

_READ = f"import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read({_MAGIC_AT + len(_MAGIC)}))"

STATE_NAME = "hephaestus.duckdb"
"""The file that is looked for when nobody names one."""


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """Where a backend listens, as it wrote in ``<state>.backend.json``. Only a hint: it may have ended since.

    Attributes
    ----------
    url : str
        For example ``http://127.0.0.1:8000``.
    token : str
        The owner's bearer token; never shown.
    pid : int
        The process that wrote the file.
    version : str
        Its version of heph_nb.
    """

    url: str
    token: str = field(repr=False)
    pid: int
    version: str


def beside(state: Path, suffix: str) -> Path:
    """Return the file that belongs to a state file, such as ``<state>.lock``."""
    return state.with_name(state.name + suffix)


def find_state(state: str | Path | None = None, cwd: Path | None = None) -> Path:
    """Return the absolute path of the state file that is meant; it need not exist.

    Parameters
    ----------
    state : str or Path, optional
        A path that was given; it wins over everything else. A directory means the ``hephaestus.duckdb`` in it.
    cwd : Path, optional
        Where to look from; the current directory by default.

    Raises
    ------
    InvalidError
        The path is a directory without a state file, or its directory does not exist.

    Examples
    --------
    >>> find_state("/tmp/demo.duckdb").name
    'demo.duckdb'
    """
    here = (cwd or Path.cwd()).resolve()
    named = state or settings.load().state
    if named:
        path = (here / usable_path(named, "state file", here)).resolve()
    else:
        found = (folder / STATE_NAME for folder in (here, *here.parents) if (folder / STATE_NAME).is_file())
        path = next(found, None) or ((_main_worktree(here) or here) / STATE_NAME)
    if path.is_dir() and (path / STATE_NAME).is_file():
        return path / STATE_NAME
    if path.is_dir():
        raise InvalidError(f"The state file {path} is a directory; name a file in it.", path=str(path))
    if not path.parent.is_dir():
        message = f"The directory of the state file {path} does not exist: make it, or name another state file."
        raise InvalidError(message, path=str(path))
    return path


def usable_path(given: str | Path, what: str, here: Path | None = None) -> Path:
    """Return a path that a person gave, absolute, with links as they are; nothing need be there.

    Parameters
    ----------
    given : str or Path
        The path; ``~`` is the home directory.
    what : str
        What it is the path of, for the error.
    here : Path, optional
        What it is relative to; the current directory by default.

    Raises
    ------
    InvalidError
        No file can be there: the name is too long, its links lead in a circle, or it is no text that git, JSON and
        the system all take.
    """
    try:
        path = Path(os.path.abspath((here or Path.cwd()) / Path(given).expanduser()))  # noqa: PTH100 - keeps links
        str(path).encode()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            path.stat()
        if not re.search(r"[\n\r]", str(path)):
            return path
        why = "there is a line break in it"
    except OSError as error:
        why = str(error.strerror)
    except UnicodeEncodeError:
        why = "it is not UTF-8"
    except (ValueError, RuntimeError, TypeError):
        why = "it is no path"
    raise InvalidError(f"The path of the {what}, {str(given)[:200]!r}, cannot be used: {why}.")


def existing_state(state: str | Path | None = None) -> Path:
    """Return the state file that is meant, which must exist: only bootstrap, demo and serve create one.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    path = find_state(state)
    if not path.is_file():
        raise NotFoundError(
            f"There is no state file {path}; `heph bootstrap` creates one, --state or HEPH_STATE names another.",
            path=str(path),
        )
    return path


def read_backend_file(state: Path) -> BackendInfo | None:
    """Read ``<state>.backend.json``; None when there is none or it makes no sense."""
    try:
        found = json.loads(beside(state, ".backend.json").read_text("utf-8"))
        return BackendInfo(
            url=str(found["url"]).rstrip("/"),
            token=str(found["token"]),
            pid=int(found["pid"]),
            version=str(found["version"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_foreign(state: Path) -> None:
    """Refuse a state file that is something else, before anything is written beside it or it is put aside.

    Raises
    ------
    StateFileError
        There is a file, and it is not one of DuckDB.
    """
    if not os.path.lexists(state):
        return
    if not state.is_file():
        raise StateFileError(f"{state} is not a file. Name another state file.", path=str(state))
    # Another process reads: closing the file here would drop the lock of a DuckDB that this one may have open.
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _READ, str(state)], check=False, capture_output=True)
    head = done.stdout
    if done.returncode == 0 and head[_MAGIC_AT:] != _MAGIC:
        empty = "is empty, so it " if not head else ""
        raise StateFileError(f"{state} {empty}is not a DuckDB file. Name another state file.", path=str(state))


def keep_out_of_git(folder: Path, pattern: str) -> None:
    """Let git ignore what we write into a folder, such as ``hephaestus.duckdb*``, if it is in a work tree.

    The address file of a backend holds a token: it must not be committed by accident. ``info/exclude`` is git's own
    place for this, and is never committed itself.
    """
    found = _git(folder, "rev-parse", "--path-format=absolute", "--git-path", "info/exclude")
    if not found:
        return
    exclude = Path(found)
    with contextlib.suppress(OSError):
        known = exclude.read_text("utf-8", errors="replace") if exclude.exists() else ""
        if pattern not in known.splitlines():
            exclude.parent.mkdir(parents=True, exist_ok=True)
            with exclude.open("a", encoding="utf-8") as file:
                file.write(f"{pattern}\n" if not known or known.endswith("\n") else f"\n{pattern}\n")


def _main_worktree(here: Path) -> Path | None:
    """Return the root of the repository's main worktree, also when asked from a linked worktree."""
    common = _git(here, "rev-parse", "--path-format=absolute", "--git-common-dir")
    if common and Path(common).name == ".git":
        return Path(common).parent
    top = _git(here, "rev-parse", "--show-toplevel") if common else None  # a submodule, or a .git kept elsewhere
    return Path(top) if top else None


def _git(cwd: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(cwd), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, env=settings.child_environment(), timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return os.fsdecode(done.stdout).rstrip("\n") or None
