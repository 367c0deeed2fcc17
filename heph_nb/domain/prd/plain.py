"""Structure that people write without Markdown: headings in capitals, "•" bullets, "Label: value" lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from heph_nb.domain.prd.fields import Field, field_of
from heph_nb.domain.prd.labels import begins_labelled, is_worded, split_label
from heph_nb.domain.prd.runs import opens_example
from heph_nb.domain.prd.shapes import NORMATIVE, introduces, is_question, is_sentence, is_title, without_colon
from heph_nb.domain.prd.topics import Topic, topic_of
from heph_nb.domain.prd.turns import MESSAGE
from heph_nb.domain.prd.wording import has_action, is_talk

LOOK = 300
"""How much of a line is looked at to tell text from code, in characters."""

_BULLET = re.compile(r"\s*(?:[•◦▪▫●○‣⁃·∙■□►▶➢✦➤]|o(?=\s+[A-Z])|[→*+–—:-](?=\s))\s*(?=\S)")
_CHECK = re.compile(r"\s*(?:[☐☑☒✅✔✓❏]|\[[ xX]?\])\s+(?=\S)")
_NUMBERED = re.compile(r"\s*(?P<number>\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})\)|\d{1,3}[.)]|[a-z]\.|#\d{1,3}:?)\s+(?=\S)")
_DOTTED = re.compile(r"\s*§?\d{1,3}(?:\.\d{1,3}){1,4}(?:-\d{1,3})?[.):]?\s+(?=[A-ZÄÖÜ`\"'“/\[(]|[^\W\d_]{2})")
_KEY = re.compile(r"\s*(?:\*\*|__)?[A-ZÄÖÜ][\w /&'()-]{0,40}?(?:\*\*|__)?\s*[:\uff1a](?:\*\*|__)?(?:\s+\S|\s*$)")
_CLOSING = re.compile(r"(?:best|kind|warm|many) (?:wishes|regards)|(?:viele|beste|liebe) grüße", re.IGNORECASE)
_STEP = re.compile(r"\s*\*{0,2}(?:Given|When|Then|And|But|Scenario|Angenommen|Wenn|Dann|Und)\b")
_CODE_LINE = re.compile(
    r"\s*(?:[$>#%]\s|>>>|\.\.\.|[{}\[\]<|+]|//|/\*|import\s|from\s\S+\simport|def\s|class\s|return\b|func\s|const\s|let\s|var\s|curl\s|git\s|"
    r"(?:SELECT|CREATE|INSERT|GET|POST|PUT|DELETE|PATCH)\s|\S+\s*[:=]=?\s*\S+$|\"|'|`|@|--?\w|[\w./-]+\(|.*[;{}]\s*$)"
)


_STORY = re.compile(r"\W*(?:As an?|Als|En tant qu\w*|Como|Jako|Как)\b")
"""The first words of a user story, which may be told in several lines."""

FEWEST = 3
"""Of fewer lines none shows that it stands for itself."""

LONGEST_NAME = 7
"""A name of more words is a sentence."""

_HANGS = re.compile(
    r"[,:;(–-]$|\b(?:and|or|the|an?|to|of|in|on|at|for|from|by|with|as|that|which|if|when|is|are|be|must|shall|should|can|may|will|"
    r"not|und|oder|der|die|das|ist|mit|von)$",
    re.IGNORECASE,
)
"""The end of a line that the next one goes on from."""

_GOES_ON = re.compile(
    r"[()\]–—&+/]|(?:if|when|unless|until|once)\b[^,]*$|(?:and|or|but|nor|so|than|then|that|which|who|whose|where|while|because|to|of|for|from|by|with|in|on|at|as|is|are|"
    r"was|be|und|oder|aber|dass|die|der|das|mit|von)\b"
)
"""The beginning of a line that goes on from the one before."""

_FIELDS = (Field.LEVEL, Field.DEPENDS, Field.TYPE)
"""What may stand on a line of its own at the end of a paragraph: "Priority: P1"."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a paragraph: ``text``, or an ``item`` with its marker cut off."""

    kind: str
    first: int
    lines: tuple[str, ...]
    number: str = ""


