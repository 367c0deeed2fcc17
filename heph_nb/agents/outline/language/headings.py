"""Headings: what a section is called once numbers, marks and empty words are gone."""

from __future__ import annotations

import re

from heph_nb.agents.outline.documents.md import CODE
from heph_nb.agents.outline.language.vocabulary import COMMON, DOING, EMPTY, NOT_A_NAME, SAYING

SEPARATOR = " > "
"""Stands between the headings of a section's path."""

NUMBERED = re.compile(
    r"""^\s*(?:
        (?:(?:feature|epic|module|section|chapter|part|(?:user\ )?story|use\ case|requirement|milestone|sprint|
           iteration|phase|step|component|
           anforderung|kapitel|abschnitt|módulo|fonctionnalité)\s+)?
        (?:\d+(?:\.\d+)*|[IVX]{1,5}(?=[.):]))[.):]*\s*[-\u2013\u2014:]?\s+
      | v\d+(?:\.\d+)*\s*[-\u2013\u2014:]*\s+(?=\S)
      | [A-Z]{1,6}-?\d+(?:\.\d+)*\s*[-\u2013\u2014:.)]?\s+
      | [a-zA-Z][.)]\s+
      | (?:feature|epic|module|component|(?:user\ )?story|use\ case|example)\s*:\s+
    )""",
    re.VERBOSE | re.IGNORECASE,
)
EXAMPLE = re.compile(r"(?i)(?:for\s+|an?\s+|another\s+)?examples?\b")
"""How a heading begins that only shows what its chapter is about."""

TRAILING = re.compile(r"[\s:]+(?:modules?|features?|requirements?|functionality|functionalities)\s*$", re.IGNORECASE)
OBJECTS = frozenset(["product", "products", "user", "users"])
"""What alone is the name of a thing that the product keeps, and in more words says nothing."""

PICTURE = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d\u20e3]+")
"""Emoji and dingbats."""
PARENTHESIS = re.compile(r"\s*\([^()]*\)\s*$")
LEAD_IN = re.compile(r"^\s*([^\W_][^:.?!\n]{2,48}?)\s*(?::|\s[\u2013\u2014-])\s+\S")


def plain(text: str) -> str:
    """Return Markdown text without its emphasis, code and link marks, on one line. What is code stays as it is.

    Examples
    --------
    >>> plain("The **file** `read_*.csv`")
    'The file read_*.csv'
    """
    return unmarked(text)[0]


def unmarked(text: str) -> tuple[str, str]:
    """Return the plain text, and a text of the same length in which every character of code is an ``x``.

    What cuts sentences looks at the second: a colon or a full stop in code ends nothing.
    """
    shown: list[str] = []
    masked: list[str] = []
    end = 0
    text = " ".join(text.split())
    for found in CODE.finditer(text):
        before, code = _without_marks(text[end : found.start()]), found.group().strip("`").strip()
        shown += [before, code]
        masked += [before, "x" * len(code)]
        end = found.end()
    shown.append(_without_marks(text[end:]))
    masked.append(shown[-1])
    return "".join(shown), "".join(masked)


def _without_marks(text: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|`|~~)", "", text)
    return re.sub(r"(?<![\w*])[*_](?=\S)|(?<=\S)[*_](?![\w*])", "", text)


def subject(path: str) -> str:
    """Return the part of a section's path that says what it is about: up to its last heading that is not empty words.

    Examples
    --------
    >>> subject("Features > Import > Requirements")
    'Features > Import'
    >>> subject("Requirements > Functional")
    'Requirements > Functional'
    """
    parts = path.split(SEPARATOR)
    while parts and generic(parts[-1]):
        parts.pop()
    return SEPARATOR.join(parts) or path


def within(path: str, section: str) -> bool:
    """Whether a path leads into a section, whose own path may lack the chapters that all paths begin with."""
    return f"{SEPARATOR}{section}{SEPARATOR}" in f"{SEPARATOR}{path}{SEPARATOR}" if section else True


def heading(section: str) -> str:
    """Return a section's last heading without its number, its marks and a closing ``Module`` or ``Requirements``.

    Examples
    --------
    >>> heading("2.1 Dish Data Management Module")
    'Dish Data Management'
    >>> heading("US-001: Bead validation")
    'Bead validation'
    >>> heading("Feature 2: **Multi-sheet Support**")
    'Multi-sheet Support'
    """
    text = _bare(section)
    for ending in (PARENTHESIS, TRAILING):
        shorter = ending.sub("", text)
        if len(parts := shorter.split()) > 1 and parts[-1].casefold() not in COMMON and not generic(shorter):
            text = shorter
    return text.strip(" :-\u2013\u2014")


def _bare(section: str) -> str:
    """Return a section's last heading without its number and without pictures."""
    text = PICTURE.sub(" ", plain(section.rsplit(SEPARATOR, 1)[-1])).split("|")[0].strip(" #:*")
    return NUMBERED.sub("", text, count=1) or text


def generic(section: str) -> bool:
    """Whether a heading names a kind of text (``Functional Requirements``) and not a subject.

    Examples
    --------
    >>> generic("2. Basic Functional Requirements:"), generic("Search")
    (True, False)
    """
    text = re.sub(r"\([^()]*\)", " ", _bare(section))
    if EXAMPLE.match(text):
        return True
    parts = re.findall(r"[^\W\d_][\w-]*", text.casefold())
    if len(parts) == 1 and parts[0] in OBJECTS:
        return False
    return all(part in EMPTY or part.rstrip("s") in EMPTY for part in parts)


def lead_in(text: str) -> str | None:
    """Return what a requirement calls itself before its colon, if it does.

    Examples
    --------
    >>> lead_in("Multi-sheet Support: every sheet becomes a file")
    'Multi-sheet Support'
    >>> lead_in("Each node shows: id, title and type") is None
    True
    >>> lead_in('`describe(text, { locale: "de" })` gives German') is None
    True
    """
    shown, masked = unmarked(text)
    found = LEAD_IN.match(masked)
    if found is None:
        return None
    name = PARENTHESIS.sub("", shown[slice(*found.span(1))]).strip()
    parts = [part.casefold() for part in re.findall(r"[^\W\d_][\w-]*", name)]
    if not 1 <= len(parts) <= 5 or parts[0] in NOT_A_NAME or any(part in SAYING for part in parts):
        return None
    return None if len(parts) == 1 and (parts[0] in DOING or parts[0] in COMMON) else name
