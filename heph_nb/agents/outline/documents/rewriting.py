"""Rewriting: the parts of a file that stand as they were written, and as they are wanted now that more is decided.

What was written follows from the requirement's criteria of that time. An answer adds to them, or says what it replaces,
so every state before is known: a part that looks like none of them was changed by somebody, and is theirs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import acceptance, javascript
from heph_nb.agents.outline.documents.decided import bare
from heph_nb.agents.outline.documents.gherkin import feature
from heph_nb.agents.outline.documents.spec import specification
from heph_nb.agents.outline.understanding.examples import known

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.decided import Decision
    from heph_nb.agents.outline.documents.spec import Component
    from heph_nb.agents.outline.documents.survey import Survey
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Statement

SECTION = re.compile(r"^### (R-\d+) · .*?(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SCENARIO = re.compile(r"^[ ]+(?:@|// )(?:.|\n(?!\n))*", re.MULTILINE)
NAMED = re.compile(r"@(R-\d+) |\([\"'](R-\d+) ")


@dataclass(frozen=True)
class Form:
    """For each requirement's id, its part of a file as it was written at some time, and as it is wanted now."""

    written: Mapping[str, str]
    wanted: Mapping[str, str]


def specifications(component: Component, read: Reading, decisions: Sequence[Decision]) -> list[Form]:
    """Return the parts of a specification."""

    def parts(of: Component) -> dict[str, str]:
        return {found[1]: found[0].rstrip() for found in SECTION.finditer(specification(of, read))}

    return _forms(component, decisions, parts)


def tests(component: Component, read: Reading, seen: Survey, decisions: Sequence[Decision]) -> list[Form]:
    """Return the parts of a module of tests, or of a file with scenarios."""
    path = component.tests or ""
    if not path.endswith(".py"):
        scripted = seen.runner if seen.runner and path.endswith(seen.runner.suffix) else None

        def scenarios(of: Component) -> dict[str, str]:
            text = javascript.module(of, read, scripted) if scripted else feature(of, read)
            parts = [(NAMED.search(found[0]), found[0].rstrip()) for found in SCENARIO.finditer(text)]
            return {name[1] or name[2]: part for name, part in parts if name}

        return _forms(component, decisions, scenarios)
    where = known(read, seen)
    forms: list[Form] = []
    for bold in (True, False):

        def functions(of: Component, bold: bool = bold) -> dict[str, str]:
            text = acceptance.module(of, read, where, unittest=seen.unittest, bold=bold)
            return _functions(text, {name: id for id, name in acceptance.test_names(of.statements).items()})

        marked = _forms(component, decisions, functions)
        forms += [*marked, *map(_held, marked)]
    return forms


def rewritten(text: str, id: str, forms: Sequence[Form], *, dropped: bool) -> str | None:
    """Return a file with a requirement's part as it is wanted now; None if somebody has changed that part.

    Parameters
    ----------
    text : str
        The file.
    id : str
        The requirement.
    forms : sequence of Form
        What may stand in the file.
    dropped : bool
        The part goes.
    """
    for form in forms:
        written = form.written.get(id, "")
        start = f"\n{text}".find(f"\n{written}\n") if written else -1
        end = start + len(written)
        if start < 0 or _goes_on(text[end:], written):
            continue
        if dropped:
            return text[:start].rstrip("\n") + "\n" + text[end:].rstrip("\n") + "\n"
        return text[:start] + form.wanted[id] + text[end:]
    return None


def _forms(
    component: Component, decisions: Sequence[Decision], parts: Callable[[Component], dict[str, str]]
) -> list[Form]:
    """Return the parts with the criteria of now, and as they were at every time before."""
    wanted = parts(component)
    states = [[replace(s, criteria=c) for c in _states(s, decisions)] for s in component.statements]
    return [
        Form(parts(replace(component, statements=[state[min(i, len(state) - 1)] for state in states])), wanted)
        for i in range(max(map(len, states), default=0))
    ]


def _states(statement: Statement, decisions: Sequence[Decision]) -> list[tuple[str, ...]]:
    """Return the criteria that a requirement has, and those that it may have had: others in their place, fewer."""
    now = statement.criteria
    known = [now]
    for decision in decisions:
        if decision.id == statement.id:
            found = [i for i, text in enumerate(now) if text == bare(decision.text)]
            places = [(i, i + 1) for i in found] or [(i, j) for i in range(len(now) + 1) for j in (i, i + 1)]
            known += [(*now[:i], old, *now[j:]) for old in decision.replaced for i, j in places]
    return list(dict.fromkeys(state[:n] for state in known for n in range(len(state), -1, -1)))


def _functions(source: str, named: Mapping[str, str]) -> dict[str, str]:
    lines = source.splitlines()
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.name in named]
    return {
        named[node.name]: "\n".join(
            lines[min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1 : node.end_lineno]
        )
        for node in found
    }


def _held(form: Form) -> Form:
    """Return a form of tests that were not expected to fail; those that ask for more now are, again."""
    unmarked = _unmarked(form.wanted)
    wanted = {id: unmarked[id] if text == form.written.get(id) else text for id, text in form.wanted.items()}
    return Form(_unmarked(form.written), wanted)


def _unmarked(parts: Mapping[str, str]) -> dict[str, str]:
    """Return test functions without the mark that expects them to fail, which is their first line."""
    return {id: text.partition("\n")[2] for id, text in parts.items()}


def _goes_on(rest: str, written: str) -> bool:
    """Whether somebody has added to a part: text before the next heading, code that is indented further."""
    following = next((line for line in rest.splitlines() if line.strip()), "")
    if written.startswith("#"):
        return bool(following) and not following.startswith("#")
    return _indent(following) > _indent(written)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
