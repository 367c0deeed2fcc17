"""Questions: what only a person can say, about requirements that no test could decide and what the PRD leaves open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.language.briefs import clip
from heph_nb.agents.outline.understanding.gaps import gaps
from heph_nb.domain.prd import is_testable

if TYPE_CHECKING:
    from heph_nb.domain.prd import Prd, Question, Statement

MOST_QUESTIONS = 10
"""How many questions one run asks a person at most."""

MOST_OF_THE_PRDS_OWN = 5
"""How many of them are the PRD's own."""

MANY = 6
"""How many requirements a question is about at most, as long as there may be more questions."""

SETTLED = re.compile(r"(?i)\W*(?:resolved|decided|decision|answered|closed|settled|entschieden|geklärt)\b\W*:")
"""How a question begins that the PRD has an answer to."""

LEVELS = ("must", "should", "could")
"""What is asked first, and what last."""

SEEN = "what somebody does, and what is then seen"
"""What is missing where a person is asked about a requirement without a vague word."""

LONGEST = 1000
"""How many characters of a requirement a question quotes."""


def untestable(statement: Statement) -> bool:
    """Whether a requirement rests on a word that a test could not decide. What states a fact can be looked at."""
    return not is_testable(statement) and bool(gaps(statement))


def missing(statement: Statement) -> str:
    """Return what the PRD would have to say, for example ``what “fast” means: how long it may take``."""
    return "; ".join(gap.missing for gap in gaps(statement)) or SEEN


def why_untestable(statement: Statement) -> str:
    """Return, in one sentence, what is missing for a test."""
    return f"No test can decide it as it stands: the PRD does not say {missing(statement)}."


def groups(prd: Prd) -> list[tuple[Statement, ...]]:
    """Put the requirements that need a person's word together by what they leave open.

    Every session gets the same groups of the same document, whatever was answered since: no question is asked twice.
    With the PRD's own questions there are at most ten; those on what must be come first.
    """
    found: dict[str, list[Statement]] = {}
    for statement in prd.statements:
        if untestable(statement):
            found.setdefault(gaps(statement)[0].kind.theme, []).append(statement)
    parts = sorted(found.values(), key=len)
    while parts and len(parts[-1]) > MANY and len(parts) < MOST_QUESTIONS - len(own(prd)):
        longest = parts.pop()
        half = (len(longest) + 1) // 2
        parts = sorted([*parts, longest[:half], longest[half:]], key=len)
    order = {s.id: i for i, s in enumerate(prd.statements)}
    return [tuple(part) for part in sorted(parts, key=lambda part: (_level(part), order[part[0].id]))]


def _level(part: Sequence[Statement]) -> int:
    return min(LEVELS.index(s.level) for s in part)


def group_key(group: Sequence[Statement]) -> str:
    """Return the key that a group's task is created under: once, whoever comes first."""
    return f"run:clarify:{group[0].id}"


def title(group: Sequence[Statement]) -> str:
    """Return what the task of asking about a group is called: ``Ask how fast: R-014 and R-018``."""
    kinds = list(dict.fromkeys(gaps(s)[0].kind.name for s in group))
    ids = [s.id for s in group]
    shown = ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")
    return f"Ask {' and '.join(kinds[:2])}{' and more' if len(kinds) > 2 else ''}: {shown}"


def description(group: Sequence[Statement], name: str) -> str:
    """Return the text of the task that asks about a group. It names every requirement: the question is made from it."""
    lines = [f"- {s.id} ({md.places(s.lines)}): {clip(s.text, LONGEST)}" for s in group]
    return "\n".join(
        [f"No test can decide these requirements of {name} as they stand. Ask the person whose PRD it is:", "", *lines]
    )


