"""Markdown that reads well as text and comes out right when it is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

CODE = re.compile(r"(?<!`)(`+)(?!`)(?:.+?)(?<!`)\1(?!`)")


def inline(text: str) -> str:
    r"""Return a sentence of the PRD as Markdown: code stays code, everything else stands as it is.

    Examples
    --------
    >>> inline("`a <b>` or <c> and *.csv")
    '`a <b>` or &lt;c> and \\*.csv'
    """
    text = " ".join(text.split())
    parts: list[str] = []
    end = 0
    for found in CODE.finditer(text):
        parts += [_escaped(text[end : found.start()]), found.group()]
        end = found.end()
    parts.append(_escaped(text[end:]))
    return re.sub(r"^(\d+)([.)])(\s)", r"\1\\\2\3", re.sub(r"^([#+>=-])", r"\\\1", "".join(parts)))


def _escaped(text: str) -> str:
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;").replace("`", "\\`")
    text = re.sub(r"(?<!\w)_(?=\w)|(?<=\w)_(?!\w)", r"\\_", text.replace("*", "\\*"))
    return re.sub(r"\[(?=[^\]]*\][(\[])", r"\\[", text)


def cell(text: str) -> str:
    """Return text for a table's cell; a bar would end the cell, in code too."""
    return inline(text).replace("|", "\\|") or " "


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose cells are Markdown already (see `cell`)."""
    body = [list(row) for row in rows]
    widths = [max(3, *(len(row[i]) for row in [header, *body])) for i in range(len(header))]
    if sum(widths) > 110:
        widths = [3] * len(header)
    lines = [
        "| " + " | ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) + " |" for row in [header, *body]
    ]
    return [lines[0], "| " + " | ".join("-" * w for w in widths) + " |", *lines[1:]]


def quote(text: str) -> str:
    """Return a paragraph as a quotation."""
    return f"> {inline(text)}"


def shown(text: str, rows: Sequence[Sequence[str]] = (), language: str = "") -> list[str]:
    """Return the lines of a block of the PRD: a table from its rows, else its text as code."""
    if not rows:
        return fence(text, language)
    width = max(len(row) for row in rows)
    cells = [[cell(text) for text in (*row, *[""] * (width - len(row)))] for row in rows]
    return table(cells[0], cells[1:])


def fence(text: str, language: str = "") -> list[str]:
    """Return the lines of a code block, fenced by more backticks than it holds."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    mark = "`" * max(3, longest + 1)
    return [f"{mark}{language}", *text.rstrip("\n").split("\n"), mark]


def places(lines: Iterable[tuple[int, int]]) -> str:
    """Say where something stands, for example ``line 4`` or ``lines 4-6 and 9``.

    Examples
    --------
    >>> places([(4, 4)]), places([(4, 6), (9, 9)])
    ('line 4', 'lines 4-6 and 9')
    """
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in lines]
    word = "line" if len(shown) == 1 and "-" not in shown[0] else "lines"
    return (
        f"{word} {shown[0] if len(shown) == 1 else ', '.join(shown[:-1]) + ' and ' + shown[-1]}" if shown else "no line"
    )


CONFLICT = re.compile(r"^(?=(?:<{7}|={7}|>{7}|\|{7})(?:\s|$))", re.MULTILINE)


def count(number: int, word: str) -> str:
    """Return a number with its word: ``1 ticket``, ``2 tickets``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def document(blocks: Iterable[str | Sequence[str]]) -> str:
    """Join blocks (paragraphs, or the lines of a list or table) to a file; empty ones are left out.

    No line ends in white space, and none looks like a conflict marker: ``git diff --check`` would refuse it.
    """
    texts = (block if isinstance(block, str) else "\n".join(block) for block in blocks)
    joined = "\n\n".join("\n".join(line.rstrip() for line in text.split("\n")) for text in texts if text.strip()) + "\n"
    return CONFLICT.sub(" ", joined)
