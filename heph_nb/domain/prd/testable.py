"""Whether a test could check a requirement as it is written.

The judgement is conservative: it says yes only where the words give a test something definite, and no where a
person would first have to ask "what exactly?". A requirement is testable if one of these holds:

- one of its acceptance criteria is testable;
- it is a Given/When/Then scenario;
- it names a number with a unit ("within 200 ms", "99.9 %", "3 attempts"): a "few seconds" is none;
- it quotes a text ("Conversion successful."), or names a command, path or identifier in `code`, and says what
  it does;
- it says what is done, shown, stored, refused ... and no word in it leaves open when that is good enough.

Words of taste ("fast", "clean", "user-friendly", "consistent") make it untestable unless a number or a quoted text
is there too. So do placeholders (TBD), and verbs that only promise ("ensure", "handle", "improve", "implement") with
nothing definite beside them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.shapes import LOOK, NORMATIVE, is_scenario
from heph_nb.domain.prd.wording import CAPABLE, WORD, base_verb, has_action

if TYPE_CHECKING:
    from heph_nb.domain.prd.model import Statement

SHORTEST = 4
"""A statement of fewer words names a wish."""

_I = re.IGNORECASE
_NUMBER_WORDS = r"one|two|three|four|five|six|seven|eight|nine|ten|twelve|twice|once"
_MEASURE = re.compile(rf"(?:\b\d[\d.,_]*|\b(?:{_NUMBER_WORDS}))[\s-]*(?:{lexicon.either('units')})(?![A-Za-z])", _I)
_BOUND = re.compile(
    r"(?:[<>≤≥]=?|\b(?:at (?:least|most)|no (?:more|less) than|up to|(?:more|less|fewer) than|exactly|maximum(?: of)?|"
    r"minimum(?: of)?|between|under|below|above|within|every)\b)\s*\d",
    _I,
)
_STANDARD = re.compile(
    r"\b(?:ISO[ -]?\d{3,5}|RFC ?\d{3,4}|WCAG ?(?:\d\.\d ?)?A{0,3}|TLS ?1\.\d|C\+\+\d\d|Python ?3(?:\.\d+)?|ES20\d\d|"
    r"HTTP ?\d{3}|UTF-8|SHA-?\d{3}|AES-?\d{3}|\d{3} (?:error|response|status))\b|"
    r"\b(?:returns?|status(?: code)?|code|exit code(?: is)?|exits? with) (?:of )?\d{1,3}\b",
    _I,
)
_QUOTED = re.compile(r"\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|„[^“”\n]{1,200}[“”]|«[^»\n]{1,200}»")
_CODE = re.compile(r"`[^`\n]+`")
_TASTE = lexicon.words("testable", "taste")
_PROMISES = lexicon.word_set("promises", "testable")
_PROMISED = lexicon.word_set("promised", "testable")
_OPEN = re.compile(
    r"\b(?:tbd|tba|tbc|to be (?:decided|defined|determined|confirmed|agreed)|needs clarification|xxx)\b|"
    r"\?{3}|\?\s*$|待定",
    _I,
)
_PASSIVE = re.compile(r"\b(?:is|are|be|gets?)\s+(?:\w+\s+){0,2}?(\w+(?:ed|en|wn|pt|nt|lt|ut|it|et|ne|ld|rn))\b", _I)
_ABSOLUTE = re.compile(r"\b(?:not|never|only|no|cannot|without)\b", _I)


def is_testable(statement: Statement) -> bool:
    """Say whether a test could check this requirement as the PRD states it.

    Parameters
    ----------
    statement : Statement
        Only its text and criteria are looked at.

    Examples
    --------
    >>> from heph_nb.domain.prd.model import Statement
    >>> def said(text):
    ...     return Statement(id="R-001", text=text, section="", lines=((1, 1),))
    >>> is_testable(said("A search answers within 200 ms.")), is_testable(said("The search is fast."))
    (True, False)
    """
    return any(_is_testable(text[:LOOK]) for text in (statement.text, *statement.criteria))


def _is_testable(text: str) -> bool:
    if _OPEN.search(text):
        return False
    if is_scenario(text) or any(each.search(text) for each in (_MEASURE, _BOUND, _STANDARD, _QUOTED)):
        return True
    words = _CODE.sub("code", text)
    if _TASTE.search(words):
        return bool(_CODE.search(text)) and _is_definite(words)
    if _CODE.search(text):
        return has_action(text) or len(text.split()) > 2
    return _is_definite(words)


def _is_definite(text: str) -> bool:
    """Whether it says what happens: a verb of behaviour that is more than a promise, with something it acts on."""
    found = WORD.findall(text.casefold())
    if len(found) < SHORTEST:
        return False
    verbs = {base_verb(word) for word in found} - {""}
    done = {match[1].casefold() for match in _PASSIVE.finditer(text)}
    if verbs - _PROMISES or done - _PROMISED:
        return True
    return bool((NORMATIVE.search(text) or CAPABLE.search(text)) and _ABSOLUTE.search(text))
