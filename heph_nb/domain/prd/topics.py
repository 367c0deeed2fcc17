"""What a heading is about: whether requirements stand under it, and which.

A title is judged by its parts ("Goals & Objectives" has two) and by their head: the last word ("Key technical
risks") or the first ("Definition of terms"). A title that fits nothing is `Topic.OTHER`, and
what stands under it counts.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache, lru_cache

from heph_nb.domain.prd import lexicon


class Topic(Enum):
    """Kinds of sections."""

    OTHER = "other"
    """A title that says nothing about its role: "Checkout"."""
    NEEDS = "needs"
    """Requirements, features, rules, interface, data."""
    QUALITY = "quality"
    """Non-functional requirements and constraints."""
    CRITERIA = "criteria"
    """Acceptance criteria or scenarios."""
    STORIES = "stories"
    """User stories, epics."""
    DESIGN = "design"
    """Architecture and technical notes: only sentences that ask for something count."""
    INTRO = "intro"
    """Overview, summary: only "the system must ..." counts."""
    SCOPE = "scope"
    """What is in scope, use cases: counts only where the PRD has no requirement section."""
    STORYTELLING = "storytelling"
    """Background, goals, roadmap: nothing counts, but a requirement heading inside it is one."""
    NEVER = "never"
    """Ruled out or undecided: nothing counts, whatever stands inside."""
    PROJECT = "project"
    """Personas, glossary, success metrics: nothing counts, unless its own words ask for it."""
    RECORD = "record"
    """History, team, status: nothing counts, but among features it is the name of one."""
    EXAMPLES = "examples"
    """Examples and gates: nothing counts; examples are read from it."""
    ORDER = "order"
    """A build order: says again what stands elsewhere, and what comes first."""


ASKS = frozenset({Topic.NEEDS, Topic.QUALITY, Topic.CRITERIA, Topic.STORIES})
"""Headings that announce requirements."""

CLOSED = frozenset({Topic.NEVER, Topic.PROJECT, Topic.RECORD, Topic.EXAMPLES, Topic.ORDER})
"""Topics that no heading inside them changes."""

ASIDES = frozenset({Topic.NEVER, Topic.PROJECT, Topic.EXAMPLES, Topic.STORYTELLING})
"""Topics under which nothing is a requirement, not even in front of a colon: "Risk: ..."."""

SILENT = ASIDES | {Topic.RECORD}
"""Topics under which nothing is a requirement."""

LONGEST = 200
"""How much of a title is looked at, in characters."""

_NUMBER = re.compile(
    r"^(?:(?:section|chapter|part|kapitel|abschnitt|appendix|anhang|phase|step|teil)\s+)?(?:\d+(?:\.\d+)*|[ivx]{1,4}|[a-z])[.):]?\s+"
    r"|^第?[一二三四五六七八九十]+[、.章节]\s*"
)
_ANNEX = re.compile(r"^(?:appendix|annex|anhang)(?:\s+[a-z\d])?\s*[:.–-]\s*(?=\S)")
_PARENTHESIS = re.compile(r"\s*[\[(\uff08][^\])\uff09]{0,80}[\])\uff09]?")
_PARTS = re.compile(
    r"\s*(?:(?<!\s)/|/(?!\w)|&|\+|,|;|:|\uff1a|\||、|\band\b|\bund\b|\bet\b|\by\b|\be\b|\bve\b|\bи\b|\bdan\b|\bor\b|\bvs\.?\b|和|与|及|및|\s[–—-]\s)\s*"
)
_TOLD = re.compile(r"\s[–—-]\s+(\S+(?: \S+)+)$")
_EDGE = re.compile(r"^[^\w'’]+|[^\w'’)]+$")
_QUALIFIED = re.compile(r"(.+?) (?:requirements?|considerations?|targets?|constraints?|goals?|needs|rules|budget)")
_SURVEY = re.compile(r"(.+) (?:overview|snapshot|summary|details|at a glance|section)")
_FILLER = r"(?:(?:the|our|my|your|a|an|this|these|all|any|some|its|project|product|of|die|der|das|unsere)\s+)*"
_LINKS = (
    r"(?:of|for|in|with|to|by|from|on|at|that|which|we|since|before|after|during|behind|used|chosen|selected|involved|"
    r"introduced|identified|considered|für|der|des|zu)"
)

_OF = r"(?:du|de|del|do|da|di)"
"""Behind it stands what stands in front of an English head: "flujo de pago" is "payment flow"."""

_BEHIND_OF = "".join(rf"(?<!\s{word}\s)" for word in ("de", "du", "des", "del", "da", "do", "di", "dos", "das"))
"""Nor is what stands there the head of a title: "gestion des risques" is "risk management"."""

_Patterns = tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]


@lru_cache(maxsize=2048)
def topic_of(title: str) -> Topic:
    """Return what a heading with this (clean) title announces.

    Examples
    --------
    >>> topic_of("3. Non-Goals (Out of Scope)"), topic_of("Checkout")
    (<Topic.NEVER: 'never'>, <Topic.OTHER: 'other'>)
    """
    text = _EDGE.sub("", title[:LONGEST].casefold().replace("’", "'").replace("`", ""))
    text = _NUMBER.sub("", _ANNEX.sub("", text, count=1), count=1)
    for topic, pattern in _anywhere():
        if pattern.search(text):
            return topic
    bare = _EDGE.sub("", _PARENTHESIS.sub("", text))
    if len(bare.split()) > 9:
        return Topic.OTHER
    if (topic := _by_head(bare, whole=True)) is not Topic.OTHER:
        return topic
    return _of_parts(bare)


def announces(topic: Topic, title: str) -> bool:
    """Whether a heading says in so many words that requirements stand under it."""
    return topic in ASKS and bool(_announcing().search(title[:LONGEST]))


def _of_parts(bare: str) -> Topic:
    """Return the topic of a title by the parts it has: "Goals & Objectives"."""
    parts = [_by_head(_EDGE.sub("", part)) for part in _PARTS.split(bare)]
    known = [topic for topic in parts if topic is not Topic.OTHER]
    if known and known[0] is Topic.DESIGN and (aside := next((t for t in known if t in ASIDES), None)):
        return aside  # "Dependencies and risks"
    if known and known[0] is Topic.DESIGN and Topic.NEEDS in known:
        return Topic.NEEDS  # "Design and user experience"
    if known and known[0] is Topic.RECORD and (found := _TOLD.search(bare)) and topic_of(found[1]) is Topic.OTHER:
        return Topic.OTHER  # "Owner — my router earns while I sleep"
    if {*known} == {Topic.RECORD} and (parts[0] is Topic.OTHER or parts.count(Topic.OTHER) > len(known)):
        return Topic.OTHER  # "Registration and approval", "Users, roles, and access"
    if known and known[0] is Topic.RECORD:
        return Topic.QUALITY if Topic.QUALITY in known else Topic.RECORD  # "Timing and power"
    if known:
        return known[0]
    return topic_of(found[1]) if (found := _SURVEY.fullmatch(bare)) else Topic.OTHER


def _by_head(text: str, *, whole: bool = False) -> Topic:
    if not text:
        return Topic.OTHER
    if (found := _QUALIFIED.fullmatch(text)) and _by_head(found[1]) is Topic.QUALITY:
        return Topic.QUALITY
    for which in (0,) if whole else (0, 2, 1):
        for topic, patterns in _heads():
            found = patterns[which].fullmatch(text)
            late = found is not None and (which == 1 or (which == 2 and bool(found["of"])))
            if found and not (which and topic is Topic.RECORD) and not (late and found["head"] in _only_alone()):
                return topic
    return Topic.OTHER


@cache
def _anywhere() -> list[tuple[Topic, lexicon.Pattern]]:
    found = [(Topic(name), lexicon.words("titles", "anywhere", name)) for name in lexicon.names("titles", "anywhere")]
    signs = [
        (Topic(name), lexicon.Pattern(lexicon.either("titles", "signs", name)))
        for name in lexicon.names("titles", "signs")
    ]
    return found + signs


@cache
def _heads() -> list[tuple[Topic, _Patterns]]:
    """For each topic: its phrases as the whole title, as its end, and as its beginning."""
    found: list[tuple[Topic, _Patterns]] = []
    for name in lexicon.names("titles", "heads"):
        words = "|".join(lexicon.phrases("titles", "heads", name))
        whole = re.compile(rf"{_FILLER}(?:{words})")
        end = re.compile(rf".*?(?:^|[\s-]|(?<=[一-鿿])){_BEHIND_OF}(?P<head>{words})")
        beginning = re.compile(rf"{_FILLER}(?P<head>{words})\s+(?:{_LINKS}|(?P<of>{_OF}))\b.*")
        found.append((Topic(name), (whole, end, beginning)))
    return found


@cache
def _only_alone() -> frozenset[str]:
    return frozenset(lexicon.phrases("titles", "only_alone"))


@cache
def _announcing() -> lexicon.Pattern:
    return lexicon.words("titles", "announcing")
