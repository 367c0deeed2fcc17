"""JavaScript and TypeScript: which test runner a repository has, and a component's tests in its terms, all to do."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.language.briefs import brief
from heph_nb.agents.outline.language.headings import plain
from heph_nb.agents.outline.understanding.criteria import criteria

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.spec import Component
    from heph_nb.agents.outline.understanding.reading import Reading

RUNNERS = {
    "vitest": ('import {{ describe, test }} from "vitest";', "test.todo({title});"),
    "jest": ("", "test.todo({title});"),
    "mocha": ("", "it({title});"),
    "node": ('import {{ describe, test }} from "node:test";', "test({title}, {{ todo: true }});"),
}
"""For each runner what its tests import, and a test that is still to do."""

TEST_FILE = re.compile(r"\.(?:test|spec)\.[cm]?[jt]sx?$")
FOLDERS = ("test", "tests", "__tests__", "spec")


@dataclass(frozen=True)
class Runner:
    """A test runner: its name, the folder of its tests and what their names end in, for example ``.test.ts``."""

    name: str
    folder: str
    suffix: str


def runner(files: Sequence[str], read: Callable[[str], str]) -> Runner | None:
    """Return the test runner that a repository's ``package.json`` names; None without one.

    Examples
    --------
    >>> runner(["package.json"], lambda name: '{"scripts": {"test": "node --test"}}')
    Runner(name='node', folder='test', suffix='.test.mjs')
    """
    if "package.json" not in files:
        return None
    try:
        package = json.loads(read("package.json"))
    except ValueError:
        return None
    said = package if isinstance(package, dict) else {}
    parts = {
        key: found if isinstance(found := said.get(key), dict) else {}
        for key in ("scripts", "devDependencies", "dependencies")
    }
    script = str(parts["scripts"].get("test", ""))
    needed = {*parts["devDependencies"], *parts["dependencies"]}
    names = [name for name in ("vitest", "jest", "mocha") if re.search(rf"\b{name}\b", script)]
    names += ["node"] if re.search(r"\bnode\b.*--test\b", script) else []
    names += [name for name in ("vitest", "jest", "mocha") if name in needed]
    return Runner(names[0], _folder(files), _suffix(files, names[0], needed)) if names else None


def _folder(files: Sequence[str]) -> str:
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    known = [folder for folder in FOLDERS if folder in folders]
    tests = Counter(str(PurePosixPath(name).parent) for name in files if TEST_FILE.search(name))
    return known[0] if known else min(tests, key=lambda name: (-tests[name], name)) if tests else "test"


def _suffix(files: Sequence[str], name: str, needed: set[str]) -> str:
    used = Counter(found.group().removesuffix("x") for path in files if (found := TEST_FILE.search(path)))
    if used:
        return min(used, key=lambda suffix: (-used[suffix], suffix))
    if "tsconfig.json" in files and (name == "vitest" or "ts-jest" in needed):
        return ".test.ts"
    return ".test.mjs" if name == "node" else ".test.js"


def module(component: Component, read: Reading, runner: Runner) -> str:
    """Return a component's acceptance tests as a module for a runner: one for each requirement, still to do."""
    imports, to_do = RUNNERS[runner.name]
    lines = [
        *_comment(f"Acceptance tests of {read.name}: {plain(component.title)}.", ""),
        *_comment(f"{MADE_BY} for {component.ticket_id}.", ""),
        *_comment(f"Specification: {component.path}", ""),
        *_comment("Each test is to do until somebody implements its requirement and writes it.", ""),
        *([imports.format()] if imports else []),
        "",
        f"describe({_text(plain(component.title))}, () => {{",
    ]
    for i, s in enumerate(component.statements):
        said = [f"{read.name} {md.places(s.lines)}: {s.text}", *(f"Criterion: {c.text}" for c in criteria(s))]
        for example in read.examples_of(s.id):
            told = read.example_lines(example)
            said += [f"PRD example: {told[0]}"] if len(told) == 1 else ["PRD example:", *told]
        lines += [""] if i else []
        lines += [line for text in said for line in _comment(text, "  ")]
        lines.append("  " + to_do.format(title=_text(f"{s.id} {brief(s.text, 100)}")))
    return md.document([[*lines, "});"]])


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}// {line}" for line in textwrap.wrap(_seen(text), 100, break_on_hyphens=False)]


def _text(text: str) -> str:
    shown = json.dumps(_seen(text), ensure_ascii=False)
    return f"'{shown[1:-1]}'".replace('\\"', '"') if '\\"' in shown and "'" not in shown else shown


def _seen(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
