"""Questions that a PRD leaves open, wherever they stand: "Prometheus?", "(is 1 enough? TBD)"."""

from __future__ import annotations

import re
from itertools import pairwise

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.shapes import is_question, sentences
from heph_nb.domain.prd.topics import SILENT, topic_of
from heph_nb.domain.prd.wording import has_action, is_request

STEM = 5
"""Words that begin with the same letters, so many, speak of the same thing."""

_CLARIFY = re.compile(r"\[NEEDS CLARIFICATION:?\s*([^\]]+)\]", re.IGNORECASE)
_UNDECIDED = lexicon.words("questions", "undecided")
_SETTLED = lexicon.words("questions", "settled")
_RHETORICAL = lexicon.opening("questions", "rhetorical")
_ANSWERED_AT = lexicon.words("questions", "answered_under")
_ANSWER = lexicon.opening("questions", "answer")
_WORD = re.compile(r"\b(?!(?:there|these|those|which|where|would|could|should|about|their|other)\b)[^\W\d_]{4,}")
_ASIDE = re.compile(r"\(([^()]{3,400})\)")
_SHOWN = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|'[^']*\?'")
"""What is only quoted: "Delete all items?" asks the user, not the author."""


def open_questions(text: str, titles: tuple[str, ...], *, answered: bool) -> list[str]:
    """Return the questions that a paragraph, list item or row leaves open.

    Parameters
    ----------
    text : str
        Its clean text.
    titles : tuple of str
        The headings and introductions above it.
    answered : bool
        Whether what stands under it says what was decided.
    """
    if marks := [mark.strip() for mark in _CLARIFY.findall(text)]:
        return marks
    if not ("?" in text or _UNDECIDED.search(text)):
        return []
    if answered or any(map(_ANSWERED_AT.search, titles)):
        return []
    between = [] if any(topic_of(title) in SILENT for title in titles) else _between(_ASIDE.sub("", text))
    if is_settled(text):
        return between
    inside = [aside[1] for aside in _ASIDE.finditer(text) if _is_open(aside[1])]
    if inside:
        return inside
    return between + [part for part in _trailing(_ASIDE.sub("", text)) if _is_open(part)]


def is_settled(text: str) -> bool:
    """Whether a text says that its question has been decided."""
    return bool(_SETTLED.search(text))


def _trailing(text: str) -> list[str]:
    """Return the last sentences of a text, as long as they ask or are undecided: what follows a question answers it."""
    found: list[str] = []
    for begin, end in reversed(sentences(text)):
        part = text[begin:end]
        if not (is_question(part) or _UNDECIDED.search(part)):
            break
        found.insert(0, part)
    merged = [part for part in found if len(part.split()) > 1 or not _UNDECIDED.fullmatch(part.rstrip(".!"))]
    # a question of one word is about the sentence in front of it: "We want some metrics. Prometheus?"
    if len(merged) == 1 and len(merged[0].split()) == 1 and len(text) > len(merged[0]):
        before = text[: text.rfind(merged[0])].rstrip()
        begin, end = sentences(before)[-1]
        return [f"{before[begin:end]} {merged[0]}"]
    return merged


def _between(text: str) -> list[str]:
    """Return the questions inside a text that the sentence behind them does not answer."""
    parts = [text[begin:end] for begin, end in sentences(text)]
    return [
        part
        for part, after in pairwise(parts)
        if len(part.split()) > 1 and _is_open(part) and not is_question(after) and not _answers(after, part)
    ]


def _answers(text: str, question: str) -> bool:
    """Whether a sentence answers the question in front of it: "Yes, ...", "Because ...", or it takes up its words."""
    if _ANSWER.match(text) or not has_action(text):
        return True
    asked, said = ({word[:STEM] for word in _WORD.findall(each.casefold())} for each in (question, text))
    return bool(asked & said)


def _is_open(text: str) -> bool:
    bare = _SHOWN.sub("", text)
    asks = "?" in bare and (is_question(bare) or bool(re.search(r"\?\W*\w+\W*$", bare)))
    if not (asks or _UNDECIDED.search(bare)):
        return False
    return not (_RHETORICAL.match(bare) or is_request(bare))
