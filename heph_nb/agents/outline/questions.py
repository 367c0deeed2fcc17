"""Questions: what only a person can say about requirements that no test could decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline import md
from heph_nb.agents.outline.headings import heading, lead_in, subject
from heph_nb.agents.outline.titles import clip
from heph_nb.domain.prd import is_testable

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

MOST_QUESTIONS = 10
"""How many questions one run asks a person at most."""

LONGEST = 1000
"""How many characters of a requirement a question quotes."""

VAGUE: tuple[tuple[str, str, str], ...] = (
    (
        r"fast|quick|speed|performan|respons|seconds?\b|timely|real-?time|efficien|latency|instant|schnell|rapide|rápid",
        "how long it may take, for what input, on what machine",
        "a typical input takes at most 2 seconds on a developer's laptop",
    ),
    (
        r"privac|private|personal|collect|retention|tracking|datenschutz",
        "which data may be kept or sent, and where",
        "nothing is sent to another machine, and after a run only the output that was asked for is left on disk",
    ),
    (
        r"secur|malicious|protect|safe\b|safety|gdpr|confiden|encrypt|sicher|sécur|segur",
        "what it has to withstand",
        "input that is not as described is refused with a message, and nothing is sent to another machine",
    ),
    (
        r"reliab|robust|stable|stabil|consisten|availab|graceful|resilien|fault|uptime|zuverl|fiab",
        "what must never happen, and how often it is tried",
        "the same input gives the same result 100 times in a row, and a failure ends with a message and loses no data",
    ),
    (
        r"scal|large|(?<!how )many\b|high load|concurren|growing|volume|skalier",
        "how much it has to carry",
        "10,000 records or 100 users at the same time work without an error",
    ),
    (
        r"seamless|smooth|switch",
        "what must not happen on the way",
        "one key or command leads from each part to every other and back, and nothing that was entered is lost",
    ),
    (
        r"clear|concise|distinguish|distinct|meaningful|feedback|messages?\b|understandable|verständlich",
        "what the text has to say, and how one kind is told from another",
        "each message is one line that begins with its kind (error:, warning:) and says what it is about",
    ),
    (
        (
            r"easy|easily|intuitive|friendly|clean\b|minimal|usab|conven|prominent|readab|beautiful|modern|attractive|"
            r"pleasant|simpl[ey]\b(?=\s+(?:to|and)\b|[,.;])|einfach|benutzerfreundlich|übersichtlich|fácil"
        ),
        "who judges it, and by what",
        "somebody who has never seen it finishes the main task without help in five minutes",
    ),
    (
        r"compatib|portab|platform|browsers?\b|devices?\b|operating systems?",
        "which ones, in which versions",
        "the two newest versions of each that the PRD names",
    ),
    (
        r"maintain|extensib|modular|clean code|documented|readable code|testab|wartbar|best practices?",
        "what is measured",
        "the linter and the type checker pass, and every public function has a docstring and a test",
    ),
    (
        r"etc\b|appropriate|relevant|suitable|various|sufficient|proper|rich\b|basic\b|simple\b|necessary|some\b|needed|usw\b",
        "what belongs to it, and what does not",
        "what the PRD names in this place, and nothing else",
    ),
)
ANY = ("what a tester does and then has to see", "one input, together with the result that it must give")


def untestable(statement: Statement) -> bool:
    """Whether a requirement says nothing that a test could decide."""
    return not is_testable(statement)


def to_decide(statement: Statement) -> tuple[str, str]:
    """Return what has to be decided about a requirement, and a proposal."""
    text = statement.text.casefold()
    named = lead_in(statement.text)
    for said in (text[text.find(":") + 1 :], text) if named else (text,):
        found = [
            (m.start(), what, proposal)
            for pattern, what, proposal in VAGUE
            if (m := re.search(rf"\b(?:{pattern})", said))
        ]
        if found:
            return min(found)[1:]
    return ANY


def why_untestable(statement: Statement) -> str:
    """Return, in one sentence, what is missing for a test."""
    return f"No test can decide it as it stands: the PRD does not say {to_decide(statement)[0]}."


def groups(statements: Sequence[Statement]) -> list[tuple[Statement, ...]]:
    """Put the requirements that need a person's word into at most ten groups.

    Every session that is given the same requirements gets the same groups, so that no question is asked twice.

    Parameters
    ----------
    statements : sequence of Statement
        All requirements of the run in the order of the PRD, whatever a person said about them since.
    """
    found: dict[str, list[Statement]] = {}
    for statement in statements:
        if untestable(statement):
            found.setdefault(subject(statement.section), []).append(statement)
    parts = list(found.values())
    while len(parts) > MOST_QUESTIONS:
        i = min(range(len(parts) - 1), key=lambda i: len(parts[i]) + len(parts[i + 1]))
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return [tuple(part) for part in parts]


def group_key(group: Sequence[Statement]) -> str:
    """Return the key that a group's task is created under: once, whoever comes first."""
    return f"run:clarify:{group[0].id}"


def title(group: Sequence[Statement]) -> str:
    """Return what the task of asking about a group is called."""
    names = list(dict.fromkeys(name for s in group if (name := heading(subject(s.section)))))
    where = (
        f" in {names[0]}" if len(names) == 1 else f" in {names[0]} and {len(names) - 1} more sections" if names else ""
    )
    return f"Ask what decides {', '.join(s.id for s in group[:4])}{' …' if len(group) > 4 else ''}{where}"


def description(group: Sequence[Statement], name: str) -> str:
    """Return the text of the task that asks about a group. It names every requirement: the question is made from it."""
    lines = [f"- {s.id} ({md.places(s.lines)}): {clip(s.text, LONGEST)}" for s in group]
    return "\n".join(
        [f"No test can decide these requirements of {name} as they stand. Ask the person whose PRD it is:", "", *lines]
    )


def question(statements: Sequence[Statement], name: str) -> str:
    """Return a question for the person: what to decide, with a proposal for each requirement.

    Parameters
    ----------
    statements : sequence of Statement
        The requirements that it is about.
    name : str
        What the PRD's file is called.
    """
    one = len(statements) == 1
    opening = (
        f"{'This requirement' if one else f'These {len(statements)} requirements'} of {name} cannot be tested as "
        f"{'it stands' if one else 'they stand'}. What decides whether {'it is' if one else 'they are'} met?"
    )
    parts = [opening]
    for s in statements:
        what, proposal = to_decide(s)
        parts.append(
            f"{s.id} ({md.places(s.lines)}): “{clip(s.text, LONGEST)}”\n  To decide: {what}.\n  Proposal: {proposal}."
        )
    parts.append(
        "Your answer becomes the criterion, so answer with what has to be seen"
        f"{'' if one else ', one line for each'}. For example: “{statements[0].id}: {to_decide(statements[0])[1]}.”"
    )
    return "\n\n".join(parts)
