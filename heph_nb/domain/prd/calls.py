"""Calls and their outputs inside one line: ``slugify("A b") -> "a-b"``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Said = tuple[str, str, str]
"""Form, call, output."""

_I = re.IGNORECASE
_ARROW = r"(?:->|→|=>|⇒|↦|⟶)"
_SAYS = r"(?:returns?|gives?|yields?|evaluates? to|results? in|produces?|becomes?|is|=|==|equals?)"
_PRINTS = r"(?:prints?|outputs?|writes?|displays?|shows?|returns?|gives?)"
_LITERAL = (
    r"(?:\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”|'[^'\n]{0,300}'|-?\d[\d_.,]{0,30}|\[[^\]\n]{0,300}\]|\{[^}\n]{0,300}\}|"
    r"True|False|None|true|false|null)"
)
_SPAN = r"`([^`\n]{1,300})`"
_VERB = rf"(?:must |should |shall )?(?P<says>{_SAYS}|{_PRINTS})"
_KIND = r"(?:the (?:text|string|value|number|line) )?"
_IN_SPAN = re.compile(rf"`([^`\n]{{1,300}}?)\s*{_ARROW}\s*([^`\n]{{1,300}})`")
_SPANS = re.compile(rf"{_SPAN}\s*(?:{_ARROW}|{_VERB})\s*{_KIND}(?:{_SPAN}|({_LITERAL}))(?!\s*{_ARROW})", _I)
_BARE = re.compile(rf"(?<![`\w])({_LITERAL})\s*{_ARROW}\s*({_LITERAL})(?![\w`])(?!\s*{_ARROW})")
_CALLED = rf"[A-Za-z_][\w.]{{0,60}}\((?:{_LITERAL}(?:, ?{_LITERAL})*)?\)"
_NAKED = re.compile(rf"(?<![`\w.])({_CALLED})\s*(?:{_ARROW}|{_VERB})\s*{_KIND}({_LITERAL})(?![\w`])", _I)
_COMMENT = rf"(?:#|//|--)\s*(?:{_ARROW}|returns?:?|prints?:?|=)"
_CODE_LINE = re.compile(
    rf"\s*(\S[^\n]{{0,300}}?)\s*(?:{_COMMENT}|{_ARROW}|(?:#|//)\s*(?={_LITERAL}\s*$))\s*(\S[^\n]{{0,300}}?)\s*$"
)
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(.*\)$")
_HTTP = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s")
_COMMAND = re.compile(r"[a-z][\w.-]*(?:\s+\S+)+$")
_NUMBER = re.compile(r"-?\d[\d_.,]*")
_PLAIN_LITERAL = re.compile(r"“[^”]*”|true|false|null|[\d\s.+*/()^%-]*\d[\d\s.+*/()^%-]*")


def is_call(text: str) -> bool:
    """Whether a text is a call of a function."""
    return bool(_CALL.match(text))


def in_prose(text: str) -> Iterator[Said]:
    """Yield the examples in a sentence: "`f(1)` returns `2`"."""
    for match in _IN_SPAN.finditer(text):
        if form := form_of(match[1], match[2], arrow=True):
            yield form, match[1].strip(), match[2].strip()
    for match in _SPANS.finditer(text):
        output = match[3] or match[4]
        said = match["says"] or ""
        if form := form_of(match[1], output, arrow=not said, prints=bool(re.fullmatch(_PRINTS, said, _I))):
            yield form, match[1].strip(), output.strip()
    bare = re.sub(r"`[^`]*`", "``", text)
    for match in _NAKED.finditer(bare):
        yield "call", match[1], match[3]
    for match in _BARE.finditer(bare):
        if not (_NUMBER.fullmatch(match[1]) and _NUMBER.fullmatch(match[2])):
            yield "value", match[1], match[2]


def in_code(line: str) -> Said | None:
    """Return the example in a line of code, ``f(1)  # => 2``, or None."""
    match = _CODE_LINE.match(line[:700])
    form = form_of(match[1], match[2], arrow=True) if match else ""
    return (form, match[1], match[2]) if match and form else None


def form_of(call: str, output: str, *, arrow: bool, prints: bool = False) -> str:
    """Return what kind of example a call and its output are; '' if none: "`draft` → `sent`" is a transition."""
    call, output = call.strip(), output.strip()
    if _CALL.match(call):
        return "call" if _is_literal(output) or not re.search(r"[\s(]", output) else ""
    if _HTTP.match(call):
        return ""
    if call.startswith(("$ ", "./")) or (prints and _COMMAND.match(call)):
        return "shell"
    return "value" if arrow and _is_literal(call) and _is_literal(output) else ""


def _is_literal(text: str) -> bool:
    """Whether a text is a Python or JSON literal, or a piece of arithmetic."""
    if len(text) > 500:
        return False
    if _PLAIN_LITERAL.fullmatch(text):
        return True
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return True