def question(statements: Sequence[Statement], name: str, product: str = "") -> str:
    """Return a question for the person: each requirement as it stands, what is missing, and how it could be meant.

    Parameters
    ----------
    statements : sequence of Statement
        The requirements that it is about.
    name : str
        What the PRD is called.
    product : str
        What kind of product it is about (`Reading.product`): proposals depend on it.
    """
    one = len(statements) == 1
    about = "this requirement" if one else f"these {len(statements)} requirements"
    parts = [f"What decides whether {about} of {name} {'is' if one else 'are'} met? No test could tell as yet."]
    for s in statements:
        found = gaps(s, product)
        lines = [
            f"{s.id} ({md.places(s.lines)}): “{clip(' '.join(s.text.split()), LONGEST)}”",
            f"  Missing: {missing(s)}.",
        ]
        lines += [f"  Proposal: {_both([gap.readings[0] for gap in found])}."] if found else []
        lines += [f"  Or: {reading}." for gap in found[:1] for reading in gap.readings[1:2] if len(found) == 1]
        parts.append("\n".join(lines))
    each = "" if one else " with a line for each,"
    parts.append(f"Your answer becomes the criterion. Answer{each} like {_how(statements[0], product)}.")
    return "\n\n".join(parts)


def _how(first: Statement, product: str) -> str:
    """Show how to answer about a requirement."""
    found = gaps(first, product)
    if not found:
        return f"“{first.id}: {SEEN}” in your words, or “drop {first.id}”"
    return f"“{first.id}: {found[0].readings[0]}”, or “{first.id}: as proposed”, or “drop {first.id}”"


def _both(readings: Sequence[str]) -> str:
    """Join two readings; what the second one says of the same thing need not name it again."""
    start = readings[0].partition(": ")[0] + ": "
    return "; and ".join([readings[0], *(reading.removeprefix(start) for reading in readings[1:])])


def own(prd: Prd) -> list[tuple[Question, ...]]:
    """Return the questions that the PRD asks itself, one by one or, where there are many, neighbours together.

    What a requirement leaves open that is asked about anyway is not among them.
    """
    asked = [s for s in prd.statements if untestable(s)]
    found = [q for q in prd.questions if not SETTLED.match(q.text) and not any(_leaves_open(s, q) for s in asked)]
    size = -(-len(found) // MOST_OF_THE_PRDS_OWN) or 1
    return [tuple(found[i : i + size]) for i in range(0, len(found), size)]


def own_question(questions: Sequence[Question], name: str, concerned: Sequence[Statement] = ()) -> str:
    """Return a question that the PRD itself leaves open, or some of them, as it is put to the person.

    ``concerned`` are the requirements that it touches.
    """
    opening = f"{name} leaves {'this' if len(questions) == 1 else 'these questions'} open. What is decided?"
    quoted = [f"({md.places([q.lines])}) “{' '.join(q.text.split())}”" for q in questions]
    return "\n\n".join([opening, *quoted, _meanwhile(concerned)])


def _meanwhile(concerned: Sequence[Statement]) -> str:
    """Say what becomes of what questions touch as long as nobody answers."""
    until = "specified as the PRD stands until you answer; your answer is added to the specification."
    if not concerned:
        return f"What it touches is {until}"
    ids = list(dict.fromkeys(s.id for s in concerned))
    return f"It touches {', '.join(ids[:4])}{' and more' if len(ids) > 4 else ''}: {until}"


def touched(questions: Sequence[Question], statements: Sequence[Statement]) -> list[str]:
    """Return the requirements that the questions are a part of, or stand with in the same lines and no other does."""
    found: list[str] = []
    for question in questions:
        inside = [s for s in statements if any(_overlap(question.lines, place) for place in s.lines)]
        found += [s.id for s in inside if len(inside) == 1 or _leaves_open(s, question)]
    return list(dict.fromkeys(found))


def _leaves_open(statement: Statement, question: Question) -> bool:
    """Whether a question is what a requirement leaves open itself, and not one that stands beside it."""
    a, b = ("".join(c for c in text.casefold() if c.isalnum()) for text in (statement.text, question.text))
    alone = any(question.lines == place for place in statement.lines) and question.lines[0] == question.lines[1]
    return any(_overlap(question.lines, place) for place in statement.lines) and (a in b or b in a or alone)


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
