"""A PRD as HTML that knows its lines: whatever stands on a line of the file says which line that is.

The text is somebody's, so that nothing of it may act: HTML in it is shown as text, images are named and not loaded, and
only links to the web and to mail are links. Elements carry ``data-lines="first-last"``, counted from 1, ends included;
where elements with lines hold one another, the innermost is the exact one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import PurePath

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from heph_nb.domain.prd.markdown import blank_front_matter

_MARKDOWN = {"", ".md", ".markdown", ".mdown", ".mkd", ".mdx"}
_HEADING = re.compile(r"^#{1,6} +\S", re.MULTILINE)
_LINK = re.compile(r"(?:https?:|mailto:)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_ROWS = frozenset({"tr_open", "heading_open"})
"""Blocks that stand on lines of their own: what is in them needs no lines."""


def as_document(text: str, name: str = "PRD.md") -> str:
    r"""Return a PRD as HTML, one ``section.prd-block`` for each block of it.

    Parameters
    ----------
    text : str
        The PRD.
    name : str
        Its file name. What neither ends as Markdown does nor has a heading of it is shown line by line, as it is.

    Examples
    --------
    >>> as_document("It must add.")
    '<section class="prd-block"><p><span data-lines="1-1">It must add.</span></p>\n</section>'
    """
    text = "\n".join(_LINE_END.split(text.removeprefix("\ufeff")))
    markdown = PurePath(name).suffix.lower() in _MARKDOWN or _HEADING.search(text)
    if not markdown or _is_json(text):
        return _block(_pre(text, 1))
    body, _ = blank_front_matter(text)
    front = "" if body == text else _block(_pre(_front(text, body), 1))
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": 60}, renderer_cls=_Renderer)
    md.enable(["table", "strikethrough"])
    env: EnvType = {}
    tokens = md.parse(body, env)
    return front + "".join(_block(md.renderer.render(block, md.options, env)) for block in _blocks(tokens))


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _front(text: str, body: str) -> str:
    """Return the lines that were blanked as front matter."""
    lines = body.split("\n")
    blank = next((n for n, line in enumerate(lines) if line), len(lines))
    return "\n".join(text.split("\n")[:blank]).rstrip()


def _block(html: str) -> str:
    return f'<section class="prd-block">{html}</section>'


def _pre(text: str, first: int, language: str = "") -> str:
    lines = text.removesuffix("\n").split("\n")
    spans = "\n".join(_lines(escape(line, quote=False), n, n) for n, line in enumerate(lines, first))
    about = f' data-language="{escape(language)}"' if language else ""
    return f"<pre{about}><code>{spans}</code></pre>\n"


def _lines(html: str, first: int, last: int) -> str:
    return f'<span data-lines="{first}-{last}">{html}</span>'


def _blocks(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the tokens of each outermost block."""
    start = 0
    for at, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start : at + 1]
            start = at + 1


class _Renderer(RendererHTML):
    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        own = False  # whether the block that is open has its lines already
        for token in tokens:
            if token.type in _ROWS and token.map:
                token.attrSet("data-lines", f"{token.map[0] + 1}-{token.map[1]}")
                own = True
            elif token.nesting < 0 and f"{token.type.removesuffix('_close')}_open" in _ROWS:
                own = False
            elif token.type == "inline" and token.map and not own:
                token.children = _split(token.children or [], token.map[0] + 1, token.map[1])
        return super().render(tokens, options, env)

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        token = tokens[idx]
        return _pre(token.content, token.map[0] + 2 if token.map else 1, token.info.strip().split(" ")[0])

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        token = tokens[idx]
        return _pre(token.content, token.map[0] + 1 if token.map else 1)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        said = self.renderInlineAsText(tokens[idx].children, options, env) or str(tokens[idx].attrGet("src") or "")
        return f'<span class="prd-image">[image: {escape(said)}]</span>'

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        where = str(tokens[idx].attrGet("href") or "")
        if not _LINK.match(where):
            return f'<span class="prd-link" title="{escape(where)}">'
        return f'<a href="{escape(where)}" target="_blank" rel="noopener noreferrer">'

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        opened = next(t for t in reversed(tokens[:idx]) if t.type == "link_open" and t.level == tokens[idx].level)
        return "</a>" if _LINK.match(str(opened.attrGet("href") or "")) else "</span>"


def _split(children: Sequence[Token], first: int, last: int) -> list[Token]:
    """Put the text of each line into a span of its own; lines that emphasis or a link holds together share one."""
    found: list[Token] = []
    held: list[Token] = []
    start = line = first

    def end(to: int) -> None:
        opening = Token("span_open", "span", 1, attrs={"data-lines": f"{start}-{to}"})
        found.extend([opening, *held, Token("span_close", "span", -1)])
        held.clear()

    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            if child.level == 0:
                end(line)
                found.append(child)
                start = line + 1
            else:
                held.append(child)
            line += 1
        else:
            line += child.content.count("\n") if child.type == "text" else 0
            held.append(child)
    end(max(start, last))
    return found
