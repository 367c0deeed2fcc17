"""Levels (must, should, could) and kinds (functional or not), as a PRD writes them."""

from __future__ import annotations

import re

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.model import LEVELS

_I = re.IGNORECASE
_LOOK = 400
_WHOLE = tuple((name, lexicon.whole("levels", name)) for name in lexicon.names("levels"))
_IN_TITLE = tuple((name, lexicon.words("title_levels", name)) for name in lexicon.names("title_levels"))
_PRIORITY = re.compile(r"\b[Pp](?:rio(?:rity)?\s*)?([0-5])\b")
_STEP = re.compile(r"[Pp](?:rio(?:rity)?)?\s*([0-5])(?:\W.*)?")
_NUMBERED = re.compile(r"([1-5])(?:\s*[(–-]\s*(\w+)\)?)?")
_COMPOUND = re.compile(r"(?:must|should|could|won'?t|nice)[- ]", _I)
_TAG = re.compile(r"[\[(\uff08]\s*(?:[Pp]rio(?:rity)?\s*[:=]?\s*)?(?P<tag>[A-Za-z0-9' -]{1,22})\s*[\])\uff09]")
_MOSCOW = r"P[0-4]|MUST|SHOULD|COULD|(?:Must|Should|Could)[- ]have|[Nn]ice(?:[- ]to[- ]have)?|Optional|Stretch|Bonus"
_PREFIX = re.compile(rf"({_MOSCOW})\s*(?:[:–—]|\s-\s)\s*")
_UPPER = re.compile(
    r"\b(?P<must>MUST|SHALL|REQUIRED)\b|\b(?P<should>SHOULD|RECOMMENDED)\b|\b(?P<could>MAY|COULD|OPTIONAL)\b"
)
_MODAL = re.compile("|".join(f"(?P<{name}>{lexicon.words('modals', name).pattern})" for name in LEVELS), _I)
_MUST = re.compile(r"\b(?<!who )(?<!that )(?<!which )(?<!what )(?:must|shall)\b(?!-)", _I)
_SOFT = re.compile(r"\b(?:should|could|may|might|ideally|optionally|nice|great|if)\b", _I)
_CONDITION = re.compile(r"^(?:if|when|whenever|once|while|unless)\b[^,]{0,160},", _I)
_REQUEST = re.compile(r"^(?:and |also )*(?:could|can|would) (?:you|it|we|they)\b", _I)
_QUALITY = re.compile(rf"\b(?:{lexicon.either('quality', 'phrases')})", _I)
_BOUND = re.compile(rf"\b(?:{lexicon.either('quality', 'bounds')})", _I)
_CASE = re.compile(r"(?:if|when|whenever|once|while|given|where)\b", _I)
_QUALITY_LEAD = lexicon.whole("quality", "leads")


def counts_from_zero(text: str) -> bool:
    """Whether a PRD uses P0."""
    return bool(re.search(r"\b[Pp](?:rio(?:rity)?\s*)?0\b", text))


def level_of_word(text: str, *, from_zero: bool) -> str | None:
    """Return the level that a priority cell or field names: "High", "P1", "Must"; ``wont`` for MoSCoW's fourth.

    Parameters
    ----------
    text : str
        The whole cell or field.
    from_zero : bool
        Whether the PRD counts its priorities from P0. Then P1 is ``should``, else ``must``.

    Examples
    --------
    >>> level_of_word("P1", from_zero=True), level_of_word("High", from_zero=True), level_of_word("x", from_zero=True)
    ('should', 'must', None)
    """
    text = text.strip(" *_`()[].:🔴🟠🟡🟢⚪").strip()
    if found := _STEP.fullmatch(text):
        return _nth(int(found[1]) - (0 if from_zero else 1))
    if found := _NUMBERED.fullmatch(text):
        named = level_of_word(found[2], from_zero=from_zero) if found[2] else None
        return named or _nth(int(found[1]) - 1)
    first = text if _COMPOUND.match(text) else re.split(r"\s*[-–—(/,:]\s*", text, maxsplit=1)[0]
    return next((level for level, words in _WHOLE if words.fullmatch(text) or words.fullmatch(first)), None)


def _nth(step: int) -> str:
    return LEVELS[min(max(step, 0), len(LEVELS) - 1)]


def level_in_title(title: str, *, from_zero: bool) -> str | None:
    """Return the level that a heading gives to what stands under it ("Nice to have", "Export (P2)")."""
    if re.search(r"\bwon'?t\b", title, _I):
        return "wont"
    if found := _PRIORITY.search(title):
        return level_of_word("P" + found[1], from_zero=from_zero)
    return next((level for level, words in _IN_TITLE if words.search(title)), None)


def take_level(text: str, *, from_zero: bool) -> tuple[str | None, str]:
    """Find a level tag at either end of a statement, "[P1]" or "(Should)"; return it and the text without it."""
    for found in (_TAG.match(text), _last_tag(text)):
        if found and (level := level_of_word(found["tag"], from_zero=from_zero)):
            rest = (text[: found.start()] + text[found.end() :]).strip(" :–—-")
            return level, rest
    if found := _PREFIX.match(text):
        return level_of_word(found[1], from_zero=from_zero), text[found.end() :]
    return None, text


def _last_tag(text: str) -> re.Match[str] | None:
    at = max(text.rfind("["), text.rfind("("), text.rfind("\uff08"))
    found = _TAG.match(text, at) if at > 0 else None
    return found if found and not text[found.end() :].strip(" .") else None


def level_in_words(text: str) -> str | None:
    """Return the level that a statement's own words give it, RFC 2119 capitals first."""
    head = _REQUEST.sub("", text[:_LOOK])
    found = _UPPER.search(head) or _MODAL.search(_CONDITION.sub("", head)) or _MODAL.search(head)
    return found.lastgroup if found else None


def says_must(text: str) -> bool:
    """Whether a statement itself says "must", and nothing softer in front: "Should be fast: it must answer at once"."""
    head = text[:_LOOK]
    found = _MUST.search(head)
    soft = _SOFT.search(head[: found.start()]) if found else None
    return found is not None and (soft is None or ":" in head[soft.end() : found.start()])


def sounds_like_quality(text: str, lead: str) -> bool:
    """Whether a statement is non-functional by its words, where no heading says so."""
    head = text[:_LOOK]
    bound = _BOUND.search(head) and not _CASE.match(head)
    return bool(_QUALITY.search(head) or bound or _QUALITY_LEAD.fullmatch(lead))
