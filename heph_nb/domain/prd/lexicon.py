"""The phrases of ``lexicon.yaml`` as patterns."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def _read() -> dict[str, Any]:
    text = resources.files(__package__ or "heph_nb.domain.prd").joinpath("lexicon.yaml").read_text("utf-8")
    return yaml.safe_load(text)


def phrases(*path: str) -> list[str]:
    """The phrases under a key: ``phrases("titles", "heads", "never")``."""
    value: Any = _read()
    for key in path:
        value = value.get(key, "")
    return [phrase.strip() for line in value.splitlines() for phrase in line.split(" | ") if phrase.strip()]


def topics(section: str) -> list[str]:
    """The topics that have phrases in a section of the titles, in the order of the file."""
    return list(_read()["titles"][section])


def words(*path: str) -> re.Pattern[str]:
    """A pattern that finds any of the phrases under a key, as whole words, and the signs that go with it."""
    anchored = [phrase[1:] for phrase in phrases(*path) if phrase.startswith("^")]
    free = [phrase for phrase in phrases(*path) if not phrase.startswith("^")]
    signs = phrases(*path[:-1], f"{path[-1]}_signs")
    parts = [rf"(?<!\w)(?:{'|'.join(free)})(?!\w)"] if free else []
    parts += [rf"^[\s*_(]*(?:{'|'.join(anchored)})(?!\w)"] if anchored else []
    parts += [f"(?:{'|'.join(signs)})"] if signs else []
    return re.compile("|".join(parts), re.IGNORECASE)


def opening(*path: str) -> re.Pattern[str]:
    """A pattern that matches a text that begins with one of the phrases under a key."""
    return re.compile(rf"(?:{'|'.join(phrases(*path))})(?!\w)", re.IGNORECASE)
