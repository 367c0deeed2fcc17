"""Gaps: what a requirement leaves open that a test would have to know, and how it could be meant, in its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.briefs import MUST
from heph_nb.agents.outline.language.headings import lead_in, plain, unmarked
from heph_nb.agents.outline.language.phrases import lower
from heph_nb.agents.outline.language.vocabulary import ACTORS

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement


@dataclass(frozen=True)
class Kind:
    """A kind of gap.

    Attributes
    ----------
    theme : str
        What kinds have in common that one person answers at once.
    name : str
        What is open, in two or three words: ``how fast``.
    words : str
        A regular expression for the words that leave it open.
    missing : str
        What a test would have to know.
    readings : tuple of str
        What could be meant, the likeliest first. ``{what}`` is what the requirement speaks of, ``{amount}`` the largest
        number that it names and ``{items}`` what it lists; a reading whose part is not there is left out.
    """

    theme: str
    name: str
    words: str
    missing: str
    readings: tuple[str, ...]


LIMITS, PROTECTION, PEOPLE, QUALITY, CASES = "limits", "protection", "people", "quality", "cases"

DOCUMENTS = Kind(
    QUALITY,
    "what the documentation holds",
    r"documentation|documented|readme|manual|user guide|dokumentation",
    "what has to be in it, and for whom",
    (
        "readers find 1 section on each of: {items}",
        "somebody who has never seen it gets it to run with it in 15 minutes",
    ),
)
KINDS = (
    DOCUMENTS,
    Kind(
        CASES,
        "what is still undecided",
        r"tbd|tba|tbc|to be (?:decided|defined|determined|confirmed)|needs clarification|\?{3}",
        "what was decided",
        ("left out until it is decided",),
    ),
    Kind(
        LIMITS,
        "how timely",
        r"timely|on time|promptly|up[- ]to[- ]date|rechtzeitig",
        "how long after what",
        ("{what}: finished within 15 minutes after the input is complete",),
    ),
    Kind(
        LIMITS,
        "how fast",
        r"fast|quick|speed|performan|responsive|real-?time|efficien|latency|instant|few seconds|slow|"
        r"schnell|rapide|rápid",
        "how long it may take, under what load, on what machine",
        (
            "{what}: 95 of 100 are done within 200 ms at 100 requests a second",
            "{what}: at most 2 seconds for a typical input on a developer's laptop",
        ),
    ),
    Kind(
        LIMITS,
        "how available",
        r"availability|(?:highly|always|permanently) available|available(?=\s*(?:[.,;]|$))|"
        r"uptime|downtime|24/7|outage|verfügbar",
        "how often it may fail, and for how long",
        (
            "{what}: at least 99.9 % of the requests of a month are answered",
            "{what}: back within 60 seconds after its process was killed",
        ),
    ),
    Kind(
        LIMITS,
        "how much it carries",
        r"scal|large|(?<!how )many\b|high load|heavy|concurren|growing|volume|skalier",
        "how much of what it has to carry",
        (
            "{what}: every other limit still holds with {amount}",
            "{what}: every other limit still holds with 10,000 records and 100 users at the same time",
        ),
    ),
    Kind(
        LIMITS,
        "what must never happen",
        r"reliab|robust|stable|stabil|graceful|resilien|fault|durab|zuverl|fiab",
        "which failure is tried, and what has to be seen after it",
        (
            "{what}: killed in the middle and started again 10 times, it never loses what was confirmed",
            "{what}: the same input gives the same result 100 times in a row",
        ),
    ),
    Kind(
        LIMITS,
        "what stays the same",
        r"consisten|reproducib|determinis|every time|idempoten",
        "what is repeated, how often, and what must not differ",
        ("{what}: the same input gives the same result 100 times in a row",),
    ),
    Kind(
        PROTECTION,
        "which data is kept",
        r"privac|private|personal|collect|retention|tracking|datenschutz",
        "which data may be kept or sent, where, and for how long",
        (
            "{what}: nothing is sent to another machine, and only the output that was asked for stays on disk",
            "{what}: personal data is gone 30 days after its owner asks for it",
        ),
    ),
    Kind(
        PROTECTION,
        "what it withstands",
        r"secur|malicious|protect|safe\b|safety|gdpr|confiden|encrypt|sicher|sécur|segur",
        "against whom, and what they try",
        (
            "{what}: what is not allowed is refused with a message, and no secret is in a log or in plain text on disk",
            "{what}: without a valid login every request is refused",
        ),
    ),
    Kind(
        PEOPLE,
        "what a change must not break",
        r"seamless|smooth|switch",
        "what must not happen on the way",
        ("{what}: one step leads from each part to every other and back, and nothing that was entered is lost",),
    ),
    Kind(
        PEOPLE,
        "what a message says",
        r"clear|concise|distinguish|distinct|meaningful|helpful|understandable|verständlich",
        "what the text has to say, and how one kind is told from another",
        ("{what}: one line that begins with its kind (error:, warning:) and names what it is about",),
    ),
    Kind(
        PEOPLE,
        "how it looks",
        r"modern|nice\b|pretty|beautiful|attractive|pleasant|"
        r"prominent|clean\b|polished|look and feel|elegant|übersichtlich",
        "who judges it, and against what",
        (
            "{what}: 2 people who are named have accepted its screenshots",
            "{what}: an automatic check finds nothing against WCAG 2.2 AA",
        ),
    ),
    Kind(
        PEOPLE,
        "how easy",
        r"easy|easily|intuitive|friendly|minimal|usab|conven|readab|accessib|simpl[ey]\b(?=\s+(?:to|and)\b|[,.;])|"
        r"einfach|benutzerfreundlich|fácil",
        "who tries it, and what they have to manage",
        ("{what}: 4 of 5 people who have never seen it finish the main task in 5 minutes without help",),
    ),
    Kind(
        QUALITY,
        "where it runs",
        r"compatib|portab|platform|browsers?\b|devices?\b|operating systems?|works? (?:in|on|with)\b",
        "which ones, in which versions",
        ("the tests pass on the two newest versions of each that it names",),
    ),
    Kind(
        QUALITY,
        "how good the code is",
        r"maintain|extensib|modular|clean code|testab|wartbar|best practices?|code quality",
        "what is measured",
        ("the linter and the type checker pass, and every public function has a docstring and a test",),
    ),
    Kind(
        CASES,
        "which cases count",
        r"ensure|accurate|correct|proper|handle|valid|error|edge cases?|unexpected",
        "which cases are tried, and what each has to give",
        ("{what}: one example of each case that it names gives the result that you write down for it",),
    ),
    Kind(
        CASES,
        "what belongs to it",
        r"etc\b|appropriate|relevant|suitable|various|sufficient|rich\b|basic\b|simple\b|necessary|some\b|needed|usw\b|"
        r"improve|optimi[sz]e|better",
        "what belongs to it, and what does not",
        (
            "it accepts and shows exactly {items}, and refuses everything else",
            "it accepts and shows what the sentence names, and refuses everything else",
        ),
    ),
)
_NAMES = [kind.name for kind in KINDS]
SPOKEN, EASY = _NAMES.index("what a message says"), _NAMES.index("how easy")
"""A message that is easy is one that says something."""

PURPOSE = re.compile(r"(?i),?\s+so\s+(?:that\b|(?=i\b|we\b|they\b)).*$", re.DOTALL)
"""What a requirement is for; a test looks at what it asks for."""

LABEL = re.compile(r"(?i)^(?:\w+\s+)?\w*(?:ity|ance|ness|ency|design|documentation|experience)\W*$")
"""A requirement that is only the name of a quality: what it means stands below it, or nowhere."""

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


def gaps(statement: Statement) -> list[Gap]:
    """Return which of its words leave open what a test would have to know: at most two, in their order; often none.

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
    found = [(at, SPOKEN if messages and i == EASY else i, word) for at, i, word in found]
    kept = [(KINDS[i], word) for _, i, word in sorted(found)]
    firm = [(kind, word) for kind, word in kept if kind not in KINDS[-2:]] or kept[:1]
    firm = [(kind, word) for kind, word in firm if kind is DOCUMENTS] or firm
    return [Gap(kind, word, _readings(kind, statement)) for kind, word in firm[:2]]


def _readings(kind: Kind, statement: Statement) -> tuple[str, ...]:
    text = plain(statement.text)
    amounts = sorted(AMOUNT.findall(text), key=_size)
    items = ITEMS.search(text)
    parts = {
        "amount": amounts[-1] if amounts else "",
        "items": items.group(1).strip() if items else "",
    }
    used = [r.replace("{what}: ", _what(statement)) for r in kind.readings]
    used = [r for r in used if all(parts[name] for name in re.findall(r"\{(amount|items)\}", r))]
    return tuple(re.sub(r"\{(amount|items)\}", lambda name: parts[name[1]], r) for r in used)


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
