"""The house rules: imports go one way, files stay small, and the project speaks of itself alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "heph_nb"
FILES = sorted(PACKAGE.rglob("*.py"))
ANYWHERE = {"errors", "settings", ""}
BELOW = {
    "domain": set(),
    "store": {"domain"},
    "repo": {"domain"},
    "agents": {"domain"},
    "backend": {"domain", "store", "repo", "agents"},
    "client": {"domain", "store", "repo", "backend"},
    "run": {"domain", "store", "repo", "client", "analysis", "widgets"},  # its views are made when they are asked for
    "analysis": {"run"},  # of frames it knows the type alone
}
"""What each part may import beside itself; what people type (cli, demo, magics) stands on top and may import all."""


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def part_of(module: str) -> str:
    return module.split(".")[1] if module.startswith("heph_nb.") else ""


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    part = path.relative_to(PACKAGE).parts[0]
    if part not in BELOW:
        return
    parts = {part_of(m) for m in imported(path) if m.startswith("heph_nb.")} - ANYWHERE - {part, "__version__"}
    assert parts <= BELOW[part], f"{path.name} imports {sorted(parts - BELOW[part])}"


def test_only_the_store_opens_duckdb():
    users = {p.relative_to(PACKAGE).parts[0] for p in FILES if any(m.split(".")[0] == "duckdb" for m in imported(p))}
    assert users == {"store"}


def test_the_backend_knows_no_notebook():
    for path in PACKAGE.glob("backend/**/*.py"):
        assert not {m.split(".")[0] for m in imported(path)} & {"IPython", "ipykernel", "ipywidgets", "matplotlib"}


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, heph_nb; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout
    assert not set(loaded.split()) & {
        "pandas",
        "duckdb",
        "pyarrow",
        "fastapi",
        "httpx",
        "git",
        "matplotlib",
        "acp",
        "mcp",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_holds_one_idea(path):
    assert len(path.read_text("utf-8").splitlines()) <= 350
