"""Validation: what was merged for a ticket, traced requirement by requirement; questions where no test could decide."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.acting.git import grep
from heph_nb.agents.outline.acting.writing import commit_and_check, write
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.result import Result
from heph_nb.agents.outline.understanding import questions
from heph_nb.agents.outline.understanding.tracing import Trace, trace

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

STEPS = ("Follow the requirements through the merged tree", "Write down what was found", "Commit and run the checks",
         "Have the person asked where no test could decide", "Report")  # fmt: skip
OPEN_MARKS = (None, "unclear", "disputed")


async def validate(brief: Brief) -> Result:
    """Check that every requirement of a ticket can be followed from the PRD to a test, and say what is missing."""
    await brief.desk.plan(STEPS)
    statements = brief.read.of(brief.requirement_ids) if brief.ticket else list(brief.read.statements)
    listed = (brief.ticket or {}).get("requirement_ids") or ()
    paths = await grep(brief.cwd, [s.id for s in statements])
    own = layout.validation(brief.run_id, brief.key())
    found = {path: brief.text_of(path) for path in paths if path != own}
    texts = {path: text for path, text in found.items() if layout.speaks_of(path, text, brief.run_id)}
    traces = trace(statements, brief.read, list(listed), texts)
    missing = [t for t in traces if t.gaps]

    await brief.desk.reach(1)
    title = str((brief.ticket or brief.task).get("title", ""))
    await write(brief, f"Write down what validation found for {title}", {own: _document(brief, title, traces)})
    await brief.desk.reach(2)
    step = await commit_and_check(brief, f"Validate {title}", [own])

    await brief.desk.reach(3)
    asked = await _have_asked(brief, statements)
    repaired = await _have_repaired(brief, title, missing)
    await brief.desk.reach(4)
    whole = f"{len(traces) - len(missing)} of {len(traces)} requirements"
    summary = f"{title}: {whole} can be followed from the PRD to a test ({own})."
    if asked:
        summary += f" {len(asked)} cannot be decided by a test; the person is asked."
    if repaired:
        summary += " A task was created for what is missing."
    return Result(
        title=f"Validated: {title}",
        markdown=md.document([_table(brief, traces), *_gaps(missing), *_asked(asked)]),
        summary=summary,
        learned=[f"{t.statement.id}: {'; '.join(t.gaps)}" for t in missing],
        commit=step.commit,
        checks=step.checks,
    )


async def _have_asked(brief: Brief, statements: Sequence[Statement]) -> list[Statement]:
    """Create the tasks that ask the person. Sessions that meet the same group create it once."""
    marks = {row["id"]: row.get("mark") for row in brief.rows}

    def open_(id: str) -> bool:
        return marks.get(id) in OPEN_MARKS

    mine = {s.id for s in statements if questions.untestable(s) and open_(s.id)}
    phase = brief.phase_of("analysis", 1)
    if not mine or phase is None:
        return []
    now = {s.id: s for s in brief.read.statements}
    for group in questions.groups(brief.read.prd):
        if not mine & {s.id for s in group}:
            continue
        still = [now[s.id] for s in group if s.id in now and questions.untestable(now[s.id]) and open_(s.id)]
        await brief.attempt(
            "create_task",
            title=questions.title(still),
            description=questions.description(still, brief.read.name),
            phase=phase,
            kind="clarification",
            idempotency_key=questions.group_key(group),
        )
    return [s for s in statements if s.id in mine]


async def _have_repaired(brief: Brief, title: str, missing: Sequence[Trace]) -> bool:
    """Create a task for what cannot be followed, once for a ticket: what is still missing then is a person's to see."""
    phase = brief.phase_of("implementation", int(brief.phase["number"]) - 1)
    lost = [t for t in missing if not t.files or not t.tests]
    if not lost or brief.ticket is None or phase is None:
        return False
    await brief.attempt(
        "create_task",
        title=f"Complete: {title}",
        description="Validation could not follow these requirements to a file and a test:\n\n"
        + "\n".join(f"- {t.statement.id}: {'; '.join(t.gaps)}" for t in lost),
        phase=phase,
        ticket_id=brief.ticket["id"],
        priority=brief.ticket.get("priority", "medium"),
        idempotency_key=f"run:complete:{brief.ticket['id']}",
    )
    return True


def _document(brief: Brief, title: str, traces: Sequence[Trace]) -> str:
    missing = [t for t in traces if t.gaps]
    ticket = f"`{brief.ticket['id']}`" if brief.ticket else "none"
    counted = ", ".join(
        f"{sum(t.state == state for t in traces)} {state}" for state in dict.fromkeys(t.state for t in traces)
    )
    head = [
        f"- **Ticket:** {ticket}",
        f"- **Source:** `{brief.read.name}`",
        f"- **Requirements:** {len(traces)}" + (f" ({counted})" if counted else ""),
        f"- **State:** {MADE_BY} from the merged tree. “Tested” is what the test's source says; the checks decide.",
    ]
    table = _table(brief, traces, posixpath.dirname(layout.validation(brief.run_id, "x")))
    return md.document([f"# Validation: {md.inline(title)}", head, table, *_gaps(missing)])


def _table(brief: Brief, traces: Sequence[Trace], folder: str = "") -> list[str]:
    """Return the table of traces; in a document that lies in ``folder``, its files are links."""
    if not traces:
        return ["This ticket covers no requirement of the PRD: there is nothing to trace."]
    ticket = (brief.ticket or {}).get("id")
    rows = [
        [
            t.statement.id,
            md.places(t.statement.lines) if t.in_prd else "not found",
            f"`{ticket}`" if t.ticket else "none",
            _files(t.files, folder),
            _files(t.tests, folder),
            t.state,
            md.cell(t.evidence),
        ]
        for t in traces
    ]
    return md.table(["Requirement", "PRD", "Ticket", "Specified in", "Test", "State", "Evidence"], rows)


def _files(paths: Sequence[str], folder: str) -> str:
    if not paths:
        return "none"
    name = posixpath.basename(paths[0]) if folder else paths[0]
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return (f"[{name}]({posixpath.relpath(paths[0], folder)})" if folder else f"`{name}`") + more


def _gaps(missing: Sequence[Trace]) -> list[str]:
    return (
        ["## What is missing", "\n".join(f"- **{t.statement.id}** {'; '.join(t.gaps)}." for t in missing)]
        if missing
        else []
    )


def _asked(statements: Sequence[Statement]) -> list[str]:
    return (
        ["No test can decide these; the person is asked: " + ", ".join(s.id for s in statements) + "."]
        if statements
        else []
    )
