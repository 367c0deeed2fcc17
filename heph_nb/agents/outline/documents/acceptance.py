"""Acceptance tests: one per requirement, expected to fail until somebody implements it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.language.briefs import brief
from heph_nb.agents.outline.language.headings import plain
from heph_nb.agents.outline.language.words import slug
from heph_nb.agents.outline.understanding.criteria import criteria
from heph_nb.agents.outline.understanding.examples import Known, assertion, lacking, literal

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.spec import Component
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Example, Statement

WIDTH = 88
LONGEST_NAME = 56
HOW = (
    "Every test is expected to fail until its requirement is implemented. Implement it, make the test check the "
    "criteria that its docstring quotes, and take the mark away once it passes."
)


def test_names(statements: Sequence[Statement]) -> dict[str, str]:
    """Return what the tests of a module are called, by requirement id: after what the requirement says.

    The id is in the docstring. It stands in the name only where the words do not tell two tests apart, so that a name
    stays what it is when the PRD is edited elsewhere.

    Examples
    --------
    >>> from heph_nb.domain.prd import Statement
    >>> texts = {"R-007": "The tool must sort rows", "R-008": "Sort rows!", "R-009": "行"}
    >>> found = [Statement(id=id, text=text, section="", lines=((1, 1),)) for id, text in texts.items()]
    >>> list(test_names(found).values())
    ['test_sort_rows', 'test_sort_rows_r_008', 'test_r_009']
    """
    named: dict[str, str] = {}
    for s in statements:
        words = slug(brief(s.text, 200), LONGEST_NAME).replace("-", "_")
        name = f"test_{words}" if words else ""
        if not name or name in named.values():
            name = f"{name or 'test'}_{s.id.casefold().replace('-', '_')}"
        named[s.id] = name
    return named


def node_id(path: str, name: str, *, unittest: bool) -> str:
    """Return how pytest calls a test of a module."""
    return f"{path}::{'Acceptance::' if unittest else ''}{name}"


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
    for s, name in zip(component.statements, test_names(component.statements).values(), strict=True):
        body = _test(s, name, read, where, depth, unittest=unittest, bold=bold)
        body = body[1:] if name in held else body
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


def _test(s: Statement, name: str, read: Reading, where: Known, depth: int, *, unittest: bool, bold: bool) -> list[str]:
    shown = read.examples_of(s.id)
    checked = [
        (example, lines) for example in shown if bold and (lines := assertion(example, where, depth)) is not None
    ]
    mark = (
        "@unittest.expectedFailure"
        if unittest
        else f'@pytest.mark.xfail(reason="{s.id} is not implemented yet", strict=False)'
    )
    text = [f"{s.id} ({read.name} {md.places(s.lines)}): {s.text}", ""]
    text += [f"Criterion: {c.text}" for c in criteria(s)]
    for example in shown:
        told, place = read.example_lines(example), f"PRD example ({md.places([example.lines])}):"
        text += [f"{place} {told[0]}"] if len(told) == 1 else [place, *(f"    {line}" for line in told)]
    body = _together(checked, unittest=unittest)
    if any("tmp_path" in line for line in body) and unittest:
        body = ["import tempfile", *body]
        at = body.index("") + 1
        body.insert(at, "tmp_path = Path(tempfile.mkdtemp())")
    given = "self" if unittest else "tmp_path" if any("tmp_path" in line for line in body) else ""
    head = [mark, f"def {name}({given}):", *_indented(_docstring(text, 4), 1)]
    fail = f"{'self' if unittest else 'pytest'}.fail"
    if checked:
        unseen = [c for c in s.criteria if not any(_shows(example, c) for example, _ in checked)]
        left = [f"{fail}({literal(_printable(f'{s.id}: nothing checks this yet: {c}'))})" for c in unseen[:1]]
        return [*head, *_indented([*body, *left], 1)]
    lacks = next((found for example in shown if bold and (found := lacking(example, where))), "")
    why = f"{s.id}: nothing checks this yet" + (f"; the example of the PRD cannot run: {lacks}" if lacks else "")
    return [*head, f"    {fail}({literal(_printable(why))})"]


def _shows(example: Example, criterion: str) -> bool:
    """Whether an example is what a criterion speaks of: both name the call, or both the output."""
    said = criterion.replace("`", "")
    return any(part.strip() and part.strip() in said for part in (example.call, example.output))


def _together(checked: Sequence[tuple[Example, list[str]]], *, unittest: bool) -> list[str]:
    """Join the assertions of a requirement's examples: the imports once and first."""
    imports: list[str] = []
    bodies: list[str] = []
    for _, lines in checked:
        for text in lines:
            if re.match(r"(?:from|import)\s", text):
                if text not in imports and not (text == "import pytest" and not unittest):
                    imports.append(text)
            elif text and not (text.startswith("root = ") and text in bodies):
                bodies.append(text)
    return [*sorted(imports, key=lambda line: (line.startswith("from"), line)), "", *bodies] if imports else bodies


def _docstring(paragraphs: Sequence[str], indent: int) -> list[str]:
    """Return the lines of a docstring: wrapped, and with nothing in it that Python would take for an escape."""
    lines: list[str] = []
    for text in paragraphs:
        safe = _printable(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        lines += textwrap.wrap(safe, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    fits = len(lines) == 1 and not lines[0].endswith('"') and len(lines[0]) + indent + 6 <= WIDTH
    return [f'"""{lines[0]}"""'] if fits else [f'"""{lines[0]}', *lines[1:], '"""']


def _printable(text: str) -> str:
    """Leave out what cannot be seen: control characters, surrogates, marks that turn the direction of writing."""
    return "".join(c if c.isprintable() else " " for c in text)


def _indented(lines: Sequence[str], level: int) -> list[str]:
    return [f"{'    ' * level}{line}" if line else "" for line in lines]
