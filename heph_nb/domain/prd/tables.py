"""Tables: rows of requirements, or data and interfaces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.labels import label_key, split_label
from heph_nb.domain.prd.levels import level_of_word
from heph_nb.domain.prd.topics import ASKS, SILENT, Topic
from heph_nb.domain.prd.wording import is_need, is_negated_need

if TYPE_CHECKING:
    from heph_nb.domain.prd.tree import Node

_I = re.IGNORECASE
_COLUMNS = tuple((name, lexicon.whole("columns", name)) for name in lexicon.names("columns") if name != "foreign")
_FOREIGN = re.compile(rf"(?:{lexicon.either('columns', 'foreign')})s?", _I)


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement in a table. Empty strings where the table has no such column."""

    line: int
    text: str
    label: str | None
    level: str | None
    kind: str
    criteria: tuple[str, ...]
    depends: str


def cells(node: Node) -> tuple[tuple[str, ...], ...]:
    """The clean text of all cells, the header first."""
    return tuple(tuple(cell.text if cell else "" for cell in row) for row in node.rows)


def requirement_rows(node: Node, topic: Topic, *, from_zero: bool) -> list[Row] | None:
    """The rows of a table of requirements, or None if it holds data.

    It holds requirements if a column is called so, if its rows have requirement labels, or if it lists features,
    qualities or Given/When/Then under a heading about them.
    """
    if topic in SILENT or len(node.rows) < 2:
        return None
    header = cells(node)[0]
    columns = _columns(header)
    if not _holds_requirements(node, header, columns, topic):
        return None
    rows = [_row(node, at, columns, from_zero=from_zero) for at in range(1, len(node.rows))]
    return [row for row in rows if row is not None]


def _columns(header: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        bare = re.sub(r"\s*\([^)]*\)", "", title).strip(" :*").casefold()
        for name, words in _COLUMNS:
            if name not in found and words.fullmatch(bare):
                found[name] = at
                break
    return found


def _holds_requirements(node: Node, header: tuple[str, ...], columns: dict[str, int], topic: Topic) -> bool:
    if {"given", "then"} <= columns.keys():
        return True
    if topic is Topic.QUALITY and "title" in columns and len(header) > 1:
        return True
    foreign = [at for at, title in enumerate(header) if _FOREIGN.fullmatch(title.strip(" :*")) and at not in columns.values()]
    labelled = _labelled(node, columns)
    if "text" in columns and ("label" in columns or "level" in columns or "criteria" in columns or len(header) <= 3 or topic in ASKS):
        return not foreign or labelled
    if labelled and ("detail" in columns or "title" in columns):
        return True
    if foreign or topic is Topic.INTRO:
        return False
    if "title" in columns and ("detail" in columns or "level" in columns or "criteria" in columns):
        return topic in ASKS or "level" in columns or "criteria" in columns
    if topic in ASKS and "label" in columns and _wordy(node):
        return True
    if topic is Topic.QUALITY:
        return "target" in columns or "detail" in columns or len(header) == 2
    return "i want" in " ".join(header).casefold() or ("detail" in columns and "level" in columns)


def _wordy(node: Node) -> bool:
    """Whether the rows hold sentences, not values."""
    longest = [max((len(cell.text.split()) for cell in row if cell is not None), default=0) for row in node.rows[1:]]
    return sum(longest) >= 4 * len(longest)


def _labelled(node: Node, columns: dict[str, int]) -> bool:
    at = columns.get("label", 0)
    found = [row[at].text for row in node.rows[1:] if at < len(row) and row[at] is not None]  # type: ignore[union-attr]
    worded = [label for text in found if (label := split_label(text + " ", heading=True)[0]) and not label[0].isdigit() and len(label) > 1]
    return len(worded) * 2 > len(found) > 0 and len({label_key(label) for label in worded}) == len(worded)


def _row(node: Node, at: int, columns: dict[str, int], *, from_zero: bool) -> Row | None:
    cell = {name: (node.rows[at][column].text if column < len(node.rows[at]) and node.rows[at][column] else "") for name, column in columns.items()}  # type: ignore[union-attr]
    line = next((prose.first for prose in node.rows[at] if prose is not None), node.first)
    text = _text(cell, node.rows[at], columns)
    label, behind = split_label(cell.get("label", "") + " ", heading=True)
    if not label:
        label, behind = split_label(text)
        text = text[behind:]
    level = level_of_word(cell.get("level", ""), from_zero=from_zero) if cell.get("level") else None
    if not text or is_negated_need(text) or level == "wont":
        return None
    kind = cell.get("kind", "")
    criteria = tuple(part.strip() for part in re.split(r"\s*(?:;|•|<br/?>)\s*", cell.get("criteria", "")) if part.strip(" -–—"))
    return Row(line, text, label if label or not cell.get("label") else cell["label"], level, kind, criteria, cell.get("depends", ""))


def _text(cell: dict[str, str], row: list, columns: dict[str, int]) -> str:
    if "given" in cell and "then" in cell:
        return ", ".join(f"{name} {cell[name]}" for name in ("given", "when", "then") if cell.get(name))
    title, detail = cell.get("title", ""), cell.get("detail", "")
    main = cell.get("text", "")
    if "role" in cell and "detail" in cell and not main and cell["role"] and re.match(r"(?:to )?\w+", detail):
        role = cell["role"] if re.match(r"(?:an?|the) ", cell["role"], _I) else f"{'an' if cell['role'][:1].lower() in 'aeiou' else 'a'} {cell['role']}"
        return f"As {role}, I want {'' if detail.startswith('to ') else 'to '}{detail}"
    if not main:
        main = f"{title}: {detail}" if title and detail else title or detail
    elif detail and not is_need(main, plain=True):
        main = f"{main}: {detail}"
    elif title and len(main.split()) < 4:
        main = f"{title}: {main}"
    if target := cell.get("target", ""):
        main = f"{main}: {target}" if main else target
    elif len(columns) == 1 and "title" in columns:
        main = ": ".join(prose.text for prose in row if prose is not None)
    if not main:
        used = set(columns.values())
        main = ": ".join(prose.text for at, prose in enumerate(row) if prose is not None and at not in used)
    elif "text" not in cell and len(row) == 2 and len(cell) < 2:
        main = ": ".join(prose.text for prose in row if prose is not None)
    return main
