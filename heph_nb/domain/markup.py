"""Markup of an answer: lists, tables, emphasis and JSON, read as the plain lines that they stand for."""

from __future__ import annotations

import json
import re

from heph_nb.domain.verdicts import ANY_CASE, GROUP, ID

_NAME = r"R-?\d{1,9}"
_EMPHASIS = r"[*_`~\"“”\[\]]"
_OPENING = re.compile(rf"(?<!\w){_EMPHASIS}{{1,9}}(?={_NAME}\b|{_NAME}_)", ANY_CASE)
_CLOSING = re.compile(rf"(?<![\w-])({_NAME}){_EMPHASIS}+(?!\w)", ANY_CASE)
_AROUND_COLON = re.compile(rf"({ID}\s*[:=])[*_`~]+", ANY_CASE)
_ITEM = re.compile(rf"^(?:(?:[-*+•]|#+|\d+[.)])\s+)?(?:\[[ xX]\]\s+)?(?={_NAME}\b)", ANY_CASE)
_ROW = re.compile(rf"\|?\s*(?P<ids>{GROUP.pattern})\s*\|(?P<rest>.*)", ANY_CASE)
_TABLE_HEAD = re.compile(r"^[ \t]*\|?.*\|.*\n[ \t]*\|?[ \t]*:?-+[-:| \t]*$", re.MULTILINE)
_FENCE_OR_QUOTE = re.compile(r"`{3,}\w*|>(?!\s*\d).*")
_ARROW = re.compile(rf"({ID}\s*)(?:[-=]>|→)", ANY_CASE)
_TO = r"(?:\.{2,3}|…|[-\u2013\u2014]|\b(?:to|through|thru|bis)\b)"
_RANGE = re.compile(rf"({ID})\s*{_TO}\s*({_NAME})\b", ANY_CASE)
MOST_IN_RANGE = 200
"""So many requirements can be meant by a range; a greater one is a slip of the finger."""

_PAIRS = {"`": "`", "*": "*", "_": "_", '"': '"', "“": "”", "'": "'", "\u2018": "\u2019"}


def unmarked(answer: str) -> str:
    r"""Return an answer as plain lines: a row of a table or a pair of JSON becomes ``R-001: text``.

    A range of ids becomes all of them. A line that quotes somebody (``> …``) says nothing; neither does a row with more
    than one text.

    Examples
    --------
    >>> unmarked("1. **R-001**: `drop`\n| `R-002` | as proposed |"), unmarked('{"R-001": "below 2 s"}').strip()
    ('R-001: `drop`\nR-002: as proposed', 'R-001: below 2 s')
    """
    text = _TABLE_HEAD.sub("", _without_json(answer))
    return _RANGE.sub(_each, "\n".join(_line(line) for line in text.splitlines()))


def _each(found: re.Match[str]) -> str:
    """Return every id of a range: ``R-001 to R-003`` speaks of three."""
    first, last = (int(re.sub(r"\D", "", id)) for id in found.groups())
    return ", ".join(f"R-{n:03d}" for n in range(first, last + 1)) if first < last < first + MOST_IN_RANGE else found[0]


def unwrapped(text: str) -> str:
    """Return a text without the emphasis or the quotation marks that are around it as a whole.

    Examples
    --------
    >>> unwrapped("**below 2 s**"), unwrapped("`a` or `b`"), unwrapped("below 2 s”")
    ('below 2 s', '`a` or `b`', 'below 2 s')
    """
    text = re.sub(r"^(?:\*\*|__|~~)+|(?:\*\*|__|~~)+$", "", text.strip()).strip()
    inner = text[1:-1]
    if len(text) > 2 and _PAIRS.get(text[0]) == text[-1] and not {text[0], text[-1]} & set(inner):
        return unwrapped(inner)
    opening = {"”": "“", ")": "("}.get(text[-1:])
    return text[:-1].rstrip() if opening and text.count(opening) < text.count(text[-1]) else text


def _line(line: str) -> str:
    line = line.strip()
    if _FENCE_OR_QUOTE.fullmatch(line):
        return ""
    line = _AROUND_COLON.sub(r"\1", _CLOSING.sub(r"\1", _OPENING.sub("", line)))
    if row := _ROW.fullmatch(line):
        rest = row["rest"].strip().removesuffix("|").strip()
        return f"{row['ids']}:" if "|" in rest else f"{row['ids']}: {rest}"
    return _ARROW.sub(r"\1:", _ITEM.sub("", line))


def _without_json(answer: str) -> str:
    """Return an answer with the JSON object in it, if its names are ids, as lines."""
    start, end = answer.find("{"), answer.rfind("}") + 1
    if start < 0 or end <= start:
        start, end = 0, len(answer)
    inside = answer[start:end].strip().strip(",")
    try:
        found = json.loads(inside if inside.startswith("{") else f"{{{inside}}}")
    except (ValueError, RecursionError):
        return answer
    if not isinstance(found, dict) or not all(re.fullmatch(_NAME, name, ANY_CASE) for name in found):
        return answer
    said = {id: value for id, value in found.items() if isinstance(value, str)}
    lines = "\n".join(f"{id}: {' '.join(text.split())}" for id, text in said.items())
    return f"{answer[:start]}\n{lines}\n{answer[end:]}"
