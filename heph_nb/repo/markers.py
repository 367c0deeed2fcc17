"""Conflict markers: the lines that git writes into a file when both sides changed the same place."""

from __future__ import annotations

import re

_OPENING = re.compile(rb"^<{7} ", re.MULTILINE)
_CLOSING = re.compile(rb"^>{7} ", re.MULTILINE)

PATTERN = "^(<{7}|>{7}) "
"""The same, for ``git diff -G``."""


def has_markers(content: bytes) -> bool:
    r"""Say whether a text has an opening and a closing conflict marker; binary content never has.

    Example
    -------
    >>> has_markers(b"<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> branch\n")
    True
    """
    if b"\0" in content[:8000]:
        return False
    return bool(_OPENING.search(content) and _CLOSING.search(content))


def introduces_markers(before: bytes, after: bytes) -> bool:
    """Say whether a change adds conflict markers; a file that always had some (about git, say) may keep them."""
    if not has_markers(after):
        return False
    return all(len(mark.findall(after)) > len(mark.findall(before)) for mark in (_OPENING, _CLOSING))
