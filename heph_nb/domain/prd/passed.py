"""What a PRD leaves open, and what was read without becoming a requirement."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.asked import is_settled, open_questions
from heph_nb.domain.prd.markdown import TAG_LINE
from heph_nb.domain.prd.model import PassedOver, Question
from heph_nb.domain.prd.shapes import introduces, is_question, is_title, sentences, without_colon
from heph_nb.domain.prd.tables import cells
from heph_nb.domain.prd.topics import SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import is_negated_need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from heph_nb.domain.prd.drafts import Collected, Frame
    from heph_nb.domain.prd.model import Lines, Prd
    from heph_nb.domain.prd.prose import Prose
    from heph_nb.domain.prd.tree import Node

SHORT = 2
"""A sentence of so few words is a title or an aside of the one beside it."""

MOST_REASONS = 12
"""So many reasons are named; a document may have hundreds of headings."""

_OPEN = lexicon.words("titles", "open")
_REASONS = {
    Topic.INTRO: "an introduction",
    Topic.DESIGN: "a technical note that asks for nothing",
    Topic.ORDER: "a build order",
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A paragraph, list item or table row; what introduces it ("Not needed:"); whether what follows settles it."""

    text: str
    lines: Lines
    titles: tuple[str, ...]
    starts: tuple[tuple[int, int], ...] = ()
    """Where in the text each line begins."""
    settled: bool = False
    why: str = ""

    def part(self, first: int, last: int) -> str:
        """Return the words that stand on some of the lines."""
        begin = next((at for at, line in self.starts if line >= first), 0)
        end = next((at for at, line in self.starts if line > last), len(self.text))
        return self.text[begin:end].strip()

    def place(self, words: str) -> Lines:
        """Return the lines on which some words of the text stand; all, if they are not there as they are."""
        begin = self.text.find(words)
        if begin < 0 or not self.starts:
            return self.lines
        first, last = (max(line for at, line in self.starts if at <= edge) for edge in (begin, begin + len(words) - 1))
        return first, last

    def unsaid(
        self, said: Mapping[int, Sequence[frozenset[str]]], free: Sequence[Lines], asked: Sequence[str]
    ) -> Iterator[tuple[str, Lines]]:
        """Yield the sentences that no requirement on their lines repeats, with those lines."""
        for begin, end in sentences(self.text) if self.starts else ():
            text, words = self.text[begin:end], _words(self.text[begin:end])
            first, last = self.place(text)
            here = [words for line in range(first, last + 1) for words in said.get(line, ())]
            told = any(low <= last and first <= high for low, high in free) or any(text in each for each in asked)
            if len(words) > SHORT and here and not told and 2 * len(words.difference(*here)) > len(words):
                yield text, (first, last)


@dataclass(frozen=True, slots=True)
class Rest:
    """Every line that holds no requirement: what it is instead."""

    headings: tuple[Lines, ...]
    questions: tuple[Question, ...]
    passed_over: tuple[PassedOver, ...]


def left_over(root: Node, out: Collected, taken: Iterable[Lines], text: str) -> Rest:
    """Return what the PRD leaves open, and everything else that was read and not taken, in the order of the lines.

    Parameters
    ----------
    root : Node
        The document.
    out : Collected
        What was collected from it.
    taken : iterable of (int, int)
        Where requirements, examples and code blocks stand.
    text : str
        The document as it stands in the file.
    """
    tables = {block.lines for block in out.blocks if block.kind == "table"}
    stories = [lines for draft in out.drafts if draft.covered and draft.is_story for lines in draft.lines]
    used = _covered([*taken, *stories, *out.attached])
    said = _said(out)
    frames = sorted(out.frames, key=lambda frame: (frame.first, -frame.last))
    leaves, headings = _Walk(tables).read(root)
    headings += stories
    questions: list[Question] = []
    passed: list[PassedOver] = []
    around: list[Frame] = []
    at = 0
    for leaf in sorted(leaves, key=lambda each: each.lines):
        while at < len(frames) and frames[at].first <= leaf.lines[0]:
            around.append(frames[at])
            at += 1
        around = [frame for frame in around if frame.last >= leaf.lines[0]]
        home = around[-1] if around else None
        path = home.path if home is not None else ""
        titles = (*(frame.title for frame in around), *leaf.titles)
        asked = open_questions(leaf.text, titles, answered=leaf.settled)
        free = [*_runs(line for line in range(leaf.lines[0], leaf.lines[1] + 1) if line not in used)]
        listed = bool(free) and any(map(_OPEN.search, titles)) and not introduces(leaf.text)
        if listed and not leaf.settled and not is_settled(leaf.text):
            asked = asked if "[" in leaf.text and asked else [leaf.text]
        whole = bool(asked) and (listed or len(asked) == len(sentences(leaf.text)))
        places = [leaf.place(each) for each in asked]
        questions += [Question(text=each, section=path, lines=where) for each, where in zip(asked, places, strict=True)]
        used |= _covered(places)
        if whole or (introduces(leaf.text) and is_title(without_colon(leaf.text)) and free):
            used.update(line for first, last in free for line in range(first, last + 1))
            headings += [] if whole else free
            continue
        parts = [(_without(leaf.text if run == leaf.lines else leaf.part(*run), asked), run) for run in free]
        parts += leaf.unsaid(said, free, asked)
        passed += [
            PassedOver(text=part, section=path, lines=where, reason=_reason(replace(leaf, text=part), home))
            for part, where in parts
            if part
        ]
    told = used | _covered([*headings, *(each.lines for each in passed)])
    passed += _outside(text.split("\n"), told)
    return Rest(tuple(sorted(set(headings))), tuple(questions), tuple(sorted(passed, key=lambda each: each.lines)))


