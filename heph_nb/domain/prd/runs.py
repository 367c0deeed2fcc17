"""Examples told in sentences with code between them: "Given this file", the file, "`load a.csv` prints", the output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.shapes import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heph_nb.domain.prd.tree import Node

SHORT = 300
"""Code of so many characters is told in the words of a statement."""

_I = re.IGNORECASE
_OPENS = re.compile(
    r"for example\b|(?:an? )?example(?=[:,.]|$)|e\.g\.|given (?:this|the|an?\b|`)|"
    r"with (?:this|the|an?) (?:following )?(?:file|input)\b",
    _I,
)
_SAYS = r"(?:prints?|outputs?|shows?|writes?|answers?|returns?|responds?|gives?|fails?|exits?|ends?)"
_GOES_ON = re.compile(
    r"(?:(?:and|then|it|this|the (?:command|tool|program|server|service))[,:]?\s+)*"
    rf"(?:{_SAYS}\b|then\b|`[^`]+` (?:then |must )?{_SAYS}\b)",
    _I,
)
_ENDS = re.compile(r"(?:(?:and|then|it|the command)\s+)*(?:exits?|ends?)\b[^.]{0,40}\b(?:status|code|\d)", _I)
_SESSION = re.compile(r"\$ [a-z./][\w./-]*(?:\s|$)")
_REQUEST = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)`? +`?/")


def begins_session(line: str) -> bool:
    """Whether a line is a command in a terminal, with its prompt: "$ load a.csv"."""
    return bool(_SESSION.match(line))


def opens_example(text: str) -> bool:
    """Whether the last sentence of a text has no end and begins an example: "For example, given this file"."""
    begin, end = sentences(text)[-1] if text else (0, 0)
    return bool(_OPENS.match(text[begin:end])) and not text.endswith((".", "!", "?"))


def end_of_example(nodes: Sequence[Node], at: int, before: str) -> int:
    """Return where the example ends that begins with ``nodes[at]``; `at` if none does.

    Parameters
    ----------
    nodes : sequence of Node
        Paragraphs and code.
    at : int
        The paragraph that opens it, or the code behind `before`.
    before : str
        The text of the list item that the nodes stand in; '' if they stand in none.
    """
    node = nodes[at]
    if not (
        opens_example(node.text) if node.kind == "text" else node.kind == "code" and at == 0 and opens_example(before)
    ):
        return at
    end = at + (node.kind == "text")
    told = False
    while end < len(nodes):
        coded = end + 1 < len(nodes) and nodes[end + 1].kind == "code"
        if nodes[end].kind == "text" and (_GOES_ON.match(nodes[end].text) if coded else _ENDS.match(nodes[end].text)):
            told = True
        elif nodes[end].kind != "code":
            break
        end += 1
    return end if told and any(each.kind == "code" for each in nodes[at:end]) else at


def request_of(nodes: Sequence[Node]) -> str:
    """Return an example of a request as one text, with what is sent and answered; '' if it shows a command."""
    if not _REQUEST.search(nodes[0].text):
        return ""
    parts = [" ".join(node.source.split()) if node.kind == "code" else node.text for node in nodes]
    coded = [f"`{part}`" if node.kind == "code" else part for node, part in zip(nodes, parts, strict=True)]
    return " ".join(part for part in coded if len(part) <= SHORT)
