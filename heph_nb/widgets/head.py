"""The head of the panel: what changed, how far the run is, what waits for a person, and the controls of the run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from heph_nb.run.live import Record
from heph_nb.run.reprs import as_html, as_text
from heph_nb.run.summary import Summary
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View
from heph_nb.widgets.ways import LABELS, way

_way = cache(way)


class Head(View):
    """The upper part of ``run.panel()``.

    Parameters
    ----------
    run : Run
        The run. Showing its head counts as a look at it.
    """

    _esm = script("shared/diff", "shared/request", "head/head")
    _css = style("shared/diff", "shared/request", "head/head")

    tables = ("runs", "phases", "tasks", "agents")
    actions = frozenset({"start_phase", "pause", "resume", "stop", "look", *LABELS})
    reads = frozenset({"since", "detail"})

    def __init__(self, run: Any) -> None:
        super().__init__(run)
        self.since = self.run.look()

    def project(self, table: str, record: Record) -> Record:
        """Return what the head shows of a record."""
        return {name: record[name] for name in _KEPT[table] if name in record}

    def also(self) -> dict[str, Any]:
        """Return what waits for the person, with its ways out as buttons."""
        needs = [{**need, "ways": [_way(code) for code in need["ways_out"]]} for need in self.live.needs]
        return {"needs": needs, "standing": self.live.standing, "used_tokens": self.live.used_tokens}

    def read_detail(self, permission: str) -> str:
        """Return what exactly an agent asks for."""
        return self.live.tables["permissions"][permission]["detail"]

    def read_since(self, again: bool = False) -> dict[str, Any]:
        """Return what changed since the last look, when that was, and what the run used; ``again`` is a new look."""
        if again:
            self.since = self.run.look()
        summary = self.run.summary(since=self.since)
        since = self.since.isoformat() if self.since is not None else None
        used = dict(self.run.summary().used) if since else dict(summary.used)
        return {"since": since, "changes": dict(summary.changes), "used": used, "outcome": summary.outcome}

    def as_text(self) -> str:
        """Return how far the run is and what waits, as the run itself shows it."""
        return as_text(self._now())

    def as_html(self) -> str:
        """Return how far the run is and what waits, as the run itself shows it."""
        return as_html(self._now())

    def _now(self) -> Summary:
        return replace(self.run.summary(), changes={})


_KEPT = {
    "runs": (
        "id", "name", "status", "reason", "prd_path", "branch", "manual", "policy", "max_agents", "budget_tokens",
        "created_at", "ended_at",
    ),
    "phases": ("id", "number", "name", "status", "agent"),
    "tasks": ("id", "phase", "status"),
    "agents": ("id", "preset", "label", "status", "task_id"),
}  # fmt: skip
"""The fields that the browser gets."""
