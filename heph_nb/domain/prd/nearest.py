"""Which requirement an example shows."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.model import Lines, Section, Statement

_END = 10**9

COMMON = 50
"""A word that is in more requirements than this tells none of them from the others."""

LOOK = 1000
"""How much of a text is compared, in characters."""

_WORD = re.compile(r"--?[a-z][\w-]+|[^\W\d_][\w-]+")
_PARTS = re.compile(r"[_-]")


class Nearest:
    """Finds the requirement of the same section that shares most words with an example; else the closest one above.

    A section is the innermost one around the example that holds a requirement. Rare words weigh more: the name of a
    command says more than "file".
    """

    def __init__(self, statements: tuple[Statement, ...], sections: tuple[Section, ...]) -> None:
        self._places = sorted((lines, s.id) for s in statements for lines in s.lines)
        self._spans = sorted({s.lines for s in sections}, key=lambda lines: (lines[0], -lines[1]))
        self._outer: list[int] = []
        self._having: dict[str, list[tuple[Lines, str]]] = {}
        for statement in statements:
            for word in _words(" ".join((statement.text, *statement.criteria))):
                self._having.setdefault(word, []).extend((lines, statement.id) for lines in statement.lines)
        for places in self._having.values():
            places.sort()
        around: list[int] = []
        for at, (first, _) in enumerate(self._spans):
            while around and self._spans[around[-1]][1] < first:
                around.pop()
            self._outer.append(around[-1] if around else -1)
            around.append(at)

    def to(self, lines: Lines, words: str = "") -> str:
        """Return the id of that requirement; '' if there is none.

        Parameters
        ----------
        lines : (int, int)
            Where the example stands.
        words : str
            What it says.
        """
        at = bisect_right(self._places, ((lines[0], _END), ""))
        near = self._places[max(at - 1, 0) : at + 1]
        for first, last in self._sections(lines[0]):
            if not self._any_in(first, last):
                continue
            inside = [(_distance(place, lines), place, own) for place, own in near if first <= place[0] <= last]
            closest = min(inside)[2] if inside else ""
            if inside and not min(inside)[0]:
                return closest  # it stands in the requirement itself
            return self._alike(words, first, last, closest) or closest or self._last_until(last)
        return ""

    def _any_in(self, first: int, last: int) -> bool:
        at = bisect_left(self._places, ((first, 0), ""))
        return at < len(self._places) and self._places[at][0][0] <= last

    def _last_until(self, last: int) -> str:
        return self._places[bisect_right(self._places, ((last, _END), "")) - 1][1]

    def _alike(self, words: str, first: int, last: int, closest: str) -> str:
        """Return the requirement of lines `first` to `last` that shares most; the closest one among equals."""
        scores: dict[str, float] = {}
        for word in _words(words):
            places = self._having.get(word, [])
            inside = places[bisect_left(places, ((first, 0), "")) : bisect_right(places, ((last, _END), ""))]
            having = dict.fromkeys(own for _, own in inside[:COMMON])
            for own in having if len(inside) < COMMON else ():
                scores[own] = scores.get(own, 0.0) + 1 / len(having)
        return max(scores, key=lambda own: (scores[own], own == closest), default="")

    def _sections(self, line: int) -> Iterator[Lines]:
        at = bisect_right(self._spans, (line, _END)) - 1
        while at >= 0:
            if self._spans[at][1] >= line:
                yield self._spans[at]
            at = self._outer[at]
        yield 0, _END


def _distance(place: Lines, lines: Lines) -> int:
    if place[0] <= lines[0] <= place[1]:
        return 0
    return lines[0] - place[1] if place[1] < lines[0] else 3 * (place[0] - lines[1])


def _words(text: str) -> set[str]:
    """Return the words of a text, options with their dashes, and the parts of names: "net_price" is "net", "price"."""
    found = {word.casefold() for word in _WORD.findall(text[:LOOK])}
    return {part.removesuffix("s") for word in found for part in (word, *_PARTS.split(word.lstrip("-"))) if part[1:]}
