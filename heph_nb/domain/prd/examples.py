"""Examples with an output that a test can assert, each tied to the requirement it stands with.

Only what is complete counts: an output with "..." in it, or a call with a ``<placeholder>``, shows a form and cannot be
asserted.
"""

from __future__ import annotations

import ast
import doctest
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.domain.prd.model import Example, Lines, Section, Statement
from heph_nb.domain.prd.tables import cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.tree import Node

LOOK = 2000
"""How much of a paragraph is searched, in characters."""

LANGUAGES = frozenset({"", "console", "shell", "bash", "sh", "zsh", "text", "txt", "shell-session", "terminal", "pycon", "python", "py", "plaintext", "output"})
_I = re.IGNORECASE
_ARROW = r"(?:->|→|=>|⇒|↦|⟶)"
_SAYS = r"(?:returns?|gives?|yields?|evaluates? to|results? in|produces?|becomes?|is|=|==|equals?)"
_PRINTS = r"(?:prints?|outputs?|writes?|displays?|shows?|returns?|gives?)"
_LITERAL = r"(?:\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”|'[^'\n]{0,300}'|-?\d[\d_.,]{0,30}|\[[^\]\n]{0,300}\]|\{[^}\n]{0,300}\}|True|False|None|true|false|null)"
_IN_SPAN = re.compile(rf"`([^`\n]{{1,300}}?)\s*{_ARROW}\s*([^`\n]{{1,300}})`")
_SPANS = re.compile(rf"`([^`\n]{{1,300}})`\s*(?:{_ARROW}|(?:must |should |shall )?(?P<says>{_SAYS}|{_PRINTS}))\s*(?:the (?:text|string|value|number|line) )?(?:`([^`\n]{{1,300}})`|({_LITERAL}))(?!\s*{_ARROW})", _I)
_BARE = re.compile(rf"(?<![`\w])({_LITERAL})\s*{_ARROW}\s*({_LITERAL})(?![\w`])(?!\s*{_ARROW})")
_CODE_LINE = re.compile(rf"\s*(\S[^\n]{{0,300}}?)\s*(?:(?:#|//|--)\s*(?:{_ARROW}|returns?:?|prints?:?|=)|{_ARROW}|(?:#|//)\s*(?={_LITERAL}\s*$))\s*(\S[^\n]{{0,300}}?)\s*$")
_PAIR = re.compile(r"\s*(?:[-*•]\s*)?\**(?:(?:sample|example)\s+)?(?P<which>input|command|call|given|(?:expected\s+)?(?:output|result))\**\s*:\**\s*(?P<value>\S.{0,500}?)\s*$", _I)
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w -]{0,40}>|\.\.\.|…|\[[a-z][\w -]*(?:file|path|name|dir|args?|options?)\w*\]")
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(.*\)$")
_INPUTS = re.compile(r"(?:example |sample )?(?:inputs?|call|command|expression|argument|text|source|from|given|query|example)", _I)
_OUTPUTS = re.compile(r"(?:expected )?(?:outputs?|results?|returns?|return value|stdout|prints?|expected|expected value|slug)", _I)


@dataclass(frozen=True, slots=True)
class _Found:
    form: str
    call: str
    output: str
    lines: Lines


def find_examples(text: str, root: Node, statements: tuple[Statement, ...], sections: tuple[Section, ...]) -> tuple[Example, ...]:
    """Return the examples of a PRD in the order of their lines, each once.

    Parameters
    ----------
    text : str
        The document: doctests outside of code are read from its lines.
    root : Node
        Its tree.
    statements, sections
        What was read from it.
    """
    found = [*_walk(root), *(_doctests(_without_code(text, root), 1) if ">>> " in text else ())]
    nearest = _Nearest(statements, sections)
    out: dict[tuple[str, str, int], Example] = {}
    for one in sorted(found, key=lambda f: f.lines):
        complete = one.call and one.output and not _PLACEHOLDER.search(one.call) and not re.search(r"\.\.\.|…", one.output)
        if complete and not re.fullmatch(r"[`~]{3,}\w*", one.output):
            key = (one.call, one.output, one.lines[0])
            out.setdefault(key, Example(statement_id=nearest.to(one.lines), form=one.form, call=one.call, output=one.output, lines=one.lines))
    return tuple(out.values())


