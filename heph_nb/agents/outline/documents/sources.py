"""Sources: from which module of the repository, or of Python itself, a test imports a name."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

NOT_OURS = ("docs/", "doc/", "examples/", ".github/", "node_modules/", "vendor/", "third_party/")
TEST = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$|(?:^|/)tests?/")
VALUES = ("datetime", "decimal", "fractions", "pathlib", "collections", "uuid", "zoneinfo", "ipaddress")
"""The modules of Python whose types are values in examples: ``datetime(2026, 1, 1)``."""


@dataclass(frozen=True)
class Sources:
    """The Python files of a repository; they are read when somebody first asks for a name.

    Attributes
    ----------
    files : sequence of str
        The tracked files.
    read : callable
        Returns the text of one of them.
    """

    files: Sequence[str] = ()
    read: Callable[[str], str] = str

    def own(self, name: str) -> str:
        """Return how a name of the repository is imported; empty where none of its modules has it.

        As the tests there import it; else from a package that offers it, or the module that defines it.
        """
        module = self._modules.get(name)
        return "" if module is None else f"from {module} import {name}" if module else f"import {name}"

    def standard(self, name: str, attributes: Sequence[str] = ()) -> str:
        """Return how a name of Python itself is imported; empty where it has none.

        Examples
        --------
        >>> Sources().standard("datetime"), Sources().standard("datetime", ["timedelta"]), Sources().standard("rota")
        ('from datetime import datetime', 'import datetime', '')
        """
        if attributes and name in sys.stdlib_module_names and not name.startswith("_"):
            whole = importlib.import_module(name) if name in VALUES else None
            if whole is None or all(hasattr(whole, attribute) for attribute in attributes):
                return f"import {name}"
        types = (m for m in VALUES if isinstance(getattr(importlib.import_module(m), name, None), type))
        module = self._standard.get(name) or next(types, "")
        return f"from {module} import {name}" if module else ""

    @cached_property
    def _trees(self) -> dict[str, ast.Module]:
        found: dict[str, ast.Module] = {}
        for path in self.files:
            if path.endswith(".py") and not path.startswith(NOT_OURS):
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        found[path] = ast.parse(self.read(path))
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
        return found

    @cached_property
    def _own(self) -> dict[str, str]:
        """The files of the modules that are not tests."""
        return {module: path for path in self._trees if not TEST.search(path) and (module := module_of(path))}

    @cached_property
    def _modules(self) -> dict[str, str]:
        defined: dict[str, list[tuple[int, str]]] = {}
        bound: set[tuple[str, str]] = set()
        for module, path in self._own.items():
            for name, made in _bound(self._trees[path]):
                bound.add((module, name))
                if made or path.endswith("/__init__.py"):
                    defined.setdefault(name, []).append((module.count("."), module))
        used = Counter(
            (alias.name, node.module)
            for path, tree in self._trees.items()
            if TEST.search(path)
            for node in _imports(tree)
            for alias in node.names
            if (node.module, alias.name) in bound
        )
        found = {module.rpartition(".")[2]: module.rpartition(".")[0] for module in self._own}
        found |= {name: min(places)[1] for name, places in defined.items()}
        for (name, module), _ in sorted(used.items(), key=lambda item: (item[1], item[0])):
            found[name] = str(module)
        return found

    @cached_property
    def _standard(self) -> dict[str, str]:
        return {
            alias.name: str(node.module)
            for tree in self._trees.values()
            for node in _imports(tree)
            for alias in node.names
            if not node.level and str(node.module).split(".")[0] in sys.stdlib_module_names and alias.asname is None
        }


def module_of(path: str) -> str:
    """Return what the module in a file is imported as; empty where it cannot be.

    Examples
    --------
    >>> module_of("src/kit/text.py"), module_of("kit/__init__.py"), module_of("setup.py"), module_of("my-kit/a.py")
    ('kit.text', 'kit', '', '')
    """
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    parts = parts[1:] if parts[0] == "src" and len(parts) > 1 else parts
    named = all(part.isidentifier() for part in parts) and parts[-1] not in ("__main__", "__init__", "setup")
    return ".".join(parts) if named else ""


def _bound(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield the public names that a module has, each with whether it makes them itself."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, True
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, True
            case ast.ImportFrom(module=module, level=level, names=names):
                if level or (module or "").split(".")[0] not in sys.stdlib_module_names:
                    yield from ((alias.asname or alias.name, False) for alias in names)


def _imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
