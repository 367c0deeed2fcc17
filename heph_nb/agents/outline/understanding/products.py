"""Products: whether a document is about an API, a page or a command line, by what it says most of."""

from __future__ import annotations

import re
from collections.abc import Iterable

SAYS = {
    "api": r"APIs?|endpoints?|HTTPS?|REST|requests|redirects?|webhooks?",
    "page": r"(?:web ?)?pages?|web ?(?:sites?|apps?|interface)|screens?|browsers?|UI|user interface|dashboards?|"
    r"phones?|iPads?|mobile apps?|buttons?",
    "cli": r"command[- ]lines?|CLI|terminal|stdin|stdout|stderr|exit (?:code|status)|exit \d|"
    r"subcommands?|single binary|--[a-z][\w-]+",
}
"""What documents say of each kind of product."""


def product_of(lines: Iterable[str]) -> str:
    """Return ``api``, ``page`` or ``cli``; empty where nothing is said of any.

    Examples
    --------
    >>> product_of(["It prints to stdout", "One page of help"]), product_of(["Redirects are fast"])
    ('cli', 'api')
    """
    text = "\n".join(lines)
    said = {kind: len(re.findall(rf"(?i)(?<![\w/])(?:{words})(?!\w)", text)) for kind, words in SAYS.items()}
    best = max(said, key=lambda kind: (said[kind], kind == "cli"))
    return best if said[best] else ""
