"""Large and hostile documents: they end, and soon. Each is a size that a quadratic reader would not survive."""

from __future__ import annotations

import pytest

from heph_nb.domain.prd import read_prd

SIZE = 120_000

HOSTILE = {
    "bullets": "- The system must do x\n" * (SIZE // 20),
    "different bullets": "# Requirements\n" + "".join(f"- FR-{n}: It sorts {n} (depends on FR-{n - 1})\n" for n in range(SIZE // 60)),
    "one line": "The tool must sort lines. " * (SIZE // 26),
    "one word": "a" * SIZE,
    "brackets": "[" * SIZE,
    "stars": "*a " * (SIZE // 3),
    "quotes": ">" * SIZE,
    "nested lists": "".join("  " * (n % 400) + "- must sort\n" for n in range(600)),
    "nested items": "- " * (SIZE // 2),
    "fences": "".join("`" * (3 + n % 9) + "\nIt must sort\n" for n in range(SIZE // 20)),
    "ticks": "".join("`" * (n % 200) + "a" for n in range(1000)),
    "comments": "<!--\n" * (SIZE // 5),
    "tags": "<a>\n" * (SIZE // 4),
    "open tags": "<a " * (SIZE // 3),
    "table": "## Requirements\n| ID | Requirement |\n|---|---|\n" + "| FR-1 | It must sort |\n" * (SIZE // 40),
    "wide table": "|a" * 5000 + "|\n" + "|-" * 5000 + "|\n",
    "scenarios": "# Requirements\n" + "- Given a\n- When b\n- Then c\n" * (SIZE // 60),
    "stories": "# User stories\n" + "As a user, I want x so that y.\n\n" * (SIZE // 60),
    "doctests": ">>> f(1)\n1\n" * (SIZE // 20),
    "session": "```\n" + "$ a\nb\n" * (SIZE // 12) + "```\n",
    "arrows": "`a` -> " * (SIZE // 7),
    "colons": "a: " * (SIZE // 3),
    "headings": "# Requirements\n" + "".join("#" * (n % 6 + 1) + " T\n" for n in range(SIZE // 10)),
    "deep json": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "json": "[" + ",".join('{"id":"FR-%d","text":"It must sort"}' % n for n in range(SIZE // 60)) + "]",
    "build order": "# Requirements\n" + "".join(f"- sort number {n}\n" for n in range(2000)) + "# Build order\n" + "".join(f"{n}. number {n}\n" for n in range(2000)),
    "lines": "must sort\n" * (SIZE // 10),
    "references": "## Requirements\n" + "- FR-1: It sorts after FR-1 to FR-40\n" * (SIZE // 40),
    "spaces": " " * SIZE + "must",
    "escapes": "\\" * SIZE,
    "entities": "&" * SIZE,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_read(name):
    prd = read_prd(HOSTILE[name])
    assert [s.id for s in prd.statements] == [f"R-{n:03d}" for n in range(1, len(prd.statements) + 1)]


def test_every_bullet_of_a_long_list_is_found():
    assert len(read_prd(HOSTILE["different bullets"]).statements) == SIZE // 60
