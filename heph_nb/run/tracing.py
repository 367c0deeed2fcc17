"""The trace of a requirement: from its lines in the PRD to tickets, tasks, commits, checks, files and tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from heph_nb.domain.words import count
from heph_nb.errors import NotFoundError
from heph_nb.run.columns import in_words
from heph_nb.run.frames import quote
from heph_nb.run.reprs import visible, without_ids

if TYPE_CHECKING:
    from heph_nb.run.history import Query, Source

Rows = Sequence[dict[str, Any]]
"""Records, in the order in which they were made."""

_HEAD = (
    "id", "label", "text", "section", "lines", "level", "kind", "criteria", "depends_on", "status", "mark", "evidence",
    "evidence_ref",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementTrace:
    """Everything that one requirement led to. It shows itself as text and HTML, without ids and times.

    Attributes
    ----------
    requirement : dict
        id, label, text, section, lines (as "12-14, 40"), level, kind, criteria, depends_on, status, mark (a person's
        word), evidence (what its status rests on) and evidence_ref.
    tickets : sequence of dict
        Those that are for it: id, title, status, resolved.
    tasks : sequence of dict
        Those of its tickets, and others that left a trace of it: id, title, phase, status, reason, ticket_id.
    attempts : sequence of dict
        The tries at these tasks: id, task_id, number, outcome, branch, head_commit, merge_commit (None: not merged).
    checks : sequence of dict
        What ran on their work: command, exit_code, seconds, commit_sha, task_id, attempt_id.
    files, tests : sequence of dict
        Where it was found: path, and whether that is merged.
    questions : sequence of dict
        Those about it: id, text, status, answer, decided.
    """

    requirement: dict[str, Any]
    tickets: Rows
    tasks: Rows
    attempts: Rows
    checks: Rows
    files: Rows
    tests: Rows
    questions: Rows

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {name: value if name == "requirement" else list(value) for name, value in asdict(self).items()}

    def __repr__(self) -> str:
        said = self.requirement
        lines = [f"{self._name()} [{self._standing()}]: {said['text']}", f"  {self._place()}"]
        for title, texts in self._sections():
            lines += [f"{title}:", *(f"  {text}" for text in texts)]
        return "\n".join(visible(line) for text in lines for line in text.split("\n"))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        def shown(text: str) -> str:
            return escape("\n".join(map(visible, text.split("\n"))))

        def listed(texts: list[str]) -> str:
            return "".join(f"<li>{shown(text)}</li>" for text in texts)

        sections = "".join(
            f'<div><b>{title}</b><ul style="margin:2px 0 4px">{listed(texts)}</ul></div>'
            for title, texts in self._sections()
        )
        return (
            '<div style="font-family:var(--jp-ui-font-family,system-ui,sans-serif);'
            "color:var(--jp-ui-font-color1,inherit);border:1px solid var(--jp-border-color2,#8888);border-radius:4px;"
            'padding:8px 12px;max-width:60em;line-height:1.5">'
            f"<div><b>{shown(self._name())}</b> [{shown(self._standing())}]: {shown(self.requirement['text'])}</div>"
            f"<div>{shown(self._place())}</div>{sections}</div>"
        )

    def _name(self) -> str:
        said = self.requirement
        return f"{said['id']} ({said['label']})" if said["label"] else said["id"]

    def _standing(self) -> str:
        return ", ".join(filter(None, (self.requirement["status"], self.requirement["mark"])))

    def _place(self) -> str:
        said = self.requirement
        place = f"{'line' if said['lines'].isdecimal() else 'lines'} {said['lines']}" + (
            f" in {said['section']!r}" if said["section"] else ""
        )
        return f"{said['level']}, {said['kind']}; {place} of the PRD"

    def _sections(self) -> Iterator[tuple[str, list[str]]]:
        """Yield what there is, each with its title."""
        said = self.requirement
        tries = {task["id"]: [a for a in self.attempts if a["task_id"] == task["id"]] for task in self.tasks}
        everything = {
            "Criteria": list(said["criteria"]),
            "Evidence": [said["evidence"]] if said["evidence"] else [],
            "Tickets": [f"{ticket['title']}: {ticket['status']}" for ticket in self.tickets],
            "Tasks": [_task(task, tries[task["id"]]) for task in self.tasks],
            "Checks": [f"exit code {check['exit_code']}: {without_ids(check['command'])}" for check in self.checks],
            "Files": list(map(_target, self.files)),
            "Tests": list(map(_target, self.tests)),
            "Questions": [_question(question) for question in self.questions],
        }
        yield from ((title, texts) for title, texts in everything.items() if texts)


def trace(query: Query, source: Source, requirement: str) -> RequirementTrace:
    """Follow a requirement to everything that it led to.

    Parameters
    ----------
    query : callable
        Sends a query to where the run is.
    source : callable
        Says what to select from, for a table.
    requirement : str
        Its id, or what the PRD calls it.

    Raises
    ------
    NotFoundError
        There is no such requirement.
    """
    named = quote(requirement)
    found = query(
        f"SELECT {', '.join(_HEAD)} FROM {source('requirements')} WHERE id = {named} OR label = {named} "
        f"ORDER BY id = {named} DESC, id LIMIT 1"
    ).to_pylist()
    if not found:
        raise NotFoundError(f"There is no requirement {requirement!r} in this run; run.requirements() lists them.")
    said = found[0] | {"lines": in_words(found[0]["lines"])}
    id = quote(said["id"])

    def rows(columns: str, table: str, where: str, order: str = "created_at, id") -> list[dict[str, Any]]:
        return query(f"SELECT {columns} FROM {source(table)} WHERE {where} ORDER BY {order}").to_pylist()

    traces = f"SELECT * FROM {source('traces')} WHERE requirement_id = {id}"
    tickets = rows("id, title, status, resolved", "tickets", f"list_contains(requirement_ids, {id})")
    named_tickets = f"SELECT id FROM {source('tickets')} WHERE list_contains(requirement_ids, {id})"
    left = f"SELECT a.task_id FROM {source('attempts')} a JOIN ({traces}) t ON t.attempt_id = a.id"
    which = f"ticket_id IN ({named_tickets}) OR id IN ({left})"
    tasks = rows("id, title, phase, status, reason, ticket_id", "tasks", which)
    mine = f"task_id IN (SELECT id FROM {source('tasks')} WHERE {which})"
    columns = "id, task_id, number, outcome, branch, head_commit"
    merged = {row["attempt_id"]: row["merge_commit"] for row in rows("attempt_id, merge_commit", "merges", mine)}
    attempts = [
        row | {"merge_commit": merged.get(row["id"])} for row in rows(columns, "attempts", mine, "started_at, id")
    ]
    places = query(
        f"SELECT kind, target AS path, bool_or(merged) AS merged FROM ({traces}) GROUP BY ALL ORDER BY target"
    ).to_pylist()
    return RequirementTrace(
        requirement=said,
        tickets=tickets,
        tasks=tasks,
        attempts=attempts,
        checks=rows("command, exit_code, seconds, commit_sha, task_id, attempt_id", "checks", mine),
        files=[{"path": p["path"], "merged": p["merged"]} for p in places if p["kind"] == "file"],
        tests=[{"path": p["path"], "merged": p["merged"]} for p in places if p["kind"] == "test"],
        questions=rows("id, text, status, answer, decided", "questions", f"list_contains(requirement_ids, {id})"),
    )


def _task(task: dict[str, Any], tries: Rows) -> str:
    landed = sum(1 for attempt in tries if attempt["merge_commit"])
    how = f"{count(len(tries), 'attempt')}, {'merged' if landed else 'not merged'}" if tries else "no attempt yet"
    return f"{task['title']}: {task['status'].replace('_', ' ')} ({how})"


def _target(place: dict[str, Any]) -> str:
    return place["path"] if place["merged"] else f"{place['path']} (not merged)"


def _question(question: dict[str, Any]) -> str:
    text = question["text"].split("\n", 1)[0]
    return f"{text} -> {question['answer']}" if question["answer"] else f"{text} ({question['status']})"
