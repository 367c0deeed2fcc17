"""Reading: the run's requirements together with the document that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from heph_nb.agents.outline.language.words import stems
from heph_nb.agents.outline.understanding.products import product_of
from heph_nb.agents.outline.understanding.sessions import Step, steps
from heph_nb.agents.outline.understanding.shown import lines_of, shown
from heph_nb.domain.prd import Block, Example, Prd, Statement, read_prd

GATES = re.compile(
    r"(?i)\b(quality gates?|gates?|definition of done|verification|checks?|must pass|continuous integration|ci)\b"
)
SHELL = frozenset({"", "bash", "sh", "shell", "console", "zsh", "shell-session", "terminal"})
PYTHON = re.compile(r"(?i)\bpython\d?\b|\bpytest\b|\bpip install\b|\b[\w/]+\.py\b")


@dataclass(frozen=True)
class Reading:
    """A PRD as the run sees it.

    Attributes
    ----------
    statements : tuple of Statement
        The run's requirements in the order of the PRD, without those that a person dropped.
    prd : Prd
        Everything else that the document says: its title, tables, code and examples.
    name : str
        What references call the document: its path in the repository.
    lines : tuple of str
        Its lines; line 1 is the first.
    """

    statements: tuple[Statement, ...]
    prd: Prd
    name: str
    lines: tuple[str, ...]

    def of(self, ids: Iterable[str]) -> list[Statement]:
        """Return some of the requirements, in the order of the PRD."""
        wanted = set(ids)
        return [s for s in self.statements if s.id in wanted]

    def examples_of(self, id: str) -> list[Example]:
        """Return the examples that show one requirement."""
        return [example for example in self._examples if example.statement_id == id]

    def example_lines(self, example: Example) -> list[str]:
        """Return an example as a person reads it."""
        return lines_of(example, self.steps)

    @cached_property
    def steps(self) -> dict[int, Step]:
        """The commands that the PRD shows, by their lines."""
        return steps(self.prd.blocks, self.lines)

    @cached_property
    def _examples(self) -> list[Example]:
        return shown(self.prd, self.prd.statements or self.statements, self.steps)

    def blocks_for(self, statements: Sequence[Statement]) -> list[Block]:
        """Return the tables and code blocks that belong to some requirements: each to those nearest before it."""
        ids = {s.id for s in statements}
        return [block for block in self.prd.blocks if self._owners(block) & ids]

    def _owners(self, block: Block) -> set[str]:
        inside = [
            s for s in self.statements if s.section == block.section or s.section.startswith(f"{block.section} > ")
        ]
        if not block.section:
            inside = [s for s in self.statements if not s.section]
        before = [s for s in inside if s.lines[0][0] <= block.lines[0]]
        if before and before[-1].section == block.section:
            return {before[-1].id} if len(inside) > 8 else {s.id for s in inside if s.section == block.section}
        after = [s for s in inside if s.lines[0][0] > block.lines[0]]
        return {s.id for s in after[:8]} or self._speaking_of(block)

    def _speaking_of(self, block: Block) -> set[str]:
        """Return the requirements that share most words with a block in whose section none stands."""
        said = set(stems(f"{block.section} {block.text}"))
        shared = {s.id: len(said & set(stems(s.text))) for s in self.statements}
        most = max(shared.values(), default=0)
        return {id for id, count in shared.items() if count == most and most > 1}

    @cached_property
    def product(self) -> str:
        """What kind of product the document is about: ``api``, ``page``, ``cli`` or empty."""
        return product_of(self.lines)

    @property
    def gates(self) -> list[str]:
        """The commands that the PRD wants to pass, one a line."""
        found = [
            block
            for block in self.prd.blocks
            if block.kind == "code" and GATES.search(block.section.rsplit(" > ", 1)[-1])
        ]
        lines = [line.strip() for block in found if block.language in SHELL for line in block.text.splitlines()]
        return [line.removeprefix("$ ") for line in lines if line and not line.startswith("#")]

    @property
    def python(self) -> bool:
        """Whether the document says that this is to be written in Python."""
        said = [s.text for s in self.statements] + list(self.lines)
        return any(PYTHON.search(text) for text in said) or any(
            b.language in ("python", "py", "pycon") for b in self.prd.blocks
        )


def reading(prd_text: str, rows: Iterable[Mapping[str, Any]], prd_path: str = "PRD.md") -> Reading:
    """Read a PRD for a run.

    Parameters
    ----------
    prd_text : str
        The document.
    rows : iterable of mapping
        The run's requirements as the backend hands them out; a person's marks are in them.
    prd_path : str
        What references call the document.
    """
    kept = [statement(row) for row in rows if row.get("mark") != "dropped"]
    kept.sort(key=lambda s: (s.lines[0] if s.lines else (0, 0), s.id))
    return Reading(tuple(kept), _parsed(prd_text), prd_path, tuple(re.split(r"\r\n|\r|\n", prd_text)))


def statement(row: Mapping[str, Any]) -> Statement:
    """Return a requirement's row as the statement that it was read from."""
    lines = [_pair(item) for item in row.get("lines") or [(row["line_start"], row["line_end"])]]
    return Statement(
        id=str(row["id"]),
        label=row.get("label"),
        text=str(row["text"]),
        section=str(row.get("section") or ""),
        lines=tuple(lines),
        level=str(row.get("level") or "must"),
        kind=str(row.get("kind") or "functional"),
        criteria=tuple(row.get("criteria") or ()),
        depends_on=tuple(row.get("depends_on") or ()),
    )


def _pair(item: Any) -> tuple[int, int]:
    first, last = item.values() if isinstance(item, Mapping) else item
    return int(first), int(last)


@lru_cache(maxsize=4)
def _parsed(prd_text: str) -> Prd:
    """Read a document once, however many sessions of this process work on it."""
    return read_prd(prd_text)
