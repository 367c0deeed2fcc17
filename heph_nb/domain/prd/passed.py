"""What a PRD leaves open, and what was read without becoming a requirement."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.model import PassedOver, Question
from heph_nb.domain.prd.shapes import introduces, is_question, without_colon
from heph_nb.domain.prd.tables import cells
from heph_nb.domain.prd.topics import SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import is_negated_need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heph_nb.domain.prd.drafts import Collected, Frame
    from heph_nb.domain.prd.model import Lines, Prd
    from heph_nb.domain.prd.tree import Node

MOST_REASONS = 12
"""So many reasons are named; a document may have hundreds of headings."""

_OPEN = lexicon.words("titles", "open")
_CLARIFY = re.compile(r"\[NEEDS CLARIFICATION:?\s*([^\]]+)\]", re.IGNORECASE)
_REASONS = {
    Topic.INTRO: "an introduction",
    Topic.DESIGN: "a technical note that asks for nothing",
    Topic.ORDER: "a build order",
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A paragraph, list item or table row, and what introduces it ("Not needed:")."""

    text: str
    lines: Lines
    titles: tuple[str, ...]


def left_over(
    root: Node, out: Collected, taken: Iterable[Lines]
) -> tuple[tuple[Question, ...], tuple[PassedOver, ...]]:
    """Return what the PRD leaves open, and everything else that was read and not taken, in the order of the lines.

    Parameters
    ----------
    root : Node
        The document.
    out : Collected
        What was collected from it.
    taken : iterable of (int, int)
        Where requirements, examples, tables and code blocks stand.
    """
    starts, ends = _merged([*taken, *out.attached])
    frames = sorted(out.frames, key=lambda frame: (frame.first, -frame.last))
    questions: list[Question] = []
    passed: list[PassedOver] = []
    around: list[Frame] = []
    at = 0
    for leaf in sorted(_leaves(root.children, ()), key=lambda each: each.lines):
        while at < len(frames) and frames[at].first <= leaf.lines[0]:
            around.append(frames[at])
            at += 1
        around = [frame for frame in around if frame.last >= leaf.lines[0]]
        home = around[-1] if around else None
        path = home.path if home is not None else ""
        titles = (*(frame.title for frame in around), *leaf.titles)
        marks = [mark.strip() for mark in _CLARIFY.findall(leaf.text)]
        opened = any(map(_OPEN.search, titles)) and not introduces(leaf.text)
        questions += [Question(text=text, section=path, lines=leaf.lines) for text in marks or [leaf.text] * opened]
        place = bisect_right(starts, leaf.lines[1]) - 1
        if opened or (place >= 0 and ends[place] >= leaf.lines[0]):
            continue
        if not introduces(leaf.text) and any(map(str.isalpha, leaf.text)):
            passed.append(PassedOver(text=leaf.text, section=path, lines=leaf.lines, reason=_reason(leaf, home)))
    return tuple(questions), tuple(passed)


def _merged(places: list[Lines]) -> tuple[list[int], list[int]]:
    """Return where the places begin and, for each beginning, the last line that they or earlier ones reach."""
    starts: list[int] = []
    ends: list[int] = []
    for first, last in sorted(places):
        starts.append(first)
        ends.append(max(last, ends[-1]) if ends else last)
    return starts, ends


def _leaves(nodes: list[Node], titles: tuple[str, ...]) -> Iterator[_Leaf]:
    lead: tuple[str, ...] = ()
    for node in nodes:
        match node.kind:
            case "section":
                yield from _leaves(node.children, titles)
            case "list":
                for item in node.children:
                    if item.prose is not None:
                        yield _Leaf(item.text, item.prose.lines, (*titles, *lead))
                    inner = (without_colon(item.text),) if item.children else ()
                    yield from _leaves(item.children, (*titles, *lead, *inner))
            case "table":
                for row, proses in zip(cells(node)[1:], node.rows[1:], strict=True):
                    line = next((prose.first for prose in proses if prose is not None), node.first)
                    yield _Leaf(": ".join(cell for cell in row if cell), (line, line), titles)
            case "text" if node.prose is not None:
                yield _Leaf(node.text, node.prose.lines, titles)
            case _:
                pass
        lead = (without_colon(node.text),) if node.kind == "text" and introduces(node.text) else ()


def _reason(leaf: _Leaf, home: Frame | None) -> str:
    for title in reversed(leaf.titles):
        if topic_of(title) in SILENT or is_negated_need(title):
            return f"under “{title}”"
    if home is not None and home.topic in SILENT:
        silent = next((frame for frame in home.upwards() if topic_of(frame.title) in SILENT), home)
        return f"under “{silent.title}”"
    if is_question(leaf.text):
        return "a question"
    if is_negated_need(leaf.text):
        return "ruled out"
    topic = home.topic if home is not None else Topic.INTRO
    return _REASONS.get(topic, "says nothing that must hold")


def why_nothing(prd: Prd) -> str:
    r"""Say in one sentence what was read and passed over, and why: for a PRD in which no requirement was found.

    Examples
    --------
    >>> from heph_nb.domain.prd import read_prd
    >>> why_nothing(read_prd("# Sorter\n## Background\nWe sort by hand.\n## Goals\n- Less work"))
    'It was read to the end, and passed over was: under “Background” (line 3), under “Goals” (line 5).'
    """
    reasons: dict[str, list[int]] = {}
    for each in prd.passed_over:
        reasons.setdefault(each.reason, []).extend(each.lines)
    for question in prd.questions:
        reasons.setdefault("what it leaves open", []).extend(question.lines)
    said = [f"{reason} ({_span(min(lines), max(lines))})" for reason, lines in reasons.items()]
    rest = f", and {len(said) - MOST_REASONS} more" if len(said) > MOST_REASONS else ""
    if not said:
        return "It holds no text."
    return f"It was read to the end, and passed over was: {', '.join(said[:MOST_REASONS])}{rest}."


def _span(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first}-{last}"
