"""Ids as people type them: whole, or the beginning of one, with the word before it or without."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST = 4
"""The fewest characters that stand for an id, so that a slip of the finger names nothing."""

_UNIQUE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def meant(ids: Iterable[str], given: str, shortest: int = SHORTEST) -> list[str]:
    """Return the ids that are meant: the one that is given whole, or else all that begin so.

    What begins may be the id, or its part behind the word: ``task-38b2`` and ``38b2`` both stand for
    ``task-38b20313-...``; ``ladle`` and ``f3a6`` both for the run ``ladle-f3a60b``.

    Examples
    --------
    >>> meant(["ladle-f3a60b", "tally-0c11d2"], "ladle")
    ['ladle-f3a60b']
    >>> meant(["task-38b20313-0c11-4d2e-9f3a-60b7c8d9e0f1"], "task-")
    []
    """
    known = list(ids)
    return [given] if given in known else [id for id in known if _begins(id, given, shortest)]


def _begins(id: str, given: str, shortest: int) -> bool:
    found = _UNIQUE.search(id)
    if found is None:  # a run: a name, and six characters
        return len(given) >= shortest and (id.startswith(given) or id.rpartition("-")[2].startswith(given))
    said = given.removeprefix(id[: found.start()])
    return len(said) >= shortest and found[0].startswith(said)
