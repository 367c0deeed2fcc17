"""Kinds of gaps: the words that leave something open, what a test would have to know, and how it could be meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    of : mapping of str to tuple of str
        The readings for a kind of product (``api``, ``page``, ``cli``) where they are others.
    """

    theme: str
    name: str
    words: str
    missing: str
    readings: tuple[str, ...]
    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


LIMITS, PROTECTION, PEOPLE, QUALITY, CASES = "limits", "protection", "people", "quality", "cases"

FOUND = Kind(
    QUALITY,
    "how well it is found",
    r"seo|search[- ]engines?|discoverab\w*",
    "which pages, and who measures it by what",
    (
        "{what}: an automatic audit of its pages gives at least 90 of 100 points for SEO",
        "{what}: each page has a title, a description and an address of its own in words",
    ),
)
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
RUNS = Kind(
    QUALITY,
    "where it runs",
    r"compatib|portab|platform|browsers?\b|devices?\b|operating systems?|works? (?:in|on|with)\b",
    "which ones, in which versions",
    ("the tests pass with the newest version of each thing that it names",),
)
KINDS = (
    DOCUMENTS,
    FOUND,
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
            "{what}: at most 2 seconds for a typical input on a developer's laptop",
            "{what}: 95 of 100 are done within 200 ms at 100 requests a second",
        ),
        of={
            "api": (
                "{what}: 95 of 100 are done within 200 ms at 100 requests a second",
                "{what}: at most 1 second for each request while nobody else sends any",
            ),
            "page": (
                "{what}: shown and usable within 2 seconds after it was opened on a phone with 4G",
                "{what}: every click is answered on the screen within 200 ms",
            ),
            "cli": (
                "{what}: the first output is there within 200 ms, and an input of 10,000 lines is done within 1 second",
                "{what}: done within 2 seconds for the largest input that you name",
            ),
        },
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
            "{what}: at least 2 people, named beforehand, have accepted its screenshots",
            "{what}: an automatic check finds nothing against WCAG 2.2 AA",
        ),
    ),
    Kind(
        PEOPLE,
        "how easy",
        r"easy|easily|effortless|painless|frictionless|straightforward|comfortabl|intuitive|friendly|minimal|usab|conven|readab|accessib|simpl[ey]\b(?=\s+(?:to|and)\b|[,.;])|"
        r"einfach|benutzerfreundlich|fácil",
        "who tries it, and what they have to manage",
        ("{what}: 4 of 5 people who have never seen it finish the main task in 5 minutes without help",),
    ),
    RUNS,
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
