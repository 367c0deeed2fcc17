"""What a run left undone when it ended: cancelled tasks, unresolved tickets, requirements that nobody took up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heph_nb.domain import tasks
from heph_nb.domain.records import Requirement, Run, Task, Ticket
from heph_nb.domain.state import State
from heph_nb.domain.words import count

MOST_NAMED = 8
"""Requirements that are named one by one."""

_MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Undone:
    """What a run left undone.

    Attributes
    ----------
    cancelled : list of Task
        Tasks that were given up.
    unresolved : list of Ticket
        Tickets that are not resolved and that no task works on any more.
    unplanned : list of Requirement
        Requirements of a completed run that are in no ticket, and for which nothing was done or decided.
    unproven : list of Requirement
        Requirements of a completed run that a person accepted, without a reason, though nothing was done for them:
        one that was dropped while the work was planned, for example.
    """

    cancelled: list[Task]
    unresolved: list[Ticket]
    unplanned: list[Requirement]
    unproven: list[Requirement]

    def in_words(self) -> str:
        """Say it in half a sentence; empty if nothing was left."""
        said = []
        if self.cancelled:
            said.append(f"{_are(len(self.cancelled), 'task')} cancelled ({_titles(self.cancelled)})")
        if self.unresolved:
            said.append(f"{_are(len(self.unresolved), 'ticket')} not resolved ({_titles(self.unresolved)})")
        if self.unplanned:
            said.append(self.unplanned_in_words())
        if self.unproven:
            said.append(self.unproven_in_words())
        return ", ".join(said)

    def unplanned_in_words(self) -> str:
        """Say which requirements are in no ticket."""
        return f"{_are(len(self.unplanned), 'requirement')} in no ticket ({_ids(self.unplanned)})"

    def unproven_in_words(self) -> str:
        """Say which requirements have nothing but a person's word."""
        were, them = ("was", "it") if len(self.unproven) == 1 else ("were", "them")
        number = count(len(self.unproven), "requirement")
        return f"{number} {were} accepted, but nothing was done for {them} ({_ids(self.unproven)})"


def undone(state: State, run: Run) -> Undone:
    """Return what a run that has ended left undone."""
    everything = list(state.all(Ticket, run.id))
    worked_on = {task.ticket_id for task in tasks.open_tasks(state, run.id)}
    planned = {id for ticket in everything for id in ticket.requirement_ids}
    completed = run.status == "completed"
    still_open = [r for r in state.all(Requirement, run.id) if completed and r.status == "open"]
    return Undone(
        cancelled=[t for t in state.all(Task, run.id) if t.status == "cancelled"],
        unresolved=[t for t in everything if not t.resolved and t.id not in worked_on],
        unplanned=[r for r in still_open if r.mark not in ("accepted", "dropped") and r.id not in planned],
        unproven=[r for r in still_open if r.mark == "accepted" and not r.evidence_ref],
    )


def _ids(found: Sequence[Requirement]) -> str:
    return ", ".join(r.id for r in found[:MOST_NAMED]) + (" ..." if len(found) > MOST_NAMED else "")


def _are(number: int, noun: str) -> str:
    return f"{count(number, noun)} {'is' if number == 1 else 'are'}"


def _titles(found: Sequence[Task | Ticket]) -> str:
    more = f" and {len(found) - _MOST_TITLES} more" if len(found) > _MOST_TITLES else ""
    return ", ".join(f"'{one.title}'" for one in found[:_MOST_TITLES]) + more
