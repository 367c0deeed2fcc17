"""A turn: read the task, do its kind of work, hand the result in; or say why that could not be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from heph_nb.agents.outline.acting.desk import DeniedError
from heph_nb.agents.outline.acting.tools import Server, connect
from heph_nb.agents.outline.acting.writing import undo
from heph_nb.agents.outline.analysis import analyse
from heph_nb.agents.outline.brief import Brief
from heph_nb.agents.outline.clarification import clarify
from heph_nb.agents.outline.followup import take_up
from heph_nb.agents.outline.implementation import implement
from heph_nb.agents.outline.notes import note
from heph_nb.agents.outline.result import Result, give_up, hand_in
from heph_nb.agents.outline.validation import validate
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from heph_nb.agents.outline.acting.desk import Desk


async def work(server: Server, desk: Desk, cwd: str) -> None:
    """Do the task that the tools of ``server`` name, in the worktree ``cwd``."""
    async with connect(server) as tools:
        brief = await Brief.fetch(tools, desk, cwd)
        await desk.say(f"Working on: {brief.task.get('title')}")
        try:
            chosen = await choose(brief)
            result = await chosen(brief)
        except DeniedError as denied:
            undo(brief)
            await give_up(brief, f"{denied} Nothing of it is left in the worktree.")
        except AgentError as error:
            undo(brief)
            await give_up(brief, error.detail)
        else:
            await hand_in(brief, result)


async def choose(brief: Brief) -> Callable[[Brief], Awaitable[Result]]:
    """Return the kind of work that a task asks for."""
    if brief.task.get("kind") == "clarification":
        return clarify
    if brief.task.get("kind") == "answer":
        return take_up
    if brief.role == "analysis":
        return note if await _planned_already(brief) else analyse
    if brief.role == "validation" and (brief.ticket or brief.read.statements):
        return validate
    if brief.ticket:
        return implement
    return note


async def _planned_already(brief: Brief) -> bool:
    """Whether another task has planned everything: then this one asks for something else."""
    tasks = await brief.rows_of("list_tasks")
    others = [
        t
        for t in tasks
        if t["phase"] == brief.task["phase"] and t["id"] != brief.task["id"] and t.get("kind", "work") == "work"
    ]
    if not any(t["status"] == "done" for t in others):
        return False
    covered = {id for ticket in await brief.rows_of("list_tickets") for id in ticket.get("requirement_ids") or ()}
    return all(s.id in covered for s in brief.read.statements)
