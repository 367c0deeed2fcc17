"""Grouping: which requirements belong together. Sections first; large ones are split, tiny neighbours joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.headings import SEPARATOR, generic, heading, subject, within
from heph_nb.agents.outline.language.words import Subjects, likeness
from heph_nb.agents.outline.planning.clusters import cluster

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

FEWEST, USUAL, MOST = 3, 5, 8
"""How many requirements a component has: about three to eight."""

STORIES = 2
"""How many stories a component may have more than that: a story tells of what its other requirements say."""

STORY = re.compile(r"(?i)as an?\b")

ALIKE = 0.15
"""From this likeness on, a requirement of a general section goes to the section that is about its subject."""

VIEW = re.compile(r"(?i)stor(?:y|ies)|feature|acceptance|functional|use cases|requirements|components|anforderung")
"""How sections are called that tell the same thing in different ways."""

WISHED = re.compile(r"(?i)nice|wish|future|optional|could|later|idea|bonus|stretch|extra|backlog|wunsch|kann|souhait")
"""How a section of wishes is called."""

NAMED = 0.45
"""So alike is a requirement to a heading that names its subject."""


@dataclass(frozen=True)
class Group:
    """Requirements that belong together.

    Attributes
    ----------
    statements : tuple of Statement
        Those of its sections first, then those that were gathered from general sections.
    sections : tuple of str
        The paths of the sections that it consists of; none when it was put together from all over the document.
    gathered : int
        How many of the statements stand in other, general sections.
    kind : str
        ``quality`` where all are non-functional, ``wishes`` where all are wishes, else empty.
    """

    statements: tuple[Statement, ...]
    sections: tuple[str, ...]
    gathered: int = 0
    kind: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the requirements."""
        return tuple(s.id for s in self.statements)

    @property
    def own_ids(self) -> tuple[str, ...]:
        """The ids of those that stand in its own sections; of all where it has none."""
        return self.ids[: len(self.ids) - self.gathered] or self.ids

    @property
    def texts(self) -> list[str]:
        """What the requirements say, with their headings."""
        return [*(heading(name) for name in self.sections if not generic(name)), *(s.text for s in self.statements)]


def group(statements: Sequence[Statement]) -> list[Group]:
    """Divide requirements into components.

    Parameters
    ----------
    statements : sequence of Statement
        In the order of the PRD.

    Returns
    -------
    list of Group
        In the order of the PRD; every requirement is in exactly one. Up to eight requirements make at most three.
    """
    if not statements:
        return []
    subjects = Subjects([f"{s.section} {s.text}" for s in statements])
    sections = _sections(statements)
    if len(statements) <= MOST:
        return _join(sections, subjects, most_groups=3)
    apart = _apart(statements)
    found = [
        Group(part.statements, part.sections, part.gathered, kind)
        for kind in ("", "quality", "wishes")
        for part in _grouped([s for s in statements if apart.get(s.id, "") == kind], subjects)
    ]
    order = {s.id: i for i, s in enumerate(statements)}
    return sorted(found, key=lambda part: min(order[id] for id in part.own_ids))


def _apart(statements: Sequence[Statement]) -> dict[str, str]:
    """Return the requirements that are not put together with the others, and why: ``quality`` or ``wishes``.

    Those are whole sections, and only where there are enough of them for a component.
    """
    kinds: dict[str, str] = {}
    for unit in _sections(statements):
        if all(s.level == "could" for s in unit.statements) and WISHED.search(unit.sections[0]):
            kinds |= dict.fromkeys(unit.ids, "wishes")
        elif all(s.kind == "non-functional" for s in unit.statements):
            kinds |= dict.fromkeys(unit.ids, "quality")
    few = [kind for kind in ("quality", "wishes") if 0 < list(kinds.values()).count(kind) < FEWEST - (kind == "wishes")]
    return {id: kind for id, kind in kinds.items() if kind not in few}


def _grouped(statements: Sequence[Statement], subjects: Subjects) -> list[Group]:
    """Divide requirements of one kind: by section, or by subject where the sections are views of the same thing."""
    if not statements:
        return []
    sections = _sections(statements)
    about_one = sum(len(unit.statements) for unit in sections if not generic(unit.sections[0]))
    views = sum(bool(generic(name) and VIEW.search(heading(name))) for unit in sections for name in unit.sections)
    if views >= FEWEST and about_one * 5 <= len(statements) and len(statements) > MOST:
        parts = cluster(statements, fewest=FEWEST, usual=USUAL, most=MOST)
        return [Group(tuple(part), (), gathered=len(part)) for part in parts]
    units: list[Group] = []
    for unit in _gather(sections, subjects):
        units += _split(unit, subjects)
    return _join(units, subjects)


def _sections(statements: Sequence[Statement]) -> list[Group]:
    """Put together what stands under the same subject; chapters that hold everything (the title) say nothing."""
    shared = _shared_path([s.section for s in statements])
    found: dict[str, list[Statement]] = {}
    for statement in statements:
        path = SEPARATOR.join(statement.section.split(SEPARATOR)[shared:])
        found.setdefault(subject(path), []).append(statement)
    return [Group(tuple(members), (section,)) for section, members in found.items()]


def _shared_path(sections: Sequence[str]) -> int:
    """Return how many headings all paths begin with, if they differ after them."""
    paths = [section.split(SEPARATOR) for section in dict.fromkeys(sections)]
    if len(paths) < 2:
        return max(0, len(paths[0]) - 1) if paths else 0
    shared = 0
    while all(len(path) > shared for path in paths) and len({path[shared] for path in paths}) == 1:
        shared += 1
    return shared


