"""Clarification: a task that ends with a question for the person."""

from __future__ import annotations

import re

from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.result import Result
from heph_nb.agents.outline.understanding.questions import question

ID = re.compile(r"(?<![\w-])R-\d+\b")
STEPS = ("Read what has to be decided", "Ask the person")


async def clarify(brief: Brief) -> Result:
    """Ask the person about the requirements that the task names; without any, what the task itself says."""
    await brief.desk.plan(STEPS)
    said = f"{brief.task.get('title', '')}\n{brief.task.get('description', '')}"
    statements = brief.read.of([*ID.findall(said), *brief.requirement_ids])
    text = question(statements, brief.read.name, brief.read.product) if statements else said.strip()
    await brief.desk.reach(1)
    ids = [s.id for s in statements]
    await brief.call("ask_question", text=text, requirement_ids=ids, idempotency_key=f"run:question:{brief.task['id']}")
    about = f" about {', '.join(ids)}" if ids else ""
    return Result(
        title=f"Asked{about}"[:200],
        markdown=f"The person was asked:\n\n{text}\n",
        summary=f"The person was asked{about}.",
    )
