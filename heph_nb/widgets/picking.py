"""Picking: which files a person may mean, the likeliest first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_DEEP = 4
_LOOKED_AT = 3_000
"""Entries of directories that are looked at, at most: a notebook may lie in a home directory."""

_MOST = 60
_NOT_OURS = frozenset({"node_modules", "site-packages", "dist", "build", "target", "venv"})
_LIKELY = (r"prd", r"requirement|product.?req", r"\bspec", r"design|brief|proposal", r"readme")
_UNLIKELY = r"changelog|license|contributing|code.of.conduct|security|history|authors"


def likely_prds(folder: Path) -> list[str]:
    """Return the Markdown files below a folder, relative to it, those that look like a PRD by their names first."""
    return sorted(_documents(folder), key=lambda path: (_rank(path), path.count("/"), path))[:_MOST]


def looks_like_prd(path: str) -> bool:
    """Say whether a file's name says that it is a PRD."""
    return _rank(path) < len(_LIKELY) - 1


def completions(text: str, *, files: bool) -> list[str]:
    """Return the directories, and the documents if asked for, that what is typed of a path may become."""
    typed, slash, start = text.rpartition("/")
    try:
        folder = Path(typed + slash or ".").expanduser()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)[:_LOOKED_AT]
    except (OSError, ValueError, RuntimeError):  # the last one: ~nobody
        return []
    found = []
    for entry in entries:
        if not entry.name.startswith(start) or (entry.name.startswith(".") and not start):
            continue
        if entry.is_dir():
            found.append(f"{typed}{slash}{entry.name}/")
        elif files and entry.name.lower().endswith((".md", ".markdown", ".txt")):
            found.append(f"{typed}{slash}{entry.name}")
    return found[:_MOST]


def _rank(path: str) -> int:
    name = path.lower()
    if re.search(_UNLIKELY, name):
        return len(_LIKELY) + 1
    return next((i for i, likely in enumerate(_LIKELY) if re.search(likely, name)), len(_LIKELY))


def _documents(folder: Path) -> Iterator[str]:
    seen = 0
    for where, folders, names in os.walk(folder):
        depth = len(Path(where).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _NOT_OURS and depth < _DEEP)
        seen += len(folders) + len(names)
        for name in names:
            if name.lower().endswith((".md", ".markdown")):
                yield os.path.relpath(Path(where) / name, folder)
        if seen > _LOOKED_AT:
            return
