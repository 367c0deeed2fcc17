"""The shape of a text: its sentences, and whether it is a title, a question, a user story, a scenario."""

from __future__ import annotations

import re

from heph_nb.domain.prd import lexicon

LOOK = 600
"""How much of a text is looked at, in characters: what a text is shows at its beginning."""

CODE = re.compile(r"`[^`]*`")
NORMATIVE = lexicon.words("sentences", "normative")
"""Must, shall, should, ..."""

_I = re.IGNORECASE
_COLONS = (":", "\uff1a")
_AS, _WISHES = (lexicon.either("sentences", name) for name in ("as_somebody", "wishes"))
_STORY = re.compile(rf"\W*(?:{_AS})\b[^.!?]{{1,160}}?\b(?:{_WISHES})\b", _I)
_JOB_STORY = re.compile(r"\W*when [^.!?]{3,160}?, i want (?:to )?[^.!?]{3,200}?,? so (?:that )?i\b", _I)
_STEPS = "|".join(lexicon.phrases("sentences", "step"))
_STEP = re.compile(rf"\W*(?:(?:scenario|szenario|example)(?: outline)?\s*:|({_STEPS})\b[,:]?\s)", _I)
_STEP_NAMES = {
    "angenommen": "given",
    "gegeben": "given",
    "wenn": "when",
    "dann": "then",
    "und": "and",
    "but": "and",
    "aber": "and",
}
_GIVEN_THEN = re.compile(
    r"\b(?:given|angenommen|gegeben)\b.{1,400}?\b(?:when|wenn|then|dann)\b|\bwhen\b[^.!?]{2,300}?[,;:]?\s\*{0,2}then\b",
    _I,
)
_TITLE_END = re.compile("[.!?;,\u3002\uff01\uff1f\uff1b]$")
_SHORT = "|".join(lexicon.phrases("sentences", "abbreviations"))
_ABBREVIATION = re.compile(rf"(?:\b(?:{_SHORT})|(?-i:\b[A-Z])|^\W*\d{{1,3}})\.$", _I)
_LAST_WORD = re.compile(r"(?:^|(?<=[\s\d(]))(?:max|min|etc|usw)\.$", _I)
"""An abbreviation that may be the last word of a sentence: a capital letter behind it begins the next one."""
_ASIDE = re.compile(r"(?<=\s)\([^()]{1,400}[^().!?]\)|(?<=\s)\([^()]{1,400}[.!?]\)(?=\s+[a-z])")
"""In brackets inside a sentence: what ends in it does not end the sentence."""
_LAST_ASIDE = re.compile(r"\s*\([^()]*\)$")
_QUOTES = "\"\u201d\u2019'"
_DAY = re.compile(r"\b[0-3]?\d\.$")
_MONTH = re.compile(r"(?:Jan|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)")
_SENTENCE_END = re.compile(
    "(?<=[.!?])[\"\u201d\u2019')\\]]*\\s+(?=[\"\u201c\u2018'(\\[`]*[^\\W_])|(?<=[\u3002\uff01\uff1f\uff1b])\\s*"
)


def introduces(text: str) -> bool:
    """Whether a text ends with a colon: something follows that it speaks of."""
    return text.rstrip().endswith(_COLONS)


def without_colon(text: str) -> str:
    """Return a text without the colon at its end."""
    return text.rstrip(" :\uff1a")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the offsets of the sentences of a paragraph. Code and abbreviations do not end one.

    Examples
    --------
    >>> sentences("It sorts, e.g. by name. It prints.")
    [(0, 23), (24, 34)]
    """
    masked = CODE.sub(lambda m: "`" + "x" * (len(m[0]) - 2) + "`", text) if "`" in text else text
    masked = _ASIDE.sub(lambda m: "(" + "x" * (len(m[0]) - 2) + ")", masked) if "(" in masked else masked
    out: list[tuple[int, int]] = []
    begin = 0
    for gap in _SENTENCE_END.finditer(masked):
        before = max(begin, gap.start() - 12)
        quoted = bool(gap[0]) and gap[0][0] in _QUOTES and masked[gap.end() : gap.end() + 1].islower()
        goes_on = _ABBREVIATION.search(masked, before, gap.start()) and not (
            masked[gap.end() : gap.end() + 1].isupper() and _LAST_WORD.search(masked, before, gap.start())
        )
        if quoted or goes_on or _is_date(masked, before, gap):
            continue
        out.append((begin, gap.end() - len(gap[0]) + len(gap[0].rstrip())))
        begin = gap.end()
    if begin < len(text):
        out.append((begin, len(text)))
    return out


def _is_date(text: str, begin: int, gap: re.Match[str]) -> bool:
    """Whether a full stop belongs to a German date: "30. April"."""
    return bool(_DAY.search(text, begin, gap.start()) and _MONTH.match(text, gap.end()))


def is_question(text: str) -> bool:
    """Whether a text ends with a question mark, and not only what it says in brackets at the end."""
    if text.endswith(")") and (found := _LAST_ASIDE.search(text[-LOOK:])) and len(found[0]) < len(text):
        text = text[: -len(found[0])]
    return text.rstrip(" \"\u201d')*_").endswith(("?", "\uff1f"))


def is_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does, and has the words of one."""
    return text.rstrip(" \"\u201d')*_").endswith((".", "!", "?", "。")) and len(text.split()) > 2


def is_title(text: str) -> bool:
    """Whether `text` reads as a heading: a few words, no sentence."""
    words = text.split()
    if not words or len(words) > 9 or len(text) > 90 or _TITLE_END.search(text) or text[0].islower():
        return False
    return len(words) < 3 or not (NORMATIVE.search(text) or re.search(r"\b(?:is|are|can|will)\b", text))


def is_story(text: str) -> bool:
    """Whether a text is a user story ("As a ..., I want ...") or a job story ("When ..., I want ..., so I can ...")."""
    return bool(_STORY.match(text[:LOOK]) or _JOB_STORY.match(text[:LOOK]))


def step_of(text: str) -> str:
    """Return ``given``, ``when``, ``then`` or ``and`` if `text` is one step of a scenario, else ''."""
    found = _STEP.match(text[:40])
    word = (found[1] or "").casefold().split(" ")[0] if found else ""
    return _STEP_NAMES.get(word, word)


def is_scenario(text: str) -> bool:
    """Whether given, when and then (or two of them) are in one text."""
    return bool(_GIVEN_THEN.search(text[: 2 * LOOK])) and step_of(text) in ("given", "when", "")
