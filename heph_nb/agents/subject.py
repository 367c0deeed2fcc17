"""Subject: exactly what a permission request is about, for rules that allow the same again.

A title is what the agent calls it, so a rule that went by titles could be talked round. The subject is the thing
itself: the whole command line, the paths, or else everything that the tool is given. What may have been cut has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MOST = 4_000
"""Characters of the longest subject: what is longer nobody reads before they allow it for good."""

WORKTREE = "<worktree>"
"""What stands for the agent's own worktree, so that a rule holds in the worktree of the next attempt too."""

_ABOUT_PATHS = frozenset({"read", "edit", "delete"})
_BESIDE_A_COMMAND = frozenset(
    {"command", "cmd", "cwd", "workdir", "description", "explanation", "justification", "reason", "timeout",
     "timeout_ms", "call_id", "turn_id", "parsed_cmd"}
)  # fmt: skip
"""Input that changes nothing of what a command does, or (the directory) is told with it."""


def subject_of(
    *, kind: str, title: str, given: Any, command: str | None, paths: Iterable[str], cwd: Path
) -> str | None:
    """Return exactly what a tool call does, or None where that cannot be told from something else.

    Parameters
    ----------
    kind : str
        The protocol's kind: execute, edit, read, ...
    title : str
        What the agent calls it, whole; it counts only where nothing better tells one tool from another.
    given : JSON value
        The tool's input, whole.
    command : str or None
        The command line in it.
    paths : iterable of str
        The files that it touches, below ``cwd`` as relative paths.
    cwd : Path
        The session's directory.

    Examples
    --------
    >>> place = Path("/trees/attempt-1")
    >>> subject_of(kind="execute", title="Test", given={"command": "pytest"}, command="pytest", paths=(), cwd=place)
    'pytest'
    """
    touched = list(paths)
    if kind in _ABOUT_PATHS and touched:
        text = "\n".join(touched)
        exact = all("\n" not in path for path in touched)
        return text if exact and len(text) <= MOST else None
    if kind == "execute" and command and isinstance(given, dict) and _is_plain(set(given)):
        where = str(given.get("cwd") or given.get("workdir") or cwd)
        text = command if where == str(cwd) else f"(in {where}) {command}"
    else:
        text = " ".join(filter(None, (title, *touched, _canonical(given))))
    if WORKTREE in text or len(text) > MOST:
        return None
    return text.replace(str(cwd), WORKTREE).strip() or None


def _is_plain(names: set[str]) -> bool:
    """Whether the command line (and where it runs) says all that input with these names does."""
    return names <= _BESIDE_A_COMMAND and not ({"command", "cmd"} <= names or {"cwd", "workdir"} <= names)


def _canonical(given: Any) -> str:
    return "" if given in (None, {}, []) else json.dumps(given, ensure_ascii=False, sort_keys=True)
