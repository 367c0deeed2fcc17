"""A document as a tree: sections with paragraphs, lists, tables and code, each with its lines."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heph_nb.domain.prd import plain
from heph_nb.domain.prd.markdown import block_tokens, parser
from heph_nb.domain.prd.prose import Prose, read_prose
from heph_nb.domain.prd.runs import begins_session
from heph_nb.domain.prd.scenarios import raw_gherkin
from heph_nb.domain.prd.shapes import introduces
from heph_nb.domain.prd.topics import ASKS, Topic, topic_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

PSEUDO_RANK = 80
"""Headings that are only bold or short lines have this rank or a higher one; Markdown's own have 10 to 60."""

HIGHEST_RANK = 10
"""The rank of a first-level heading of Markdown."""

WRAPPER_RANK = 5
"""A pair of tags is a section (``<constraints>``) that holds whatever headings stand between them."""

CHAPTER_RANK = 70
"""Headings in capitals and numbered ones, without Markdown, have at least this rank."""

TITLE_RANK = 90
"""Short lines that are headings by their words or their place have at least this rank."""

DEEPEST = 3
"""How often text inside code (an indented letter, an unclosed fence) is parsed as text of its own."""


@dataclass(slots=True)
class Node:
    """A part of the document.

    ``section``: prose (its heading), children, rank. ``list``: children are ``item``; number is not empty if ordered.
    ``item``: prose (may be None), children. ``text``: prose. ``table``: rows. ``code``: language, source.
    """

    kind: str
    first: int
    last: int
    prose: Prose | None = None
    children: list[Node] = field(default_factory=list)
    rank: int = 0
    number: str = ""
    language: str = ""
    source: str = ""
    rows: list[list[Prose | None]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Clean text of the heading, item or paragraph; '' without."""
        return self.prose.text if self.prose else ""


def read_tree(text: str) -> Node:
    """Parse Markdown or plain text; return the root section (no heading, rank 0)."""
    count = text.count("\n") + 1
    builder = _Builder()
    found = raw_gherkin(text)
    if found is None:
        return nested(builder.build(text, 0, 0), count)
    begin, end = found
    lines = text.split("\n")
    # the block has no fence: its first line, the name of the feature, stands where a fence would
    feature = builder.heading(lines[begin], begin + 1)
    code = Node("code", begin + 1, end, language="gherkin", source="\n".join(lines[begin + 1 : end]))
    before = builder.build("\n".join(lines[:begin]), 0, 0)
    after = builder.build("\n".join(lines[end:]), end, 0)
    return nested([*before, feature, code, *after], count)


def nested(flat: list[Node], count: int) -> Node:
    """Put a flat run of nodes into the sections that the headings among them open."""
    root = Node("section", 1, max(count, 1))
    stack = [root]
    for node in flat:
        if node.kind == "end":
            if any(around.rank == WRAPPER_RANK and around.text == node.text for around in stack):
                while (inner := stack.pop()).rank != WRAPPER_RANK or inner.text != node.text:
                    inner.last = node.first
                inner.last = node.last
        elif node.kind == "section":
            while stack[-1].rank >= node.rank > WRAPPER_RANK:
                stack.pop().last = max(node.first - 1, 1)
            stack[-1].children.append(node)
            stack.append(node)
        else:
            stack[-1].children.append(node)
    for node in stack:
        node.last = max(count, node.first)
    return root


_ANSWERED = re.compile(r"\b(?:wrote|schrieb|a écrit|escribió)\b[^:]{0,40}:")
"""The first words of a mail that is quoted in its answer: what it says was said before."""


class _Builder:
    """Turns tokens into nodes. One per document: it keeps the parser."""

    def __init__(self) -> None:
        self.md = parser()
        self.env: dict[str, Any] = {}

    def build(self, text: str, offset: int, depth: int) -> list[Node]:
        outer = self.env
        tokens, self.env = block_tokens(self.md, text)
        nodes = _with_headings(list(self._nodes(_Cursor(tokens), "", offset, depth, text)))
        self.env = outer
        return nodes

    def _nodes(self, cursor: _Cursor, closing: str, offset: int, depth: int, text: str) -> Iterator[Node]:
        while (token := cursor.take()) is not None and token.type != closing:
            match token.type:
                case "heading_open":
                    yield from self._heading(token, cursor.take(), offset)
                    cursor.take()
                case "paragraph_open":
                    yield from self._paragraph(cursor.take(), offset)
                    cursor.take()
                case "bullet_list_open" | "ordered_list_open":
                    yield self._list(token, cursor, offset, depth, text)
                case "blockquote_open":
                    quoted = list(self._nodes(cursor, "blockquote_close", offset, depth, text))
                    if not (quoted and _ANSWERED.search(quoted[0].text[:200])):
                        yield from quoted
                case "table_open":
                    yield self._table(token, cursor, offset)
                case "wrapper_open" | "wrapper_close" if topic_of(token.content) is not Topic.OTHER:
                    line = (token.map or [0])[0] + offset + 1
                    prose = self._prose([token.content.capitalize()], line)
                    opens = token.type == "wrapper_open"
                    yield Node("section" if opens else "end", line, line, prose, rank=WRAPPER_RANK)
                case "fence" | "code_block":
                    yield from self._code(token, offset, depth, text)
                case _:
                    pass

    def heading(self, line: str, number: int) -> Node:
        """Return the section that a line opens, whatever it looks like."""
        return Node("section", number, number, self._prose([line], number), rank=TITLE_RANK)

    def _prose(self, lines: tuple[str, ...] | list[str], first: int) -> Prose | None:
        return read_prose(self.md, self.env, lines, first)

    def _heading(self, token: Token, inline: Token | None, offset: int) -> Iterator[Node]:
        begin, end = token.map or [0, 1]
        lines = inline.content.split("\n") if inline else []
        setext = token.markup in ("-", "=")
        if setext and (len(lines) > 1 or len(lines[0]) > 100 or lines[0].rstrip().endswith((".", "!", ";", ","))):
            yield from self._pieces(lines, begin + offset + 1)  # a paragraph above a line of dashes
            return
        prose = self._prose(lines, begin + offset + 1)
        if prose is not None:
            yield Node("section", begin + offset + 1, end + offset, prose, rank=10 * int(token.tag[1:]))

    def _paragraph(self, inline: Token | None, offset: int) -> Iterator[Node]:
        if inline is not None and inline.map is not None:
            yield from self._pieces(inline.content.split("\n"), inline.map[0] + offset + 1)

    def _pieces(self, lines: list[str], first: int) -> Iterator[Node]:
        if rows := plain.columns(lines):
            table = Node("table", first, first + len(lines) - 1)
            table.rows = [[self._prose([cell], first + at) for cell in row] for at, row in enumerate(rows)]
            yield table
            return
        if begins_session(lines[0]):
            yield Node("code", first, first + len(lines) - 1, language="console", source="\n".join(lines))
            return
        run: Node | None = None
        for piece in plain.split_paragraph(lines, first):
            prose = self._prose(piece.lines, piece.first)
            if prose is None:
                continue
            if piece.kind == "text":
                run = None
                yield Node("text", prose.first, prose.last, prose)
                continue
            item = Node("item", prose.first, prose.last, prose, number=piece.number)
            if run is None:
                run = Node("list", item.first, item.last, number=piece.number)
                yield run
            _append(run, item)

    def _list(self, token: Token, cursor: _Cursor, offset: int, depth: int, text: str) -> Node:
        closing = token.type.replace("_open", "_close")
        begin, end = token.map or [0, 1]
        node = Node("list", begin + offset + 1, end + offset)
        while (entry := cursor.take()) is not None and entry.type != closing:
            if entry.type != "list_item_open":
                continue
            first, last = entry.map or [begin, end]
            item = Node("item", first + offset + 1, max(last, first + 1) + offset, number=entry.info)
            node.number = node.number or entry.info
            children = list(self._nodes(cursor, "list_item_close", offset, depth, text))
            children = _without_box(children, item.first)
            if children and children[0].kind in ("text", "section"):
                item.prose = children.pop(0).prose
            item.children = [
                Node("text", child.first, child.last, child.prose) if child.kind == "section" else child
                for child in children
                if child.kind != "end"
            ]
            node.children.append(item)
        return node

    def _table(self, token: Token, cursor: _Cursor, offset: int) -> Node:
        begin, end = token.map or [0, 1]
        node = Node("table", begin + offset + 1, end + offset)
        line = node.first
        while (part := cursor.take()) is not None and part.type != "table_close":
            if part.type == "tr_open":
                line = (part.map or [begin, end])[0] + offset + 1
                node.rows.append([])
            elif part.type == "inline":
                node.rows[-1].append(self._prose([part.content], line))
        return node

    def _code(self, token: Token, offset: int, depth: int, text: str) -> list[Node]:
        begin, end = token.map or [0, 1]
        source, language = token.content, token.info.strip().split(" ")[0].strip("{}.").casefold()
        if depth < DEEPEST:
            lines = source.count("\n")
            unclosed = token.type == "fence" and end - begin - 1 == lines and lines > 1
            wrapped = language in ("markdown", "md", "prd") and lines * 2 > text.count("\n")  # else it is a sample
            if unclosed or wrapped:
                return self.build(source, begin + offset + 1, depth + 1)
            if token.type == "code_block" and plain.is_prose(source):
                return self.build(textwrap.dedent(source), begin + offset, depth + 1)
        return [Node("code", begin + offset + 1, end + offset, language=language, source=source)]


def _append(run: Node, item: Node) -> None:
    """Append an item to a list, or to the list inside its last item: "(3) It contains:", "(a) a name", "(b) a date"."""
    above = run.children[-1] if run.children else None
    if (
        above is not None
        and (above.children or introduces(above.text))
        and item.number.isalpha() > above.number.isalpha()
    ):
        if not above.children:
            above.children.append(Node("list", item.first, item.last, number=item.number))
        above.children[0].children.append(item)
        above.children[0].last = above.last = item.last
    else:
        run.children.append(item)
    run.last = item.last


class _Cursor:
    """A place in a run of tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = iter(tokens)

    def take(self) -> Token | None:
        return next(self._tokens, None)


def _without_box(children: list[Node], line: int) -> list[Node]:
    """Return what stands in an item; "- [] Undo" has two marks and is one item."""
    inner = children[0] if children else None
    if inner is None or inner.kind != "list" or inner.first != line or len(inner.children) != 1:
        return children
    item = inner.children[0]
    return [Node("text", item.first, item.last, item.prose), *item.children, *children[1:]]


def _with_headings(flat: list[Node]) -> list[Node]:
    """Turn the paragraphs and one-item lists that are headings into sections."""
    bare = sum(node.kind == "section" for node in flat) - (flat[:1] != [] and flat[0].kind == "section") == 0
    out: list[Node] = []
    for node, after in zip(flat, [*flat[1:], None], strict=False):
        out += _chapter(node, after) if node.kind == "list" else [_heading_of(node, after, bare=bare) or node]
    _lower_lone_titles(out)
    _group_titles(out)
    return out


def _lower_lone_titles(nodes: list[Node]) -> None:
    """Let "TL;DR" stand beside the other headings of a text without Markdown, not above: only it looks as it does."""
    pseudo = [node for node in nodes if node.kind == "section" and node.rank >= CHAPTER_RANK]
    count = Counter(node.rank for node in pseudo)
    usual = min((rank for rank, times in count.items() if times > 1), default=0)
    for node in pseudo:
        if node.rank < usual and topic_of(node.text) not in ASKS | {Topic.OTHER}:
            node.rank = usual


def _group_titles(nodes: list[Node]) -> None:
    """Put "Check-out" and "Return" under "Functional requirements" if the first stands right below it."""
    grouping = False
    before: Node | None = None
    for node in nodes:
        if node.kind == "section" and node.rank == TITLE_RANK:
            if topic_of(node.text) is not Topic.OTHER:
                grouping = False
            elif grouping or (before is not None and before.rank == TITLE_RANK and topic_of(before.text) in ASKS):
                grouping, node.rank = True, TITLE_RANK + 1
        elif node.kind == "section" and node.rank < TITLE_RANK:
            grouping = False
        before = node


def _heading_of(node: Node, after: Node | None, *, bare: bool) -> Node | None:
    """Return the section that a paragraph opens; None if it is no heading. `bare`: the text has no Markdown."""
    prose = node.prose
    if node.kind != "text" or prose is None or after is None or prose.first != prose.last:
        return None
    before_list = after.kind in ("list", "table", "code")
    rank = plain.heading_rank(
        prose.text, bold=prose.bold, before_list=before_list, before_text=after.kind == "text", bare=bare
    )
    return Node("section", node.first, prose.last, prose, rank=rank) if rank is not None else None


def _chapter(node: Node, after: Node | None) -> list[Node]:
    """Return the sections that a numbered list is: "1. GENERAL", "2. SORTING"; or the list itself."""
    if not node.number or any(item.prose is None or item.prose.first != item.prose.last for item in node.children):
        return [node]
    capitals = all(plain.is_capitals(item.text) for item in node.children) and any(i.children for i in node.children)
    alone = len(node.children) == 1 and not node.children[0].children
    if not capitals and not (alone and _follows_title(after) and plain.is_chapter(node.children[0].text)):
        return [node]
    out: list[Node] = []
    for item in node.children:
        number = f"{item.number or node.number}. "
        out += [Node("section", item.first, item.first, item.prose, rank=CHAPTER_RANK, number=number), *item.children]
    return out


def _follows_title(after: Node | None) -> bool:
    """Whether a numbered line above this node may be a chapter: "1. Search" above bullets or text."""
    return after is not None and after.kind != "section" and not (after.kind == "list" and after.number)