def _without_code(text: str, root: Node) -> str:
    """The document with its code blocks blanked: what is left are doctests that stand in plain text."""
    lines = text.split("\n")
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        if node.kind == "code":
            lines[node.first - 1 : node.last] = [""] * (node.last - node.first + 1)
    return "\n".join(lines)


def _walk(node: Node) -> Iterator[_Found]:
    if node.prose is not None and node.prose.text:
        yield from _inline(node.prose.text[:LOOK], node.prose.lines)
    if node.kind == "table":
        yield from _table(node)
    elif node.kind == "code" and node.language in LANGUAGES:
        yield from _code(node)
    yield from _pairs([(child.text, child.prose.lines) for child in node.children if child.prose is not None])
    for child in node.children:
        yield from _walk(child)


def _code(node: Node) -> Iterator[_Found]:
    first = node.first + 1 if node.last - node.first > node.source.count("\n") else node.first
    if ">>> " in node.source:
        yield from _doctests(node.source, first)
        return
    lines = node.source.split("\n")
    if any(line.lstrip().startswith("$ ") for line in lines):
        yield from _session(lines, first)
        return
    for at, line in enumerate(lines, start=first):
        if (match := _CODE_LINE.match(line)) and (form := _form(match[1], match[2], arrow=True)):
            yield _Found(form, match[1], match[2], (at, at))
    yield from _pairs([(line, (at, at)) for at, line in enumerate(lines, start=first)])


def _doctests(source: str, first: int) -> Iterator[_Found]:
    try:
        parsed = doctest.DocTestParser().get_examples(source)
    except ValueError:  # ">>>" that is no doctest
        return
    for one in parsed:
        wanted = [line for line in one.want.rstrip("\n").split("\n") if not re.match(r"\s*[`~]{3,}", line)]
        if any(wanted):
            begin = first + one.lineno
            rows = one.source.count("\n") + len(wanted)
            yield _Found("call", one.source.strip(), "\n".join(wanted), (begin, begin + rows - 1))


def _session(lines: list[str], first: int) -> Iterator[_Found]:
    """Commands behind "$ " and what they print, up to the next one."""
    at = 0
    while at < len(lines):
        if not lines[at].lstrip().startswith("$ "):
            at += 1
            continue
        begin, command = at, lines[at].strip()[2:].strip()
        while command.endswith("\\") and at + 1 < len(lines):
            at += 1
            command = f"{command[:-1].rstrip()} {lines[at].strip().removeprefix('> ')}"
        at += 1
        output: list[str] = []
        while at < len(lines) and not lines[at].lstrip().startswith("$ "):
            output.append(lines[at].rstrip())
            at += 1
        while output and (not output[-1] or output[-1].startswith("# ")):
            output.pop()
        command = re.sub(r"\s+#\s.*$", "", command)
        if output:
            yield _Found("shell", command, "\n".join(output), (first + begin, first + begin + len(output)))


def _inline(text: str, lines: Lines) -> Iterator[_Found]:
    for match in _IN_SPAN.finditer(text):
        if form := _form(match[1], match[2], arrow=True):
            yield _Found(form, match[1].strip(), match[2].strip(), lines)
    for match in _SPANS.finditer(text):
        output = match[3] or match[4]
        said = (match["says"] or "").casefold()
        if form := _form(match[1], output, arrow=not said, prints=bool(said and re.fullmatch(_PRINTS, said, _I))):
            yield _Found(form, match[1].strip(), output.strip(), lines)
    for match in _BARE.finditer(re.sub(r"`[^`]*`", "", text)):
        if not _is_number(match[1]) or not _is_number(match[2]):
            yield _Found("value", match[1], match[2], lines)


