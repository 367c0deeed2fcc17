"""Phrases: the words, and pairs of words, that texts have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from heph_nb.agents.outline.language.headings import plain
from heph_nb.agents.outline.language.vocabulary import COMMON, DOING
from heph_nb.agents.outline.language.words import WORD, Subjects, stem

Key = tuple[str, ...]


def phrases(texts: Sequence[str], subjects: Subjects) -> list[tuple[str, int]]:
    """Return the words or pairs of words that texts are about and in how many they stand, the best first.

    No word is in two of them.
    """
    found_in: Counter[Key] = Counter()
    shown: dict[Key, Counter[str]] = {}
    for text in texts:
        here: set[Key] = set()
        for words in _candidates(text):
            key = tuple(stem(word) for word in words)
            here.add(key)
            shown.setdefault(key, Counter())[" ".join(words)] += 1
        found_in.update(here)
    ranked: list[tuple[float, str, Key]] = []
    for key, count in found_in.items():
        said = min(shown[key], key=lambda text: (-shown[key][text], text))
        if len(said) > 2:
            weight = sum(0.3 + subjects.weight(s) for s in key) / len(key) ** 0.5
            ranked.append((-weight * count, said, key))
    chosen: list[tuple[str, Key]] = []
    for _, said, key in sorted(ranked):
        if not any(set(key) & set(other) for _, other in chosen):
            chosen.append((said, key))
    return [(lower(said), found_in[key]) for said, key in chosen]


def _candidates(text: str) -> Iterator[list[str]]:
    """Yield the words and the pairs of neighbours that could name something."""
    for run in _runs(plain(text)):
        for size in (1, 2):
            for start in range(len(run) - size + 1):
                words = run[start : start + size]
                if not any(_does(word) for word in words):
                    yield words


def _runs(text: str) -> list[list[str]]:
    """Return the runs of words that stand together, without the empty ones between them."""
    runs: list[list[str]] = [[]]
    end = 0
    for found in WORD.finditer(text):
        if text[end : found.start()].strip(" ") or found.group().casefold() in COMMON:
            runs.append([])
        if found.group().casefold() not in COMMON:
            runs[-1].append(found.group())
        end = found.end()
    return [run for run in runs if run]


def _does(word: str) -> bool:
    """Whether a word says what is done, in a form that is easily told."""
    word = word.casefold()
    return (
        word in DOING
        or word.removesuffix("s") in DOING
        or word.removesuffix("es") in DOING
        or (word.endswith("ed") and len(word) > 4)
    )


def lower(text: str) -> str:
    """Take the capital from a word that only stands at the start of its sentence; leave names and acronyms."""
    capitals = sum(c.isupper() or c.isdigit() for c in text[1:])
    return text if capitals or len(text) < 2 else text[:1].lower() + text[1:]
