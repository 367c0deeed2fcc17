"""The graph: which task created which, phase after phase, and how each one stands."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from heph_nb.run.live import Record
from heph_nb.run.reprs import visible
from heph_nb.widgets.rows import work
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View

_SHOWN = 60
"""Tasks that the text and HTML forms name."""


class Graph(View):
    """The graph of a run's tasks. Get one from ``run.graph()``.

    Examples
    --------
    >>> run.graph()  # doctest: +SKIP
    """

    _esm = script(
        "shared/states",
        "graph/layout",
        "graph/edges",
        "graph/nodes",
        "shared/diff",
        "shared/reveal",
        "graph/task",
        "graph/graph",
    )
    _css = style("shared/diff", "shared/task", "graph/graph")

    tables = ("runs", "phases", "tickets", "tasks", "agents", "attempts", "checks", "merges")
    actions = frozenset({"retry", "cancel", "restart"})
    reads = frozenset({"task", "check", "diff"})

    def project(self, table: str, record: Record) -> Record:
        """Return what the graph shows of a record."""
        return {name: record[name] for name in _KEPT[table] if name in record}

    def read_task(self, task: str) -> dict[str, Any]:
        """Return a task with what it is about, what came of it and what its next attempt is told."""
        return self.run.client.get("tasks", task, run_id=self.run.id)["task"]

    def read_check(self, check: str) -> str:
        """Return what a check printed."""
        return self.run.client.get("checks", check, run_id=self.run.id)["check"]["output"]

    def read_diff(self, task: str) -> dict[str, Any]:
        """Return what a task changed: a unified diff, and what is said of it."""
        return work(self.run.diff(task=task))

    def as_text(self) -> str:
        """Return the titles of the tasks, each below the one that created it."""
        lines = [f"Tasks of {self.live.run['name']!r}, each below the one that created it"]
        tasks = self.live.rows("tasks")
        for depth, task in _shown(tasks):
            lines.append(f"{'  ' * (depth + 1)}{task['phase']} {visible(task['title'])} ({_word(task)})")
        return "\n".join([*lines, *([f"  and {len(tasks) - _SHOWN} more"] if len(tasks) > _SHOWN else [])])

    def as_html(self) -> str:
        """Return the titles of the tasks as a list, each below the one that created it."""
        tasks = self.live.rows("tasks")
        rows = "".join(
            f'<div style="margin-left:{depth * 1.5:g}em">{task["phase"]} {escape(visible(task["title"]))} '
            f"<i>({_word(task)})</i></div>"
            for depth, task in _shown(tasks)
        )
        more = f"<div>and {len(tasks) - _SHOWN} more</div>" if len(tasks) > _SHOWN else ""
        name = escape(self.live.run["name"])
        return f"<div><b>Tasks of {name}</b>, each below the one that created it{rows}{more}</div>"


def _shown(tasks: list[Record]) -> list[tuple[int, Record]]:
    return [row for row, _ in zip(walk(tasks), range(_SHOWN), strict=False)]


def walk(tasks: list[Record]) -> Iterator[tuple[int, Record]]:
    """Yield every task once with its depth, each followed by those that it created.

    Examples
    --------
    >>> tasks = [{"id": "b", "parent_task_id": "a"}, {"id": "a", "parent_task_id": None}]
    >>> [(depth, task["id"]) for depth, task in walk(tasks)]
    [(0, 'a'), (1, 'b')]
    """
    known = {task["id"] for task in tasks}
    created: dict[str | None, list[Record]] = {}
    for task in tasks:
        parent = task["parent_task_id"]
        created.setdefault(parent if parent in known else None, []).append(task)
    waiting = [(0, task) for task in reversed(created.get(None, []))]
    while waiting:
        depth, task = waiting.pop()
        yield depth, task
        waiting += [(depth + 1, child) for child in reversed(created.get(task["id"], []))]


def _word(task: Record) -> str:
    return task["status"].replace("_", " ")


_KEPT = {
    "runs": ("id", "name", "status"),
    "phases": ("id", "number", "name", "status"),
    "tickets": ("id", "title", "ticket_type", "status", "requirement_ids"),
    "tasks": ("id", "title", "phase", "ticket_id", "parent_task_id", "kind", "status", "reason", "agent"),
    "agents": ("id", "preset", "label", "status", "task_id", "reason"),
    "attempts": ("id", "task_id", "agent_id", "number", "outcome", "reason", "started_at", "ended_at"),
    "checks": ("id", "task_id", "attempt_id", "command", "exit_code", "seconds"),
    "merges": ("id", "task_id", "attempt_id", "status", "target", "merge_commit", "conflicts", "reason"),
}
"""The fields that the browser gets."""
