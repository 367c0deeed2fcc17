"""Gaps: what a requirement leaves open that a test would have to know, and how it could be meant, in its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.briefs import MUST
from heph_nb.agents.outline.language.headings import lead_in, plain, unmarked
from heph_nb.agents.outline.language.phrases import lower
from heph_nb.agents.outline.language.titles import listed
from heph_nb.agents.outline.language.vocabulary import ACTORS
from heph_nb.agents.outline.understanding.kinds import DOCUMENTS, FOUND, KINDS, RUNS, Kind
from heph_nb.agents.outline.understanding.products import product_of

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement


_NAMES = [kind.name for kind in KINDS]
SPOKEN, EASY = _NAMES.index("what a message says"), _NAMES.index("how easy")
"""A message that is easy is one that says something."""

PURPOSE = re.compile(r"(?i),?\s+so\s+(?:that\b|(?=i\b|we\b|they\b)).*$", re.DOTALL)
"""What a requirement is for; a test looks at what it asks for."""

LABEL = re.compile(r"(?i)^(?:\w+\s+)?\w*(?:ity|ance|ness|ency|design|documentation|experience)\W*$")
"""A requirement that is only the name of a quality: what it means stands below it, or nowhere."""

VERSION = re.compile(r"\b[A-Z][\w.]*\s+(?:version\s+|v)?\d+(?:\.\d+)*\b")
"""What says where it runs and in which version: nothing is left to ask."""

PLACES = re.compile(
    r"\b(?:Chrome|Chromium|Firefox|Safari|Edge|Opera|Windows|macOS|Linux|Ubuntu|Debian|Android|iOS|iPadOS|iPads?|iPhones?)\b"
)
"""Where something runs, by its name."""

AMOUNT = re.compile(
    r"\d[\d.,]*\d?(?:\s*(?:million|thousand|billion|k|m)\b)?(?:\s+(?!in\b|and\b|or\b|per\b)[a-z]+)?", re.IGNORECASE
)
ITEMS = re.compile(
    r"(?:\bincluding|\bsuch as|\((?:e\.g\.,?)?)\s*((?:[^(),.;]|\([^()]*\))+(?:,(?:[^(),.;]|\([^()]*\))+)+)"
)
PEOPLE_WORDS = ACTORS - {"application", "app", "program", "service", "software", "system", "tool"}


@dataclass(frozen=True)
class Gap:
    """What one requirement leaves open: the word that does, and how it could be meant."""

    kind: Kind
    word: str
    readings: tuple[str, ...]

    @property
    def missing(self) -> str:
        """What the PRD does not say."""
        return f"what “{self.word}” means: {self.kind.missing}"


def gaps(statement: Statement, product: str = "") -> list[Gap]:
    """Return which of its words leave open what a test would have to know: at most two, in their order; often none.

    ``product`` is what kind of product the document is about, as far as its readings depend on that.

    Examples
    --------
    >>> from heph_nb.domain.prd import Statement
    >>> s = Statement(id="R-001", text="Redirects should be fast.", section="", lines=((1, 1),))
    >>> [(gap.word, gap.readings[0]) for gap in gaps(s)]
    [('fast', 'redirects: 95 of 100 are done within 200 ms at 100 requests a second')]
    """
    text = plain(statement.text)
    said = text[text.find(":") + 1 :].strip() if lead_in(statement.text) else text
    said = PURPOSE.sub("", said if len(said.split()) > 2 else text)
    if LABEL.match(said):
        return []
    found = [
        (match.start(), i, match.group())
        for i, kind in enumerate(KINDS)
        if (match := re.search(rf"(?i)(?<![\w-])(?:{kind.words})[\w'-]*", said))
    ]
    messages = bool(re.search(r"(?i)\bmessages?\b", said))
    found = [] if VERSION.search(said) and all(KINDS[i] is RUNS for _, i, _ in found) else found
    found = [(at, SPOKEN if messages and i == EASY else i, word) for at, i, word in found]
    kept = [(KINDS[i], word) for _, i, word in sorted(found)]
    firm = [(kind, word) for kind, word in kept if kind not in KINDS[-2:]] or kept[:1]
    firm = [(kind, word) for kind, word in firm if kind in (DOCUMENTS, FOUND)] or firm
    return [Gap(kind, word, _readings(kind, statement, product)) for kind, word in firm[:2]]


def _readings(kind: Kind, statement: Statement, product: str) -> tuple[str, ...]:
    text = plain(statement.text)
    amounts = sorted(AMOUNT.findall(text), key=_size)
    items = ITEMS.search(text)
    parts = {
        "amount": amounts[-1] if amounts else "",
        "items": items.group(1).strip() if items else "",
    }
    readings = kind.of.get(product_of([text]) or product, kind.readings) if kind is not RUNS else _places(text)
    used = [r.replace("{what}: ", _what(statement)) for r in readings]
    used = [r for r in used if all(parts[name] for name in re.findall(r"\{(amount|items)\}", r))]
    return tuple(re.sub(r"\{(amount|items)\}", lambda name: parts[name[1]], r) for r in used)


def _places(text: str) -> tuple[str, ...]:
    """Return where something could have to run: the newest of what it names, else what people have."""
    if named := list(dict.fromkeys(PLACES.findall(text))):
        return (f"the tests pass on the two newest versions of {listed(named, most=6)}",)
    for said, reading in (
        (r"browser", "the tests pass in the two newest versions of Chrome, Firefox, Safari and Edge"),
        (r"device|mobile|phone|tablet|screen", "the tests pass on screens 360, 768 and 1280 pixels wide"),
        (r"platform|operating system|portab", "the tests pass on the newest versions of Linux, macOS and Windows"),
    ):
        if re.search(rf"(?i){said}", text):
            return (reading,)
    return RUNS.readings


def _size(amount: str) -> float:
    number = re.match(r"[\d.,]*\d", amount)
    times = 1e6 if re.search(r"(?i)million|\dm\b", amount) else 1e3 if re.search(r"(?i)thousand|\dk\b", amount) else 1
    return float(re.sub(r"\D", "", number.group().split(".")[0]) or 0) * times if number else 0.0


def _what(statement: Statement) -> str:
    """Return what a requirement speaks of, as its proposals begin: ``the admin pages: ``; empty where unclear."""
    shown, masked = unmarked(statement.text)
    found = MUST.match(masked)
    if not found or len(found.group(1).split()) > 6 or set(found.group(1).casefold().split()) & PEOPLE_WORDS:
        return ""
    said = shown[: found.end(1)]
    if any(c in said for c in ":;,{}"):
        return ""
    return f"{lower(said)}: "
