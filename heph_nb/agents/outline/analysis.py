"""Analysis: the PRD becomes a checklist, tickets and the tasks of the next phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from heph_nb.agents.outline.acting.writing import commit_and_check, write
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.documents import layout, md
from heph_nb.agents.outline.documents.checklist import checklist
from heph_nb.agents.outline.planning import tickets
from heph_nb.agents.outline.planning.plan import Plan, TicketPlan, plan
from heph_nb.agents.outline.result import Result
from heph_nb.agents.outline.understanding import questions
from heph_nb.agents.outline.understanding.decisions import concerned

STEPS = (
    "Read the PRD and plan the tickets",
    "Write the checklist and commit it",
    "Create the tickets, infrastructure first",
    "Create a task for each ticket",
    "Keep the decisions and report",
)


async def analyse(brief: Brief) -> Result:
    """Plan the run. Whatever was created by an attempt before this one is found again, not made twice."""
    await brief.desk.plan(STEPS)
    seen = brief.survey()
    prd = brief.read.prd
    whole = plan(brief.read.statements, prd_title=prd.title, bare=seen.empty, gates=brief.read.gates, blocks=prd.blocks)
    planned = _without(whole, tickets.covered(await brief.rows_of("list_tickets"), whole.tickets))
    n = len(brief.read.statements)
    if not n:
        return await _ask_what_to_build(brief)
    asked, made_of = md.count(n, "requirement"), md.count(len(planned.tickets), "ticket")
    await brief.desk.say(f"{brief.read.name}: {asked}, {made_of}.")

    await brief.desk.reach(1)
    path = layout.checklist(brief.run_id)
    text = checklist(planned, brief.read, run_id=brief.run_id, run_name=str(brief.run.get("name") or brief.run_id))
    await write(brief, f"Write the checklist of {asked}", {path: text})
    step = await commit_and_check(brief, "Plan the work: a checklist of the PRD", [path])

    await brief.desk.reach(2)
    made = await _create_tickets(brief, planned.tickets)
    await brief.desk.reach(3)
    await _create_tasks(brief, planned.tickets, made)

    await brief.desk.reach(4)
    await _ask_what_the_prd_asks(brief)
    decisions = [*planned.decisions, *_layout_decisions(brief)]
    for i, decision in enumerate(decisions):
        await brief.attempt(
            "save_memory",
            text=decision,
            kind="decision",
            tags=["plan"],
            idempotency_key=f"run:memory:plan:{i}:{decision[:80]}",
        )
    vague = [s.id for s in brief.read.statements if questions.untestable(s)]
    return Result(
        title=f"Plan: {asked}, {made_of}",
        markdown=_report(planned, made, path, vague),
        summary=f"{asked} planned as {made_of}; the checklist is {path}.",
        learned=planned.decisions,
        commit=step.commit,
        checks=step.checks,
    )


async def _ask_what_to_build(brief: Brief) -> Result:
    """Ask the person, since the document says nothing that could be planned."""
    text = (
        f"No requirement was found in {brief.read.name}: no sentence says what is to be built. Which lines are "
        "requirements? Proposal: one bullet point each, under a heading such as “Requirements”, then a new run."
    )
    await brief.call("ask_question", text=text, idempotency_key="run:question:no-requirements")
    return Result(
        title="No requirement found",
        markdown=text,
        summary=f"No requirement was found in {brief.read.name}; the person was asked.",
    )


async def _ask_what_the_prd_asks(brief: Brief) -> None:
    """Put the questions that the PRD leaves open itself to the person."""
    for asked in questions.own(brief.read.prd):
        await brief.attempt(
            "ask_question",
            text=questions.own_question(asked, brief.read.name, [s for q in asked for s in concerned(q, brief.read)]),
            requirement_ids=questions.touched(asked, brief.read.statements),
            idempotency_key=f"run:question:open:{asked[0].lines[0]}",
        )


async def _create_tickets(brief: Brief, planned: Sequence[TicketPlan]) -> dict[str, str]:
    """Create the tickets, each after those that block it. Returns the id of each by its key."""
    made: dict[str, str] = {}
    left = list(planned)
    while left:
        ticket = next(t for t in left if all(key in made for key in t.blocked_by))
        left.remove(ticket)
        answer = await brief.call(
            "create_ticket",
            title=ticket.title,
            description=tickets.description(ticket, brief.read, brief.run_id),
            ticket_type=ticket.ticket_type,
            priority=ticket.priority,
            blocked_by=[made[key] for key in ticket.blocked_by],
            requirement_ids=list(ticket.requirement_ids),
            idempotency_key=f"run:ticket:{ticket.key}",
        )
        made[ticket.key] = answer["ticket_id"]
    return made


async def _create_tasks(brief: Brief, planned: Sequence[TicketPlan], made: dict[str, str]) -> None:
    phase = brief.phase_of("implementation", int(brief.phase["number"]) + 1)
    if phase is None:
        await brief.desk.say("This workflow has no phase that would build the tickets: no tasks were created.")
        return
    for ticket in planned:
        await brief.attempt(
            "create_task",
            title=tickets.task_title(ticket),
            description=tickets.task_description(ticket, brief.run_id),
            phase=phase,
            ticket_id=made[ticket.key],
            priority=ticket.priority,
            idempotency_key=f"run:implement:{made[ticket.key]}",
        )


def _without(whole: Plan, ids: set[str]) -> Plan:
    """Leave out what other tickets cover, and what only waited for that."""
    kept = [replace(t, statements=tuple(s for s in t.statements if s.id not in ids)) for t in whole.tickets]
    kept = [t for t, before in zip(kept, whole.tickets, strict=True) if t.statements or not before.statements]
    keys = {t.key for t in kept}
    return replace(
        whole, tickets=tuple(replace(t, blocked_by=tuple(k for k in t.blocked_by if k in keys)) for t in kept)
    )


def _layout_decisions(brief: Brief) -> list[str]:
    folder = layout.folder(brief.run_id)
    files = f"{folder}/specs/<component>.md, {folder}/validation/<component>.md and {layout.checklist(brief.run_id)}"
    rest = f"names of test modules end in {layout.tag(brief.run_id)}. No two tickets and no two runs share a file."
    return [f"Files of this run: {files}; {rest}"]


def _report(planned: Plan, made: dict[str, str], path: str, vague: Sequence[str]) -> str:
    titles = {t.key: t.title for t in planned.tickets}
    rows = [
        [md.cell(t.title), f"`{made[t.key]}`", t.ticket_type, t.priority, ", ".join(t.requirement_ids) or "none",
         md.cell(", ".join(titles[k] for k in t.blocked_by) or "nothing")]
        for t in planned.tickets
    ]  # fmt: skip
    open_points = [f"No test can decide these as they stand; validation will ask: {', '.join(vague)}."] if vague else []
    return md.document(
        [
            f"The checklist is `{path}`.",
            md.table(["Ticket", "Id", "Type", "Priority", "Requirements", "Comes after"], rows),
            [f"- {md.inline(text)}" for text in planned.decisions],
            *open_points,
        ]
    )
