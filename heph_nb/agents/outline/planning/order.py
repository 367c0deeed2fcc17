"""Order: which component makes what others use, as far as their words tell; careful, so that work stays parallel."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.briefs import WANTED
from heph_nb.agents.outline.language.headings import plain
from heph_nb.agents.outline.language.phrases import named
from heph_nb.agents.outline.language.vocabulary import ACTORS
from heph_nb.agents.outline.language.words import stem, stems

if TYPE_CHECKING:
    from heph_nb.domain.prd import Block, Statement

MAKES = re.compile(
    r"(?i)\b(?:creat|defin|read|pars|stor|record|import|load|upload|regist|book|reserv|add|generat|produc|print|comput|"
    r"collect|submit|enter|sav|persist|sign up|schema|model|format|fields?)\w*\b"
)
"""What says that something comes into being here."""

HOLDS = re.compile(r"(?i)\b(?:has|have|holds?|contains?|consists? of|must be (?:created|stored|recorded|given))\b")
"""What says of the thing before it that it is kept, and with what."""

NEAR = 60
"""How far behind its verb what is made may stand, in characters."""

USES = re.compile(
    r"(?i)\b(?:edit|list|show|report|export|check|validat|cancel|updat|delet|search|filter|display|releas|view|sort|brows|"
    r"approv|remind|shar|count|statistic|analy|chart|summar|visuali|format|same|between|per|each|every|nobody)\w*\b"
)
"""What says that something is there already."""

ACCOUNTS = (
    re.compile(
        r"(?i)\b(?:sign[- ]?(?:in|up|on)|log[- ]?(?:in|on)|accounts?|authenti\w+|registration|anmeldung|"
        r"benutzerkont\w+|connexion|comptes?)\b"
    ),
    re.compile(r"(?i)\b(?:roles|permissions|rollen|rechte)\b"),
)
"""How a component is called that says who somebody is, the surest first; the others stand on it."""

WHO = re.compile(
    r"(?i)\b(?:users?|owners?|own|members?|managers?|admins?|administrators?|roles?|permissions?|private|"
    r"tokens?|accounts?|(?:sign|log)(?:ged|ed)?[- ]in|only (?:an?|the) \w+|visible to|who offered|who created)\b"
)
"""What says that it matters who somebody is."""

SOURCES = re.compile(
    r"(?i)\b(?:(?:data|domain) models?|schemas?|entities|imports?|importing|ingest\w*|uploads?|intake|datenmodell)\b"
)
"""How a component is called that brings the data which the others work on."""

ACTING = re.compile(r"(?:tion|sion|ment|ance|ing)s?$")
"""How words end that name what is done, and no thing."""

MOST = 2
"""How many components one waits for at most because of what they make."""


@dataclass(frozen=True)
class Needs:
    """That one component comes after another: their places in the plan, and what it needs."""

    ticket: int
    first: int
    what: str


def needs(parts: Sequence[Sequence[Statement]], titles: Sequence[str], blocks: Sequence[Block] = ()) -> list[Needs]:
    """Return which components use what another one makes, at most two for each, the plainest first.

    Who somebody is, and the data that is brought in, come first wherever the document tells of them; else what an
    earlier component makes comes before what uses it.

    Parameters
    ----------
    parts : sequence of sequences of Statement
        The requirements of each component, in the order of the PRD.
    titles : sequence of str
        What the components are called.
    blocks : sequence of Block
        The tables of the PRD: what a table defines in a component's section is made there.
    """
    words = [[_nouns(s.text) for s in part] for part in parts]
    spread = Counter(key for part in words for key in {key for said in part for key in said})
    accounts = next((i for said in ACCOUNTS for i, title in enumerate(titles) if said.search(title)), None)
    sources = {i for i, title in enumerate(titles) if SOURCES.search(title)} - {accounts}
    makers = _makers(parts, titles, words, blocks, sources)
    grounds = sources | {i for i, title in enumerate(titles) if any(said.search(title) for said in ACCOUNTS)}
    found: list[Needs] = []
    for at, part in enumerate(parts):
        wanted: dict[int, tuple[float, str]] = {}
        who = sum(bool(WHO.search(s.text)) for s in part)
        if accounts is not None and at not in (accounts, *sources) and _many_of(who, part):
            found.append(Needs(at, accounts, "accounts"))
        for key, first in makers.items():
            brought = first in sources and at not in grounds
            used = [i for i, s in enumerate(part) if key in words[at][i] and (brought or USES.search(s.text))]
            titled = key in stems(titles[first])
            everywhere = spread[key] > max(3, len(parts) / 3)
            if at in (first, accounts) or (first > at and not brought):
                continue
            if not brought and not titled and (key in stems(titles[at]) or everywhere):
                continue
            begins = titled and 0 in used and key not in stems(titles[at]) and not ACTING.search(words[at][0][key])
            if not _many_of(len(used), part) and not begins:
                continue
            said = words[at][used[0]][key]
            value = len(used) / len(part) + titled
            wanted[first] = max(wanted.get(first, (0.0, "")), (value, said))
        ranked = sorted(wanted.items(), key=lambda item: (-item[1][0], item[0]))
        found += [Needs(at, first, _many(said)) for first, (_, said) in ranked[:MOST]]
    return found


def _many_of(count: int, part: Sequence[Statement]) -> bool:
    """Whether so many of a component's requirements are enough to say that it is about something."""
    return count > 1 or count * 3 > len(part)


def _makers(
    parts: Sequence[Sequence[Statement]],
    titles: Sequence[str],
    words: Sequence[Sequence[Mapping[str, str]]],
    blocks: Sequence[Block],
    sources: Collection[int],
) -> dict[str, int]:
    """Return for each noun the component that makes it: the one that says so most often, else the first."""
    said: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for at, part in enumerate(parts):
        title = set(stems(titles[at]))
        often = Counter(key for nouns in words[at] for key in nouns)
        for key in often if at in sources else title & set(often):
            said[key][at] += often[key]
        for s, nouns in zip(part, words[at], strict=True):
            for key in _made(s.text) & set(nouns):
                said[key][at] += 2 if key in title else 1
        sections = {s.section for s in part}
        for block in blocks:
            if block.kind == "table" and block.section in sections:
                for key in {key for row in block.rows for cell in row for key in _nouns(cell)}:
                    said[key][at] += 1
    return {key: min(by, key=lambda at: (-by[at], at)) for key, by in said.items()}


def _many(noun: str) -> str:
    """Return a noun as it is called where there are many, as far as it is plain English."""
    if not noun.isascii() or noun.endswith("s") or noun in ("data", "input", "output", "information", "content"):
        return noun
    return re.sub(r"(?<=[^aeiou])y$", "ie", re.sub(r"(?<=ch|sh|.x)$", "e", noun)) + "s"


def _made(text: str) -> set[str]:
    """Return the stems of what a text says comes into being: what follows the word that says so, or has something."""
    shown = plain(text)
    if WANTED.match(shown):
        return set()
    made = {key for found in MAKES.finditer(shown) for key in _nouns(shown[found.end() : found.end() + NEAR])}
    return made | {key for found in HOLDS.finditer(shown) for key in _nouns(shown[: found.start()])}


def _nouns(text: str) -> dict[str, str]:
    """Return what a text names, in one word each, by its stem."""
    last = [run[-1] for run in named(WANTED.sub("", text))]
    return {stem(word): word for word in last if word.islower() and word not in ACTORS and len(word) > 3}
