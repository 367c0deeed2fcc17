"""Decisions: what the PRD itself leaves open, the requirements that it touches, and what was decided of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from heph_nb.agents.outline.language.headings import heading
from heph_nb.agents.outline.language.words import Subjects, likeness

if TYPE_CHECKING:
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Question, Statement

DECIDED = re.compile(r"^## What you decided\n\n((?:- .*\n)*)", re.MULTILINE)
QUOTED = re.compile(r"“([^”]+)”")

ALIKE = 0.15
"""A requirement that is less like a question than this is not touched by it."""


def concerned(asked: Question, read: Reading) -> list[Statement]:
    """Return the requirements that a question touches.

    The one in whose lines it stands; else those of its lines, of its section or of all that are most like it.
    """
    inside = [s for s in read.statements if any(a <= asked.lines[1] and asked.lines[0] <= b for a, b in s.lines)]
    if len(inside) == 1:
        return inside
    section = inside or [s for s in read.statements if s.section == asked.section]
    subjects = Subjects([s.text for s in read.statements])
    said = subjects.vector([asked.text])
    alike = {s.id: likeness(said, subjects.vector([heading(s.section), s.text])) for s in section or read.statements}
    best = max(alike.values(), default=0.0)
    if best < ALIKE:
        return section
    return read.of(id for id, value in alike.items() if value >= max(ALIKE, best * 0.7))


def component_for(line: str, read: Reading, tickets: Iterable[Mapping[str, Any]]) -> str:
    """Return the id of the ticket that a decision on a question of the PRD touches most; empty where it touches none.

    Parameters
    ----------
    line : str
        The decision: the question in quotation marks, then what was said.
    read : Reading
        The PRD.
    tickets : iterable of mapping
        The board.
    """
    quoted = {_plain(text) for text in QUOTED.findall(line)}
    touched = {s.id for q in read.prd.questions if _plain(q.text) in quoted for s in concerned(q, read)}
    counted = {str(t["id"]): len(touched & set(t.get("requirement_ids") or ())) for t in tickets}
    best = max(counted, key=counted.__getitem__, default="")
    return best if best and counted[best] else ""


def decided_in(checklist: str) -> Sequence[str]:
    """Return the decisions on questions of the PRD that a checklist holds, one line of Markdown each."""
    found = DECIDED.search(checklist)
    return [line[2:] for line in found[1].splitlines() if line.startswith("- “")] if found else []


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