def split_paragraph(lines: list[str], first: int) -> list[Piece]:
    """Split the raw lines of a paragraph where a person reads a list, a heading, or one field per line.

    Parameters
    ----------
    lines : list of str
        The lines of one CommonMark paragraph.
    first : int
        The line of the first one, from 1.
    """
    if len(lines) == 1 and not (_BULLET.match(lines[0]) or _CHECK.match(lines[0])):
        return [Piece("text", first, tuple(lines))]
    keyed = sum(bool(_KEY.match(line)) for line in lines) >= 2 and bool(_KEY.match(lines[0]))
    dashed = sum(bool(re.match(r"\s*[–—+→*:-]\s", line)) for line in lines) >= 2 or len(lines) == 1
    story = bool(_STORY.match(lines[0]))
    ragged = not story and (_is_ragged(lines) or _tells_one_each(lines))
    labelled = len(lines) > 1 and sum(_is_labelled(line) for line in lines) >= 2
    pieces: list[tuple[str, int, list[str], str]] = []
    spoken = any(line.startswith(MESSAGE) for line in lines)
    ragged = ragged and not spoken
    for at, line in enumerate(lines):
        kind, number, cut = (
            ("item", "", 0)
            if labelled and _is_labelled(line) and not _is_numbered_title(line)
            else _marker(line, dashed=dashed, alone=len(lines) == 1)
        )
        if not kind and ragged and not (at == 0 and _titles(lines)):
            kind, cut = "item", 0
        before = lines[at - 1].strip() if at else ""
        if (
            kind == "item"
            and cut
            and number
            and pieces
            and not (line.lstrip()[0] in "(#" or _may_interrupt(number, pieces[-1], before))
        ):
            kind = ""  # "... get" above "401. Rate limit": the number ends the sentence
        if kind == "item":
            pieces.append(("item", first + at, [line[cut:]], number))
        elif (
            not pieces
            or _tells_anew(line, before)
            or (keyed and _KEY.match(line))
            or (not story and _starts_anew(line, before, at, lines))
        ):
            pieces.append(("text", first + at, [line], ""))
        else:
            pieces[-1][2].append(line)
    return [Piece(kind, start, tuple(part), number) for kind, start, part, number in pieces]


def _may_interrupt(number: str, before: tuple[str, int, list[str], str], line: str) -> bool:
    """Whether a numbered line is an item: a list begins with its first number, and goes on after another item."""
    begins = number.strip(":") in ("1", "a", "i", "A", "I")
    return begins or (before[0] == "item" and bool(before[3])) or line.endswith((":", "\uff1a"))


def columns(lines: list[str]) -> list[list[str]] | None:
    """Return the cells of a table whose columns only tabs or bars divide; None if these lines are none."""
    for sign in ("\t", "|"):
        count = lines[0].strip().strip("|").count(sign)
        if len(lines) > 1 and count > 1 and all(line.strip().strip("|").count(sign) == count for line in lines):
            return [[cell.strip() for cell in line.strip().strip("|").split(sign)] for line in lines]
    return None


def _is_ragged(lines: list[str]) -> bool:
    """Whether each line stands for itself: there would have been room for the next one's first word, time and again."""
    titled = _titles(lines)
    rest = [line.strip() for line in (lines[1:] if titled else lines)]
    if (
        len(rest) < (2 if titled else 3)
        or rest[-1].endswith((".", "!", "?"))
        or any(re.search(r"[,:;.(–-]$|\b(?:and|or|the|a|to|of|und|oder)$", line) for line in rest[:-1])
        or any(
            _STEP.match(line) or _KEY.match(line) or _is_label_line(line) or _BULLET.match(line) or _CHECK.match(line)
            for line in rest
        )
    ):
        return False
    widest = max(map(len, rest))
    roomy = sum(len(line) + len(after.split(" ", 1)[0]) + 1 < widest - 3 for line, after in pairwise(rest))
    return widest < 100 and roomy * 2 >= len(rest) - 1 > 0


