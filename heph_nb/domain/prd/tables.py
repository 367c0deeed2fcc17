"""Tables: rows of requirements, or data and interfaces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.grants import told_rows
from heph_nb.domain.prd.labels import is_worded, label_key, split_label
from heph_nb.domain.prd.levels import level_of_word
from heph_nb.domain.prd.topics import ASKS, SILENT, Topic
from heph_nb.domain.prd.wording import begins_with_verb, is_need, is_negated_need

if TYPE_CHECKING:
    from heph_nb.domain.prd.tree import Node

Cells = tuple[str, ...]

FEW = 2
"""A table of fewer rows shows nothing by what stands in its columns."""

WORDY = 4
"""Cells of so many words and more, on average, hold sentences, not values."""

_I = re.IGNORECASE
_ASIDE = ("foreign", "setting", "behaviour", "handle", "thing", "rule", "limit", "beside", "named", "needed")
_COLUMNS = tuple((name, lexicon.whole("columns", name)) for name in lexicon.names("columns") if name not in _ASIDE)
_FOREIGN = re.compile(rf"(?:{lexicon.either('columns', 'foreign')})s?", _I)
_SETTING, _BEHAVIOUR, _HANDLE = (lexicon.whole("columns", name) for name in _ASIDE[1:4])
_REMARK = re.compile(r"\s*\([^)]*\)")
_SEVERAL = re.compile(r"\s*(?:;|•|<br/?>)\s*")
_ARTICLE = re.compile(r"(?:an?|the) ", _I)


_THING, _RULE, _LIMIT = (lexicon.whole("columns", name) for name in ("thing", "rule", "limit"))
_BESIDE, _NAMED, _REQUIRED = (lexicon.whole("columns", name) for name in ("beside", "named", "needed"))
_SOLE = re.compile(r"(?:\w+ ?/ ?)?(?:rules?|constraints?|validations?)")
"""Columns that say by themselves that something must hold."""
_YES = re.compile(r"(?:y|yes|true|required|mandatory|✓|✔|✅|x|ja|sí|oui)", _I)
_NO = re.compile(r"(?:n|no|false|optional|✗|❌|nein|non)", _I)
_NEVER = re.compile(r"no|nein|non|não|nee|nie|нет|never|none", _I)
"""As a priority: it is not asked for. Under "Required?" it would only say that one may leave it out."""
_METHOD = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD)")
_ROUTE = re.compile(rf"`?{_METHOD.pattern}`? +`?/")


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


def cells(node: Node) -> tuple[Cells, ...]:
    """Return the clean text of all cells, the header first."""
    return tuple(tuple(cell.text if cell else "" for cell in row) for row in node.rows)


def requirement_rows(node: Node, topic: Topic, *, from_zero: bool, told: bool = False) -> list[Row] | None:
    """Return the rows of a table of requirements, or None if it holds data. `told`: a demand introduces the table.

    It holds requirements if a column is called so, if its rows have requirement labels, or if it lists features,
    qualities or Given/When/Then under a heading about them.
    """
    header, *body = cells(node) or ((),)
    columns = _columns(header)
    if not columns.keys() & {"label"} and 0 not in columns.values() and _labelled(body, 0):
        columns["label"] = 0
    _find_levels(columns, body, from_zero=from_zero)
    _find_detail(header, columns, body)
    if topic in SILENT or not body:
        return None
    if (said := _said_of_people(node, columns)) is not None:
        return said
    ruled = _rules(header, topic, told=told) or _serves(body)
    if not ruled and not _holds_requirements(header, body, columns, topic):
        return None
    if ruled or not columns.keys() & {"text", "given", "role", "label"}:
        told_in = _tell(header)
        columns = {name: at for name, at in columns.items() if name == "label"} if ruled else columns
    else:
        told_in = None
    at = columns.get("level")
    refuses = at is not None and not _REQUIRED.fullmatch(header[at].strip(" :*"))
    lines = [next((prose.first for prose in row if prose is not None), node.first) for row in node.rows[1:]]
    rows = (
        _row(row, line, columns, told_in, from_zero=from_zero, refuses=refuses)
        for row, line in zip(body, lines, strict=True)
    )
    return [row for row in rows if row is not None]


def grants(node: Node) -> bool:
    """Whether a table says who may do what, or who is told of what."""
    header, *body = cells(node) or ((),)
    return bool(body) and told_rows(header, body) is not None


def _said_of_people(node: Node, columns: dict[str, int]) -> list[Row] | None:
    """Return the rows of a table that says who may do what, or who is told of what; None if it is none."""
    at = columns.get("label", -1)
    header, *body = [tuple(text for column, text in enumerate(row) if column != at) for row in cells(node)]
    if (told := told_rows(header, body)) is None:
        return None
    places = [(next((prose.first for prose in row if prose is not None), node.first), row) for row in node.rows[1:]]
    labels = [row[at].text if 0 <= at < len(row) and row[at] else None for _, row in places]  # type: ignore[union-attr]
    return [
        Row(line, text, label, None, "", (), "")
        for (line, _), label, text in zip(places, labels, told, strict=True)
        if text and not is_negated_need(text)
    ]


def _columns(header: Cells) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        bare = _REMARK.sub("", title).strip(" :*").casefold()
        name = next((name for name, words in _COLUMNS if name not in found and words.fullmatch(bare)), None)
        if name is not None:
            found[name] = at
    return found


def _find_levels(columns: dict[str, int], body: list[Cells], *, from_zero: bool) -> None:
    """Find the column of levels by what stands in it ("MH", "SH"), whatever it is called."""
    for at in range(len(body[0]) if body and "level" not in columns else 0):
        found = [row[at] for row in body if at < len(row) and row[at]]
        if (
            len(found) > 2
            and len(set(found)) < len(found)
            and all(_is_level(text, from_zero=from_zero) for text in found)
        ):
            columns["level"] = at
            taken = [name for name, column in columns.items() if column == at and name != "level"]
            for name in taken:
                del columns[name]
            return


def _find_detail(header: Cells, columns: dict[str, int], body: list[Cells]) -> None:
    """Take the column with the most words for the statement, whatever it is called, if no column is called so."""
    if not _numbered(columns, body) or columns.keys() & {"text", "detail", "target", "given"}:
        return
    taken = set(columns.values())
    free = [at for at, title in enumerate(header) if at not in taken and not _FOREIGN.fullmatch(title.strip(" :*"))]
    words = {at: sum(len(row[at].split()) for row in body if at < len(row)) for at in free}
    widest = max(free, key=lambda at: words[at], default=None)
    if widest is not None and words[widest] >= WORDY * len(body):
        columns["detail"] = widest


def _numbered(columns: dict[str, int], body: list[Cells]) -> bool:
    """Whether the column of labels holds numbers of some kind: "4", "FINE-1"."""
    return "label" in columns and all(
        any(map(str.isdigit, row[columns["label"]])) for row in body if columns["label"] < len(row)
    )


def _is_level(text: str, *, from_zero: bool) -> bool:
    return not text.isdigit() and level_of_word(text, from_zero=from_zero) is not None


def _holds_requirements(header: Cells, body: list[Cells], columns: dict[str, int], topic: Topic) -> bool:
    if {"given", "then"} <= columns.keys() or (topic is Topic.QUALITY and "title" in columns and len(header) > 1):
        return True
    known = set(columns.values())
    foreign = any(_FOREIGN.fullmatch(title.strip(" :*")) for at, title in enumerate(header) if at not in known)
    labelled = _labelled(body, columns.get("label", 0))
    beside = columns.keys() & {"label", "level", "criteria"}
    if {"text", "criteria"} <= columns.keys():
        return True
    if "text" in columns and (beside or len(header) <= 3 or topic in ASKS):
        return not foreign or labelled
    if labelled and (columns.keys() & {"detail", "title"} or (not foreign and _wordy(body))):
        return True
    if topic in ASKS | {Topic.OTHER} and (
        _acting(body) or _explains(header, body) or any(_SETTING.fullmatch(title.strip(" :*")) for title in header[:1])
    ):
        return True
    if foreign or topic is Topic.INTRO:
        return False
    return _lists_features(header, body, columns, topic)


def _lists_features(header: Cells, body: list[Cells], columns: dict[str, int], topic: Topic) -> bool:
    """Whether a table without a column of requirements lists features or qualities."""
    ranked = bool(columns.keys() & {"level", "criteria"})
    if "title" in columns and ("detail" in columns or ranked):
        return topic in ASKS or ranked
    if "level" in columns and _numbered(columns, body) and _wordy(body):
        return True
    if topic in ASKS and "label" in columns and _wordy(body):
        return True
    if topic is Topic.QUALITY:
        return bool(columns.keys() & {"target", "detail"}) or len(header) == 2
    return "i want" in " ".join(header).casefold() or {"detail", "level"} <= columns.keys()


def _rules(header: Cells, topic: Topic, *, told: bool) -> bool:
    """Whether each row is the rule for one thing: Field / Required / Constraints, Notation / Meaning."""
    names = [title.strip(" :*").casefold() for title in header]
    if len(names) < FEW or not _THING.fullmatch(names[0]) or not any(map(_RULE.fullmatch, names[1:])):
        return False
    asks = topic in ASKS - {Topic.STORIES} and any(map(_LIMIT.fullmatch, names[1:]))
    return told or asks or (topic is Topic.OTHER and any(map(_SOLE.fullmatch, names[1:])))


def _tell(header: Cells) -> tuple[str, ...]:
    """Return how the cell of each column is told: "{}" plain, "default {}", "" if it says nothing of the thing."""
    told: list[str] = []
    for title in header:
        name = _REMARK.sub("", title).strip(" :*").casefold()
        told.append(
            ""
            if _BESIDE.fullmatch(name)
            else "required"
            if _REQUIRED.fullmatch(name)
            else f"{name} {{}}"
            if _NAMED.fullmatch(name)
            else "{}"
        )
    return tuple(told)


def _told(row: Cells, told: tuple[str, ...]) -> str:
    """Return all that a row says of a thing: "Age: integer, 18-99, required"."""
    parts: list[str] = []
    for cell, how in zip(row, told, strict=False):
        bare = cell.strip(" -–—*.")
        if not how or not bare or (bare.casefold() in ("n/a", "none") and how != "{}"):
            continue
        if how == "required":
            known = _YES.fullmatch(bare)
            parts.append("required" if known else "optional" if _NO.fullmatch(bare) else f"required: {bare}")
        else:
            parts.append(how.replace("{}", cell.strip()))
    if len(parts) > FEW and _METHOD.fullmatch(parts[0].strip("`")):
        parts[:2] = [f"{parts[0]} {parts[1]}"]
    head, *rest = parts or [""]
    return f"{head}: {', '.join(rest)}" if rest else head


def _explains(header: Cells, body: list[Cells]) -> bool:
    """Whether the table tells of each thing the product has how it behaves: Flow / Description, Shortcut / Action."""
    at = next((at for at, title in enumerate(header) if at and _BEHAVIOUR.fullmatch(title.strip(" :*"))), None)
    names = [title.strip(" :*") for title in header]
    data = [name for name in names if _FOREIGN.fullmatch(name) or name.casefold() == "type"]
    if at is None or any(name not in (names[at], names[0]) or not _HANDLE.fullmatch(name) for name in data):
        return False
    told = [len(row[at].split()) > 1 for row in body if at < len(row) and row[at]]
    return len(told) >= FEW and sum(told) * 3 >= len(told) * 2


def _acting(body: list[Cells]) -> bool:
    """Whether a column besides the first says in each row what happens then: "Ends the break and starts a round"."""
    acting = [sum(map(begins_with_verb, column)) for column in list(zip(*body, strict=False))[1:]]
    return len(body) >= FEW and max(acting, default=0) * 4 >= len(body) * 3 and _wordy(body)


def _serves(body: list[Cells]) -> bool:
    """Whether each row says what a route does: POST, /bookings, "creates a booking, 409 if it overlaps"."""
    routes = sum(bool(_ROUTE.match(" ".join(row).strip("` "))) for row in body)
    return len(body) >= FEW and routes == len(body) and all(len(" ".join(row).split()) > WORDY for row in body)


def _wordy(body: list[Cells]) -> bool:
    longest = [max((len(cell.split()) for cell in row), default=0) for row in body]
    return sum(longest) >= WORDY * len(longest)


def _labelled(body: list[Cells], at: int) -> bool:
    """Whether most rows have a label of their own in column `at`."""
    found = [row[at] for row in body if at < len(row) and row[at]]
    labels = [label for text in found if (label := split_label(text + " ", heading=True)[0]) and is_worded(label)]
    return len(labels) * 2 > len(found) > 0 and len({label_key(label) for label in labels}) == len(labels)


def _row(
    row: Cells, line: int, columns: dict[str, int], told: tuple[str, ...] | None, *, from_zero: bool, refuses: bool
) -> Row | None:
    cell = {name: row[at] for name, at in columns.items() if at < len(row) and row[at]}
    text = _text(cell, row, columns)
    if told is not None and (not columns or _says_more(row, text, told, columns)):
        apart = {columns[name] for name in ("label", "level", "kind", "depends", "criteria") if name in columns}
        text = _told(row, tuple("" if at in apart else how for at, how in enumerate(told)))
    label, behind = split_label(cell.get("label", "") + " ", heading=True)
    if not label:
        label, behind = split_label(text)
        text = text[behind:]
    level = level_of_word(cell.get("level", ""), from_zero=from_zero)
    level = "wont" if refuses and _NEVER.fullmatch(cell.get("level", "")) else level
    if not text or is_negated_need(text) or level == "wont" or split_label(f"{text} ", heading=True)[1] > len(text):
        return None  # only a label: a matrix of what has been said elsewhere
    criteria = tuple(part.strip() for part in _SEVERAL.split(cell.get("criteria", "")) if part.strip(" -–—"))
    return Row(line, text, label or cell.get("label"), level, cell.get("kind", ""), criteria, cell.get("depends", ""))


def _says_more(row: Cells, text: str, told: tuple[str, ...], columns: dict[str, int]) -> bool:
    """Whether a cell tells something of the thing that is not in the statement."""
    known = set(columns.values())
    return any(
        how and at not in known and cell.strip(" -–—") and cell not in text
        for at, (cell, how) in enumerate(zip(row, told, strict=False))
    )


def _text(cell: dict[str, str], row: Cells, columns: dict[str, int]) -> str:
    """Return the statement of a row, out of the cells that say something of it."""
    if "given" in cell and "then" in cell:
        return ", ".join(f"{name} {cell[name]}" for name in ("given", "when", "then") if name in cell)
    if "role" in cell and "detail" in cell and "text" not in cell:
        return _story(cell["role"], cell["detail"])
    said = [text for text in row if text]
    if len(columns) == 1 and "title" in columns:
        return ": ".join(said)
    title, detail, target = cell.get("title", ""), cell.get("detail", ""), cell.get("target", "")
    if main := cell.get("text", ""):
        if detail and not is_need(main, plain=True):
            main = f"{main}: {detail}"
        elif title and len(main.split()) < WORDY:
            main = f"{title}: {main}"
    else:
        main = ": ".join(part for part in (title, detail) if part)
    main = ": ".join(part for part in (main, target) if part)
    if not main:
        used = set(columns.values())
        return ": ".join(text for at, text in enumerate(row) if text and at not in used)
    return ": ".join(said) if "text" not in cell and len(row) == 2 and len(cell) < 2 else main


def _story(role: str, wish: str) -> str:
    article = "" if _ARTICLE.match(role) else "an " if role[:1].lower() in "aeiou" else "a "
    return f"As {article}{role}, I want {'' if wish.startswith('to ') else 'to '}{wish}"
