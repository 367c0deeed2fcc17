"""Figures: what was measured, what it must reach, and the same thing done bare."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    what : str
        What is measured.
    target : str
        What it must reach, in words; empty where nothing is asked.
    measured : str
        What it did.
    reference : str
        The same work done bare, measured in the same run.
    met : bool or None
        Whether the target is met; None where there is none.
    """

    what: str
    target: str
    measured: str
    reference: str = ""
    met: bool | None = None


def figure(
    what: str, value: float, shown: str, target: str = "", *, most: float | None = None, least: float | None = None,
    reference: str = "",
) -> Figure:  # fmt: skip
    """Compare a value with the most or the least that it may be."""
    met = None
    if most is not None:
        met = value < most
    elif least is not None:
        met = value >= least
    return Figure(what, target, shown, reference, met)


def median(values: Sequence[float]) -> float:
    """Return the middle one."""
    return statistics.median(values)


def best_of(function: Callable[[], float], times: int) -> list[float]:
    """Call a function that returns what it took, several times; return all of it, sorted."""
    return sorted(function() for _ in range(times))


def spread(values: Sequence[float], unit: str = "s", factor: float = 1.0, digits: int = 2) -> str:
    """Show the median of several values, and the least and the most."""
    middle, low, high = (factor * v for v in (statistics.median(values), min(values), max(values)))
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f}-{high:.{digits}f})"


WIDTHS = (38, 24, 40, 46)
HEAD = ("what", "target", "measured", "bare, in the same run")


def head() -> str:
    """Return the first lines of the table."""
    return f"{_row(HEAD, ' ')}\n{'-' * (sum(WIDTHS) + 2 * len(WIDTHS))}"


def row(found: Figure) -> str:
    """Return a figure as a line of the table, with ``+`` where the target is met and ``-`` where it is missed."""
    marks = {True: "+", False: "-", None: " "}
    return _row((found.what, found.target, found.measured, found.reference), marks[found.met])


def _row(cells: Sequence[str], mark: str) -> str:
    columns = [wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    height = max(map(len, columns))
    rows = []
    for number in range(height):
        parts = [
            (column[number] if number < len(column) else "").ljust(width)
            for column, width in zip(columns, WIDTHS, strict=True)
        ]
        rows.append(f"{mark if number == 0 else ' '} {'  '.join(parts)}".rstrip())
    return "\n".join(rows)
