"""The checklist: the whole run on one page, from the PRD's lines to the tickets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.language.briefs import brief, clip
from heph_nb.agents.outline.language.headings import generic
from heph_nb.agents.outline.understanding.decisions import concerned
from heph_nb.agents.outline.understanding.questions import missing, own, untestable

if TYPE_CHECKING:
    from heph_nb.agents.outline.planning.plan import Plan, TicketPlan
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Question

LATER = "asked when its ticket is validated"
"""When a person is asked about a requirement that no test could decide."""


def checklist(plan: Plan, read: Reading, *, run_id: str, run_name: str) -> str:
    """Return the checklist of a run as Markdown.

    Parameters
    ----------
    plan : Plan
        The tickets and what was decided.
    read : Reading
        The PRD with the run's requirements.
    """
    n, vague = len(read.statements), [s for s in read.statements if untestable(s)]
    kinds = sum(s.kind == "non-functional" for s in read.statements)
    asked = f"{md.count(n, 'requirement')} from `{read.name}` ({n - kinds} functional, {kinds} non-functional)"
    open_points = [f"- **{s.id}** does not say {missing(s)} ({md.places(s.lines)}; {LATER})." for s in vague]
    open_points += [
        f"- {md.inline(q.text)} ({read.name} {md.places([q.lines])}; {_touching(q, read)})"
        for part in own(read.prd)
        for q in part
    ]
    return md.document(
        [
            f"# Checklist: {md.inline(_title(read.prd.title) or run_name)}",
            f"{asked}, in {md.count(len(plan.tickets), 'ticket')}. {MADE_BY}; nothing is implemented yet.",
            *(["## Tickets, in the order of work", _table(plan, run_id)] if len(plan.tickets) > 1 else []),
            *(block for ticket in plan.tickets for block in _ticket(ticket)),
            *(["## Decisions", [f"- {md.inline(text)}" for text in plan.decisions]] if plan.decisions else []),
            *(["## Open points", open_points] if open_points else []),
            *_passed_over(read),
        ]
    )


def _touching(asked: Question, read: Reading) -> str:
    ids = [s.id for s in concerned(asked, read)]
    return "asked at once" + (f", touches {', '.join(ids[:4])}{' and more' if len(ids) > 4 else ''}" if ids else "")


def _passed_over(read: Reading) -> list[str | list[str]]:
    """Show what is not planned, so that a person sees what was misread."""
    asked = {q.lines for part in own(read.prd) for q in part}
    lines = [
        f"- {md.places([part.lines]).capitalize()}, {md.inline(part.reason)}: {md.inline(clip(part.text, 120))}"
        for part in read.prd.passed_over
        if part.lines not in asked
    ]
    how = "If one of these is a requirement, write it as a sentence with “must” or “should” and start the run again."
    return ["## Read, but not taken as requirements", how, lines] if lines else []


def _title(title: str) -> str:
    """Return a document's title without the words that only say that it is one."""
    found = re.sub(
        r"(?i)^(?:prd|product requirements(?: document)?)\s*(?::|\s[\u2013\u2014-])\s*|\s+prd$", "", title.strip()
    )
    return "" if generic(found) else found


def _table(plan: Plan, run_id: str) -> list[str]:
    rows = []
    for i, ticket in enumerate(plan.tickets, 1):
        after = ", ".join(ticket.comes_after) or "nothing"
        path = layout.specification(run_id, ticket.key)
        link = f"[{md.cell(ticket.title)}]({path.removeprefix(f'{layout.folder(run_id)}/')})"
        rows.append([str(i), link, ticket.ticket_type, ticket.priority, str(len(ticket.statements)), md.cell(after)])
    return md.table(["#", "Ticket", "Type", "Priority", "Requirements", "Comes after"], rows)


def _ticket(ticket: TicketPlan) -> Sequence[str | list[str]]:
    if not ticket.statements:
        return [f"### {md.inline(ticket.title)}", f"No requirement of its own: {md.inline(ticket.why)}."]
    lines = [
        f"- [ ] **{s.id}**{f' · {md.inline(s.label)}' if s.label else ''} {md.inline(brief(s.text, 96))} "
        f"({s.level}, {md.places(s.lines)})"
        for s in ticket.statements
    ]
    return [f"### {md.inline(ticket.title)}", lines]
