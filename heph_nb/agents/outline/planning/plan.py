"""The plan: requirements become tickets, in an order in which they can be worked on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.titles import titles
from heph_nb.agents.outline.language.words import slug
from heph_nb.agents.outline.planning.grouping import MOST, Group, group
from heph_nb.agents.outline.planning.infrastructure import SETUP, STORE, Infrastructure, infrastructure
from heph_nb.agents.outline.planning.order import needs

if TYPE_CHECKING:
    from heph_nb.domain.prd import Block, Statement

DOCUMENTS = re.compile(
    r"(?i)\b(readme|documentation|user (?:guide|manual)|manuals?|tutorials?|changelog|api docs?|docstrings?)\b"
)
GROUND = "builds on it"
"""Why a component comes after infrastructure."""

MOST_BLOCKERS = 2
"""How many components one waits for because of what they make."""

PRIORITY = {"must": "high", "should": "medium", "could": "low"}


@dataclass(frozen=True)
class TicketPlan:
    """A ticket to create.

    Attributes
    ----------
    key : str
        Unique in the plan and the same whenever the plan is made again: its file name and its idempotency key.
    title, ticket_type, priority : str
        As the board has them.
    statements : tuple of Statement
        The requirements that it covers, in the order of the PRD.
    blocked_by : tuple of str
        Keys of the tickets that come before it.
    why : str
        Why there is such a ticket, where its requirements do not say so.
    after : tuple of (key, title, reason)
        For each of ``blocked_by`` its title and why it comes first.
    """

    key: str
    title: str
    ticket_type: str
    priority: str
    statements: tuple[Statement, ...]
    blocked_by: tuple[str, ...] = ()
    why: str = ""
    after: tuple[tuple[str, str, str], ...] = ()

    @property
    def comes_after(self) -> list[str]:
        """What it comes after, each with the reason: ``Bookings (needs its bookings)``."""
        return [f"{title} ({why})" for key, title, why in self.after if key in self.blocked_by]

    @property
    def requirement_ids(self) -> tuple[str, ...]:
        """The ids of the requirements that it covers."""
        return tuple(s.id for s in self.statements)


@dataclass(frozen=True)
class Plan:
    """The tickets, infrastructure first, and what was decided on the way, one sentence each."""

    tickets: tuple[TicketPlan, ...]
    decisions: tuple[str, ...]


def plan(
    statements: Sequence[Statement],
    *,
    prd_title: str = "",
    bare: bool = True,
    gates: Sequence[str] = (),
    blocks: Sequence[Block] = (),
) -> Plan:
    """Plan the work for some requirements.

    Parameters
    ----------
    statements : sequence of Statement
        In the order of the PRD, without those that were dropped.
    prd_title : str
        The title of the document.
    bare : bool
        The repository holds no code yet.
    gates : sequence of str
        Commands that the PRD wants to pass.
    blocks : sequence of Block
        The tables of the PRD.

    Examples
    --------
    >>> from heph_nb.domain.prd import Statement
    >>> login = Statement(id="R-001", text="Users can log in", section="Login", lines=((3, 3),))
    >>> [ticket.title for ticket in plan([login]).tickets]
    ['Login']
    """
    ground = infrastructure(statements, bare=bare, gates=gates) if len(statements) > MOST else []
    taken = {s.id for piece in ground for s in piece.statements}
    rest = [s for s in statements if s.id not in taken]
    groups = group(rest)
    names = titles(groups, prd_title)
    tickets = [_of_ground(piece) for piece in ground]
    tickets += [_of_group(found, name) for found, name in zip(groups, names, strict=True)]
    tickets = _keyed(_told_apart(tickets))
    first = {piece.kind: ticket.key for piece, ticket in zip(ground, tickets, strict=False)}
    titled = dict(zip((ticket.title for ticket in tickets[len(ground) :]), groups, strict=True))
    tickets = _ordered(tickets, first, blocks)
    return Plan(tuple(tickets), tuple(_decisions(ground, titled, tickets)))


def _of_ground(piece: Infrastructure) -> TicketPlan:
    return TicketPlan(
        key=slug(piece.title),
        title=piece.title,
        ticket_type="infrastructure",
        priority="high",
        statements=piece.statements,
        why=piece.why,
    )


def _of_group(found: Group, title: str) -> TicketPlan:
    documents = all(DOCUMENTS.search(s.text) for s in found.statements)
    return TicketPlan(
        key=slug(title) or slug(found.statements[0].id),
        title=title,
        ticket_type="documentation" if documents else "component",
        priority=priority(found.statements),
        statements=found.statements,
    )


def priority(statements: Sequence[Statement]) -> str:
    """Return how urgent a component is: what the most urgent of its requirements is."""
    levels = {s.level for s in statements}
    return next((word for level, word in PRIORITY.items() if level in levels), "low")


def _told_apart(tickets: Sequence[TicketPlan]) -> list[TicketPlan]:
    """Return tickets of which some are more urgent than others; where all components are, none is."""
    if {ticket.priority for ticket in tickets if ticket.ticket_type != "infrastructure"} != {PRIORITY["must"]}:
        return list(tickets)
    return [t if t.ticket_type == "infrastructure" else replace(t, priority=PRIORITY["should"]) for t in tickets]


def _keyed(tickets: Sequence[TicketPlan]) -> list[TicketPlan]:
    """Give each ticket a key of its own; one that is taken gets the first requirement's id behind it."""
    taken: set[str] = set()
    found: list[TicketPlan] = []
    for ticket in tickets:
        key = ticket.key
        if key in taken:
            first = slug(ticket.requirement_ids[0]) if ticket.statements else str(len(taken))
            key = f"{key}-{first}"
        taken.add(key)
        found.append(replace(ticket, key=key))
    return found


