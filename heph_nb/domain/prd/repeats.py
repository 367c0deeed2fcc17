"""Statements that a PRD makes more than once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.shapes import sentences
from heph_nb.domain.prd.topics import Topic, topic_of

if TYPE_CHECKING:
    from heph_nb.domain.prd.drafts import Draft, Frame

SHORTEST = 5
"""A statement of fewer words may well mean something else in another place ("Name is required")."""

MOST_COMPARED = 1000
"""So many statements are compared with so many steps of a build order; no person writes more."""

MOST_PLACES = 50
"""With so many places where it is said, a statement is compared."""

ALIKE = 0.6
"""So large a share of a step's words has to be in the statement that it says again."""

_WORDS = re.compile(r"`[^`]+`|[^\W_][\w'./:-]*[^\W_]|[^\W_]")
_EMPTY = lexicon.word_set("empty")
_FIRST = re.compile(r"\((?:depends|after|requires)[^)]*\)")
_ANYWHERE = re.compile(
    r"\b(?:type ?check|lint|tests?|build|ci)\w*\s+(?:\w+ )?(?:pass(?:es)?|succeeds?|is green|clean)\b|"
    r"^(?:pytest|ruff|mypy|npm test)\b",
    re.IGNORECASE,
)


def join_repeated(drafts: list[Draft]) -> tuple[list[Draft], dict[int, Draft]]:
    """Join statements that are repeated word for word; return those that are left, and for each other its first."""
    kept: list[Draft] = []
    firsts: dict[tuple[str, ...], list[Draft]] = {}
    same: dict[int, Draft] = {}
    for draft in drafts:
        words = _WORDS.findall(draft.text.casefold()[:2000])
        repeated = len(words) >= SHORTEST or _ANYWHERE.search(draft.text)
        said = firsts.setdefault(tuple(words), []) if repeated else []
        anywhere = bool(_ANYWHERE.search(draft.text))
        first = next((each for each in said[:MOST_PLACES] if anywhere or not _beside(each.frame, draft.frame)), None)
        if first is None:
            said.append(draft)
            kept.append(draft)
            continue
        same[id(draft)] = first
        first.lines += draft.lines
        first.criteria += draft.criteria
        first.wants += draft.wants
        first.label = first.label or draft.label
    return kept, same


def _beside(one: Frame, other: Frame) -> bool:
    """Whether two places tell of two things, "Web" and "Mobile": what is said of both are two requirements."""
    if one is other or one.parent is None or one.parent is not other.parent:
        return False
    return {topic_of(one.title), topic_of(other.title)} <= {Topic.OTHER, Topic.RECORD}


def restate(chain: list[Draft], kept: list[Draft], same: dict[int, Draft]) -> None:
    """Let each step of a build order point to the statement it says again, and take over what it depends on."""
    known = [(draft, _content(draft.text)) for draft in kept[:MOST_COMPARED]]
    for step in chain[: MOST_COMPARED**2 // max(len(known), 1)]:
        words = _content(step.text[: sentences(step.text)[0][1]])
        scored = [(_alike(words, other), -at) for at, (_, other) in enumerate(known)]
        best, at = max(scored, default=(0.0, 0))
        if best < ALIKE:
            continue
        first = known[-at][0]
        first.lines.append((step.lines[0][0], step.lines[0][0]))
        first.wants += [*step.wants, (step.text, step.scope)]
        same[id(step)] = first
        step.frame.drafts.append(step)


def _content(text: str) -> frozenset[str]:
    bare = _FIRST.sub("", text.casefold()[:1000])
    found = (word for part in _WORDS.findall(bare) for word in re.split(r"[/\s]+", part))
    return frozenset(word.removesuffix("s").strip("`") for word in found if word.strip("`") and word not in _EMPTY)


def _alike(step: frozenset[str], other: frozenset[str]) -> float:
    """Return how much of a step's words a statement holds, less a little for what else it says."""
    if not step or not other:
        return 0.0
    shared = len(step & other)
    return shared / len(step) - 0.02 * (len(other) - shared)
