"""What kind of repository this is, from its tracked files: the language, and where and how it tests."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from heph_nb.agents.outline.documents.javascript import Runner, runner
from heph_nb.agents.outline.documents.sources import NOT_OURS, Sources

PYTHON_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "tox.ini", "pytest.ini", "environment.yml")
OTHER_MANIFESTS = (
    "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "CMakeLists.txt", "Gemfile",
    "composer.json", "mix.exs", "Package.swift", "pubspec.yaml", "stack.yaml", "deno.json",
)  # fmt: skip
_CODE = """
.c .cc .cpp .cs .cxx .dart .ex .exs .f90 .go .h .hpp .hs .java .jl .js .jsx .kt .lua .m .mjs .php .pl .py .r .rb .rs
.scala .sh .sql .swift .ts .tsx .vue
"""
CODE = frozenset(_CODE.split())
TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")


@dataclass(frozen=True)
class Survey:
    """What the tracked files say about a repository.

    Attributes
    ----------
    python : bool
        It is a Python project.
    empty : bool
        It holds no code and no manifest yet.
    test_dir : str
        The folder of its Python tests (``tests`` where there is none), ``.`` for the root.
    prefix, suffix : str
        What a test module's name begins and ends with, for example ``test_`` and ``.py``.
    unittest : bool
        Its tests are unittest cases and nothing speaks of pytest.
    packages : tuple of str
        The names that its tests may import, the likeliest first.
    feature_dir : str or None
        Where Given/When/Then files fit; None where nothing suggests a place.
    runner : Runner or None
        What runs its JavaScript or TypeScript tests.
    sources : Sources
        Where its Python names come from.
    """

    python: bool
    empty: bool
    test_dir: str = "tests"
    prefix: str = "test_"
    suffix: str = ".py"
    unittest: bool = False
    packages: tuple[str, ...] = ()
    feature_dir: str | None = None
    runner: Runner | None = None
    sources: Sources = field(default_factory=Sources, compare=False)


def survey(files: Sequence[str], read: Callable[[str], str]) -> Survey:
    """Look at a repository.

    Parameters
    ----------
    files : sequence of str
        Its tracked files, with ``/`` between the parts of a path.
    read : callable
        Returns the text of one of them.
    """
    root = [name for name in files if "/" not in name]
    code = [name for name in files if PurePosixPath(name).suffix.lower() in CODE and not name.startswith(NOT_OURS)]
    manifest = any(name in PYTHON_FILES or re.fullmatch(r"requirements[\w.-]*\.txt", name) for name in root)
    others = any(name in OTHER_MANIFESTS for name in root)
    in_python = sum(name.endswith(".py") for name in code)
    python = manifest or (in_python > 0 and not others and in_python >= len(code) - in_python)
    config = pytest_config(root, read)
    patterns = (config or {}).get("python_files", [])
    tests = [
        name
        for name in files
        if (TEST_FILE.search(name) or (name.endswith(".py") and _matches(name, patterns)))
        and not name.startswith(NOT_OURS)
    ]
    prefix, suffix = _naming(config, tests)
    test_dir = _test_dir(config, files, tests)
    return Survey(
        python=python,
        empty=not code and not manifest and not others,
        test_dir="heph_tests" if blocked(test_dir, files) else test_dir,
        prefix=prefix,
        suffix=suffix,
        unittest=python and _speaks_unittest(config, root, files, tests, read),
        packages=_packages(files, root, read),
        feature_dir=_feature_dir(files),
        runner=runner(files, read),
        sources=Sources(files, read),
    )


def blocked(folder: str, files: Collection[str]) -> bool:
    """Whether a folder cannot be made, because it or one that it is in is tracked as something else.

    Examples
    --------
    >>> blocked("docs/heph", ["docs"]), blocked("docs/heph", ["docs/index.md"])
    (True, False)
    """
    parts = folder.split("/")
    return any("/".join(parts[: n + 1]) in files for n in range(len(parts)))


def pytest_config(root: Sequence[str], read: Callable[[str], str]) -> dict[str, list[str]] | None:
    """Return ``testpaths`` and ``python_files`` of a repository's pytest configuration; None where it has none."""
    for name, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if name in root:
            parser = configparser.ConfigParser(interpolation=None, strict=False)
            try:
                parser.read_string(read(name))
            except configparser.Error:
                continue
            if parser.has_section(section):
                found = parser[section]
                return {key: found.get(key, "").split() for key in ("testpaths", "python_files")}
    options = _toml(root, read).get("tool", {}).get("pytest", {})
    options = options.get("ini_options", options) if isinstance(options, dict) else {}
    return {key: _listed(options.get(key)) for key in ("testpaths", "python_files")} if options else None


