"""Tracing: each requirement from its lines in the PRD to its ticket, its file and its test, as the tree has them."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.words import stems

if TYPE_CHECKING:
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Statement

EXPECTED_FAIL = frozenset({"xfail", "expectedFailure"})


@dataclass(frozen=True)
class Trace:
    """Where one requirement was found.

    Attributes
    ----------
    statement : Statement
        The requirement.
    in_prd : bool
        The lines that it names say it.
    ticket : bool
        Its ticket lists it.
    files, tests : tuple of str
        The documents and test files that name it.
    state : str
        ``tested``, ``expected to fail``, ``to do``, ``scenario only``, ``specified`` or ``not traced``.
    evidence : str
        What that rests on.
    """

    statement: Statement
    in_prd: bool
    ticket: bool
    files: tuple[str, ...]
    tests: tuple[str, ...]
    state: str
    evidence: str

    @property
    def gaps(self) -> list[str]:
        """What is missing on the way."""
        steps = (("its lines in the PRD do not say it", self.in_prd), ("its ticket does not list it", self.ticket),
                 ("no file specifies it", self.files), ("no test names it", self.tests))  # fmt: skip
        return [text for text, found in steps if not found]


def trace(
    statements: Sequence[Statement], read: Reading, listed: Sequence[str], texts: Mapping[str, str]
) -> list[Trace]:
    """Follow requirements through a tree.

    Parameters
    ----------
    statements : sequence of Statement
        The requirements to follow.
    read : Reading
        The PRD.
    listed : sequence of str
        The requirement ids that the ticket lists.
    texts : mapping of str to str
        The files of the tree that name one of the requirements, by path.
    """
    return [_trace(s, read, listed, texts) for s in statements]


def _trace(s: Statement, read: Reading, listed: Sequence[str], texts: Mapping[str, str]) -> Trace:
    naming = [path for path, text in texts.items() if names(text, s.id)]
    tests = tuple(sorted(path for path in naming if is_test(path)))
    files = tuple(
        sorted(
            (path for path in naming if path not in tests and not path.endswith("/checklist.md")),
            key=lambda p: ("/specs/" not in p, p),
        )
    )
    state, evidence = (
        _state(s, tests, texts) if tests else ("specified", "no test") if files else ("not traced", "nothing names it")
    )
    return Trace(s, said_in(s, read), s.id in listed, files, tests, state, evidence)


def names(text: str, id: str) -> bool:
    """Whether a text names a requirement, as ``R-001`` or in a test's name as ``r_001``."""
    number = re.escape(id.rsplit("-", 1)[-1])
    return re.search(rf"(?<![A-Za-z0-9])(?:{re.escape(id)}|[rR]_?{number})(?!\d)", text) is not None


def is_test(path: str) -> bool:
    """Whether a path is that of tests or scenarios."""
    name = path.rsplit("/", 1)[-1]
    folders = path.split("/")[:-1]
    code = not name.endswith((".md", ".rst", ".txt"))
    return (
        name.endswith(".feature")
        or re.search(r"(^test_|_test\.|\.test\.|\.spec\.|Tests?\.)", name) is not None
        or (code and bool({"tests", "test", "__tests__", "spec"} & set(folders)))
    )


def said_in(s: Statement, read: Reading) -> bool:
    """Whether the lines that a requirement names hold the words that it consists of."""
    text = " ".join(line for first, last in s.lines for line in read.lines[first - 1 : last])
    wanted = set(stems(s.text))
    return not wanted or len(wanted & set(stems(text))) * 2 >= len(wanted)


def _state(s: Statement, tests: Sequence[str], texts: Mapping[str, str]) -> tuple[str, str]:
    expected: list[str] = []
    for path in tests:
        if not path.endswith(".py"):
            continue
        for function, hopeless in functions_for(texts[path], s.id):
            if not hopeless:
                return "tested", f"`{function}` in `{path}` is not expected to fail"
            expected.append(f"`{function}` is expected to fail")
    if expected:
        return "expected to fail", expected[0]
    to_do = [path for path in tests if _to_do(texts[path], s.id)]
    if to_do:
        return "to do", f"the test in `{to_do[0]}` is to do"
    if any(path.endswith(".feature") for path in tests):
        return "scenario only", "a scenario that no code is bound to"
    return "specified", f"`{tests[0]}` names it"


def _to_do(source: str, id: str) -> bool:
    """Whether a JavaScript test that names a requirement has no body yet, or says so."""
    title = rf"[\"'`]{re.escape(id)}\b[^\n]*"
    return re.search(rf"\.todo\({title}|\bit\({title}[\"'`]\);|\({title}\btodo: true", source) is not None


def functions_for(source: str, id: str) -> list[tuple[str, bool]]:
    """Return the test functions of a module that name a requirement, each with whether it is expected to fail."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]
    mine = [f for f in found if names(f.name, id) or names(ast.get_docstring(f) or "", id)]
    whole = _marks(
        *(
            n.value
            for n in tree.body
            if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in n.targets)
        )
    )
    return [(f.name, whole or _marks(*f.decorator_list)) for f in mine]


def _marks(*parts: ast.AST) -> bool:
    named = {getattr(node, "attr", None) or getattr(node, "id", None) for part in parts for node in ast.walk(part)}
    return bool(named & EXPECTED_FAIL)
