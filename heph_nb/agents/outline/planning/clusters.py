"""Clusters: requirements that are about one subject, wherever in the document they stand.

For documents whose sections are views of the same thing (features, architecture, roadmap) and not parts of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.words import Subjects, likeness

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

ALIKE = 0.12
"""Clusters that are less alike on average are only joined when one of them is tiny."""

SAME_SECTION = 0.05
"""How much more alike two requirements are that stand in one section."""


def cluster(statements: Sequence[Statement], *, fewest: int, usual: int, most: int) -> list[list[Statement]]:
    """Join the most alike until nothing alike is left, then the tiny ones to what they are most like.

    Returns
    -------
    list of list of Statement
        Each in the order of the document, and in the order of their first requirements.
    """
    subjects = Subjects([s.text for s in statements])
    vectors = [subjects.vector([s.text]) for s in statements]
    members: dict[int, list[int]] = {i: [i] for i in range(len(statements))}
    alike = {
        (i, j): likeness(vectors[i], vectors[j]) + SAME_SECTION * (statements[i].section == statements[j].section)
        for i in members
        for j in range(i + 1, len(statements))
    }
    while pair := _best(alike, members, lambda a, b: a + b <= usual + 2, ALIKE):
        _merge(alike, members, *pair)
    while pair := _best(alike, members, lambda a, b: min(a, b) < fewest and a + b <= most, 0.0):
        _merge(alike, members, *pair)
    found = sorted(sorted(part) for part in members.values())
    return [[statements[i] for i in part] for part in found]


def _best(
    alike: dict[tuple[int, int], float], members: dict[int, list[int]], fits: Callable[[int, int], bool], least: float
) -> tuple[int, int] | None:
    best: tuple[float, tuple[int, int]] | None = None
    for pair, value in alike.items():
        if value >= least and (best is None or value > best[0]) and fits(len(members[pair[0]]), len(members[pair[1]])):
            best = (value, pair)
    return best[1] if best else None


def _merge(alike: dict[tuple[int, int], float], members: dict[int, list[int]], i: int, j: int) -> None:
    """Put cluster ``j`` into cluster ``i``: how alike the two are to a third is their average by size."""
    a, b = len(members[i]), len(members[j])
    for k in members:
        if k not in (i, j):
            ik, jk = (min(i, k), max(i, k)), (min(j, k), max(j, k))
            alike[ik] = (a * alike[ik] + b * alike.pop(jk)) / (a + b)
    del alike[i, j]
    members[i] += members.pop(j)
