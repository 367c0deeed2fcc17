"""Notes: what is left of a task that asks for something else than this agent can do."""

from __future__ import annotations

from heph_nb.agents.outline.acting.writing import commit_and_check, write
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.language.words import Subjects, likeness
from heph_nb.agents.outline.result import Result

STEPS = ("Read the task and look for what is related", "Write a note", "Commit and run the checks")
RELATED = 0.12
HOW = (
    "Turn this into tickets with `create_ticket`, or have the task done by an agent with a model: outline plans from a "
    "PRD's requirements and does nothing else."
)


async def note(brief: Brief) -> Result:
    """Write down what a task asks for and which requirements it touches, for whoever takes it on."""
    await brief.desk.plan(STEPS)
    title, text = str(brief.task.get("title") or "A task"), str(brief.task.get("description") or "")
    subjects = Subjects([s.text for s in brief.read.statements])
    asked = subjects.vector([title, text])
    related = [
        s for s in brief.read.statements if s.id in text or likeness(asked, subjects.vector([s.text])) >= RELATED
    ][:8]
    path = layout.note(brief.run_id, layout.named(title, str(brief.task["id"])))
    lines = [f"- **{s.id}** {md.inline(s.text)} ({md.places(s.lines)})" for s in related]
    body = md.document(
        [
            f"# {md.inline(title)}",
            [
                f"- **Task:** `{brief.task['id']}`, phase {brief.phase.get('number')}",
                f"- **State:** noted, not done. {MADE_BY}.",
            ],
            *(["## What is asked for", md.quote(text)] if text.strip() else []),
            *([f"## Requirements of {brief.read.name} that it touches", lines] if lines else []),
            "## How to go on",
            HOW,
        ]
    )
    await brief.desk.reach(1)
    await write(brief, f"Write a note on: {title}", {path: body})
    await brief.desk.reach(2)
    step = await commit_and_check(brief, f"Note: {title}"[:72], [path])
    summary = f"Noted in {path}. This task has no ticket that outline could specify: it was written down, not done."
    return Result(title=f"Noted: {title}"[:200], markdown=body, summary=summary, commit=step.commit, checks=step.checks)
