"""Inline text: clean words with the line that each comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heph_nb.domain.prd.markdown import HTML_TAGS
from heph_nb.domain.prd.topics import Topic, topic_of
from heph_nb.domain.prd.turns import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from heph_nb.domain.prd.model import Lines

LONGEST = 20_000
"""Inline text longer than this (in characters) is taken as it stands: no person wrote it as one paragraph."""

BREAK = "\u205f"  # marks line ends through inline parsing, which turns some of them into plain spaces
MARKUP = re.compile(r"[*_`\[\]<&\\~!]")
CHECKBOX = re.compile(r"(?:\[[ xX✓✔~-]?\]|[☐☑☒✅✔✓])\s+")
FOOTNOTE = re.compile(r"\[\^[\w-]{1,30}\]")
TAG_NAME = re.compile(r"</?([A-Za-z][\w:.-]*)")
RUN_IN = re.compile(r"(?!No\.)([A-ZÄÖÜ][^\W\d_]+(?: [^\W\d_]+){0,3})\.\s+(?=[A-ZÄÖÜ])")
"""A title that a full stop ends: "Fees. Client shall pay ..."."""
SIGN = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]+\s+(?=\S)")
"""An emoji or another picture in front of the words."""
SPACES = re.compile(r"\s+")
PLAIN_LEAD = re.compile(
    r"([^\W_][^.:!?`\"“”()\[\]]{0,60}?)\s*[:\uff1a]\s+(?=\S)|([^\W_][^.:!?`\"“”()\[\]]{0,60}?)\s*[:\uff1a]$"
)


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph's words.

    Attributes
    ----------
    text : str
        Clean text: single spaces, no emphasis, code in backticks.
    starts : tuple of (int, int)
        For each line of the file that the text comes from: offset in `text`, line.
    last : int
        Last line.
    lead : str
        What stands in front of the first colon (or, in bold, of a dash or full stop): ``Performance``; '' if nothing.
    body_at : int
        Where the text behind the lead begins; 0 without one.
    bold : bool
        Everything is bold: people write headings so.
    bold_lead : bool
        The lead is bold.
    """

    text: str
    starts: tuple[tuple[int, int], ...]
    last: int
    lead: str = ""
    body_at: int = 0
    bold: bool = False
    bold_lead: bool = False

    @property
    def first(self) -> int:
        """First line."""
        return self.starts[0][1]

    @property
    def lines(self) -> Lines:
        """First and last line."""
        return self.first, self.last

    @property
    def body(self) -> str:
        """The text behind the lead, all of it without one."""
        return self.text[self.body_at :]

    def lines_of(self, begin: int, end: int) -> Lines:
        """Lines of ``text[begin:end]``."""
        offsets = [offset for offset, _ in self.starts]
        first = self.starts[max(bisect_right(offsets, begin) - 1, 0)][1]
        return first, max(first, self.starts[max(bisect_right(offsets, max(end - 1, begin)) - 1, 0)][1])


def read_prose(md: MarkdownIt, env: dict[str, Any], lines: Sequence[str], first: int) -> Prose | None:
    """Read the lines of a paragraph, heading or cell; None if nothing is left of them.

    Parameters
    ----------
    md, env
        As from `markdown`.
    lines : sequence of str
        The raw lines, without the marker of the block they are in.
    first : int
        The line of the first one.
    """
    raw = BREAK.join(line.replace(BREAK, " ").removeprefix(MESSAGE) for line in lines)
    raw = CHECKBOX.sub("", raw, count=1) if CHECKBOX.match(raw) else raw
    bold: list[tuple[int, int]] = []
    if len(raw) <= LONGEST and MARKUP.search(raw):
        parsed: list[Token] = []
        md.inline.parse(raw.replace(BREAK, BREAK + "\n"), md, env, parsed)
        raw, bold = _words(parsed)
        raw, bold = _without_footnotes(raw, bold)
    text, starts, places = _join(raw, first, [edge for pair in bold for edge in pair])
    if not text:
        return None
    spans = list(zip(places[::2], places[1::2], strict=True))
    lead, body_at = _lead(text, spans)
    whole = sum(end - begin for begin, end in spans) >= len(text.rstrip(" :\uff1a.")) > 0
    return Prose(text, starts, first + len(lines) - 1, lead, body_at, whole, bool(lead and spans and spans[0][0] == 0))


