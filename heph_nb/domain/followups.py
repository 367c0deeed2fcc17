"""Follow-ups: tasks that take a person's word into files that were written before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from heph_nb.domain import tasks
from heph_nb.domain.lifecycle import AT_WORK
from heph_nb.domain.records import Phase, Run, Task, Ticket
from heph_nb.domain.state import Draft, State

HOW = (
    "Bring what is written into line with that: the specification, the acceptance tests, the checklist and the ticket. "
    "Change no test and no file that somebody else has changed since it was written: name it in your report instead."
)


def take_up(draft: Draft, run: Run, said: Sequence[str]) -> str:
    """Have what a person said written down where it is not: one task for each ticket that was specified before.

    What comes while such a task waits is added to it. What belongs to no such ticket goes into the checklist, by a task
    without a ticket, if there is one already. Nothing happens in a run that was stopped.

    Parameters
    ----------
    draft : Draft
        Takes the tasks.
    run : Run
        The run.
    said : sequence of str
        What was decided, one line each: ``R-001: "below 2 s"``, ``R-002: dropped``, or a sentence; behind what replaces
        something ``(instead of "below 1 s")``.

    Returns
    -------
    str
        What comes of it, in a sentence; empty if nothing was written before.
    """
    if run.status == "stopped":
        return "The run was stopped: its files keep the old text."
    phases = sorted(draft.all(Phase, run.id), key=lambda phase: phase.number)
    phase = next((p for p in phases if p.role == "implementation"), None)
    if phase is None:
        return ""
    found: list[Task] = []
    rest = list(said)
    for ticket in list(draft.all(Ticket, run.id)):
        mine = [line for line in said if _id(line) in ticket.requirement_ids]
        if mine and _begun(draft, run, "implementation", ticket.id):
            found.append(_task(draft, run, phase, f"Take up your answer: {ticket.title}"[:500], mine, ticket))
            rest = [line for line in rest if line not in mine]
    if rest and _begun(draft, run, "analysis", None):
        found.append(_task(draft, run, phase, "Take up your answer: the checklist", rest, None))
    return _told(found, phase)


def _task(draft: Draft, run: Run, phase: Phase, title: str, said: Sequence[str], ticket: Ticket | None) -> Task:
    """Return the task that takes something up: the one that waits, or a new one."""
    ticket_id = ticket.id if ticket else None
    for task in draft.all(Task, run.id):
        if (task.kind, task.ticket_id) == ("answer", ticket_id) and task.status in tasks.WAITING:
            return draft.change(task, description=_description([*_lines(task.description), *said]))
    return tasks.create(
        draft,
        run,
        phase=phase.number,
        title=title,
        description=_description(said),
        ticket_id=ticket_id,
        priority=ticket.priority if ticket else "medium",
        kind="answer",
    )


def _description(said: Sequence[str]) -> str:
    newest_first = dict.fromkeys(f"- {' '.join(line.split())}" for line in reversed(said))
    return "\n".join(["The person decided:", "", *reversed(newest_first), "", HOW])


def _lines(description: str) -> list[str]:
    return [line[2:] for line in description.splitlines() if line.startswith("- ")]


def _id(line: str) -> str:
    found = re.match(r"R-\d+(?=: )", line)
    return found[0] if found else ""


def _begun(state: State, run: Run, role: str, ticket_id: str | None) -> bool:
    """Whether something was written, or is being written, from how things stood before."""
    roles = {phase.number: phase.role for phase in state.all(Phase, run.id)}
    return any(
        roles[task.phase] == role
        and task.kind == "work"
        and task.status in {*AT_WORK, "done"}
        and (ticket_id is None or task.ticket_id == ticket_id)
        for task in state.all(Task, run.id)
    )


def _told(found: Sequence[Task], phase: Phase) -> str:
    if not found:
        return ""
    named = ", ".join(f"“{task.title}”" for task in found)
    takes = "A task takes" if len(found) == 1 else f"{len(found)} tasks take"
    wait = f", once phase {phase.number} ({phase.name}) is started" if phase.status == "pending" else ""
    return f"{takes} this into the files{wait}: {named}."
