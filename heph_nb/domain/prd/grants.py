"""Tables that say who may do what (Action / Nurse / Manager), and who is told of what (Event / Who / Channel)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

Cells = tuple[str, ...]

FEWEST = 2
"""A table of fewer columns says nothing of anybody."""

_DEED, _ROLE, _MAY, _ALLOWED = (lexicon.whole("grants", name) for name in ("deed", "role", "may", "allowed"))
_PERSON, _RIVAL = (lexicon.whole("grants", name) for name in ("person", "rival"))
_EVENT, _TOLD = (lexicon.whole("grants", name) for name in ("event", "told"))
_NOTHING = re.compile(r"[\s–—-]*")
_YES, _NO = re.compile(r"[✓✔✅☑]\ufe0f?"), re.compile(r"[✗✘❌]\ufe0f?")


def told_rows(header: Cells, body: list[Cells]) -> list[str] | None:
    """Return what each row says, with the names of the columns; None if it is no such table.

    Examples
    --------
    >>> told_rows(("Action", "Guest", "Owner"), [("Close a list", "no", "own lists only")])
    ['Close a list: Guest: no; Owner: own lists only']
    """
    names = [title.strip(" :*") for title in header]
    if len(names) < FEWEST:
        return None
    if len(names) == FEWEST and _ROLE.fullmatch(names[0]) and _MAY.fullmatch(names[1]):
        return [_may(row, names[1]) for row in body]
    if _grants(names, body):
        checked = any(_YES.search(cell) or cell.casefold() in ("y", "yes") for row in body for cell in row)
        return [_pairs([_plain(cell, cross=checked) for cell in row], names) for row in body]
    if _EVENT.fullmatch(names[0]) and any(map(_TOLD.fullmatch, names[1:])):
        return [_pairs(row, names) for row in body]
    return None


def _grants(names: list[str], body: list[Cells]) -> bool:
    """Whether it is a matrix of what each role may do, and not of what each release or rival has."""
    given = [cell for row in body for cell in row[1:] if not _NOTHING.fullmatch(cell)]
    allowed = sum(bool(_ALLOWED.fullmatch(cell.strip(" *`"))) for cell in given)
    if len(names) == FEWEST or any(map(_RIVAL.fullmatch, names)) or not 0 < len(given) <= 2 * allowed:
        return False
    people = sum(bool(_PERSON.fullmatch(name.split()[-1])) for name in names[1:] if name)
    return bool(_DEED.fullmatch(names[0])) or people * 2 >= len(names) - 1


def _may(row: Cells, name: str) -> str:
    who, what = row[0], " ".join(row[1:])
    if not who or _NOTHING.fullmatch(what):
        return ""
    return f"{who} {name.lower()} {what}" if name.casefold() in ("may", "can") else f"{who}: {what}"


def _plain(cell: str, *, cross: bool) -> str:
    """Return a cell without signs: an "x" is a yes, save where there is another sign for that."""
    if _NOTHING.fullmatch(cell) or (cross and cell.casefold() == "x"):
        return "no"
    return "yes" if cell.casefold() == "x" else _NO.sub("no", _YES.sub("yes", cell))


def _pairs(row: Sequence[str], names: list[str]) -> str:
    parts = [f"{name}: {cell}" for name, cell in zip(names[1:], row[1:], strict=False) if name and cell.strip(" –—-")]
    return f"{row[0]}: {'; '.join(parts)}" if row[0] and parts else ""
