"""What was decided, noted line by line where a document speaks of it: the rest stays as whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.language.briefs import clip

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

QUOTED = re.compile(r"“([^”]+)”")


@dataclass(frozen=True)
class Decision:
    """What the person decided: of a requirement, or (``statement`` None) of something else.

    Attributes
    ----------
    statement : Statement or None
        The requirement with all its criteria.
    text : str
        What was said.
    dropped : bool
        The requirement is dropped.
    earlier : sequence of str
        What was said before and does not count any more.
    """

    statement: Statement | None
    text: str
    dropped: bool = False
    earlier: Sequence[str] = ()

    @property
    def id(self) -> str:
        """The requirement's id; empty for something else."""
        return self.statement.id if self.statement else ""

    @property
    def told(self) -> str:
        """The decision in a line."""
        return self._line(self.text)

    @property
    def struck(self) -> list[str]:
        """The earlier decisions, a line each."""
        return [self._line(text) for text in self.earlier]

    @property
    def replaced(self) -> list[str]:
        """The criteria that do not count any more."""
        return [bare(text) for text in self.earlier if text.startswith('"')]

    def _line(self, text: str) -> str:
        return f"{self.id}: {text}" if self.statement else text


def bare(text: str) -> str:
    """Return what was said without the quotation marks around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def noted(text: str, decisions: Sequence[Decision]) -> str:
    """Return a checklist, specification or validation without open points that are decided, with what was decided."""
    for decision in decisions:
        text = _noted(text, decision) if decision.id else _answered(text, decision)
    return re.sub(r"^## Open points\n+(?=##|\Z)", "", text, flags=re.MULTILINE).rstrip("\n") + "\n"


def decided(text: str, decisions: Sequence[Decision]) -> str:
    """Return a checklist with the decisions under a heading of their own, without those that they replace."""
    for line in (f"- {md.inline(struck)}" for decision in decisions for struck in decision.struck):
        text = re.sub(rf"^{re.escape(line)}\n", "", text, flags=re.MULTILINE)
    lines = [f"- {md.inline(decision.told)}" for decision in decisions]
    lines = [line for line in lines if line not in text.splitlines()]
    if not lines:
        return text
    block = "\n".join(lines)
    if found := re.search(r"^## What you decided\n\n((?:- .*\n)*)\n*", text, re.MULTILINE):
        rest = text[found.end() :]
        return f"{text[: found.start()]}## What you decided\n\n{found[1]}{block}\n" + (f"\n{rest}" if rest else "")
    section = f"## What you decided\n\n{block}\n"
    at = re.search(r"^## (?:Open points|Read, but not)", text, re.MULTILINE)
    return f"{text[: at.start()]}{section}\n{text[at.start() :]}" if at else f"{text}\n{section}".lstrip("\n")


def described(text: str, decisions: Sequence[Decision]) -> str:
    """Return a ticket's description with what was decided under the lines of its requirements."""
    for decision in decisions:
        if decision.statement is None:
            continue
        id = decision.id
        text = re.sub(rf"^.*{id}\b.*No test can decide.*\n?", "", text, flags=re.MULTILINE)
        gone = {f"  - Accepted when: {clip(' '.join(old.split()), 1000)}" for old in decision.replaced}
        text = re.sub(
            rf"^- {id}\b.*(?:\n  .*)*",
            lambda found: "\n".join(line for line in found[0].split("\n") if line not in gone),  # noqa: B023
            text,
            flags=re.MULTILINE,
        )
        text = re.sub(rf"^(- {id}\b.*)\n(?:  Decided: .*\n)*", r"\1\n", text, flags=re.MULTILINE)
        said = "dropped" if decision.dropped else "; ".join(decision.statement.criteria) or decision.text
        line = f"  Decided: {' '.join(said.split())}"
        text = re.sub(rf"^- {id}\b.*$", lambda found: f"{found[0]}\n{line}", text, flags=re.MULTILINE)  # noqa: B023
    return text


def _noted(text: str, decision: Decision) -> str:
    """Note what was decided of a requirement: its open point goes, its entry is struck out when it is dropped."""
    id = decision.id
    text = re.sub(rf"^- \*\*{id}\*\* (?:does not say|No test can decide).*\n", "", text, flags=re.MULTILINE)
    if decision.dropped:
        text = re.sub(rf"^- \[ \] \*\*{id}\*\* (.*)$", rf"- [x] **{id}** dropped: ~~\1~~", text, flags=re.MULTILINE)
        return re.sub(rf"^\| {id} .*\n", "", text, flags=re.MULTILINE)
    return re.sub(rf"^- \[x\] \*\*{id}\*\* dropped: ~~(.*)~~$", rf"- [ ] **{id}** \1", text, flags=re.MULTILINE)


def _answered(text: str, decision: Decision) -> str:
    """Take away the open points that are the questions that a decision quotes."""
    for question in QUOTED.findall(decision.text):
        text = re.sub(rf"^- {re.escape(md.inline(question))} \(.*\)\n", "", text, flags=re.MULTILINE)
    return text
