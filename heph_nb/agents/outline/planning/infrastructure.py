"""Infrastructure: what a PRD asks for that other work stands on. Only what it says, never a ceremony."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.planning.grouping import MOST

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

SETUP, STORE = "set-up", "store"

NAMED = {SETUP: "Project set-up and test harness", STORE: "Data store"}

SAYS: dict[str, re.Pattern[str]] = {
    SETUP: re.compile(
        r"""(?ix)
        \b(?:project|environment|repository|workspace|development|toolchain|dev|basic|initial|server)\s+set-?\s?up\b
        | \bset-?\s?up\s+(?:the\s+|an?\s+)?[\w.+/ -]{0,30}?(?:project|repository|environment|server|pipeline|scaffold)
        | \b(?:directory|folder|project|repository|package)\s+(?:structure|layout|skeleton)\b | \bscaffold(?:ing)?\b
        | \b(?:make|cmake|docker|compose)[-\s]?(?:file|lists)\b | \bdockeri[sz]ed?\b | \bcontainer\s+image\b
        | \bcompil(?:e|ed|es|ation|er)\b | \bbuilds?\s+(?:with|under|on|using|system|script|tool)\b
        | \b(?:continuous\s+integration|CI(?:/CD)?(?!\s+machine)|build\s+pipeline|linter|linting|formatter|pre-commit)\b
        | \b(?:unit|integration|automated|regression)\s+tests?\b | \btest\s+(?:suite|harness|framework|runner)\b
        | \b(?:pytest|unittest|jest|vitest|go\s+test|cargo\s+test|gtest|junit)\b
        | \b(?:third[-\s]party\s+)?(?:libraries|dependenc(?:y|ies))\s+(?:are|is|will|must|should|to\s+be)?\s*
          (?:installed|pinned|vendored|located|declared|managed|listed)\b
        | \brelies\s+on\s+["“'`\w]+ .{0,40}\b(?:library|libraries|processing|operations)\b
        | \b(?:python|node(?:\.js)?|java|c\+\+|go|rust|ruby|php|\.net)\s*(?:version\s*)?v?\d+(?:\.\d+|\d|\+|\s+or)\S*
        | \binstallation\s+(?:guide|instructions|steps)\b | \bvirtual\s+environment\b | \brequirements\.txt\b
        | \b(?:folder|directory)\b.{0,20}\b(?:hold|store|contain)s?\b | \blocated\s+in\s+the\s+\S{1,24}\s+folder\b
        | \b(?:implemented|written|built|developed)\s+(?:fully\s+|entirely\s+|purely\s+)?in\s+
          (?:python|go|golang|rust|java|kotlin|javascript|typescript|c\+\+|c\#|ruby|php|swift)\b
        | \benvironment\s+variables?\b.{0,40}\bconfigur
        """
    ),
    STORE: re.compile(
        r"""(?ix)
        \b(?:data|key-value|document|persistent|in-memory|backing)\s+(?:store|storage|model|layer)\b
        | \bdatabase\s+(?:schema|tables?|migrations?|models?|engine|layer|connection)\b
        | \b(?:schema|tables?|migrations?)\s+(?:for|of|in)\s+(?:the\s+)?(?:database|data|sqlite|postgres|mysql)
        | \bdata\s+storage\b | \bstorage\s+(?:module|layer|backend|engine|format)\b | \bpersist(?:ence|s|ed)?\b
        | \b(?:sqlite|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|redis|duckdb|dynamodb)\b
        | \b(?:stored|saved|kept)\s+in\s+(?:an?\s+|the\s+|one\s+|a\s+single\s+|local\s+)?[\w-]*\s?
          (?:database|files?|table|store)\b
        """
    ),
}
"""What a requirement says that is about the ground others stand on, for each kind of it."""

RUNS_ON = re.compile(
    r"(?i)^(?:(?:it|the\s+\w+|must|should|\W)\s*)*(?:works?|runs?|compatible)\s+(?:in|on|with|under)\b"
)
"""What says where the product runs is no ground for the others: it is checked at the end."""


@dataclass(frozen=True)
class Infrastructure:
    """One piece of the ground: its kind, its title and the requirements that ask for it (perhaps none)."""

    kind: str
    title: str
    statements: tuple[Statement, ...]
    why: str


def infrastructure(statements: Sequence[Statement], *, bare: bool, gates: Sequence[str] = ()) -> list[Infrastructure]:
    """Return the infrastructure that a PRD implies, what others stand on first.

    Parameters
    ----------
    statements : sequence of Statement
        All requirements, more than make one component.
    bare : bool
        The repository holds no code yet: somebody has to set the project up.
    gates : sequence of str
        Commands that the PRD wants to pass, for example of its quality gates.
    """
    found: list[Infrastructure] = []
    taken: set[str] = set()
    for kind in (SETUP, STORE):
        said = [s for s in statements if s.id not in taken and _says(kind, s)]
        said = sorted(said, key=lambda s: -_weight(kind, s))[:MOST]
        said.sort(key=lambda s: s.lines[0])
        taken.update(s.id for s in said)
        reasons = []
        if said:
            reasons.append(
                f"{md.count(len(said), 'requirement')} of the PRD {'asks' if len(said) == 1 else 'ask'} for it"
            )
        if kind == SETUP and gates:
            reasons.append("the PRD names commands that must pass")
        if kind == SETUP and bare:
            reasons.append("the repository holds no code yet")
        if reasons:
            found.append(Infrastructure(kind, _title(kind, said), tuple(said), "; ".join(reasons)))
    return found


def _says(kind: str, statement: Statement) -> bool:
    if re.match(r"(?i)given\b|as an?\b", statement.text):
        return False
    heading = statement.section.rsplit(" > ", 1)[-1]
    return _weight(kind, statement) > 0 or bool(SAYS[kind].search(heading))


def _weight(kind: str, statement: Statement) -> int:
    """How often the first sentence says it; what comes after that only explains."""
    first = re.split(r"(?<=[a-z)`\"])[.;]\s", statement.text, maxsplit=1)[0]
    return 0 if RUNS_ON.search(first) else len(SAYS[kind].findall(first))


def _title(kind: str, said: Sequence[Statement]) -> str:
    """Name it after what is asked for."""
    if kind == SETUP and said:
        text = " ".join(f"{s.section} {s.text}" for s in said).casefold()
        tests = re.search(r"\btest|pytest|jest|harness", text) is not None
        builds = re.search(r"makefile|compil|cmake|build|docker", text) is not None
        if builds:
            return "Project set-up, build and tests" if tests else "Project set-up and build"
        return NAMED[kind] if tests else "Project set-up"
    return NAMED[kind]
