"""Plain text without any list mark, one thing a line under numbered titles: written as Markdown, line by line."""

from __future__ import annotations

import itertools
import re

from heph_nb.domain.prd.shapes import is_title
from heph_nb.domain.prd.topics import Topic, topic_of
from heph_nb.domain.prd.wording import has_action

CHAPTERS = 3
"""A text of fewer numbered titles may be numbered for another reason."""

MANY = 12
"""Fewer lines below each other do not show whether a text is wrapped."""

_MARK = re.compile(r"\s*(?:[#>|*•◦▪●+–—-]|```|~~~|={3}|\[[ xX]\]|\(?[a-z]\)|\d{1,3}\))")
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(?P<title>\S.*)")
_LONGEST = 8
_REMARK = re.compile(r"\s*\([^()]*\)")


def with_marks(text: str) -> str:
    r"""Return a text with marks at its titles and its lists; any other text than one without marks as it stands.

    Examples
    --------
    >>> with_marks("1. Search\nIt searches by name.").split("\n")
    ['1. Search', 'It searches by name.']
    """
    lines = text.split("\n")
    if any(map(_MARK.match, lines)):
        return text
    titles = _titles(lines)
    if sum("." not in number for number in titles.values()) < CHAPTERS or not _stand_alone(lines, titles):
        return text
    out: list[str] = []
    for at, line in enumerate(lines):
        if at in titles:
            out.append(f"{'#' * (2 + titles[at].count('.'))} {line.strip()}")
        else:
            out.append(f"- {line.strip()}" if _is_item(lines, at, titles) else line)
    return "\n".join(out)


def _titles(lines: list[str]) -> dict[int, str]:
    """Return the lines that are numbered titles, each with its number: 1, 2, 2.1, 2.2, 3."""
    found: dict[int, str] = {}
    last: list[int] = []
    for at, line in enumerate(lines):
        if (match := _NUMBERED.fullmatch(line.strip())) is None or not _is_name(match["title"]):
            continue
        number = [int(part) for part in match["number"].split(".")]
        depth = len(number) - 1
        follows = number[:depth] == last[:depth] and number[depth] == (last[depth] + 1 if len(last) > depth else 1)
        if follows:
            found[at] = match["number"]
            last = number
    return found


def _is_name(title: str) -> bool:
    bare = _REMARK.sub("", title)
    return title[0].isupper() and is_title(bare) and len(bare.split()) <= _LONGEST


def _stand_alone(lines: list[str], titles: dict[int, str]) -> bool:
    """Whether titles have something under them, and lines are not wrapped: few begin as a sentence goes on."""
    listed = sum(at + 1 in titles and titles[at].count(".") == titles[at + 1].count(".") for at in titles)
    after = [line for before, line in itertools.pairwise(lines) if before.strip() and line.strip()]
    lower = sum(line.strip()[0].islower() for line in after)
    return listed * 4 <= len(titles) and lower * 20 <= len(after) >= MANY


def _is_item(lines: list[str], at: int, titles: dict[int, str]) -> bool:
    """Whether a line is one of several that stand below each other, and neither their title nor their introduction."""
    line = lines[at].strip()
    if not line or line[0] in '{}[]"' or line.endswith((":", "\uff1a")):
        return False
    above = at > 0 and bool(lines[at - 1].strip()) and at - 1 not in titles
    below = at + 1 < len(lines) and bool(lines[at + 1].strip()) and at + 1 not in titles
    if not (above or below):
        return False
    named = len(line.split()) <= 4 and topic_of(line) is not Topic.OTHER and not has_action(line)
    return not (named and below)
