"""Finding the source of a reported test, and what it says of itself: requirements, marks, expected failures."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from heph_nb.repo.constants import constant_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heph_nb.repo.junit import Case

Function = ast.FunctionDef | ast.AsyncFunctionDef

EXPECTED_FAIL = frozenset({"xfail", "expectedFailure"})
"""The names that pytest and unittest mark an expected failure with."""

_IN_NAME = re.compile(r"(?:^|_)r_?(\d{3,})(?=_|$)", re.IGNORECASE)
_IN_TEXT = re.compile(r"(?<![A-Za-z0-9])R-\d{3,}(?!\d)")
_EXAMPLE = re.compile(r"\bprd[ _-]example\b", re.IGNORECASE)


@dataclass(slots=True)
class Module:
    """One Python source file."""

    path: str
    tree: ast.Module
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    expected_fail: set[str] = field(default_factory=set)
    constants: frozenset[str] = frozenset()

    @property
    def dotted(self) -> str:
        """The path as pytest writes it into a report."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclass(frozen=True, slots=True)
class Found:
    """A test function with what surrounds it.

    Attributes
    ----------
    module : Module
    function : Function
    within : tuple of str
        The names of the classes it was run in, outermost first.
    classes : tuple of ast.ClassDef
        These classes and their bases, in the order in which a method is looked up.
    """

    module: Module
    function: Function
    within: tuple[str, ...]
    classes: tuple[ast.ClassDef, ...]

    @property
    def node_id(self) -> str:
        """The id by which pytest runs this test."""
        return "::".join([self.module.path, *self.within, self.function.name])

    def requirements(self) -> set[str]:
        """Return the requirement ids in its name, its docstring and its ``requirement`` marks."""
        found = ids_in_name(self.function.name)
        found |= set(_IN_TEXT.findall(ast.get_docstring(self.function) or ""))
        for mark in self._marks("requirement"):
            texts = [node.value for node in ast.walk(mark) if isinstance(node, ast.Constant)]
            found |= {match for text in texts if isinstance(text, str) for match in _IN_TEXT.findall(text)}
        return found

    def is_prd_example(self) -> bool:
        """Say whether it calls itself an example of the PRD, in its docstring or by a mark."""
        text = ast.get_docstring(self.function) or ""
        return bool(_EXAMPLE.search(text)) or any(True for _ in self._marks("prd_example"))

    def decorations(self) -> Iterator[ast.expr]:
        """Yield its decorators, those of its classes, and every ``pytestmark`` that applies to it."""
        yield from self.function.decorator_list
        for cls in self.classes:
            yield from cls.decorator_list
        for body in (self.module.tree.body, *(cls.body for cls in self.classes)):
            for statement in body:
                if isinstance(statement, ast.Assign) and "pytestmark" in map(_name, statement.targets):
                    yield statement.value

    def _marks(self, name: str) -> Iterator[ast.AST]:
        for decoration in self.decorations():
            for node in ast.walk(decoration):
                if name == _name(node.func if isinstance(node, ast.Call) else node):
                    yield node


def ids_in_name(name: str) -> set[str]:
    """Return the requirement ids in the name of a test.

    Example
    -------
    >>> ids_in_name("test_r_001_adds")
    {'R-001'}
    """
    return {f"R-{number}" for number in _IN_NAME.findall(name)}