def _tells_one_each(lines: list[str]) -> bool:
    """Whether each line is a statement of its own: none goes on from the one before it, and nearly all had room."""
    told = [line.strip() for line in lines]
    cases = {line[0].isupper() for line in told if line[:1].isalpha()}
    if len(told) < FEWEST or len(cases) > 1 or sum(is_sentence(line) for line in told) * 2 > len(told):
        return False
    if any(
        _STEP.match(line) or _KEY.match(line) or _is_label_line(line) or _BULLET.match(line) or _CHECK.match(line)
        for line in told
    ) or any(_HANGS.search(line) or _GOES_ON.match(after) for line, after in pairwise(told)):
        return False
    if len({line[:1].islower() for line in told if line[:1].isalpha()}) > 1:
        return False  # wrapped: some lines begin in the middle of a sentence
    widest = max(map(len, told))
    roomy = sum(len(line) + len(after.split(" ", 1)[0]) + 1 < widest for line, after in pairwise(told))
    tell = sum(map(has_action, told))
    return roomy * 4 >= (len(told) - 1) * 3 and tell * 3 >= len(told) * 2


def _is_labelled(line: str) -> bool:
    return split_label(line.replace("**", "").lstrip(" *_"))[0] is not None


def _marker(line: str, *, dashed: bool, alone: bool) -> tuple[str, str, int]:
    if found := _CHECK.match(line):
        return "item", "", found.end()
    if (found := _BULLET.match(line)) and (dashed or found[0].strip() not in "–—-+→*:"):
        return "item", "", found.end()
    if alone:
        return "", "", 0
    if found := _DOTTED.match(line):
        title = line[found.end() :].strip()
        return ("", "", 0) if is_title(title) and len(title.split()) <= 5 and not has_action(title) else ("item", "", 0)
    if found := _NUMBERED.match(line):
        return "item", found["number"].strip("().#:"), found.end()
    if begins_labelled(line.replace("**", "").lstrip(" *_")):
        return "item", "", 0
    return "", "", 0


def _starts_anew(line: str, before: str, at: int, lines: list[str]) -> bool:
    """Whether a line of a paragraph is a heading or field of its own, or the one before it was."""
    if line.startswith(MESSAGE):
        return True
    if _STEP.match(line) and _STEP.match(before):
        return False
    if _is_numbered_title(before) or _is_numbered_title(line):
        return True
    if at == 1 and _is_chapter_line(before):
        return True
    if _is_label_line(before) or (at == 1 and _titles(lines)):
        return True
    ends = before.endswith((".", "!", "?", ":", ";", "。"))
    if ends and (key := _KEY.match(line)) and field_of(re.split("[:\uff1a]", key[0])[0]) in _FIELDS:
        return True
    return (ends and _is_label_line(line)) or (ends and at == len(lines) - 1 and is_heading_line(line))


def _tells_anew(line: str, before: str) -> bool:
    """Whether a user story begins on this line, behind the end of another."""
    return before.endswith((".", "!")) and bool(_STORY.match(line))


def _is_numbered_title(line: str) -> bool:
    found = _DOTTED.match(line)
    title = line[found.end() :].strip() if found else ""
    return is_title(title) and len(title.split()) <= 5 and not has_action(title)


def _is_chapter_line(line: str) -> bool:
    """Whether a line is "5 Delivery"."""
    found = re.match(r"\d{1,2}\.?\s+(?=[A-ZÄÖÜ])", line)
    title = line[found.end() :] if found else ""
    return is_title(title) and len(title.split()) <= 4 and not has_action(title)


def _titles(lines: list[str]) -> bool:
    """Whether the first line of a paragraph is a heading, by its words or because the next line had room in it."""
    before = lines[0].strip()
    if is_heading_line(before):
        return True
    line = lines[1] if len(lines) > 1 else ""
    if (
        not before[:1].isalnum()
        or len(before.split()) > 5
        or 2 * len(before) > len(line)
        or not line.strip()[:1].isupper()
    ):
        return False
    return is_title(before) and not has_action(before) and not is_talk(before)


