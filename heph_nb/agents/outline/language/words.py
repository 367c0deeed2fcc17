"""Words: what a text is about, without a dictionary, in any language that writes words with spaces."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from heph_nb.agents.outline.language.vocabulary import COMMON

WORD = re.compile(r"[^\W\d_][\w'\u2019-]*[^\W_]|[^\W\d_]")


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without those that say nothing about its subject."""
    return [w for w in (m.group().casefold() for m in WORD.finditer(text)) if len(w) > 1 and w not in COMMON]


def stem(word: str) -> str:
    """Return what a word shares with its other forms: its beginning.

    Examples
    --------
    >>> stem("validates") == stem("validation"), stem("offering") == stem("offers"), stem("claimed") == stem("claim")
    (True, True, True)
    """
    word = word.casefold()
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    ending = next((ending for ending in ("ing", "ed", "e") if word.endswith(ending)), "")
    return word[: -len(ending)][:6] if len(word) - len(ending) > 3 and ending else word[:6]


def stems(text: str) -> list[str]:
    """Return the stems of the words of a text."""
    return [stem(word) for word in words(text)]


class Subjects:
    """How alike texts are, weighing a word the more the fewer of the texts have it.

    Parameters
    ----------
    texts : sequence of str
        All texts that belong together, for example every requirement of a PRD.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = max(1, len(texts))
        self._found_in = Counter(s for text in texts for s in set(stems(text)))

    def weight(self, stem: str) -> float:
        """Return how much a stem says about the text it stands in: 0 for one that stands in all."""
        return math.log((1 + self._count) / (1 + self._found_in.get(stem, 0)))

    def rare(self, stem: str) -> bool:
        """Whether few of the texts have a stem: an eighth of them, or three."""
        return self._found_in.get(stem, 0) <= max(3, self._count / 8)

    def vector(self, texts: Iterable[str]) -> dict[str, float]:
        """Return a unit vector of the weighed stems of some texts taken together."""
        counted = Counter(s for text in texts for s in stems(text))
        vector = {s: (1 + math.log(n)) * self.weight(s) for s, n in counted.items()}
        length = math.sqrt(sum(v * v for v in vector.values()))
        return {s: v / length for s, v in vector.items()} if length else {}


def likeness(a: dict[str, float], b: dict[str, float]) -> float:
    """Return the cosine of two unit vectors, from 0 (nothing in common) to 1."""
    if len(b) < len(a):
        a, b = b, a
    return sum(v * b[s] for s, v in a.items() if s in b)


def slug(text: str, limit: int = 48) -> str:
    """Return a text as part of a file name: lower-case ASCII words joined by ``-``, cut at a word.

    Examples
    --------
    >>> slug("2.1 Dish Data: Import & Search")
    '2-1-dish-data-import-search'
    >>> slug("Übersicht")
    'ubersicht'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    parts = re.findall(r"[a-z0-9]+", plain)
    while len(parts) > 1 and len("-".join(parts)) > limit:
        parts.pop()
    return "-".join(parts)[:limit].strip("-")
