"""What an answer says of each requirement that its question is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DROP = re.compile(r"\bdrop\s+((?:R-\d+(?:\s*(?:,|and)\s*)?)+)", re.IGNORECASE)
_EACH = re.compile(r"^[ \t]*(?:[-*][ \t]*)?((?:R-\d+(?:\s*,\s*)?)+)[ \t]*:[ \t]*", re.MULTILINE)
_ID = re.compile(r"R-\d+", re.IGNORECASE)
_AS_PROPOSED = re.compile(r"^\W*as proposed\W*$", re.IGNORECASE)
_PROPOSAL = re.compile(r"Proposal:[ \t]*(.+)")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one requirement: a criterion, or that it is dropped."""

    requirement_id: str
    criterion: str | None = None
    dropped: bool = False


def read_answer(question: str, requirement_ids: Sequence[str], answer: str) -> list[Ruling]:
    r"""Return what an answer says of each requirement of its question.

    ``R-001: text`` at the start of a line speaks of that requirement, ``drop R-001`` drops it, ``as proposed`` takes
    the question's ``Proposal:`` for it; whatever else is said goes for all that are not named.

    Examples
    --------
    >>> [ruling.criterion for ruling in read_answer("", ["R-001", "R-002"], "at once\nR-002: below 2 s")]
    ['at once', 'below 2 s']
    """
    dropped = {id.upper() for found in _DROP.findall(answer) for id in _ID.findall(found)}
    rest = _DROP.sub("", answer)
    pieces = _EACH.split(rest)
    general = _tidy(pieces[0])
    named: dict[str, str] = {}
    for ids, text in zip(pieces[1::2], pieces[2::2], strict=True):
        named |= dict.fromkeys((id.upper() for id in _ID.findall(ids)), _tidy(text))
    rulings = []
    for id in requirement_ids:
        text = named.get(id, general)
        if id in dropped:
            rulings.append(Ruling(id, dropped=True))
        elif _AS_PROPOSED.match(text):
            rulings.append(Ruling(id, _proposal(question, requirement_ids, id) or text))
        else:
            rulings.append(Ruling(id, text or None))
    return rulings


def without(question: str, requirement_ids: Sequence[str], id: str) -> str:
    r"""Return a question without the paragraphs that begin with a requirement's id.

    Examples
    --------
    >>> without("Which?\n\nR-001: a\n\nR-002: b", ["R-001", "R-002"], "R-001")
    'Which?\n\nR-002: b'
    """
    kept, mine = [], False
    for paragraph in question.split("\n\n"):
        leading = next((other for other in requirement_ids if re.match(rf"{other}\b", paragraph.strip())), None)
        mine = leading == id if leading is not None else mine and paragraph.startswith((" ", "\t"))
        if not mine:
            kept.append(paragraph)
    return "\n\n".join(kept)


def _proposal(question: str, requirement_ids: Sequence[str], id: str) -> str | None:
    """Return what the question proposes for a requirement: the proposal that follows its id and no other's."""
    current = None
    for line in question.splitlines():
        leading = next((other for other in requirement_ids if line.strip().startswith(other)), None)
        current = leading or current
        proposal = _PROPOSAL.search(line)
        if proposal and current == id:
            return proposal[1].strip()
    return None


def _tidy(text: str) -> str:
    return text.strip().strip(";,").strip()
