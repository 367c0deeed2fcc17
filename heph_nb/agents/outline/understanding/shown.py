"""Shown: the examples of a PRD, those told in sentences too, without what only looks like one, each once."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.understanding.sessions import CODE, SHOWS, Step
from heph_nb.domain.prd import Example

if TYPE_CHECKING:
    from heph_nb.domain.prd import Prd, Statement


def shown(prd: Prd, statements: Sequence[Statement], steps: Mapping[int, Step]) -> list[Example]:
    """Return the examples of a PRD.

    Parameters
    ----------
    prd : Prd
        The document.
    statements : sequence of Statement
        Its requirements.
    steps : mapping of int to Step
        The commands that it shows.
    """
    told = [step for step in steps.values() if step.output]
    assigned = {name for b in prd.blocks for name in re.findall(r"(?m)^\s*(?:>>>\s*)?(\w+)\s*=(?!=)", b.text)}
    found = [
        e
        for e in prd.examples
        if not (e.form == "shell" and (e.call.strip() == CODE or SHOWS.match(e.call)))
        and not (e.form == "call" and _is_signature(e.call, assigned))
        and not any(e.call == step.call and _meet(e.lines, _place(step)) for step in told)
    ]
    for step in told:
        first = next((e.statement_id for e in prd.examples if _meet(e.lines, _place(step))), "")
        owners = [s.id for s in statements if any(_meet(place, _place(step)) for place in s.lines)]
        said = {"form": "shell", "call": step.call, "output": step.output, "lines": _place(step)}
        found += [Example(statement_id=id, **said) for id in owners or [first or _before(statements, step.line)]]
    return _once(sorted(found, key=lambda e: e.lines), steps)


def lines_of(example: Example, steps: Mapping[int, Step]) -> list[str]:
    r"""Return an example as a person reads it: on one line, or as in a terminal where it prints several.

    Examples
    --------
    >>> one = Example(statement_id="R-001", form="shell", call="seq 2", output="1\n2", lines=(3, 3))
    >>> lines_of(one, {})
    ['$ seq 2', '1', '2']
    """
    call, output = " ".join(example.call.split()), example.output.strip("\n").split("\n")
    step = steps.get(example.lines[0])
    code = [f"(exit status {step.exit_code})"] if step and step.exit_code is not None else []
    if len(output) == 1 and not code:
        return [f"{call} => {output[0]}"]
    return [f"$ {call}" if example.form == "shell" else call, *output, *code]


def _is_signature(call: str, assigned: Iterable[str]) -> bool:
    """Whether a call is given bare names, such as those of its parameters: that shows a form and no values."""
    try:
        tree = ast.parse(call.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    nodes = list(ast.walk(tree))
    known = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} | set(assigned)
    known |= {argument.arg for n in nodes if isinstance(n, ast.Lambda) for argument in n.args.args}
    given = [a for n in nodes if isinstance(n, ast.Call) for a in (*n.args, *(k.value for k in n.keywords))]
    names = [a.id for a in given if isinstance(a, ast.Name)]
    return any(name not in known and not hasattr(builtins, name) and not name[0].isupper() for name in names)


def _once(examples: Sequence[Example], steps: Mapping[int, Step]) -> list[Example]:
    """Leave out what a requirement shows again; of two places, the one that shows more of the run counts."""
    best: dict[tuple[str, str, str], Example] = {}
    for e in examples:
        key = (e.statement_id, " ".join(e.call.split()), e.output.strip())
        if key not in best or (e.lines[0] in steps and best[key].lines[0] not in steps):
            best[key] = e
    return list(best.values())


def _before(statements: Sequence[Statement], line: int) -> str:
    above = [s for s in statements if s.lines and s.lines[0][0] <= line]
    return above[-1].id if above else ""


def _place(step: Step) -> tuple[int, int]:
    return step.line, max(step.line, step.last)


def _meet(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
