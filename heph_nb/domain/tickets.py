"""Tickets: what is to be done, on the board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heph_nb.domain.lifecycle import COLUMNS, PRIORITIES, TICKET_TYPES, refuse_unknown
from heph_nb.domain.records import Comment, Requirement, Run, Ticket, TicketCommit
from heph_nb.domain.state import Draft, State
from heph_nb.errors import NotFoundError, RefusedError, WrongStateError


def blockers(state: State, ticket: Ticket) -> list[Ticket]:
    """Return the tickets that still block this one."""
    found = (state.find(Ticket, id, ticket.run_id) for id in ticket.blocked_by)
    return [t for t in found if t is not None and not t.resolved]


def create(
    draft: Draft,
    run: Run,
    *,
    title: str,
    description: str = "",
    ticket_type: str = "component",
    priority: str = "medium",
    status: str | None = None,
    blocked_by: Sequence[str] = (),
    requirement_ids: Sequence[str] = (),
) -> Ticket:
    """Put a new ticket on the board; it starts in the first column.

    Raises
    ------
    RefusedError
        The type, priority or column is not one of the board's.
    NotFoundError
        A blocker or requirement is not in the run.
    """
    status = status or COLUMNS[0]
    refuse_unknown("ticket_type", ticket_type, TICKET_TYPES)
    refuse_unknown("priority", priority, PRIORITIES)
    refuse_unknown("status", status, COLUMNS)
    _all_in_run(draft, run, Ticket, blocked_by, "blocked_by")
    _all_in_run(draft, run, Requirement, requirement_ids, "requirement_ids")
    return draft.put(
        Ticket(
            id=draft.id("ticket"),
            run_id=run.id,
            title=title,
            description=description,
            ticket_type=ticket_type,
            priority=priority,
            status=status,
            blocked_by=tuple(dict.fromkeys(blocked_by)),
            requirement_ids=tuple(dict.fromkeys(requirement_ids)),
            resolved=status == COLUMNS[-1],
            created_by=draft.actor,
            created_at=draft.now,
        )
    )


def update(
    draft: Draft,
    ticket: Ticket,
    *,
    title: str | None = None,
    description: str | None = None,
    priority: str | None = None,
    ticket_type: str | None = None,
    blocked_by: Sequence[str] | None = None,
    requirement_ids: Sequence[str] | None = None,
) -> tuple[Ticket, list[str]]:
    """Change what a ticket says. Returns the ticket and the names of the changed fields.

    Raises
    ------
    RefusedError
        A value is not one of the board's, or ``blocked_by`` would close a cycle (the message names it).
    NotFoundError
        A blocker or requirement is not in the run.
    """
    run = draft.get(Run, ticket.run_id or "")
    if priority is not None:
        refuse_unknown("priority", priority, PRIORITIES)
    if ticket_type is not None:
        refuse_unknown("ticket_type", ticket_type, TICKET_TYPES)
    if blocked_by is not None:
        _all_in_run(draft, run, Ticket, blocked_by, "blocked_by")
        _refuse_cycle(draft, ticket, blocked_by)
        blocked_by = tuple(dict.fromkeys(blocked_by))
    if requirement_ids is not None:
        _all_in_run(draft, run, Requirement, requirement_ids, "requirement_ids")
        requirement_ids = tuple(dict.fromkeys(requirement_ids))
    given = {
        "title": title,
        "description": description,
        "priority": priority,
        "ticket_type": ticket_type,
        "blocked_by": blocked_by,
        "requirement_ids": requirement_ids,
    }
    changed = {k: v for k, v in given.items() if v is not None and v != getattr(ticket, k)}
    return draft.change(ticket, **changed), list(changed)


def change_status(draft: Draft, ticket: Ticket, status: str) -> Ticket:
    """Move a ticket to another column. Entering the last one resolves it, moving back reopens it.

    Raises
    ------
    RefusedError
        The board has no such column.
    WrongStateError
        The ticket is blocked: it can only go back to the first column.
    """
    refuse_unknown("status", status, COLUMNS)
    if status != COLUMNS[0]:
        _refuse_blocked(draft, ticket, f"move to {status}")
    back = COLUMNS.index(status) < COLUMNS.index(ticket.status)
    resolved = status == COLUMNS[-1] or (ticket.resolved and not back)
    return draft.change(ticket, status=status, resolved=resolved)


def resolve(draft: Draft, ticket: Ticket, resolution: str | None = None) -> list[str]:
    """Resolve a ticket, in the last column. Returns the ids of the tickets that nothing blocks any more.

    Raises
    ------
    WrongStateError
        The ticket itself is still blocked.
    """
    _refuse_blocked(draft, ticket, "be resolved")
    ticket = draft.change(ticket, resolved=True, status=COLUMNS[-1], resolution=resolution or ticket.resolution)
    waiting = [t for t in draft.all(Ticket, ticket.run_id) if ticket.id in t.blocked_by]
    return [t.id for t in waiting if not blockers(draft, t)]


def comment(draft: Draft, ticket: Ticket, text: str) -> Comment:
    """Add a remark to a ticket."""
    return draft.put(
        Comment(
            id=draft.id("comment"),
            run_id=ticket.run_id,
            ticket_id=ticket.id,
            author=draft.actor,
            text=text,
            created_at=draft.now,
        )
    )


def link_commit(draft: Draft, ticket: Ticket, commit_sha: str, message: str = "") -> TicketCommit:
    """Say that a commit belongs to a ticket; saying it twice changes nothing."""
    for known in draft.all(TicketCommit, ticket.run_id):
        if known.ticket_id == ticket.id and known.commit_sha == commit_sha:
            return known
    return draft.put(
        TicketCommit(
            id=draft.id("ticket-commit"),
            run_id=ticket.run_id,
            ticket_id=ticket.id,
            commit_sha=commit_sha,
            message=message,
            created_at=draft.now,
        )
    )


def search(tickets: Iterable[Ticket], query: str, limit: int) -> list[tuple[Ticket, int]]:
    """Find the tickets that hold every word of the query; a word in the title counts four times one in the text.

    Returns
    -------
    list of (Ticket, int)
        The best ``limit`` tickets with their score, best first, newer first among equals.
    """
    words = query.casefold().split()
    if not words:
        return []
    found: list[tuple[int, int, Ticket]] = []
    for age, ticket in enumerate(tickets):
        title = ticket.title.casefold()
        text = f"{ticket.id} {ticket.ticket_type} {' '.join(ticket.requirement_ids)} {ticket.description}".casefold()
        score = 0
        for word in words:
            hits = 4 * title.count(word) + text.count(word)
            if not hits:
                break
            score += hits
        else:
            found.append((score, age, ticket))
    found.sort(key=lambda hit: hit[:2], reverse=True)
    return [(ticket, score) for score, _, ticket in found[:limit]]


def _refuse_blocked(state: State, ticket: Ticket, verb: str) -> None:
    waiting = blockers(state, ticket)
    if waiting:
        names = ", ".join(t.id for t in waiting)
        raise WrongStateError(
            f"Ticket {ticket.id} cannot {verb}: it is blocked by {names}. Resolve those first, or change blocked_by.",
            id=ticket.id,
            blocked_by=[t.id for t in waiting],
        )


def _refuse_cycle(state: State, ticket: Ticket, blocked_by: Sequence[str]) -> None:
    came_from: dict[str, str] = dict.fromkeys(blocked_by, ticket.id)
    todo = list(blocked_by)
    while todo:
        id = todo.pop()
        if id == ticket.id:
            path = [id]
            while (id := came_from[id]) != ticket.id:
                path.append(id)
            path.append(ticket.id)
            raise RefusedError(
                f"blocked_by would close a cycle: {' <- '.join(path)}. Leave one of these out.", cycle=path
            )
        other = state.find(Ticket, id, ticket.run_id)
        for nxt in other.blocked_by if other is not None else ():
            if nxt not in came_from:
                came_from[nxt] = id
                todo.append(nxt)


def _all_in_run(state: State, run: Run, cls: type[Ticket | Requirement], ids: Iterable[str], name: str) -> None:
    for id in ids:
        if state.find(cls, id, run.id) is None:
            raise NotFoundError(f"{name}: there is no {cls.entity} {id!r} in run {run.id}.", id=id)
