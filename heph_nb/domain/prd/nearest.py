"""Which requirement a place in the document belongs to."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.model import Lines, Section, Statement

_END = 10**9


class Nearest:
    """Finds the closest requirement in the innermost section that has one; what stands above counts as closer."""

    def __init__(self, statements: tuple[Statement, ...], sections: tuple[Section, ...]) -> None:
        self._places = sorted((lines, s.id) for s in statements for lines in s.lines)
        self._spans = sorted({s.lines for s in sections}, key=lambda lines: (lines[0], -lines[1]))
        self._outer: list[int] = []
        around: list[int] = []
        for at, (first, _) in enumerate(self._spans):
            while around and self._spans[around[-1]][1] < first:
                around.pop()
            self._outer.append(around[-1] if around else -1)
            around.append(at)

    def to(self, lines: Lines) -> str:
        """Return the id of that requirement; '' if there is none."""
        at = bisect_right(self._places, ((lines[0], _END), ""))
        near = self._places[max(at - 1, 0) : at + 1]
        for first, last in self._sections(lines[0]):
            inside = [(_distance(place, lines), place, own) for place, own in near if first <= place[0] <= last]
            if inside:
                return min(inside)[2]
        return ""

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
