"""Operations on tickets."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from heph_nb.backend.auth import Caller
from heph_nb.backend.operations.operation import Context, Create, Done, Request, Said, operation
from heph_nb.domain import tickets
from heph_nb.domain.records import Ticket
from heph_nb.errors import RefusedError
from heph_nb.repo.repository import Repository


class CreateTicket(Create):
    """A new ticket."""

    title: Said = Field(min_length=1, max_length=500)
    description: str = Field("", max_length=100_000)
    ticket_type: str = Field("component", description="component, bug, design-revision, documentation, infrastructure")
    priority: str = Field("medium", description="low, medium, high, critical")
    status: str | None = Field(None, description="A column of the board; the first one if left out.")
    blocked_by: list[str] = Field([], max_length=1000, description="Ids of the tickets that must be resolved first.")
    requirement_ids: list[str] = Field([], max_length=5000, description="Ids such as R-001.")


class TicketCreated(Done):
    """The new ticket."""

    ticket_id: str
    status: str


class UpdateTicket(Request):
    """What is to change on a ticket; what is left out stays."""

    ticket_id: str
    title: Said | None = Field(None, min_length=1, max_length=500)
    description: str | None = Field(None, max_length=100_000)
    ticket_type: str | None = None
    priority: str | None = None
    blocked_by: list[str] | None = Field(None, max_length=1000)
    requirement_ids: list[str] | None = Field(None, max_length=5000)


class TicketUpdated(Done):
    """Which fields changed."""

    ticket_id: str
    fields_updated: list[str]


class ChangeTicketStatus(Request):
    """The column that a ticket moves to."""

    ticket_id: str
    status: str
    comment: str | None = Field(None, max_length=100_000)


class TicketStatusChanged(Done):
    """Where the ticket was and is."""

    ticket_id: str
    old_status: str
    new_status: str


class CommentOnTicket(Create):
    """A remark."""

    ticket_id: str
    text: Said = Field(min_length=1, max_length=100_000)


class TicketCommented(Done):
    """The new comment."""

    ticket_id: str
    comment_id: str


class ResolveTicket(Request):
    """The ticket that is settled."""

    ticket_id: str
    comment: str | None = Field(None, max_length=100_000)


class TicketResolved(Done):
    """Which tickets nothing blocks any more."""

    ticket_id: str
    unblocked_tickets: list[str]


class LinkCommit(Request):
    """A commit that belongs to a ticket."""

    ticket_id: str
    commit_sha: str = Field(pattern=r"^[0-9a-fA-F]{7,64}$", description="7 to 64 hexadecimal digits.")
    message: str = Field("", max_length=10_000)


class CommitLinked(Done):
    """The ticket and its commit."""

    ticket_id: str
    commit_sha: str


class SearchTickets(Request):
    """Words that the ticket must hold, in its title, text or requirement ids."""

    query: str = Field(min_length=1, max_length=1000)
    limit: int = Field(10, ge=1, le=100)


class TicketsFound(Done):
    """The best tickets, best first."""

    query: str
    results: list[dict[str, object]]
    total: int


def _ticket(context: Context, id: str) -> Ticket:
    return context.draft.get(Ticket, id, context.run.id if context.named_run or not context.caller.owner else None)


@operation("tickets", "create", who="both", tool="create_ticket")
def create_ticket(context: Context, request: CreateTicket) -> TicketCreated:
    """Put a new ticket on the board. It creates no task by itself."""
    values = request.model_dump(exclude={"run_id", "idempotency_key"})
    ticket = tickets.create(context.draft, context.run, **values)
    return TicketCreated(ticket_id=ticket.id, status=ticket.status, message="Ticket created successfully")


@operation("tickets", "update", who="both", tool="update_ticket")
def update_ticket(context: Context, request: UpdateTicket) -> TicketUpdated:
    """Change what a ticket says, what blocks it or which requirements it is for."""
    values = request.model_dump(exclude={"run_id", "ticket_id"})
    ticket, changed = tickets.update(context.draft, _ticket(context, request.ticket_id), **values)
    return TicketUpdated(ticket_id=ticket.id, fields_updated=changed, message="Ticket updated successfully")


@operation("tickets", "change-status", who="both", tool="change_ticket_status")
def change_ticket_status(context: Context, request: ChangeTicketStatus) -> TicketStatusChanged:
    """Move a ticket to another column of the board."""
    before = _ticket(context, request.ticket_id)
    after = tickets.change_status(context.draft, before, request.status)
    if request.comment:
        tickets.comment(context.draft, after, request.comment)
    return TicketStatusChanged(
        ticket_id=after.id,
        old_status=before.status,
        new_status=after.status,
        message=f"Ticket moved from {before.status} to {after.status}",
    )


@operation("tickets", "comment", who="both", tool="comment_on_ticket")
def comment_on_ticket(context: Context, request: CommentOnTicket) -> TicketCommented:
    """Add a remark to a ticket."""
    ticket = _ticket(context, request.ticket_id)
    comment = tickets.comment(context.draft, ticket, request.text)
    return TicketCommented(ticket_id=ticket.id, comment_id=comment.id, message="Comment added")


@operation("tickets", "resolve", who="both", tool="resolve_ticket")
def resolve_ticket(context: Context, request: ResolveTicket) -> TicketResolved:
    """Settle a ticket: it moves to the last column, and what it blocked goes on."""
    ticket = _ticket(context, request.ticket_id)
    if request.comment:
        tickets.comment(context.draft, ticket, request.comment)
    unblocked = tickets.resolve(context.draft, ticket, request.comment)
    return TicketResolved(ticket_id=ticket.id, unblocked_tickets=unblocked, message="Ticket resolved")


async def _commit(backend: Any, caller: Caller, request: LinkCommit) -> str:
    """Return the whole id of a commit that the run's repository has."""
    ticket = backend.state.get(Ticket, request.ticket_id)
    run = backend.find_run(ticket.run_id, caller)

    def resolve() -> str | None:
        return Repository.open(run.working_dir).resolve(f"{request.commit_sha}^{{commit}}")

    found = await asyncio.to_thread(resolve)
    if found is None:
        raise RefusedError(f"The repository {run.working_dir} has no commit {request.commit_sha}: commit first.")
    return found


@operation("tickets", "link-commit", who="both", tool="link_commit", prepare=_commit)
def link_commit(context: Context, request: LinkCommit) -> CommitLinked:
    """Say that a commit belongs to a ticket."""
    ticket = _ticket(context, request.ticket_id)
    link = tickets.link_commit(context.draft, ticket, context.prepared, request.message)
    return CommitLinked(ticket_id=ticket.id, commit_sha=link.commit_sha, message="Commit linked")


@operation("tickets", "search", who="both", tool="search_tickets")
def search_tickets(context: Context, request: SearchTickets) -> TicketsFound:
    """Find tickets that hold every word of the query, the best first."""
    found = tickets.search(context.draft.all(Ticket, context.run.id), request.query, request.limit)
    results: list[dict[str, object]] = [
        {
            "ticket_id": t.id,
            "title": t.title,
            "ticket_type": t.ticket_type,
            "priority": t.priority,
            "status": t.status,
            "preview": t.description[:200],
            "score": score,
        }
        for t, score in found
    ]
    return TicketsFound(query=request.query, results=results, total=len(results), message=f"{len(results)} found")
