"""The phrases of ``lexicon.yaml`` as patterns and sets."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import yaml

_EITHER = "['’]"
"""An apostrophe, typed or typeset."""


@cache
def _read() -> dict[str, Any]:
    text = resources.files(__package__ or "heph_nb.domain.prd").joinpath("lexicon.yaml").read_text("utf-8")
    return yaml.safe_load(text)


def phrases(*path: str) -> list[str]:
    """Return the phrases under a key: ``phrases("titles", "heads", "never")``."""
    value: Any = _read()
    for key in path:
        value = value.get(key, "")
    found = (phrase.strip() for line in value.splitlines() for phrase in line.split(" | "))
    return [phrase if _EITHER in phrase else phrase.replace("'", _EITHER) for phrase in found if phrase]


def names(*path: str) -> list[str]:
    """Return the keys under a key, in the order of the file."""
    value: Any = _read()
    for key in path:
        value = value[key]
    return list(value)


def word_set(name: str, *path: str) -> frozenset[str]:
    """Return the words, divided by white space, under ``words`` (or under `path`)."""
    value: Any = _read()
    for key in path or ("words",):
        value = value[key]
    return frozenset(value[name].split())


def either(*path: str) -> str:
    """Return the phrases under a key as one alternation, without boundaries."""
    return "|".join(phrases(*path))


def words(*path: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases under a key as whole words, and the signs that go with it."""
    anchored = [phrase[1:] for phrase in phrases(*path) if phrase.startswith("^")]
    free = [phrase for phrase in phrases(*path) if not phrase.startswith("^")]
    signs = phrases(*path[:-1], f"{path[-1]}_signs")
    parts = [rf"(?<!\w)(?:{'|'.join(free)})(?!\w)"] if free else []
    parts += [rf"^[\s*_(]*(?:{'|'.join(anchored)})(?!\w)"] if anchored else []
    parts += [f"(?:{'|'.join(signs)})"] if signs else []
    return re.compile("|".join(parts), re.IGNORECASE)


def opening(*path: str) -> re.Pattern[str]:
    """Return a pattern that matches a text that begins with one of the phrases under a key."""
    return re.compile(rf"(?:{either(*path)})(?!\w)", re.IGNORECASE)


def whole(*path: str) -> re.Pattern[str]:
    """Return a pattern whose ``fullmatch`` takes each of the phrases under a key."""
    return re.compile(either(*path), re.IGNORECASE)
