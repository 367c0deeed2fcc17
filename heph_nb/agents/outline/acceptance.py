"""Acceptance tests: one per requirement, expected to fail until somebody implements it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline import md
from heph_nb.agents.outline.criteria import criteria
from heph_nb.agents.outline.examples import Known, assertion, literal
from heph_nb.agents.outline.headings import plain
from heph_nb.agents.outline.spec import MADE_BY
from heph_nb.agents.outline.titles import brief, clip
from heph_nb.agents.outline.words import slug

if TYPE_CHECKING:
    from heph_nb.agents.outline.reading import Reading
    from heph_nb.agents.outline.spec import Component
    from heph_nb.domain.prd import Example, Statement

WIDTH = 88
HOW = (
    "Every test is expected to fail until its requirement is implemented. Implement it, make the test check the "
    "criteria that its docstring quotes, and take the mark away once it passes."
)


def test_name(statement: Statement) -> str:
    """Return what a requirement's test is called.

    Examples
    --------
    >>> from heph_nb.domain.prd import Statement
    >>> test_name(Statement(id="R-007", text="The tool must sort rows", section="", lines=((1, 1),)))
    'test_r_007_sort_rows'
    """
    words = slug(brief(statement.text), 40).replace("-", "_")
    return "_".join(part for part in ("test", statement.id.casefold().replace("-", "_"), words) if part)


def node_id(path: str, statement: Statement, *, unittest: bool) -> str:
    """Return how pytest calls a requirement's test."""
    return f"{path}::{'Acceptance::' if unittest else ''}{test_name(statement)}"


def module(
    component: Component,
    read: Reading,
    where: Known,
    *,
    unittest: bool = False,
    bold: bool = True,
    held: Collection[str] = (),
) -> str:
    """Return a component's acceptance tests as a Python module.

    Parameters
    ----------
    component : Component
        ``component.tests`` says where the module goes.
    where : Known
        Where the names in the PRD's examples come from.
    unittest : bool
        The repository's tests are unittest cases.
    bold : bool
        Whether the PRD's examples become assertions; otherwise they are only described.
    held : collection of str
        The names of tests that pass as things stand: nobody has to expect them to fail.
    """
    depth = (component.tests or "").count("/")
    opening = "\n".join(_docstring(_about(component, read), 0))
    lines = [opening, "", "import unittest" if unittest else "import pytest"]
    if unittest:
        lines += [
            "",
            "",
            "class Acceptance(unittest.TestCase):",
            *_indented(_docstring([f"{plain(component.title)}."], 4), 1),
        ]
    for s in component.statements:
        body = _test(s, read, where, depth, unittest=unittest, bold=bold)
        body = body[1:] if test_name(s) in held else body
        lines += [""] + ([""] if not unittest else []) + (_indented(body, 1) if unittest else body)
    return md.document([lines])


def _about(component: Component, read: Reading) -> list[str]:
    return [
        f"Acceptance tests of {read.name}: {plain(component.title)}.",
        "",
        f"{MADE_BY} for {component.ticket_id}.",
        f"Specification: {component.path}",
        "",
        HOW,
    ]


def _test(s: Statement, read: Reading, where: Known, depth: int, *, unittest: bool, bold: bool) -> list[str]:
    shown = read.examples_of(s.id)
    checked = [(example, lines) for example in shown if bold and (lines := assertion(example, where)) is not None]
    mark = (
        "@unittest.expectedFailure"
        if unittest
        else f'@pytest.mark.xfail(reason="{s.id} is not implemented yet", strict=False)'
    )
    text = [f"{s.id} ({read.name} {md.places(s.lines)}): {clip(plain(s.text), 2000)}", ""]
    text += [f"Criterion: {plain(c.text)}" for c in criteria(s)]
    text += [
        f"PRD example ({md.places([e.lines])}): {' '.join(e.call.split())} => {' '.join(e.output.split())}"
        for e in shown
    ]
    head = [mark, f"def {test_name(s)}({'self' if unittest else ''}):", *_indented(_docstring(text, 4), 1)]
    if not checked:
        return [*head, f"    {'self' if unittest else 'pytest'}.fail({_missing(s, shown)})"]
    return [*head, *_indented(_together(checked, depth, unittest=unittest), 1)]


def _together(checked: Sequence[tuple[Example, list[str]]], depth: int, *, unittest: bool) -> list[str]:
    """Join the assertions of a requirement's examples: the imports once and first."""
    imports: list[str] = []
    bodies: list[str] = []
    for _, lines in checked:
        for line in lines:
            text = line.replace("{depth}", str(depth))
            if re.match(r"(?:from|import)\s", text):
                if text not in imports and not (text == "import pytest" and not unittest):
                    imports.append(text)
            elif text and not (text.startswith("root = ") and text in bodies):
                bodies.append(text)
    return [*sorted(imports, key=lambda line: (line.startswith("from"), line)), "", *bodies] if imports else bodies


def _missing(s: Statement, shown: Sequence[Example]) -> str:
    """Return the literal that says what is not checked yet."""
    found = criteria(s)
    asked = plain(shown[0].call if shown else found[0].text if found else brief(s.text))
    return literal(clip(f"{s.id}: no check yet of: {asked}", WIDTH - 20))


def _docstring(paragraphs: Sequence[str], indent: int) -> list[str]:
    """Return the lines of a docstring: wrapped, and with nothing in it that Python would take for an escape."""
    lines: list[str] = []
    for text in paragraphs:
        safe = _printable(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        lines += textwrap.wrap(safe, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    while not lines[-1]:
        lines.pop()
    if lines[-1].endswith('"'):
        lines[-1] = lines[-1][:-1] + '\\"'
    if len(lines) == 1:
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _indented(lines: Sequence[str], level: int) -> list[str]:
    return [f"{'    ' * level}{line}" if line else "" for line in lines]