def _toml(root: Sequence[str], read: Callable[[str], str]) -> dict[str, Any]:
    if "pyproject.toml" not in root:
        return {}
    try:
        return tomllib.loads(read("pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return {}


def _listed(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else [str(item) for item in value or ()]


def _naming(config: dict[str, list[str]] | None, tests: Sequence[str]) -> tuple[str, str]:
    """Follow the pattern that pytest collects by here, or the way that the tests are named.

    A name that fits the repository's pattern also says that it is a test: ``check_*.py`` gets ``check_x_test.py``.
    """
    patterns = (config or {}).get("python_files", [])
    for pattern in sorted(patterns, key=lambda pattern: -sum(_matches(name, [pattern]) for name in tests)):
        before, star, after = pattern.rpartition("/")[2].partition("*")
        if star and "*" not in after and after.endswith(".py"):
            if before == "test":
                before = "test_"
            if before != "test_" and after == ".py":
                return before, "_test.py"
            return ("test_" if not before and after != "_test.py" else before), after
    names = [PurePosixPath(name).name for name in tests]
    ending = sum(name.endswith("_test.py") for name in names)
    return ("", "_test.py") if ending > len(names) - ending else ("test_", ".py")


def _matches(name: str, patterns: Sequence[str]) -> bool:
    path = PurePosixPath(name)
    return any(fnmatch(name if "/" in pattern else path.name, pattern) for pattern in patterns)


def _test_dir(config: dict[str, list[str]] | None, files: Sequence[str], tests: Sequence[str]) -> str:
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    named = [path.rstrip("/") for path in (config or {}).get("testpaths", []) if "*" not in path]
    for folder in named:
        if folder in folders and any(name.startswith(f"{folder}/") or folder == "." for name in tests):
            return _inner(folder, folders)
    tops = Counter(name.split("/")[0] if "/" in name else "." for name in tests)
    for folder in (*(name for name in named if name in folders), "tests", "test"):
        if folder in folders and folder not in (".", ""):
            return _inner(folder, folders)
    if not tops:
        return "tests"
    top = min(tops, key=lambda name: (-tops[name], name))
    inside = Counter(str(PurePosixPath(name).parent) for name in tests if top in (".", name.split("/")[0]))
    return min(inside, key=lambda name: (-inside[name], name))


def _inner(folder: str, folders: set[str]) -> str:
    for name in ("acceptance", "functional"):
        if f"{folder}/{name}" in folders:
            return f"{folder}/{name}"
    return folder


def _speaks_unittest(
    config: dict[str, list[str]] | None, root: Sequence[str], files: Sequence[str], tests: Sequence[str],
    read: Callable[[str], str],
) -> bool:  # fmt: skip
    if config is not None or any(PurePosixPath(name).name == "conftest.py" for name in files) or not tests:
        return False
    declared = [name for name in root if name in PYTHON_FILES or name.startswith("requirements")]
    if any("pytest" in read(name) for name in declared):
        return False
    sources = [read(name) for name in tests[:20]]
    return any("unittest" in text for text in sources) and not any("pytest" in text for text in sources)


def _packages(files: Sequence[str], root: Sequence[str], read: Callable[[str], str]) -> tuple[str, ...]:
    found = [
        parts[1]
        for name in files
        if (parts := name.split("/"))[0] == "src" and name.endswith("/__init__.py") and len(parts) == 3
    ]
    found += [parts[0] for name in files if len(parts := name.split("/")) == 2 and parts[1] == "__init__.py"]
    found += [
        parts[1][:-3]
        for name in files
        if len(parts := name.split("/")) == 2 and parts[0] == "src" and name.endswith(".py")
    ]
    found += [name[:-3] for name in root if name.endswith(".py") and name not in ("setup.py", "conftest.py")]
    project = _toml(root, read).get("project", {}).get("name")
    named = [str(project).replace("-", "_").replace(".", "_")] if project else []
    ours = [
        name
        for name in dict.fromkeys(found)
        if name.isidentifier() and name not in ("tests", "test", "docs", "__init__")
    ]
    return tuple(dict.fromkeys([n for n in named if n in ours] + ours + named))


def _feature_dir(files: Sequence[str]) -> str | None:
    """Where files for Gherkin already are, or where this language's tests would look for them."""
    features = Counter(str(PurePosixPath(name).parent) for name in files if name.endswith(".feature"))
    if features:
        return min(features, key=lambda name: (-features[name], name))
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    if "src/test" in folders:
        return "src/test/resources/features"
    for folder in ("features", "tests", "test", "spec", "__tests__"):
        if folder in folders:
            return folder if folder == "features" else f"{folder}/features"
    return None
