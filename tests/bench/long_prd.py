"""A long PRD and a small Python project for it, always the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.bench.bare_git import QUIET

AREAS = (
    "Accounts", "Orders", "Invoices", "Payments", "Stock", "Deliveries", "Returns", "Customers", "Prices", "Discounts",
    "Reports", "Exports", "Imports", "Search", "Alerts", "Roles", "Audit", "Settings", "Backups", "Calendar", "Shifts",
    "Notes", "Labels", "Messages", "Archive",
)  # fmt: skip


def _requirements(area: str, number: int) -> list[str]:
    name = area.lower()
    return [
        f"The `{name}` command must list every entry of {name}, one per line, sorted by name.",
        f"A person can add an entry to {name} with a name of at most 80 characters; a longer one is refused.",
        f"The system must keep {name} in one file that survives a restart.",
        f"`{name}_total([1, 2, {number}])` returns `{3 + number}`.",
        f"The option `--json` of `{name}` should print one JSON object per line.",
        f"The system must refuse an entry of {name} whose name is already taken, and say which one has it.",
        f"A list of 1,000 entries of {name} must be printed in under 1 second.",
        f"The pages of {name} should be pleasant to use.",
    ]


def long_prd(requirements: int = 200, title: str = "Trade desk") -> str:
    """Return a PRD with so many requirements in sections of eight."""
    lines = [f"# {title}", "", "A library and a command line for a small trading company.", ""]
    left = requirements
    for number, area in enumerate(AREAS):
        wanted = _requirements(area, number)[:left]
        left -= len(wanted)
        if wanted:
            lines += [f"## {area}", "", *(f"- {text}" for text in wanted), ""]
    return "\n".join(lines)


def make_project(root: Path, requirements: int = 200, title: str = "Trade desk") -> Path:
    """Make a git repository with one commit: the PRD, a package and its configuration."""
    (root / "desk").mkdir(parents=True)
    (root / "PRD.md").write_text(long_prd(requirements, title))
    (root / "pyproject.toml").write_text('[project]\nname = "desk"\nversion = "0"\n')
    (root / "desk" / "__init__.py").write_text('"""The trade desk."""\n')
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Start")):
        subprocess.run(["git", *QUIET, *command], cwd=root, check=True, capture_output=True)
    return root
