"""The phrases of ``lexicon.yaml`` as patterns and sets."""

from __future__ import annotations

import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], re.Match[str] | None]

_EITHER = "['’]"
"""An apostrophe, typed or typeset."""


@cache
def _read() -> dict[str, Any]:
    text = Path(__file__).with_name("lexicon.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C, where there is one, is ten times as quick
    return loader(text).get_single_data()


class Pattern:
    """A pattern that is compiled when it is first asked: most programs that import this package read no PRD."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @cached_property
    def search(self) -> Find:
        """Find it anywhere in a text, in small or capital letters."""
        return self._compiled.search

    @cached_property
    def match(self) -> Find:
        """Find it at the beginning of a text."""
        return self._compiled.match

    @cached_property
    def fullmatch(self) -> Find:
        """Find it as the whole text."""
        return self._compiled.fullmatch

    @property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)


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


def words(*path: str) -> Pattern:
    """Return a pattern that finds any of the phrases under a key as whole words, and the signs that go with it."""
    anchored = [phrase[1:] for phrase in phrases(*path) if phrase.startswith("^")]
    free = [phrase for phrase in phrases(*path) if not phrase.startswith("^")]
    signs = phrases(*path[:-1], f"{path[-1]}_signs")
    parts = [rf"(?<!\w)(?:{'|'.join(free)})(?!\w)"] if free else []
    parts += [rf"^[\s*_(]*(?:{'|'.join(anchored)})(?!\w)"] if anchored else []
    parts += [f"(?:{'|'.join(signs)})"] if signs else []
    return Pattern("|".join(parts))


def opening(*path: str) -> Pattern:
    """Return a pattern that matches a text that begins with one of the phrases under a key."""
    return Pattern(rf"(?:{either(*path)})(?!\w)")


def whole(*path: str) -> Pattern:
    """Return a pattern whose ``fullmatch`` takes each of the phrases under a key."""
    return Pattern(either(*path))
