"""Words: sentences that people read, with numbers in them and text that agents wrote."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or the plural.

    Examples
    --------
    >>> count(1, "task"), count(2, "task"), count(0, "check"), count(3, "memory")
    ('1 task', '2 tasks', '0 checks', '3 memories')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
