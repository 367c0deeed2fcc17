"""The board: tickets move along with the tasks that work on them."""

from __future__ import annotations

from heph_nb.domain.lifecycle import COLUMNS, TASK_ENDED
from heph_nb.domain.records import Phase, Requirement, Task, Ticket
from heph_nb.domain.state import Draft, State


def begin(draft: Draft, task: Task) -> None:
    """Move a ticket to the column that its phase names for work that starts."""
    ticket, phase = _ticket_and_phase(draft, task)
    if ticket is not None and phase.columns:
        _enter(draft, ticket, phase.columns[0])


def settle(draft: Draft, task: Task) -> None:
    """Resolve a ticket, and move it on, once all work on it in a phase has ended and some of it is merged.

    In an analysis, work on a ticket settles nothing: what it asks for is yet to be done.
    """
    ticket, phase = _ticket_and_phase(draft, task)
    if ticket is None or phase.role == "analysis":
        return
    mine = [
        t.status
        for t in draft.all(Task, task.run_id)
        if (t.ticket_id, t.phase, t.kind) == (ticket.id, task.phase, "work")
    ]
    if "done" not in mine or not TASK_ENDED.issuperset(mine):
        return
    if phase.columns:
        done_too_early = phase.columns[1] == COLUMNS[-1] and not _all_implemented(draft, ticket)
        ticket = _enter(draft, ticket, COLUMNS[-2] if done_too_early else phase.columns[1])
    if not ticket.resolved:
        draft.change(ticket, resolved=True)


def _ticket_and_phase(state: State, task: Task) -> tuple[Ticket | None, Phase]:
    """Return the ticket that a task works on, if it does, and its phase."""
    phase = state.get(Phase, f"phase-{task.phase}", task.run_id)
    if task.ticket_id is None or task.kind != "work":
        return None, phase
    return state.get(Ticket, task.ticket_id, task.run_id), phase


def _enter(draft: Draft, ticket: Ticket, column: str) -> Ticket:
    """Move a ticket to a column that is further right."""
    if COLUMNS.index(column) > COLUMNS.index(ticket.status):
        return draft.change(ticket, status=column)
    return ticket


def _all_implemented(state: State, ticket: Ticket) -> bool:
    """Whether nothing the ticket asks for is merely written down."""
    wanted = [state.get(Requirement, id, ticket.run_id) for id in ticket.requirement_ids]
    return all(r.mark in ("accepted", "dropped") or r.status in ("implemented", "verified") for r in wanted)