def _form(call: str, output: str, *, arrow: bool, prints: bool = False) -> str:
    """What kind of example a call and its output are; '' if it is none: "`draft` → `sent`" is a transition."""
    call, output = call.strip(), output.strip()
    if _CALL.match(call):
        return "call" if _is_literal(output) or not re.search(r"[\s(]", output) else ""
    if re.match(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s", call):
        return ""
    if call.startswith(("$ ", "./")) or (prints and re.match(r"[a-z][\w.-]*(?:\s+\S+)+$", call)):
        return "shell"
    return "value" if arrow and _is_literal(call) and _is_literal(output) else ""


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d[\d_.,]*", text))


def _is_literal(text: str) -> bool:
    """A Python or JSON literal, or a piece of arithmetic."""
    if len(text) > 500:
        return False
    if re.fullmatch(r"“[^”]*”|true|false|null", text) or re.fullmatch(r"[\d\s.+*/()^%-]*\d[\d\s.+*/()^%-]*", text):
        return True
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return True


def _table(node: Node) -> Iterator[_Found]:
    header, *rows = cells(node)
    inputs = [at for at, title in enumerate(header) if _INPUTS.fullmatch(title.strip())]
    outputs = [at for at, title in enumerate(header) if _OUTPUTS.fullmatch(title.strip())]
    if len(inputs) != 1 or len(outputs) != 1:
        return
    for row, prose in zip(rows, node.rows[1:], strict=True):
        call, output = (_bare(row[at]) if at < len(row) else "" for at in (inputs[0], outputs[0]))
        line = next((cell.first for cell in prose if cell is not None), node.first)
        form = "call" if _CALL.match(call) else "shell" if call.startswith(("$ ", "./")) or header[inputs[0]].casefold() == "command" else "value"
        yield _Found(form, call.removeprefix("$ "), output, (line, line))


def _pairs(lines: list[tuple[str, Lines]]) -> Iterator[_Found]:
    """ "Input: ..." and then "Output: ..."."""
    given: tuple[str, Lines] | None = None
    for text, where in lines:
        match = _PAIR.match(text[:600])
        if match is None:
            given = given if not text.strip() else None
            continue
        asked = match["which"].casefold() in ("input", "command", "call", "given")
        if asked:
            given = (_bare(match["value"]), where)
        elif given is not None:
            form = "call" if _CALL.match(given[0]) else "shell" if given[0].startswith(("$ ", "./")) else "value"
            yield _Found(form, given[0].removeprefix("$ "), _bare(match["value"]), (given[1][0], where[1]))
            given = None


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "`" and "`" not in text[1:-1] else text


class _Nearest:
    """Finds the requirement that a place belongs to: the closest in the innermost section that has one."""

    def __init__(self, statements: tuple[Statement, ...], sections: tuple[Section, ...]) -> None:
        self.places = sorted((lines, s.id) for s in statements for lines in s.lines)
        self.spans = sorted({s.lines for s in sections}, key=lambda lines: (lines[0], -lines[1]))
        self.outer: list[int] = []
        open_spans: list[int] = []
        for at, (first, _) in enumerate(self.spans):
            while open_spans and self.spans[open_spans[-1]][1] < first:
                open_spans.pop()
            self.outer.append(open_spans[-1] if open_spans else -1)
            open_spans.append(at)

    def to(self, lines: Lines) -> str:
        """Id of that requirement; '' if there is none."""
        at = bisect_right(self.places, ((lines[0], 10**9), ""))
        around = self.places[max(at - 1, 0) : at + 1]
        for first, last in self._sections(lines[0]):
            inside = [(self._distance(place, lines), place, which) for place, which in around if first <= place[0] <= last]
            if inside:
                return min(inside)[2]
        return ""

    def _sections(self, line: int) -> Iterator[Lines]:
        at = bisect_right(self.spans, (line, 10**9)) - 1
        while at >= 0:
            if self.spans[at][1] >= line:
                yield self.spans[at]
            at = self.outer[at]
        yield 0, 10**9

    @staticmethod
    def _distance(place: Lines, lines: Lines) -> int:
        if place[1] >= lines[0] >= place[0]:
            return 0
        return lines[0] - place[1] if place[1] < lines[0] else 3 * (place[0] - lines[1])