def _words(tokens: list[Token]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of inline tokens and the spans of it that are bold. What is struck out is left out."""
    out: list[str] = []
    bold: list[tuple[int, int]] = []
    length, opened, struck = 0, 0, 0
    for token in tokens:
        if token.type == "strong_open":
            opened = length
        elif token.type == "strong_close":
            bold.append((opened, length))
        elif token.type in ("s_open", "s_close"):
            struck += token.nesting
        piece = _piece(token)
        if struck and piece:
            piece = BREAK * piece.count(BREAK)
        out.append(piece)
        length += len(piece)
    return "".join(out), bold


def _piece(token: Token) -> str:
    """Return what a person reads of a token."""
    content = token.content
    match token.type:
        case "text" | "text_special":
            return content
        case "code_inline":
            return f"`{content}`" if content.strip() else ""
        case "html_inline":
            name = TAG_NAME.match(content)
            if name is not None and name[1].lower() not in HTML_TAGS:
                return content  # "<task-id>" is text
            return BREAK * content.count(BREAK) + (" " if content[:3].lower() == "<br" else "")
        case "image":
            return BREAK * content.count(BREAK)
        case _:
            return ""


def _without_footnotes(text: str, bold: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    return (text, bold) if "[^" not in text else (FOOTNOTE.sub("", text), [])


def _join(raw: str, first: int, edges: list[int]) -> tuple[str, tuple[tuple[int, int], ...], list[int]]:
    """Join lines by single spaces; return the text, the line starts, and where `edges` of `raw` went."""
    out: list[str] = []
    starts: list[tuple[int, int]] = []
    moved: list[int] = []
    length = at = 0
    for number, line in enumerate(raw.split(BREAK), start=first):
        clean = SPACES.sub(" ", line).strip().removesuffix("\\").rstrip()
        here = [edge for edge in edges[len(moved) :] if edge <= at + len(line)]
        offset = length + 1 if out and clean else length
        for edge in here:
            before = SPACES.sub(" ", line[: edge - at]).lstrip()
            moved.append(offset + min(len(before), len(clean)))
        if clean:
            starts.append((offset, number))
            out.append(clean)
            length = offset + len(clean)
        at += len(line) + 1
    return " ".join(out), tuple(starts), moved


def _lead(text: str, bold: list[tuple[int, int]]) -> tuple[str, int]:
    sign = SIGN.match(text)
    if sign and (lead := _lead(text[sign.end() :], [(a - sign.end(), b - sign.end()) for a, b in bold]))[0]:
        return lead[0], lead[1] + sign.end()
    if bold and bold[0][0] == 0 and 0 < (end := bold[0][1]) <= 120:
        inside, rest = text[:end], text[end:]
        dash = re.match(r"\s*(?:[:\uff1a]|\s[–—-]+(?=\s)|[–—])\s*", rest)
        if inside.rstrip()[-1:] in (":", "\uff1a", ".", "?") and len(rest) > 0:
            return inside.rstrip(" :\uff1a."), end + len(rest) - len(rest.lstrip())
        if dash:
            return inside.strip(), end + dash.end()
        if inside.rstrip()[-1:] in (":", "\uff1a"):
            return inside.rstrip(" :\uff1a"), len(text)
        if rest[:1] == " " and rest[1:2].isupper() and topic_of(inside) is not Topic.OTHER:
            return inside.strip(), end + 1  # "**Problem** Everybody owns a drill."
    run_in = RUN_IN.match(text)
    if run_in and topic_of(run_in[1]) is not Topic.OTHER:
        return run_in[1], run_in.end()
    plain = PLAIN_LEAD.match(text)
    if plain is None or len(name := plain[1] or plain[2]) > 60 or len(name.split()) > 7:
        return "", 0
    return name, plain.end()
