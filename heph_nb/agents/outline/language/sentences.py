"""Sentences: where they end, and where a full stop only shortens a word."""

from __future__ import annotations

import re

SHORT = re.compile(
    r"(?i)(?:\b(?:e\.g|i\.e|etc|approx|resp|vs|no|nr|max|min|incl|excl|dr|mr|mrs|ms|prof|st|fig|sec|ca|cf|jr|sr|inc|ltd|"
    r"co|al|viz|est|dept|z\.b|d\.h|u\.a|bspw|ggf|evtl|usw|bzw|abs|sog|p\.ex)|\b[^\W\d_])$"
)
"""What stands before a full stop that ends no sentence: an abbreviation, or one letter."""


def is_end(masked: str, stop: int) -> bool:
    """Whether the mark at ``stop`` ends a sentence, or a part of one that says something of its own.

    Examples
    --------
    >>> text = "Dr. Aris stretches vs. works out. Then rests"
    >>> [i for i, c in enumerate(text) if c == "." and is_end(text, i)]
    [32]
    """
    return masked[stop] != "." or not SHORT.search(masked[max(0, stop - 12) : stop])