class Sources:
    """The test sources of a commit.

    Parameters
    ----------
    texts : mapping of str to str
        Python source by path, relative to the top of the repository. Helpers and ``conftest.py`` belong to it.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.modules = [module for path, text in texts.items() if (module := _parse(path, text)) is not None]

    def find(self, case: Case) -> Found | None:
        """Return the function that a reported test ran, or None if there is not exactly one."""
        found = [(module, chain) for module in self.modules if (chain := _chain(module, case)) is not None]
        exact = [(module, chain) for module, chain in found if case.classname.startswith(module.dotted)]
        for module, chain in exact or found if len(exact or found) == 1 else ():
            classes = self._classes(module, chain)
            bodies = [cls.body for cls in classes] if chain else [module.tree.body]
            for body in bodies:
                for node in body:
                    if isinstance(node, Function) and node.name == case.function:
                        return Found(module, node, tuple(chain), classes)
        return None

    def helper(self, module: Module, name: str) -> tuple[Module, Function] | None:
        """Return the function that ``name`` means in a module, its own or imported from another source."""
        if name in module.functions:
            return module, module.functions[name]
        origin = self.origin(module, name)
        if origin is None or origin[1] not in origin[0].functions:
            return None
        return origin[0], origin[0].functions[origin[1]]

    def expects_failure(self, found: Found) -> str:
        """Return why a test that passed may have been expected to fail; empty if nothing says so."""
        for part in (*found.decorations(), found.function):
            for node in ast.walk(part):
                name = _name(node)
                if name in EXPECTED_FAIL or (name and self._means_failure(found.module, name)):
                    return "it is marked as expected to fail"
        folder = PurePosixPath(found.module.path)
        for module in self.modules:
            place = PurePosixPath(module.path)
            if place.name == "conftest.py" and place.parent in folder.parents and _marks_failure(module.tree):
                return f"{module.path} marks tests as expected to fail"
        return ""

    def _means_failure(self, module: Module, name: str) -> bool:
        if name in module.expected_fail:
            return True
        origin = self.origin(module, name)
        return origin is not None and origin[1] in origin[0].expected_fail

    def origin(self, module: Module, name: str) -> tuple[Module, str] | None:
        """Return the source that a module imports ``name`` from, and what it is called there."""
        source, original = module.imported.get(name, ("", ""))
        other = self._module(source)
        return (other, original) if other is not None else None

    def module_named(self, imported: tuple[str, str]) -> Module | None:
        """Return the source that ``import a.b`` or ``from a import b`` means, if it is one."""
        return self._module(".".join(part for part in imported if part))

    def _module(self, dotted: str) -> Module | None:
        for module in self.modules:
            if dotted and f".{module.dotted}".endswith(f".{dotted}"):
                return module
        return None

    def _classes(self, module: Module, chain: list[str]) -> tuple[ast.ClassDef, ...]:
        found: list[ast.ClassDef] = []
        body = module.tree.body
        for name in chain:
            cls = next((node for node in body if isinstance(node, ast.ClassDef) and node.name == name), None)
            if cls is None:
                return ()
            found.append(cls)
            body = cls.body
        # The innermost class first, then its bases: the order in which a method is looked up.
        ordered = list(reversed(found))
        for cls in ordered:
            for base in map(_name, cls.bases):
                origin = self.origin(module, base)
                parent = module.classes.get(base) or (origin[0].classes.get(origin[1]) if origin else None)
                if parent is not None and parent not in ordered:
                    ordered.append(parent)
        return tuple(ordered)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a function is: it finds what a call in it means."""

    sources: Sources
    module: Module
    classes: tuple[ast.ClassDef, ...] = ()

    def resolve(self, call: ast.Call) -> tuple[Function, Scope] | None:
        """Return the function that a call means and its scope, if its source is known."""
        match call.func:
            case ast.Name(id=name):
                found = self.sources.helper(self.module, name)
                return (found[1], Scope(self.sources, found[0])) if found else None
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                for cls in self.classes:
                    for node in cls.body:
                        if isinstance(node, Function) and node.name == name:
                            return node, self
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in self.module.imported:
                origin = self.sources.module_named(self.module.imported[module])
                if origin is not None and name in origin.functions:
                    return origin.functions[name], Scope(self.sources, origin)
        return None


def _parse(path: str, text: str) -> Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    module = Module(path, tree, constants=constant_names(tree.body))
    for node in tree.body:
        if isinstance(node, Function):
            module.functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = node
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module or "", alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module.imported[alias.asname or alias.name] = ("", alias.name)
        elif isinstance(node, ast.Assign) and _marks_failure(node.value, module.expected_fail):
            module.expected_fail |= {_name(target) for target in node.targets}
    return module


def _marks_failure(part: ast.AST, known: set[str] | frozenset[str] = frozenset()) -> bool:
    return any(_name(node) in EXPECTED_FAIL | known for node in ast.walk(part))


def _chain(module: Module, case: Case) -> list[str] | None:
    """Return the classes of a reported test, if it may be in this module."""
    given = case.classname
    if case.file and not f"/{module.path}".endswith(f"/{case.file.removeprefix('./')}"):
        return None
    parts = module.dotted.split(".")
    # A report is relative to where the tests ran, which may be below the top of the repository.
    for cut in range(len(parts)):
        dotted = ".".join(parts[cut:])
        if given == dotted or given.startswith(f"{dotted}."):
            return [part for part in given[len(dotted) :].split(".") if part]
    return None


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
