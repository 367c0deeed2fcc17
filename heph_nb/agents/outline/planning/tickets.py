"""What tickets and tasks say: enough for any agent, or a person, to go on from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.language.briefs import clip
from heph_nb.agents.outline.language.headings import heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heph_nb.agents.outline.planning.plan import TicketPlan
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Statement

MOST_CHARACTERS = 20_000
"""How much of the PRD's tables and code a description quotes."""


def description(ticket: TicketPlan, read: Reading, run_id: str) -> str:
    """Return a ticket's description: all that the PRD says of it, what it comes after, its files, when it is done."""
    names = list(dict.fromkeys(name for s in ticket.statements if (name := heading(s.section))))
    parts: list[str] = []
    if ticket.why:
        parts.append(f"Needed because {ticket.why}.")
    if ticket.statements:
        where = f" ({', '.join(names)})" if names else ""
        parts.append(f"What {read.name} asks for{where}:")
        parts.append("\n".join(line for s in ticket.statements for line in _asked(s)))
    elif read.gates:
        parts.append("Commands that must pass:\n" + "\n".join(f"- `{line}`" for line in read.gates))
    if ticket.comes_after:
        parts.append(f"Comes after: {', '.join(ticket.comes_after)}.")
    path = layout.specification(run_id, ticket.key)
    tests = (
        f"acceptance tests in the repository's own test folder, named after `{ticket.key}` and the run "
        f"(`{layout.tag(run_id)}`)"
    )
    parts.append(f"Files: specification `{path}`; {tests}.")
    done = (
        "each requirement has a test that checks it, passes and is not marked as expected to fail"
        if ticket.statements
        else "the others can build on it"
    )
    parts.append(f"Done when {done}.")
    return "\n\n".join([*parts, *_interfaces(ticket, read)])


def _asked(s: Statement) -> list[str]:
    """Return a requirement as it stands, and below it its own criteria."""
    name = f"{s.id}{f' / {s.label}' if s.label else ''}"
    lines = [f"- {name} ({md.places(s.lines)}, {s.level}): {clip(s.text, 4000)}"]
    return lines + [f"  - Accepted when: {clip(' '.join(text.split()), 1000)}" for text in s.criteria]


def _interfaces(ticket: TicketPlan, read: Reading) -> list[str]:
    """Return the tables and the code that the PRD has for a ticket's requirements, as far as there is room."""
    found: list[str] = []
    room = MOST_CHARACTERS
    for block in read.blocks_for(ticket.statements):
        text = "\n".join(md.shown(block.text, block.rows if block.kind == "table" else (), block.language))
        room -= len(text)
        if room > 0:
            found.append(f"{heading(block.section) or read.name} ({md.places([block.lines])}):\n\n{text}")
    return ["Interfaces and data:", *found] if found else []


def task_title(ticket: TicketPlan) -> str:
    """Return what the task of building a ticket is called."""
    return f"{'Set up' if ticket.ticket_type == 'infrastructure' else 'Build'}: {ticket.title}"


def task_description(ticket: TicketPlan, run_id: str) -> str:
    """Return what the task of building a ticket asks for."""
    about = f"requirements {', '.join(ticket.requirement_ids)}" if ticket.statements else "what the others build on"
    path = layout.specification(run_id, ticket.key)
    return (
        f"Work on the ticket “{ticket.title}”: {about}. Write its specification (`{path}`) and its acceptance tests, "
        "then implement it as far as you can; what you do not implement stays expected to fail. Commit, link the "
        "requirements to the files, and report."
    )


OURS = ("Work on the ticket “", "Validation could not follow")
"""How the descriptions of tasks begin that this agent creates."""


def asked_by_others(task: Mapping[str, Any]) -> str:
    """Return what a task asks for in somebody else's words; empty where it has none, or this agent wrote them."""
    said = " ".join(str(task.get("description") or "").split())
    return "" if said.startswith(OURS) else said


def validation_title(title: str) -> str:
    """Return what the task of validating a ticket is called."""
    return f"Validate: {title}"


def validation_description(title: str, ids: Sequence[str]) -> str:
    """Return what the task of validating a ticket asks for."""
    about = f" ({', '.join(ids)})" if ids else ""
    return (
        f"Check the merged work on “{title}”{about}: follow every requirement from its PRD line to ticket, file and "
        "test; say what is proven and what is not. Where no test could decide a requirement, ask the person."
    )


def covered(tickets: Sequence[dict[str, Any]], planned: Sequence[TicketPlan]) -> set[str]:
    """Return the requirements that tickets cover which are not this plan's: a person's, an earlier plan's."""
    ours = {ticket.title: set(ticket.requirement_ids) for ticket in planned}
    return {
        id
        for ticket in tickets
        if not set(ticket.get("requirement_ids") or ()) <= ours.get(str(ticket.get("title")), set())
        for id in ticket.get("requirement_ids") or ()
    }
