"""Briefs: a sentence in few words, and what it speaks of."""

from __future__ import annotations

import re

from heph_nb.agents.outline.language.headings import PARENTHESIS, generic, lead_in, plain, unmarked
from heph_nb.agents.outline.language.phrases import describes, does
from heph_nb.agents.outline.language.sentences import is_end
from heph_nb.agents.outline.language.vocabulary import ACTORS, COMMON, NOT_A_NAME, SAYING

LONGEST = 60
"""Characters that a title may have."""

OPENING = re.compile(
    r"""^(?:(?:and|but|so|then|also)\s+)?(?:as\s+(?:an?\s+)?[^,.]{2,60}?,?\s+i\s+(?:want|need|would\s+like)\s+(?:to\s+)?)?
    (?:(?:we|i|you|they|he|she)\s+(?:(?:want|need|would\s+like|wish)\s+(?:to\s+(?:have\s+)?)?)?(?=\w)(?!(?:are|were|is|was|do|have|had)\b))?
    (?:(?:the|a|an)\s+)?
    (?:(?:system|application|app|tool|software|program|product|service|users?|it|people|everyone|one|we|platform|
    library|package|module)\s+(?!\w+\s+be\s+(?!able\s|possible\s))(?=(?:must|shall|should|can|could|may|will|needs?|ha(?:s|ve)|is|are|lets?|\w+s)\s))?
    (?:(?:must|shall|should|can|could|may|will|needs?\s+to|has\s+to|have\s+to|is\s+able\s+to|are\s+able\s+to|able\s+to)
    \s+(?!not\b|be\s+(?!able\s+to|possible\s+to)))?
    (?:be\s+(?:able\s+to|possible\s+to)\s+)?
    (?:(?:is|are)\s+(?:designed|intended|expected|required|meant)\s+to\s+|aims?\s+to\s+)?
    (?:(?:lets?|allows?|enables?)\s+(?:the\s+)?(?:users?|customers?|people|administrators?|admins?)\s+(?:to\s+)?)?
    (?:(?:supports?|provides?|implements?|ensures?|allows?|ability\s+to|support\s+for)\s+)?(?:that\s+)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
WANTED = re.compile(r"(?i)^as\s+(?:an?\s+)?[^,.]{2,60}?,?\s+i\s+(?:want|need|would\s+like|can)\s+(?:to\s+)?")
"""How a user story begins: who it is about is not what."""

MUST = re.compile(
    r"(?i)(?:(?:the|an?|all|each|every|any)\s+)?(\S.*?)\s+"
    r"(?:must|shall|should|can|could|may|will|has to|have to|needs? to)\s"
)
CLAUSE = re.compile(
    r"(?<=\w)(?:[.;!?](?:\s|$)|,?\s+(?:so that|because|in order to|such as|e\.g\.|i\.e\.)\s"
    r"|\s[\u2013\u2014]\s)"
)
JOINING = frozenset(["and", "or", "of", "for", "the", "a", "an", "to", "in", "by", "on"])
ASIDE = re.compile(r"\s+\([^()]*\)")
RELATION = re.compile(r"\s+(?:to|for|with|using|by|in|on|from|that|which|when|if|and|via)\s|[,;:.(]")
MAKING = re.compile(
    r"(?i)(?:implement|create|add|build|develop|write|set\s?up|provide|offer)s?\s+(?:an?\s+|the\s+)?(.+)$"
)


def spoken_of(text: str) -> str:
    """Return what a sentence is about: what stands before its ``must``, or what is to be made; in a few words.

    Examples
    --------
    >>> spoken_of("Wave computation must use topological sort")
    'Wave computation'
    >>> spoken_of("Implement a retry queue for failed jobs")
    'Retry queue'
    """
    text = plain(text)
    found = MUST.match(text)
    said = found.group(1) if found else ""
    if not said or said.casefold() in ACTORS:
        made = MAKING.match(text) or MAKING.match(OPENING.sub("", text, count=1))
        said = RELATION.split(made.group(1), maxsplit=1)[0] if made else ""
    parts = PARENTHESIS.sub("", said).split()
    telling = [part for part in parts if part.casefold() not in COMMON]
    if not 1 <= len(parts) <= 5 or not telling or any(c in said for c in ",;:.") or parts[0].casefold() in NOT_A_NAME:
        return ""
    return capital(" ".join(parts))


def brief(text: str, limit: int = LONGEST) -> str:
    """Return the core of a sentence, without ``The system must`` before it and without its subordinate clauses.

    Examples
    --------
    >>> brief("A file that was loaded before (same SHA-256) must be skipped; it is logged.")
    'File that was loaded before must be skipped'
    """
    named = lead_in(text)
    if named and " " in named and not generic(named):
        return clip(capital(named), limit)
    shown, masked = unmarked(text)
    opening = OPENING.match(masked)
    start = opening.end() if opening and opening.end() < len(masked) else 0
    stops = (found.start() for found in CLAUSE.finditer(masked, start) if is_end(masked, found.start()))
    end = next(stops, len(masked))
    for aside in reversed(list(ASIDE.finditer(masked, start, end))):
        if aside.start() > start:
            shown = shown[: aside.start()] + shown[aside.end() :]
            end -= aside.end() - aside.start()
    core = shown[start:end].rstrip(" ,.;:").lstrip(" ,;:")
    return clip(core if masked[start : start + 2] == "xx" else capital(core.lstrip("-")), limit)


def clip(text: str, limit: int = LONGEST) -> str:
    """Cut a text at a word, so that it has at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    cut = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return cut.rstrip(" ,;:-\u2013\u2014(`'\"") + "…"


def capital(text: str) -> str:
    """Begin a text with a capital, unless its first word is a name of its own kind: ``p95``, ``iPhone``, ``a_b``."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if re.fullmatch(r"[^\W\d_]['\u2019a-z\u00df-\uffff-]*[.,:;]?", first) else text


def label(text: str) -> str:
    """Return a requirement that is only a name, such as ``Event search & filtering``; empty where it says more.

    Examples
    --------
    >>> label("Interactive seat map"), label("Seats can be held"), label("id")
    ('Interactive seat map', '', '')
    """
    said = PARENTHESIS.sub("", plain(text)).strip(" .")
    parts = re.findall(r"[^\W\d_][\w'-]*", said)
    if not 2 <= len(parts) <= 7 or len(said) > LONGEST - 4 or re.search(r"[:;,.|`\u2192\[\]=]|\d|(?<!\w)/", said):
        return ""
    low = [part.casefold() for part in parts]
    if any(part in SAYING or part in NOT_A_NAME or (part in COMMON and part not in JOINING) for part in low):
        return ""
    return "" if does(low[0]) or describes(low[-1]) or low[0] in COMMON or low[0] in ACTORS else capital(said)