def _gather(units: list[Group], subjects: Subjects) -> list[Group]:
    """Move what a general section says about a subject to the section on that subject, as long as there is room."""
    topical = [unit for unit in units if not generic(unit.sections[0])]
    if len(topical) < 2:
        return units
    named = {unit.sections[0]: subjects.vector([heading(unit.sections[0])]) for unit in topical}
    bodies = {unit.sections[0]: subjects.vector([heading(unit.sections[0]), *unit.texts]) for unit in topical}
    members = {unit.sections[0]: list(unit.statements) for unit in units}
    moved: set[str] = set()
    for unit in units:
        if unit in topical or any(within(other.sections[0], unit.sections[0]) for other in topical):
            continue
        for statement in unit.statements:
            if statement.kind != "functional":
                continue
            said = subjects.vector([statement.text])
            ranked = sorted(
                topical, key=lambda u: -likeness(said, named[u.sections[0]]) - likeness(said, bodies[u.sections[0]])
            )
            story = STORY.match(statement.text) is not None
            room = MOST + STORIES if story else MOST
            best = next((u.sections[0] for u in ranked if len(members[u.sections[0]]) < room), None)
            if story and best is not None and max(likeness(said, bodies[best]), likeness(said, named[best])) < ALIKE:
                best = None
            if best is not None and (story or _belongs(said, named[best], bodies[best], subjects)):
                members[unit.sections[0]].remove(statement)
                members[best].append(statement)
                moved.add(statement.id)
    kept = [(name, tuple(found)) for name, found in members.items() if found]
    return [Group(found, (name,), sum(s.id in moved for s in found)) for name, found in kept]


def _belongs(said: dict[str, float], name: dict[str, float], body: dict[str, float], subjects: Subjects) -> bool:
    """Whether a requirement speaks of what a section is about: of what its heading names, or of several rare words."""
    if likeness(said, name) >= NAMED:
        return True
    rare = sum(subjects.rare(stem) for stem in set(said) & set(body))
    return likeness(said, body) >= ALIKE and (rare > 1 or bool(set(said) & set(name)))


def _split(unit: Group, subjects: Subjects) -> list[Group]:
    """Cut a section that is too large where its subject changes most, into pieces of about the usual size."""
    n = len(unit.statements)
    if n <= MOST or sum(not STORY.match(s.text) for s in unit.statements) <= MOST < n <= MOST + STORIES:
        return [unit]
    vectors = [subjects.vector([s.text]) for s in unit.statements]

    def held(i: int) -> float:
        """How much the requirements on both sides of the gap before ``i`` have in common."""
        before, after = vectors[max(0, i - 2) : i], vectors[i : i + 2]
        return max(likeness(a, b) for a in before for b in after)

    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * n
    for end in range(1, n + 1):
        for size in range(FEWEST, min(MOST, end) + 1):
            start = end - size
            cut = held(start) if start else 0.0
            cost = best[start][0] + cut + 0.03 * (size - USUAL) ** 2
            if cost < best[end][0]:
                best[end] = (cost, start)
    pieces: list[Group] = []
    end = n
    while end:
        start = best[end][1]
        pieces.append(Group(unit.statements[start:end], unit.sections))
        end = start
    return pieces[::-1]


def _join(units: list[Group], subjects: Subjects, most_groups: int | None = None) -> list[Group]:
    """Join neighbours so that no component is tiny, preferring those alike and those of the same chapter."""
    vectors = [subjects.vector(unit.texts) for unit in units]
    sizes = [len(unit.statements) for unit in units]
    n, cap = len(units), most_groups or len(units)
    # best[k][end]: the cheapest way to make k groups of the first ``end`` units
    best = [[(float("inf"), 0)] * (n + 1) for _ in range(cap + 1)]
    best[0][0] = (0.0, 0)
    for k in range(1, cap + 1):
        for end in range(1, n + 1):
            for start in range(end - 1, -1, -1):
                total = sum(sizes[start:end])
                if total > MOST and end - start > 1:
                    break
                joints = sum(_joint(units, vectors, i) for i in range(start + 1, end))
                cost = best[k - 1][start][0] + joints + _size_cost(total)
                if cost < best[k][end][0]:
                    best[k][end] = (cost, start)
    k = min(range(1, cap + 1), key=lambda k: best[k][n][0])
    joined: list[Group] = []
    end = n
    while end:
        start = best[k][end][1]
        joined.append(_merged(units[start:end]))
        end, k = start, k - 1
    return joined[::-1]


def _joint(units: list[Group], vectors: list[dict[str, float]], i: int) -> float:
    """Return what it costs to put the units on both sides of the gap before ``i`` into one component."""
    left, right = units[i - 1].sections[0], units[i].sections[0]
    apart = 0.0 if left == right else 0.8
    chapters = 0.0 if left.rpartition(SEPARATOR)[0] == right.rpartition(SEPARATOR)[0] else 0.7
    return apart + chapters + 0.6 * (1 - likeness(vectors[i - 1], vectors[i]))


def _size_cost(total: int) -> float:
    return {1: 6.0, 2: 2.6}.get(total, 0.02 * (total - USUAL) ** 2)


def _merged(units: Sequence[Group]) -> Group:
    if len(units) == 1:
        return units[0]
    statements = tuple(s for unit in units for s in unit.statements)
    sections = tuple(dict.fromkeys(name for unit in units for name in unit.sections))
    return Group(statements, sections, sum(unit.gathered for unit in units))
