"""Examples with an output that a test can assert, each tied to the requirement it stands with.

Only what is complete counts: an output with "..." in it, or a call with a ``<placeholder>``, shows a form and cannot be
asserted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heph_nb.domain.prd import calls, lexicon
from heph_nb.domain.prd.model import Example, Lines, Section, Statement
from heph_nb.domain.prd.nearest import Nearest
from heph_nb.domain.prd.tables import cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.tree import Node

LOOK = 2000
"""How much of a paragraph is searched, in characters."""

LANGUAGES = lexicon.word_set("sessions", "languages")
"""Languages of code blocks that may hold examples; so may blocks that name none."""

_I = re.IGNORECASE
_PAIR = re.compile(
    r"\s*(?:[-*•]\s*)?\**(?:(?:sample|example)\s+)?(?P<which>input|command|call|given|(?:expected\s+)?(?:output|result))"
    r"\**\s*:\**\s*(?P<value>\S.{0,500}?)\s*$",
    _I,
)
_ASKED = ("input", "command", "call", "given")
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w -]{0,40}>|\.\.\.|…|\[[a-z][\w -]*(?:file|path|name|dir|args?|options?)\w*\]")
_LEFT_OUT = re.compile(r"\.\.\.|…")
_STATUS = "$ echo $?"
_FENCE = re.compile(r"\s*[`~]{3,}")
_INPUTS = re.compile(
    r"(?:example |sample )?(?:inputs?|call|command|expression|argument|text|source|from|given|query|example)", _I
)
_OUTPUTS = re.compile(
    r"(?:expected )?(?:outputs?|results?|returns?|return value|stdout|prints?|expected|expected value|slug)", _I
)


@dataclass(frozen=True, slots=True)
class _Found:
    form: str
    call: str
    output: str
    lines: Lines
    home: int = 0
    """Where the list item begins that its code stands in; 0 without one."""

    @property
    def complete(self) -> bool:
        """Whether a test could assert it as it stands."""
        left_out = _PLACEHOLDER.search(self.call) or _LEFT_OUT.search(self.output) or _FENCE.match(self.output)
        return bool(self.call and self.output) and not left_out


def find_examples(
    text: str, root: Node, statements: tuple[Statement, ...], sections: tuple[Section, ...]
) -> tuple[Example, ...]:
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
    found = list(_walk(root))
    if ">>> " in text:
        found += _doctests(_without_code(text, root), 1)
    nearest = Nearest(statements, sections)
    out: dict[tuple[str, str, int], Example] = {}
    for one in sorted((each for each in found if each.complete), key=lambda each: each.lines):
        owner = nearest.to((one.home or one.lines[0], one.lines[1]), one.call)
        example = Example(statement_id=owner, form=one.form, call=one.call, output=one.output, lines=one.lines)
        out.setdefault((one.call, one.output, one.lines[0]), example)
    return tuple(out.values())


def _without_code(text: str, root: Node) -> str:
    """Return the document with its code blocks blanked: what is left are doctests that stand in plain text."""
    lines = text.split("\n")
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        if node.kind == "code":
            lines[node.first - 1 : node.last] = [""] * (node.last - node.first + 1)
    return "\n".join(lines)


def _walk(node: Node, home: int = 0) -> Iterator[_Found]:
    if node.prose is not None:
        for said in calls.in_prose(node.text[:LOOK]):
            yield _Found(*said, node.prose.lines)
    if node.kind == "table":
        yield from _table(node)
    elif node.kind == "code" and (node.language in LANGUAGES or not node.language):
        yield from (replace(found, home=home) for found in _code(node))
    yield from _pairs([(child.text, child.prose.lines) for child in node.children if child.prose is not None])
    for child in node.children:
        yield from _walk(child, node.first if node.kind == "item" else home)


def _code(node: Node) -> Iterator[_Found]:
    first = node.first + 1 if node.last - node.first > node.source.count("\n") else node.first
    lines = node.source.split("\n")
    if ">>> " in node.source:
        yield from _doctests(node.source, first)
    elif any(line.lstrip().startswith("$ ") for line in lines):
        yield from _session(lines, first)
    else:
        for at, line in enumerate(lines, start=first):
            if said := calls.in_code(line):
                yield _Found(*said, (at, at))
        yield from _pairs([(line, (at, at)) for at, line in enumerate(lines, start=first)])


def _doctests(source: str, first: int) -> Iterator[_Found]:
    import doctest  # few documents hold one

    try:
        parsed = doctest.DocTestParser().get_examples(source)
    except ValueError:  # ">>>" that is no doctest
        return
    for one in parsed:
        wanted = [line for line in one.want.rstrip("\n").split("\n") if not _FENCE.match(line)]
        if any(wanted):
            begin = first + one.lineno
            rows = one.source.count("\n") + len(wanted)
            yield _Found("call", one.source.strip(), "\n".join(wanted), (begin, begin + rows - 1))


def _session(lines: list[str], first: int) -> Iterator[_Found]:
    """Yield the commands behind "$ " with what they print, up to the next one."""
    at = 0
    last: _Found | None = None
    while at < len(lines):
        begin, command = at, lines[at].strip()
        at += 1
        if not command.startswith("$ "):
            continue
        while command.endswith("\\") and at < len(lines):
            command = f"{command[:-1].rstrip()} {lines[at].strip().removeprefix('> ')}"
            at += 1
        output: list[str] = []
        while at < len(lines) and not lines[at].lstrip().startswith("$ "):
            output.append(lines[at].rstrip())
            at += 1
        while output and (not output[-1] or output[-1].startswith("# ")):
            output.pop()
        if last is not None and command == _STATUS:
            last = replace(last, lines=(last.lines[0], first + begin + len(output)))  # how the command before it ended
            continue
        if last is not None:
            yield last
        bare = re.sub(r"\s+#\s.*$", "", command[2:].strip())
        last = (
            _Found("shell", bare, "\n".join(output), (first + begin, first + begin + len(output))) if output else None
        )
    if last is not None:
        yield last


def _table(node: Node) -> Iterator[_Found]:
    """Yield the rows of a table with one column of inputs and one of outputs."""
    header, *rows = cells(node)
    inputs = [at for at, title in enumerate(header) if _INPUTS.fullmatch(title.strip())]
    outputs = [at for at, title in enumerate(header) if _OUTPUTS.fullmatch(title.strip())]
    if len(inputs) != 1 or len(outputs) != 1:
        return
    for row, proses in zip(rows, node.rows[1:], strict=True):
        call, output = (_bare(row[at]) if at < len(row) else "" for at in (inputs[0], outputs[0]))
        line = next((prose.first for prose in proses if prose is not None), node.first)
        form = "shell" if header[inputs[0]].casefold() == "command" else _form(call)
        yield _Found(form, call.removeprefix("$ "), output, (line, line))


def _pairs(lines: list[tuple[str, Lines]]) -> Iterator[_Found]:
    """Yield what stands behind "Input: ..." with the "Output: ..." below it."""
    given: tuple[str, Lines] | None = None
    for text, where in lines:
        match = _PAIR.match(text[:600])
        if match is None:
            given = given if not text.strip() else None
        elif match["which"].casefold() in _ASKED:
            given = (_bare(match["value"]), where)
        elif given is not None:
            call, above = given
            yield _Found(_form(call), call.removeprefix("$ "), _bare(match["value"]), (above[0], where[1]))
            given = None


def _form(call: str) -> str:
    return "call" if calls.is_call(call) else "shell" if call.startswith(("$ ", "./")) else "value"


def _bare(text: str) -> str:
    text = text.strip()
    coded = len(text) > 2 and text[0] == text[-1] == "`" and "`" not in text[1:-1]
    return text[1:-1] if coded else text
