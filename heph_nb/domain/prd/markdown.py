"""The Markdown parser, set up for PRDs: block tokens whose line maps are the lines of the file.

Three things differ from CommonMark. A line that is only a tag (``<PRD>``, ``</context>``, ``<div>``) is one
line that says nothing, where CommonMark swallows everything up to the next blank line. An HTML comment ends where
it ends. Front matter is not text. Inline text is not parsed here but when it is looked at (`prose`), because most
of a hostile document is never looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

TAG_LINE = re.compile(r"[ \t]*<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]{0,60})(?:\s[^<>\n]{0,300})?/?>[ \t]*")
OPAQUE = ("script", "style", "pre", "svg")
HTML_TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "article",
        "aside",
        "b",
        "blockquote",
        "body",
        "br",
        "button",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "dialog",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "li",
        "link",
        "main",
        "mark",
        "meta",
        "nav",
        "ol",
        "option",
        "p",
        "picture",
        "pre",
        "q",
        "s",
        "samp",
        "script",
        "section",
        "select",
        "small",
        "source",
        "span",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "template",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    ]
)
FRONT_MATTER_KEY = re.compile(r"[A-Za-z_][\w .-]{0,60}:|\s|#|-|$")
FRONT_MATTER_LINES = 200


def parser() -> MarkdownIt:
    """Return a parser for block structure; `markdown_it.MarkdownIt.inline` of it parses inline text."""
    md = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])
    md.disable(["inline", "text_join"])
    md.block.ruler.at("html_block", _markup_lines, {"alt": ["paragraph", "reference", "blockquote"]})
    return md


def block_tokens(md: MarkdownIt, text: str) -> tuple[list[Token], dict[str, Any]]:
    """Return the block tokens of `text` and the environment (link references) that inline parsing wants."""
    wrappers: dict[str, set[str]] = {}
    for found in re.finditer(rf"^(?:>[ \t]?){{0,9}}{TAG_LINE.pattern}$", text, re.MULTILINE):
        wrappers.setdefault(found["name"].lower(), set()).add(found["close"])
    env: dict[str, Any] = {"wrappers": {name for name, kinds in wrappers.items() if len(kinds) == 2}}
    return md.parse(text, env), env


def blank_front_matter(text: str) -> tuple[str, str]:
    """Replace front matter by as many blank lines; return the text and the title that it names, or ''."""
    fence = text[:3]
    if fence not in ("---", "+++") or text[3:4] not in ("\n", ""):
        return text, ""
    lines = text.split("\n", FRONT_MATTER_LINES)
    for at, line in enumerate(lines[1:FRONT_MATTER_LINES], start=1):
        if line.rstrip() in (fence, "..."):
            title = next((m[1].strip(" \"'") for m in map(_TITLE.match, lines[:at]) if m), "")
            return "\n".join([""] * (at + 1) + lines[at + 1 :]), title
        if not FRONT_MATTER_KEY.match(line):
            break
    return text, ""


_TITLE = re.compile(r"title\s*[:=]\s*(.+)", re.IGNORECASE)


def _markup_lines(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Block rule in place of CommonMark's HTML blocks: comments, opaque elements, and lines that are only a tag."""
    if state.is_code_block(start):
        return False
    begin, stop = state.bMarks[start] + state.tShift[start], state.eMarks[start]
    if state.src[begin : begin + 1] != "<":
        return False
    if state.src.startswith("<!--", begin):
        return _skip_to(state, "-->", begin + 4, start, end, silent)
    tag = TAG_LINE.fullmatch(state.src, begin, stop) if stop - begin < 400 else None
    if tag is None:
        return False
    name = tag["name"].lower()
    if name in OPAQUE and not tag["close"] and _skip_to(state, f"</{name}>", stop, start, end, silent):
        return True
    if silent and name not in HTML_TAGS and name not in state.env["wrappers"]:
        return False  # "<task-id>" alone on a line of a wrapped paragraph is text
    if not silent:
        state.line = start + 1
        if name not in HTML_TAGS and name in state.env["wrappers"]:
            token = state.push("wrapper_close" if tag["close"] else "wrapper_open", "", 0)
            token.content, token.map = re.sub(r"[-_.:]+", " ", tag["name"]), [start, start + 1]
    return True


def _skip_to(state: StateBlock, closing: str, position: int, start: int, end: int, silent: bool) -> bool:
    """Move behind the line that holds `closing`; False (the text stays) if nothing closes it."""
    unclosed = state.env.setdefault("unclosed", set())
    if closing in unclosed:
        return False
    found = state.src.find(closing, position)
    if found < 0:
        unclosed.add(closing)  # looked for once, or a file of openings would take quadratic time
        return False
    if not silent:
        line = start
        while line < end - 1 and state.eMarks[line] < found:
            line += 1
        state.line = line + 1
    return True