def _is_label_line(line: str) -> bool:
    """Whether a line is nothing but "Acceptance criteria:" or "**Notes**"."""
    bare = line.strip()
    if re.fullmatch(r"(?:\*\*|__)[^*_]{1,60}(?:\*\*|__)\s*[:\uff1a]?", bare):
        return True
    return introduces(bare) and len(bare.split()) <= 5 and bare[:1].isupper()


def is_heading_line(text: str) -> bool:
    """Whether a line of plain text is a heading by its words alone: "REQUIREMENTS", "Out of scope"."""
    bare = text.strip().strip("*_#=- ").rstrip(":")
    if not bare or len(bare) > 60:
        return False
    if is_capitals(bare):
        return True
    return is_title(bare) and len(bare.split()) <= 4 and topic_of(bare) is not Topic.OTHER


def is_capitals(text: str) -> bool:
    """Whether a text is a title in capitals."""
    letters = [c for c in text if c.isalpha()]
    return (
        len(letters) >= 4
        and not any(c.islower() for c in letters)
        and 2 * sum(c.isupper() for c in letters) > len(letters)
        and len(text.split()) <= 9
        and (len(text.split()) < 3 or not NORMATIVE.search(text.casefold()))
    )


def heading_rank(text: str, *, bold: bool, before_list: bool, before_text: bool, bare: bool) -> int | None:
    """Return the rank of a one-line paragraph that is a heading in plain text, or None. Markdown's own have 10 to 60.

    Parameters
    ----------
    text : str
        Clean text of the line.
    bold : bool
        Whether all of it is bold.
    before_list, before_text : bool
        What comes next.
    bare : bool
        Whether the document has no Markdown heading at all.
    """
    if len(text) > 100 or not (name := without_colon(text)) or (opens_example(name) and " " in name and not bold):
        return None
    colon = introduces(text)
    if (rank := _chapter_rank(name, bare=bare)) is not None:
        return rank
    if is_capitals(name):
        return 70
    if before_text and not colon and _is_labelled_name(name):
        return 90
    if bold and len(name.split()) <= 14 and (is_question(name) or not NORMATIVE.search(name)) and name[-1] not in ".!":
        return 80
    if is_title(name) and len(name.split()) <= 5 and not re.search(r"[:\uff1a`]", name):
        known = topic_of(name) is not Topic.OTHER and not _CLOSING.match(name)
        if known and not (colon and before_list):
            return 90
        acts = " " in name and has_action(name)
        if not colon and (before_list or (bare and before_text)) and not acts and not is_talk(name):
            return 90
        if colon and before_text and not before_list and not has_action(name):
            return 100
    return None


def _chapter_rank(name: str, *, bare: bool) -> int | None:
    """Return the rank of a numbered title: "2.1 Search"."""
    if found := re.match(r"(\d{1,2}(?:\.\d{1,2})*|[IVX]{1,4}|[A-Z])[.)]?\s+(?=[^\W\d_])", name):
        dotted = found[0].rstrip()[-1] in ".)" or "." in found[1] or (bare and found[1].isdigit())
        if dotted and is_title(name[found.end() :]) and not has_action(name[found.end() :]):
            return 70 + 2 * found[1].count(".")
    return None


def _is_labelled_name(line: str) -> bool:
    """Whether a line is a label with the name of what the paragraph below it says: "FR-2 - Search"."""
    label, at = split_label(line)
    name = line[at:]
    labelled = label is not None and is_worded(label)
    return labelled and is_title(name) and len(name.split()) <= LONGEST_NAME and not has_action(name)


def is_chapter(text: str) -> bool:
    """Whether the text behind a number is a title of a chapter: "Search", "CREATE AN ACCOUNT"."""
    return is_title(text) and (not has_action(text) or is_capitals(text) or topic_of(text) is not Topic.OTHER)


def is_prose(code: str) -> bool:
    """Whether an indented block is indented text, as in mails and RFCs, and not code."""
    lines = [line.strip()[:LOOK] for line in code.splitlines() if line.strip()]
    if not lines or any(_CODE_LINE.match(line) for line in lines[:40]):
        return False
    worded = sum(len(re.findall(r"[^\W\d_]{2,}", line)) >= 3 for line in lines)
    return worded * 2 >= len(lines)
