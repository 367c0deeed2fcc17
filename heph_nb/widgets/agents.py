"""Agents: who works on what, and what the selected one says and does while it does so.

Who owns what: the run's live copy belongs to the thread that follows the run, as for every view. Of the selected agent
the view has an ``Output``: one thread, which passes at most ten messages a second on to the browser as they come and
keeps none of them. The selection, and with it that thread, changes under ``_selecting`` and ends when another agent is
selected, when no page looks any more, and with the view. What was said is kept by the state file, and within bounds by
the page.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from html import escape
from typing import Any

from heph_nb.run.frames import quote
from heph_nb.run.live import Record
from heph_nb.run.output import Output, tool_call
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View

_ENDED = 12
"""Agents that have ended that the text and HTML forms name."""

_FIGURES = """
WITH used AS (
    SELECT agent_id, sum(coalesce(total_tokens, input_tokens + output_tokens, input_tokens, output_tokens)) AS tokens
    FROM usage WHERE run_id = {run} GROUP BY agent_id
), newest AS (
    SELECT max(seq) AS seq FROM events
    WHERE run_id = {run} AND agent_id IS NOT NULL AND kind IN (
        'agent.message', 'agent.thought', 'agent.tool_call', 'agent.plan', 'agent.usage')
    GROUP BY agent_id, kind = 'agent.usage'
), told AS (
    SELECT agent_id, ts, kind, data->>'title' AS title, data->>'text' AS text, data->>'used' AS used
    FROM events WHERE seq IN (SELECT seq FROM newest)
)
SELECT a.id, u.tokens::BIGINT AS tokens, try_cast(c.used AS BIGINT) AS context,
    s.ts, s.kind, right(coalesce(s.title, s.text), 400) AS text
FROM agents a LEFT JOIN used u ON u.agent_id = a.id
    LEFT JOIN told c ON c.agent_id = a.id AND c.kind = 'agent.usage'
    LEFT JOIN told s ON s.agent_id = a.id AND s.kind <> 'agent.usage'
WHERE a.run_id = {run}
"""


class AgentsView(View):
    """The agents of a run, and what each says and does. Get it from ``run.agents_view()``.

    Examples
    --------
    >>> run.agents_view()  # doctest: +SKIP
    """

    _esm = script(
        "shared/diff",
        "shared/states",
        "shared/request",
        "agents/items",
        "agents/transcript",
        "agents/output",
        "agents/agent",
        "agents/agents",
    )
    _css = style("shared/diff", "shared/request", "agents/output", "agents/agents")

    tables = ("runs", "phases", "tasks", "agents", "permissions")
    follows_activity = True
    actions = frozenset({"message", "terminate", "restart", "retry", "approve", "deny"})
    reads = frozenset({"selected", "earlier", "tool", "figures", "detail"})

    def __init__(self, run: Any) -> None:
        self._selecting = threading.Lock()
        self._selected: str | None = None
        self._output: Output | None = None
        super().__init__(run)

    def close(self) -> None:
        """End the view; the run goes on."""
        with self._selecting:
            self._unfollow()
        super().close()

    def also(self) -> dict[str, Any]:
        """Return which agent is selected, so that a reloaded page and a second view show the same one."""
        return {"selected": self._selected}

    def project(self, table: str, record: Record) -> Record:
        """Return what is shown of a record."""
        return {name: record[name] for name in _KEPT[table]}

    def read_selected(self, agent: str | None) -> None:
        """Select an agent, or none: its newest output comes as a message of its own, then what it says and does."""
        with self._selecting:
            self._unfollow()
            self._selected = agent
            if agent is not None:
                client = self.run.client
                self._output = Output(client, agent, lambda told: self.send({"kind": "output", "agent": agent, **told}))

    def read_earlier(self, agent: str, before: int) -> dict[str, Any]:
        """Return what an agent said and did before a sequence number, the newest part of it."""
        return self.run.client.get("agents", agent, "output", before=before)

    def read_tool(self, agent: str, call: str) -> list[dict[str, str]]:
        """Return what a tool call changed, said, was given and answered."""
        rows = self.run.client.sql(
            f"SELECT data FROM events WHERE agent_id = {quote(agent)} AND (data->>'tool_call_id') = {quote(call)} "
            "AND kind IN ('agent.tool_call', 'agent.tool_call_update') ORDER BY seq"
        ).to_pylist()
        return tool_call(json.loads(row["data"]) for row in rows)

    def read_figures(self) -> dict[str, Record]:
        """Return for each agent the tokens that it reported (None: it did not), and what it did last and when."""
        rows = self.run.client.sql(_FIGURES.format(run=quote(self.run.id))).to_pylist()
        return {row.pop("id"): {**row, "ts": row["ts"] and row["ts"].isoformat()} for row in rows}

    def read_detail(self, permission: str) -> str:
        """Return the detail of what an agent asks for."""
        return self.live.tables["permissions"][permission]["detail"]

    def as_text(self) -> str:
        """Return the agents at work with their tasks, and how the others ended."""
        working, ended = self._named()
        lines = [f"Agents of {self.live.run['name']!r}", f"At work ({len(working)})", *(f"  {one}" for one in working)]
        lines += [f"Ended ({sum(ended.values())})"]
        lines += [f"  {one}" + (f" ({n} times)" if n > 1 else "") for one, n in list(ended.items())[:_ENDED]]
        return "\n".join([*lines, *([f"  and {len(ended) - _ENDED} more"] if len(ended) > _ENDED else [])])

    def as_html(self) -> str:
        """Return the same as a table."""
        working, ended = self._named()
        rows = "".join(f'<tr><td style="text-align:left">{escape(one)}</td></tr>' for one in working)
        rest = ", ".join(
            f"{escape(one)}" + (f" ({n} times)" if n > 1 else "") for one, n in list(ended.items())[:_ENDED]
        )
        more = f", and {len(ended) - _ENDED} more" if len(ended) > _ENDED else ""
        caption = f"<caption>Agents of {escape(self.live.run['name'])}: {len(working)} at work</caption>"
        return f"<table>{caption}<tbody>{rows}</tbody></table>" + (f"<p>Ended: {rest}{more}</p>" if ended else "")

    def _named(self) -> tuple[list[str], Counter[str]]:
        with self.live.lock:
            agents, tasks = self.live.rows("agents"), self.live.tables.get("tasks", {})
        working, ended = [], Counter[str]()
        for agent in sorted(agents, key=lambda a: (a["preset"], str(_title(a, tasks)))):
            title = _title(agent, tasks)
            about = f"{agent['preset']}{f' on {title!r}' if title else ''}"
            if agent["status"] == "terminated":
                ended[about] += 1
            else:
                working.append(f"{about}: {agent['status']}")
        return working, ended

    def _watch(self, page: str, on: bool, rev: int) -> None:
        super()._watch(page, on, rev)
        if not self._looked_at():
            with self._selecting:
                self._unfollow()

    def _unfollow(self) -> None:
        if self._output is not None:
            self._output.close()
            self._output = None


def _title(agent: Record, tasks: dict[str, Record]) -> str | None:
    return tasks[agent["task_id"]]["title"] if agent["task_id"] in tasks else None


_KEPT: dict[str, tuple[str, ...]] = {
    "runs": ("id", "name", "status"),
    "phases": ("id", "number", "name"),
    "tasks": ("id", "title", "phase", "status", "reason"),
    "agents": ("id", "preset", "label", "status", "task_id", "reason", "started_at", "ended_at"),
    "permissions": ("id", "agent_id", "tool_kind", "title", "status", "decided_by", "reason"),
}
"""The fields that the browser gets."""
