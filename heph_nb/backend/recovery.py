"""Recovery: what an earlier backend left unfinished when it ended, in whatever way."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from heph_nb.agents.ownership import kill_orphan, kill_orphans
from heph_nb.backend.checking import REPORTS
from heph_nb.domain import people, work
from heph_nb.domain.lifecycle import RUN_ENDED, move
from heph_nb.domain.records import Agent, Attempt, Run, Task
from heph_nb.domain.state import Draft
from heph_nb.repo.leftovers import delete_tree
from heph_nb.repo.removal import finish_removals

log = logging.getLogger(__name__)

REASON = "the backend ended while it was at work"


async def recover(engine: Any) -> None:
    """End what is left of the agents of an earlier backend, and take up their tasks again.

    An attempt whose agent was still at work is cancelled and its task queued again; one whose work was being checked
    or merged is verified again: its commits are on its branch. Only processes whose id and start time are on record
    are ended.
    """
    backend = engine.backend
    killed = await asyncio.to_thread(kill_orphans, str(backend.state_path))
    for agent in backend.state.all(Agent):
        if agent.status != "terminated" and agent.pid is not None and agent.process_started is not None:
            killed += await asyncio.to_thread(kill_orphan, agent.pid, agent.process_started)
    if killed:
        log.info("Ended what an earlier backend had started: %s", killed)
    for run in backend.state.all(Run):
        await asyncio.to_thread(_clear, Path(run.worktrees) / run.id)
    for run_id, attempt_id in await backend.ledger.execute(_take_up, actor="recovery"):
        engine.verifier.submit(run_id, attempt_id)
    for run in backend.state.all(Run):
        if run.status in RUN_ENDED and (Path(run.worktrees) / run.id).exists():
            engine.verifier.submit(run.id, None)
    engine.tidier.recover()


def _clear(directory: Path) -> None:
    """Delete what nobody needs any more among a run's worktrees."""
    finish_removals(directory)
    for reports in directory.glob(f"{REPORTS}*"):
        delete_tree(reports)


def _take_up(draft: Draft) -> list[tuple[str, str]]:
    """End every agent. Returns the attempts whose work is to be verified."""
    to_verify = []
    for attempt in list(draft.all(Attempt)):
        if attempt.outcome != "running":
            continue
        task = draft.get(Task, attempt.task_id)
        if task.status in ("checking", "merging"):
            if task.status == "merging":
                move(draft, task, "checking", reason=REASON)
            to_verify.append((attempt.run_id or "", attempt.id))
        else:
            work.interrupt(draft, attempt, REASON)
    for agent in list(draft.all(Agent)):
        if agent.preset != "person" and agent.status != "terminated":
            people.expire_permissions(draft, agent, REASON)
            work.end_agent(draft, agent, REASON)
    return to_verify
