"""Notes: what is left of a task that asks for something else than this agent can do."""

from __future__ import annotations

import json

from heph_nb.agents.outline.acting.writing import commit_and_check, write
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.language.briefs import clip
from heph_nb.agents.outline.language.words import Subjects, likeness
from heph_nb.agents.outline.result import Result

STEPS = ("Read the task and look for what is related", "Write a note", "Commit and run the checks")
RELATED = 0.12
HOW = (
    "outline plans and writes no code. To have this done, give the task to an agent that does, before it begins:\n\n"
    "```python\n"
    "run.pause()\n"
    "task = run.create_task({title}, phase={phase})\n"
    'run.retry(task, agent="codex")  # or any other agent that is installed\n'
    "run.resume()\n"
    "```\n\n"
    "Or do it yourself on a branch of your own; the requirements above say when it is done."
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
            HOW.format(title=json.dumps(title, ensure_ascii=False), phase=brief.phase.get("number")),
        ]
    )
    await brief.desk.reach(1)
    await write(brief, f"Write a note on: {title}", {path: body})
    await brief.desk.reach(2)
    step = await commit_and_check(brief, f"Note: {title}"[:72], [path])
    touched = f" with {md.count(len(related), 'requirement')} it touches" if related else ""
    summary = (
        f"outline writes no code: “{clip(title)}” was written down, not done ({path}{touched}). "
        "To have it done, pause the run, create the task again, give it to an agent that writes code with "
        'run.retry(task, agent="codex"), and resume.'
    )
    return Result(title=f"Noted: {title}"[:200], markdown=body, summary=summary, commit=step.commit, checks=step.checks)