def _ordered(tickets: Sequence[TicketPlan], first: dict[str, str], blocks: Sequence[Block]) -> list[TicketPlan]:
    """Say what waits for what, and put what others wait for first.

    Components wait for infrastructure, for what the PRD itself says comes first, then for what makes what they use;
    never in a circle.
    """
    waits: dict[str, dict[str, str]] = {ticket.key: {} for ticket in tickets}
    of = {id: ticket.key for ticket in tickets for id in ticket.requirement_ids}
    for ticket in tickets:
        for key in _ground_for(ticket, first):
            _add(waits, ticket.key, key, GROUND)
    for ticket in tickets:
        for statement in ticket.statements:
            for id in statement.depends_on:
                if id in of:
                    _add(waits, ticket.key, of[id], "the PRD says so")
    parts = [ticket for ticket in tickets if ticket.ticket_type == "component"]
    for need in needs([part.statements for part in parts], [part.title for part in parts], blocks):
        waiting, other = parts[need.ticket].key, parts[need.first].key
        if sum(key not in first.values() for key in waits[waiting]) < MOST_BLOCKERS:
            _add(waits, waiting, other, f"needs its {need.what}")
    titles = {ticket.key: ticket.title for ticket in tickets}
    ordered: list[TicketPlan] = []
    left = [_after(ticket, titles, waits) for ticket in tickets]
    while left:
        done = {ticket.key for ticket in ordered}
        ordered.append(next(ticket for ticket in left if done.issuperset(ticket.blocked_by)))
        left.remove(ordered[-1])
    return ordered


def _after(ticket: TicketPlan, titles: dict[str, str], waits: dict[str, dict[str, str]]) -> TicketPlan:
    keys = tuple(_shortest(waits, ticket.key))
    return replace(ticket, blocked_by=keys, after=tuple((key, titles[key], waits[ticket.key][key]) for key in keys))


def _ground_for(ticket: TicketPlan, first: dict[str, str]) -> list[str]:
    """Return the infrastructure that a ticket stands on: all of it, but documents do without the store."""
    setup, store = first.get(SETUP), first.get(STORE)
    if ticket.key == setup:
        return []
    over = [setup, store] if ticket.key != store and ticket.ticket_type != "documentation" else [setup]
    return [key for key in over if key]


def _add(waits: dict[str, dict[str, str]], key: str, other: str, why: str) -> None:
    """Let a ticket wait for another one, unless that one waits for it already."""
    if key != other and key not in _before(waits, other):
        waits[key].setdefault(other, why)


def _before(waits: dict[str, dict[str, str]], key: str) -> set[str]:
    """Return everything that a ticket waits for, directly or not."""
    seen: set[str] = set()
    todo = list(waits[key])
    while todo:
        other = todo.pop()
        if other not in seen:
            seen.add(other)
            todo.extend(waits[other])
    return seen


def _shortest(waits: dict[str, dict[str, str]], key: str) -> list[str]:
    """Return what a ticket waits for, without what it waits for by way of another one."""
    direct = waits[key]
    implied = {far for other in direct for far in _before(waits, other)}
    return [other for other in direct if other not in implied]


def _decisions(
    ground: Sequence[Infrastructure],
    titled: dict[str, Group],
    tickets: Sequence[TicketPlan],
) -> list[str]:
    found = [f"{piece.title} comes first: {piece.why}." for piece in ground]
    joined = [title for title, part in titled.items() if len(part.sections) > 1]
    if joined:
        found.append("Small neighbouring sections were put together: " + "; ".join(joined) + ".")
    if titled and not any(part.sections for part in titled.values()):
        found.append(
            "The PRD's sections are views of one thing, so requirements were put together by what they are about."
        )
    gathered = [title for title, part in titled.items() if part.gathered and part.sections]
    if gathered:
        found.append(
            "What general sections say about one subject went to the component on it: " + "; ".join(gathered) + "."
        )
    for ticket in tickets:
        told = [f"{title} ({why})" for _, title, why in ticket.after if why != GROUND]
        if told:
            found.append(f"{ticket.title} comes after {' and '.join(told)}.")
    return found
