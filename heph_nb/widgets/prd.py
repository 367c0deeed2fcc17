"""The PRD itself: each requirement at its lines, in the colour of how far it is, and everything that it led to."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

from heph_nb.domain.lifecycle import MARKS, REQUIREMENT_LADDER
from heph_nb.run.handle import Run
from heph_nb.run.live import Record
from heph_nb.run.reprs import visible
from heph_nb.widgets.document import as_document
from heph_nb.widgets.rows import work
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View

_SHOWN = 200
"""Requirements that the text and HTML forms name."""


class PrdView(View):
    """The PRD of a run. Get one from ``run.prd()``.

    Parameters
    ----------
    run : Run
        The run.

    Examples
    --------
    >>> run.prd()  # doctest: +SKIP
    """

    _esm = script("shared/states", "prd/standing", "shared/diff", "shared/reveal", "prd/requirement", "prd/prd")
    _css = style("shared/diff", "shared/task", "prd/prd")

    tables = ("runs", "requirements", "questions", "tickets", "tasks")
    actions = frozenset({"mark", "answer", "create_ticket"})
    reads = frozenset({"trace", "diff"})

    def __init__(self, run: Run) -> None:
        prd = run.record
        self._document = as_document(prd["prd_text"], prd["prd_path"])
        super().__init__(run)

    def facts(self) -> dict[str, Any]:
        """Return the PRD as HTML, and the words there are for a requirement."""
        return {"document": self._document, "ladder": REQUIREMENT_LADDER, "marks": MARKS}

    def project(self, table: str, record: Record) -> Record:
        """Return what the view shows of a record."""
        kept = _KEPT.get(table)
        return {name: record[name] for name in kept} if kept else record

    def read_trace(self, requirement: str) -> dict[str, Any]:
        """Return everything that a requirement led to."""
        return self.run.trace(requirement).as_dict()

    def read_diff(self, commit: str) -> dict[str, Any]:
        """Return what a commit changed: a unified diff, and what is said of it."""
        return work(self.run.diff(commit=commit))

    def as_text(self) -> str:
        """Return how far each requirement is, in the order of the PRD."""
        rows = self.live.rows("requirements")
        lines = [f"PRD of {self.live.run['name']!r}: {_counts(rows)}"]
        lines += [f"  {r['id']} {_word(r):<11}  {visible(r['text'])} ({_lines(r)})" for r in rows[:_SHOWN]]
        return "\n".join([*lines, *([f"  and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else [])])

    def as_html(self) -> str:
        """Return how far each requirement is as a table, in the order of the PRD."""
        rows = self.live.rows("requirements")
        cells = "".join(
            f'<tr><td>{r["id"]}</td><td>{_word(r)}</td><td style="text-align:left">{escape(visible(r["text"]))}</td>'
            f"<td>{_lines(r)}</td></tr>"
            for r in rows[:_SHOWN]
        )
        more = f'<tr><td colspan="4">and {len(rows) - _SHOWN} more</td></tr>' if len(rows) > _SHOWN else ""
        caption = f"<caption>PRD of {escape(self.live.run['name'])}: {_counts(rows)}</caption>"
        return f"<table>{caption}<tbody>{cells}{more}</tbody></table>"


def _counts(rows: list[Record]) -> str:
    counted = Counter(row["status"] for row in rows)
    noun = "requirement" if len(rows) == 1 else "requirements"
    told = ", ".join(f"{counted[word]} {word}" for word in REQUIREMENT_LADDER if counted[word])
    return f"{len(rows)} {noun}" + (f" ({told})" if told else "")


def _word(row: Record) -> str:
    return f"{row['status']}, {row['mark']}" if row["mark"] else row["status"]


def _lines(row: Record) -> str:
    spans = [f"{first}" if first == last else f"{first}-{last}" for first, last in row["lines"]]
    return f"line {', '.join(spans)}"


_KEPT = {
    "runs": ("id", "name", "status", "prd_path"),
    "requirements": (
        "id", "label", "text", "section", "lines", "level", "kind", "criteria", "depends_on", "status", "mark",
        "evidence", "evidence_ref",
    ),
    "questions": ("id", "text", "requirement_ids", "status", "answer", "decided"),
    "tickets": ("id", "title", "status", "requirement_ids"),
    "tasks": ("id", "title", "phase", "ticket_id", "status"),
}  # fmt: skip
"""The fields that the browser gets."""
