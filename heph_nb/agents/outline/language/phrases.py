"""Phrases: what texts name, told without a dictionary, and which of it they have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from heph_nb.agents.outline.language.headings import unmarked
from heph_nb.agents.outline.language.vocabulary import COMMON, DESCRIBING, DOING, UNITS
from heph_nb.agents.outline.language.words import WORD, Subjects, stem

Key = tuple[str, ...]

ARTICLES = frozenset(
    [
        "a",
        "an",
        "the",
        "each",
        "every",
        "all",
        "any",
        "no",
        "its",
        "their",
        "his",
        "her",
        "my",
        "our",
        "your",
        "this",
        "that",
        "of",
        "per",
        "new",
    ]
)
"""What stands before a name: ``report`` is one in ``a report``."""


def phrases(texts: Sequence[str], subjects: Subjects) -> list[tuple[str, int]]:
    """Return the nouns, and pairs of words that end in one, that texts share, and in how many; the best first.

    No word is in two of them.
    """
    found_in: Counter[Key] = Counter()
    shown: dict[Key, Counter[str]] = {}
    for text in texts:
        here: set[Key] = set()
        for words in named(text):
            for size in (1, 2):
                part = words[-size:]
                key = tuple(stem(word) for word in part)
                if len(part) < size or len(set(key)) < size or does(part[0]):
                    continue
                here.add(key)
                shown.setdefault(key, Counter())[" ".join(map(lower, part))] += 1
        found_in.update(here)
    ranked: list[tuple[float, str, Key]] = []
    for key, count in found_in.items():
        said = min(shown[key], key=lambda text: (-shown[key][text], text))
        weight = sum(0.3 + subjects.weight(s) for s in key) / len(key) ** 0.5
        ranked.append((-weight * count, said, key))
    chosen: list[tuple[str, Key]] = []
    for _, said, key in sorted(ranked):
        if not any(set(key) & set(other) for _, other in chosen):
            chosen.append((said, key))
    return [(said, found_in[key]) for said, key in chosen]


def named(text: str) -> Iterator[list[str]]:
    """Yield what a text names: runs of words that end in a noun, as far as their surroundings tell.

    Examples
    --------
    >>> list(named("The service sends a weekly report of unpaid invoices, quickly."))
    [['service'], ['weekly', 'report'], ['unpaid', 'invoices']]
    """
    run: list[str] = []
    led = False
    for word, apart in _tokens(text):
        low = word.casefold()
        splits = low in COMMON or low in ARTICLES
        if apart or splits or (does(low) and not (led and (not run or low in DOING))):
            yield from _ended(run, led)
            run, led = [], low in ARTICLES
        if not splits and (led or not does(low)):
            run.append(word)
    yield from _ended(run, led)


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the words outside of code, each with whether something else than a space stands before it."""
    shown, masked = unmarked(text)
    plain = "".join(";" if m == "x" and s != "x" else s for s, m in zip(shown, masked, strict=True))
    end = 0
    for found in WORD.finditer(plain):
        yield found.group(), bool(plain[end : found.start()].strip())
        end = found.end()


def _ended(run: Sequence[str], led: bool) -> Iterator[list[str]]:
    kept = list(run)
    while kept and not nameable(kept[-1]) and not (led and kept[-1].endswith("ing")):
        kept.pop()
    while kept and kept[0].casefold() in DOING and len(kept) > 1:
        kept.pop(0)
    if kept:
        yield kept[-3:]


def nameable(word: str) -> bool:
    """Whether a word alone can stand for a subject: no unit, no quality, no adverb, nothing of two letters."""
    low = word.casefold()
    return not (
        (word.isascii() and len(low) < 3)
        or low in UNITS
        or describes(low)
        or re.fullmatch(r"\w{3,}(?:ly|ing|able|ible|ful|ous|ive)", low)
    )


def describes(word: str) -> bool:
    """Whether a word says how something is, and not what."""
    low = word.casefold()
    return low in DESCRIBING or (low.endswith("ed") and len(low) > 4)


def does(word: str) -> bool:
    """Whether a word says what is done, in a form that is easily told."""
    word = word.casefold()
    return word in DOING or word.removesuffix("s") in DOING or word.removesuffix("es") in DOING


def lower(text: str) -> str:
    """Take the capital from a word that only stands at the start of its sentence; leave names and acronyms."""
    capitals = sum(c.isupper() or c.isdigit() for c in text[1:])
    return text if capitals or len(text) < 2 else text[:1].lower() + text[1:]
