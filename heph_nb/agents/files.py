"""Files: what an agent reads and writes through us stays inside its session's directory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAX_TEXT = 10 * 1024 * 1024
"""Bytes of the largest file that is handed to an agent."""


class OutsideError(PermissionError):
    """The path leads out of the session's directory."""


def confined(root: Path, path: str) -> Path:
    """Return where ``path`` really leads, symbolic links followed.

    Parameters
    ----------
    root : Path
        The session's directory, resolved.
    path : str
        Absolute, or relative to ``root``.

    Raises
    ------
    OutsideError
        It leads out of ``root``, or to git's own files.
    """
    if "\0" in path:
        raise OutsideError(f"{path!r} is not a path")
    target = (root / path).resolve()
    if not target.is_relative_to(root):
        raise OutsideError(f"{path} is outside of {root}")
    if ".git" in target.relative_to(root).parts:
        raise OutsideError(f"{path} belongs to git; use git commands")
    return target


def read_text(root: Path, path: str, line: int | None = None, limit: int | None = None) -> str:
    """Return a file's text, or ``limit`` lines of it from ``line`` on (counted from 1).

    Raises
    ------
    OSError
        It is outside of ``root``, missing, not a regular file, or larger than ``MAX_TEXT``.
    ValueError
        It is not UTF-8 text.
    """
    target = confined(root, path)
    # O_NONBLOCK: opening a named pipe must not wait for a writer. O_NOFOLLOW: the check above holds for what is opened.
    descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no Path
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(f"{path} is not a regular file")
        if facts.st_size > MAX_TEXT:
            raise OSError(f"{path} has {facts.st_size} bytes; at most {MAX_TEXT} are read")
        text = file.read(MAX_TEXT).decode("utf-8")
    if line is None and limit is None:
        return text
    first = max(line or 1, 1) - 1
    lines = text.split("\n")
    last = len(lines) if limit is None else first + max(limit, 0)
    chosen = "\n".join(lines[first:last])
    return chosen + "\n" if last < len(lines) and first < last else chosen


def write_text(root: Path, path: str, content: str) -> None:
    """Write a file, with its directories, replacing what it holds.

    Raises
    ------
    OSError
        It is outside of ``root``, not a regular file, or cannot be written.
    ValueError
        The text cannot be encoded as UTF-8.
    """
    target = confined(root, path)
    data = content.encode("utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not target.is_file():
        raise OSError(f"{path} is not a regular file")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(target, flags, 0o666)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no Path
        file.write(data)
