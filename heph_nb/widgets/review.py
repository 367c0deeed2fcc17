"""The review: what became of every ticket, to go through when a run has ended, or meanwhile."""

from __future__ import annotations

from html import escape
from typing import Any

from heph_nb.run.live import Record
from heph_nb.widgets.rows import rows, work
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View

_COLUMNS = ("title", "outcome", "files", "added", "removed", "checks_passed", "checks_failed")


class Review(View):
    """The review of a run, a row per ticket. It is the last tab of ``run.panel()``."""

    _esm = script("shared/diff", "shared/states", "review/review")
    _css = style("shared/diff", "review/review")

    tables = ("runs", "tickets", "tasks", "checks", "questions", "requirements")
    actions = frozenset({"retry", "answer", "create_task", "resolve_ticket"})
    reads = frozenset({"review", "diff", "check"})

    def project(self, table: str, record: Record) -> Record:
        """Return what the review shows of a record."""
        return {name: record[name] for name in _KEPT[table]}

    def read_review(self) -> list[dict[str, Any]]:
        """Return ``run.review()``, a row per ticket."""
        return rows(self.run.review())

    def read_diff(self, ticket: str) -> dict[str, Any]:
        """Return what the work on a ticket changed: a unified diff, and what is said of it."""
        return work(self.run.diff(ticket))

    def read_check(self, check: str) -> str:
        """Return what a check printed."""
        return self.run.client.get("checks", check, run_id=self.run.id)["check"]["output"]

    def as_text(self) -> str:
        """Return the review as a table of text."""
        return self.run.review()[list(_COLUMNS)].to_string(index=False)

    def as_html(self) -> str:
        """Return the review as a table."""
        frame = self.run.review()[list(_COLUMNS)]
        head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in _COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
            for row in frame.itertuples(index=False)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_KEPT = {
    "runs": ("id", "name", "status"),
    "tickets": ("id", "title", "status", "requirement_ids", "resolved"),
    "tasks": ("id", "title", "phase", "ticket_id", "status", "reason"),
    "checks": ("id", "task_id", "command", "exit_code", "seconds"),
    "questions": ("id", "text", "requirement_ids", "status", "answer"),
    "requirements": ("id", "text", "status", "mark", "line_start"),
}
"""The fields that the browser gets."""