def _without(text: str, asked: Sequence[str]) -> str:
    """Return a text without the questions that were asked in it; '' if nothing is left."""
    for question in asked:
        text = text.replace(question, "")
    return " ".join(text.split()) if any(map(str.isalnum, text)) else ""


def _said(out: Collected) -> dict[int, list[frozenset[str]]]:
    """Return the words of the requirements that stand on each line."""
    said: dict[int, list[frozenset[str]]] = {}
    for draft in out.drafts:
        words = _words(" ".join((draft.lead, draft.text, *draft.criteria)))
        for line in _covered(draft.lines):
            said.setdefault(line, []).append(words)
    return said


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _covered(places: Iterable[Lines]) -> set[int]:
    return {line for first, last in set(places) for line in range(first, last + 1)}


def _runs(lines: Iterable[int]) -> Iterator[Lines]:
    """Yield the runs of lines that follow each other."""
    first = last = 0
    for line in lines:
        if first and line != last + 1:
            yield first, last
            first = 0
        first, last = first or line, line
    if first:
        yield first, last


def _outside(lines: list[str], told: set[int]) -> Iterator[PassedOver]:
    """Yield what is no text at all: front matter, comments, tags, a message that is answered."""
    wordy = (at for at, line in enumerate(lines, start=1) if at not in told and _has_words(line))
    for first, last in _runs(wordy):
        text = " ".join(" ".join(lines[first - 1 : last]).split())
        reason = (
            "a message that is answered" if text.startswith(">") else "a comment, markup or data about the document"
        )
        yield PassedOver(text=text, section="", lines=(first, last), reason=reason)


def _has_words(line: str) -> bool:
    return any(map(str.isalnum, line)) and not TAG_LINE.fullmatch(line)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Walks a document and tells its words from its headings. ``tables`` are those that hold no requirements."""

    tables: set[Lines]

    def read(self, root: Node) -> tuple[list[_Leaf], list[Lines]]:
        """Return the leaves and where headings and the header rows of tables stand."""
        headings: list[Lines] = []
        return [*self._leaves(root.children, (), headings)], headings

    def _leaves(self, nodes: list[Node], titles: tuple[str, ...], headings: list[Lines]) -> Iterator[_Leaf]:
        lead: tuple[str, ...] = ()
        for node, after in zip(nodes, [*nodes[1:], None], strict=False):
            match node.kind:
                case "section":
                    if node.prose is not None:
                        headings.append(node.prose.lines)
                    yield from self._leaves(node.children, titles, headings)
                case "list":
                    for item in node.children:
                        if item.prose is not None:
                            settled = any(is_settled(inner) for inner in _texts(item.children))
                            yield _leaf(item.prose, (*titles, *lead), settled=settled)
                        inner = (without_colon(item.text),) if item.children else ()
                        yield from self._leaves(item.children, (*titles, *lead, *inner), headings)
                case "table":
                    yield from self._rows(node, titles, headings)
                case "text" if node.prose is not None:
                    yield _leaf(node.prose, titles, settled=after is not None and is_settled(after.text[:60]))
                case _:
                    pass
            lead = (without_colon(node.text),) if node.kind == "text" and introduces(node.text) else ()

    def _rows(self, node: Node, titles: tuple[str, ...], headings: list[Lines]) -> Iterator[_Leaf]:
        header, *body = cells(node) or ((),)
        if (node.first, node.last) in self.tables:
            told = f"Table of {len(body)} {'row' if len(body) == 1 else 'rows'}: {', '.join(filter(None, header))}"
            yield _Leaf(told, (node.first, node.last), titles, why="a table of data")
            return
        headings.append((node.first, node.first))
        for row, proses in zip(body, node.rows[1:], strict=True):
            line = next((prose.first for prose in proses if prose is not None), node.first)
            yield _Leaf(": ".join(filter(None, row)), (line, line), titles)


def _leaf(prose: Prose, titles: tuple[str, ...], *, settled: bool) -> _Leaf:
    return _Leaf(prose.text, prose.lines, titles, prose.starts, settled=settled)


def _texts(nodes: list[Node]) -> Iterator[str]:
    """Yield the words directly under a list item."""
    for node in nodes:
        yield from [child.text for child in node.children] if node.kind == "list" else [node.text]


def _reason(leaf: _Leaf, home: Frame | None) -> str:
    for title in reversed(leaf.titles):
        if topic_of(title) in SILENT or is_negated_need(title):
            return f"under “{title}”"
    if home is not None and home.topic in SILENT:
        silent = next((frame for frame in home.upwards() if topic_of(frame.title) in SILENT), home)
        return f"under “{silent.title}”"
    if "?" in leaf.text and (leaf.settled or is_settled(leaf.text)):
        return "a question that is decided"
    if is_question(leaf.text):
        return "a question"
    if is_negated_need(leaf.text):
        return "ruled out"
    if leaf.why or introduces(leaf.text):
        return leaf.why or "introduces what follows"
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
