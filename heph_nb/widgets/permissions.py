"""Permissions and questions: what waits for a person's word, to be given from the keyboard."""

from __future__ import annotations

from html import escape

from heph_nb.domain import rules
from heph_nb.run.live import Record
from heph_nb.widgets.script import script, style
from heph_nb.widgets.view import View


class PermissionsView(View):
    """What the agents of a run ask a person. Get it from ``run.permissions_view()``.

    Examples
    --------
    >>> run.permissions_view()  # doctest: +SKIP
    """

    _esm = script("shared/diff", "shared/request", "permissions/question", "permissions/permissions")
    _css = style("shared/diff", "shared/request", "permissions/permissions")

    tables = ("runs", "phases", "tasks", "agents", "requirements", "questions", "permissions", "rules")
    actions = frozenset({"approve", "deny", "revoke", "answer"})
    reads = frozenset({"permission"})

    def project(self, table: str, record: Record) -> Record:
        """Return what is shown of a record; the detail of what is decided is read when somebody looks at it."""
        if table == "permissions":
            subject = record["subject"]
            parts = rules.in_parts(record["tool_kind"], subject) if subject else None
            detail = record["detail"] if record["status"] == "pending" else ""
            return {name: record[name] for name in _KEPT[table]} | {"rule": parts, "detail": detail}
        if table == "rules":
            parts = rules.in_parts(record["tool_kind"], record["pattern"])
            return {name: record[name] for name in _KEPT[table]} | {"rule": parts}
        return {name: record[name] for name in _KEPT[table]}

    def read_permission(self, permission: str) -> Record:
        """Return a permission as it is now, with its detail."""
        return self.live.tables["permissions"][permission]

    def as_text(self) -> str:
        """Return what waits, the rules there are, and how much was decided."""
        lines = [f"Permissions and questions of {self.live.run['name']!r}"]
        for heading, told in self._parts().items():
            lines += [f"{heading} ({len(told)})", *(f"  {line}" for line in told)]
        return "\n".join([*lines, self._decided()])

    def as_html(self) -> str:
        """Return the same as lists."""
        parts = "".join(
            f"<h4>{heading} ({len(told)})</h4><ul>{''.join(f'<li>{escape(line)}</li>' for line in told)}</ul>"
            for heading, told in self._parts().items()
        )
        title = f"<b>Permissions and questions of {escape(self.live.run['name'])}</b>"
        return f"<div>{title}{parts}<p>{escape(self._decided())}</p></div>"

    def _parts(self) -> dict[str, list[str]]:
        with self.live.lock:
            agents, tasks = self.live.tables.get("agents", {}), self.live.tables.get("tasks", {})
            permissions, questions = self.live.rows("permissions"), self.live.rows("questions")
            kept = [rule for rule in self.live.rows("rules") if rule["status"] == "active"]
            asked = [
                f"{p['title']} ({agents[p['agent_id']]['preset']}"
                + (f", for {tasks[p['task_id']]['title']!r})" if p["task_id"] in tasks else ")")
                for p in permissions
                if p["status"] == "pending"
            ]
        return {
            "Waiting for you": asked,
            "Questions": [q["text"].split("\n")[0] for q in questions if q["status"] == "open"],
            "Allowed for the whole run": [rules.in_words(rule["tool_kind"], rule["pattern"]) for rule in kept],
        }

    def _decided(self) -> str:
        counts: dict[str, int] = {}
        for permission in self.live.rows("permissions"):
            counts[permission["status"]] = counts.get(permission["status"], 0) + 1
        counts.pop("pending", None)
        told = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
        return f"Decided: {told}." if told else "Nothing was decided yet."


_KEPT: dict[str, tuple[str, ...]] = {
    "runs": ("id", "name", "status", "policy"),
    "phases": ("id", "number", "name"),
    "tasks": ("id", "title", "phase"),
    "agents": ("id", "preset", "label", "status"),
    "requirements": ("id", "text", "line_start", "line_end"),
    "questions": (
        "id", "text", "requirement_ids", "agent_id", "status", "answer", "decided", "created_at", "answered_at",
    ),
    "permissions": (
        "id", "agent_id", "task_id", "tool_kind", "title", "status", "decided_by", "reason", "created_at",
        "decided_at",
    ),
    "rules": ("id", "status", "permission_id", "created_at"),
}  # fmt: skip
"""The fields that the browser gets."""
