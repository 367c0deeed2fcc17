"""The board: a run's tickets in their columns, to look at and to move."""

from __future__ import annotations

from html import escape
from typing import Any

from heph_nb.domain.lifecycle import COLUMNS, PRIORITIES, TICKET_TYPES
from heph_nb.run.live import Record
from heph_nb.widgets.rows import rows, work
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View

_SHOWN = 12
"""Tickets of a column that the text and HTML forms name."""


class Board(View):
    """The board of a run. Get one from ``run.board()``.

    Examples
    --------
    >>> run.board()  # doctest: +SKIP
    """

    _esm = script("shared/diff", "shared/states", "board/ticket", "board/column", "board/board")
    _css = style("shared/diff", "board/ticket", "board/board")

    tables = ("runs", "phases", "tickets", "tasks", "agents", "requirements", "questions", "ticket_commits")
    actions = frozenset(
        {"create_ticket", "update_ticket", "move_ticket", "resolve_ticket", "comment", "create_task", "retry"}
    )
    reads = frozenset({"ticket", "history", "diff", "commit"})

    def facts(self) -> dict[str, Any]:
        """Return the columns of the board, and which types and priorities there are."""
        return {"columns": COLUMNS, "types": TICKET_TYPES, "priorities": PRIORITIES}

    def project(self, table: str, record: Record) -> Record:
        """Return what a card shows of a record."""
        kept = _KEPT.get(table)
        return {name: record[name] for name in kept} if kept else record

    def read_ticket(self, ticket: str) -> dict[str, Any]:
        """Return a ticket with its description, comments, commits and what it blocks."""
        return self.run.client.get("tickets", ticket, run_id=self.run.id)

    def read_history(self, ticket: str) -> list[dict[str, Any]]:
        """Return what happened to a ticket, oldest first."""
        return rows(self.run.history(ticket))

    def read_diff(self, ticket: str) -> dict[str, Any]:
        """Return what the work on a ticket changed: a unified diff, and what is said of it."""
        return work(self.run.diff(ticket))

    def read_commit(self, commit: str) -> dict[str, Any]:
        """Return what a commit changed."""
        return work(self.run.diff(commit=commit))

    def as_text(self) -> str:
        """Return the titles of the tickets, column by column."""
        lines = [f"Board of {self.live.run['name']!r}"]
        for column, tickets in self._columns().items():
            lines.append(f"{column} ({len(tickets)})")
            lines += [f"  {t['title']} ({t['ticket_type']}, {t['priority']})" for t in tickets[:_SHOWN]]
            if len(tickets) > _SHOWN:
                lines.append(f"  and {len(tickets) - _SHOWN} more")
        return "\n".join(lines)

    def as_html(self) -> str:
        """Return the titles of the tickets as a table, a column each."""
        heads, cells = "", ""
        for column, tickets in self._columns().items():
            heads += f'<th style="text-align:left">{column} ({len(tickets)})</th>'
            titles = "".join(f"<div>{escape(t['title'])}</div>" for t in tickets[:_SHOWN])
            more = f"<div><i>and {len(tickets) - _SHOWN} more</i></div>" if len(tickets) > _SHOWN else ""
            cells += f'<td style="vertical-align:top;text-align:left">{titles}{more}</td>'
        caption = f"<caption>Board of {escape(self.live.run['name'])}</caption>"
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"

    def _columns(self) -> dict[str, list[Record]]:
        columns: dict[str, list[Record]] = {column: [] for column in COLUMNS}
        for ticket in self.live.rows("tickets"):
            columns[ticket["status"]].append(ticket)
        return columns


_KEPT = {
    "runs": ("id", "name", "status"),
    "phases": ("id", "number", "name"),
    "tickets": ("id", "title", "ticket_type", "priority", "status", "blocked_by", "requirement_ids", "resolved"),
    "tasks": ("id", "title", "phase", "ticket_id", "status", "reason"),
    "agents": ("id", "preset", "label", "status", "task_id"),
    "requirements": ("id", "text", "line_start", "line_end", "status"),
    "questions": ("id", "requirement_ids", "status"),
    "ticket_commits": ("id", "ticket_id", "commit_sha", "message"),
}
"""The fields that the browser gets, so that ten thousand tickets stay light."""
