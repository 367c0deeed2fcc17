"""Headings of Org, AsciiDoc and Jira, written as Markdown's: line by line, so that every line keeps its number."""

from __future__ import annotations

import re

_ORG = re.compile(r"(\*{1,6}) +(?:TODO |DONE |NEXT |\[#[A-C]\] )*(?=\S)")
_ORG_ONLY = re.compile(r"^(?:#\+[A-Za-z_]+:|\*{2,6} +[^*\n]+$)", re.MULTILINE)
_ORG_KEYWORD = re.compile(r"#\+\w+:.*")
_MARKED = re.compile(r"(?:(={1,6})|h([1-6])\.) +(?=[^\s=])(?!.*\|)")


def as_markdown(text: str) -> str:
    r"""Return a text whose headings are Markdown's.

    Examples
    --------
    >>> as_markdown("#+TITLE: Kiosk\n* Requirements\n** TODO Buying")
    '\n# Requirements\n## Buying'
    >>> as_markdown("== Scope\nh3. What we want")
    '## Scope\n### What we want'
    """
    org = bool(_ORG_ONLY.search(text))
    out: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        out.append(line if fenced else _heading(line, org=org))
    return "\n".join(out)


def _heading(line: str, *, org: bool) -> str:
    if org and (found := _ORG.match(line)):
        return f"{'#' * len(found[1])} {line[found.end() :]}"
    if org and _ORG_KEYWORD.fullmatch(line):
        return ""
    if found := _MARKED.match(line):
        return f"{'#' * (len(found[1]) if found[1] else int(found[2]))} {line[found.end() :].rstrip(' =')}"
    return line
