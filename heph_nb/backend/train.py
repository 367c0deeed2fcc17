"""A train: attempts of a run that are collected, merged into one candidate, checked there and landed together.

One candidate, one round of checks. If that is red, or one of them conflicts, they are taken one by one, so that only
the work that is to blame is sent back. Work that nobody wants any more (its task was cancelled, its run stopped) is
left out, also while it is being checked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heph_nb.backend.checking import Checked, Checker, keep_checks, remedy_for, tell, why
from heph_nb.backend.proof import findings_of
from heph_nb.backend.threads import in_thread, to_the_end
from heph_nb.domain import work
from heph_nb.domain.lifecycle import move
from heph_nb.domain.records import Attempt, Merge, Requirement, Run, Task, Trace
from heph_nb.domain.state import Draft, State
from heph_nb.errors import BranchMovedError, HephError
from heph_nb.repo.branch import check_branch
from heph_nb.repo.conflicts import Conflict
from heph_nb.repo.merging import Candidate, MergeTree, Source
from heph_nb.repo.worktrees import Worktree, add_worktree

log = logging.getLogger(__name__)


class Train:
    """Merges, checks and records. Lives on the event loop thread; git runs in worker threads.

    Parameters
    ----------
    engine : Engine
        Gives the ledger, the repository and the tidier.
    checker : Checker
        Runs the checks.
    run : Run
        Whose branch is moved.
    tree : MergeTree
        The run's; nobody else uses it meanwhile.
    """

    def __init__(self, engine: Any, checker: Checker, run: Run, tree: MergeTree) -> None:
        self._engine = engine
        self._checker = checker
        self._run = run
        self._tree = tree

    async def verify(self, attempts: Sequence[Attempt]) -> None:
        """Take attempts from the word of their agents to a merge, or send them back.

        Raises
        ------
        BranchInUseError, BranchLostError
            The person has to put something right first; nothing was recorded of those that are still waiting.
        """
        heads = await asyncio.gather(*(self._collect(attempt) for attempt in attempts))
        idle = [a for a, head in zip(attempts, heads, strict=True) if head is not None and head == a.base_commit]
        ready = [a for a, head in zip(attempts, heads, strict=True) if head is not None and head != a.base_commit]
        if idle:
            await self._accept([(attempt, None, []) for attempt in self._living(idle)])
        if ready and not await self._merge(ready):
            for attempt in ready:
                while self._attempt(attempt.id) is not None and not await self._merge([attempt]):
                    log.info("Attempt %s is merged again", attempt.id)

    async def _collect(self, attempt: Attempt) -> str | None:
        """Commit what the agent left uncommitted, and put the attempt in line. None if the work cannot be taken."""
        task = self._engine.backend.state.get(Task, attempt.task_id)
        try:
            there = await in_thread(Path(attempt.worktree).is_dir)
            worktree = await in_thread(self._worktree, attempt)
            message = f"{task.title}\n\nLeft uncommitted by the agent of {attempt.id}."
            head = await in_thread(_commit, worktree, message, _trailers(self._run, task))
        except HephError as error:
            await self._send_back(attempt, "conflict", error.detail, error.facts.get("paths", ()))
            return None

        def collected(draft: Draft) -> str | None:
            current = waiting(draft, attempt.id)
            if current is None:
                return None
            if not there and head == attempt.base_commit:
                work.lose(draft, current, work.WORKTREE_GONE)
                return None
            draft.change(current, head_commit=head)
            if head != attempt.base_commit:
                work.queue_merge(draft, current, self._run.branch)
            return head

        return await self._record(collected)

    async def _merge(self, attempts: Sequence[Attempt]) -> bool:
        """Merge attempts together. False if they must be tried one by one; nothing was recorded then."""
        attempts = self._living(attempts)
        if not attempts:
            return True
        by_head = {a.head_commit or a.branch: a for a in attempts}
        sources = [self._source(head, attempt) for head, attempt in by_head.items()]
        candidate = await in_thread(self._tree.candidate, sources)
        await in_thread(
            check_branch,
            self._tree.repository,
            self._run.branch,
            merges_of(self._engine.backend.state, self._run),
            candidate.tip,
        )
        for head in candidate.nothing:
            await self._merged_before(by_head[head], head)
        merged = [by_head[head] for head in candidate.merges]
        if candidate.conflicts and merged:
            return False
        for head, conflicts in candidate.conflicts.items():
            await self._conflict(by_head[head], conflicts)
        if not merged:
            return True
        wanted = len(self._living(merged)) == len(merged)
        checked = await self._checker.check(self._run, merged, self._tree, candidate) if wanted else None
        if checked is None:
            return await self._merge(merged)
        red = [c for c in checked if c.result.exit_code != 0]
        if red and len(merged) > 1:
            return False
        await self._record(lambda draft: keep_checks(draft, merged, checked, candidate.commit))
        if red:
            remedy = remedy_for(red[0].result, self._run, merged[0].task_id)
            await self._send_back(merged[0], "rejected", tell(red), reason=why(red[0].result), remedy=remedy)
            return True
        landed = await to_the_end(self._advance(candidate, by_head, checked))
        return await self._merge(merged) if landed is None else landed

    async def _merged_before(self, attempt: Attempt, head: str) -> None:
        """Record what an earlier backend had merged, but not recorded any more."""
        commit = await in_thread(self._tree.merge_of, head)
        findings = await self._findings([attempt], commit or head, [])
        await self._accept([(attempt, commit, findings[attempt.id])])

    async def _advance(
        self, candidate: Candidate, by_head: Mapping[str, Attempt], checked: list[Checked]
    ) -> bool | None:
        """Move the run branch and record it. None if one of the attempts is over: then without it, please."""
        attempts = [by_head[head] for head in candidate.merges]
        findings = await self._findings(attempts, candidate.commit, checked)

        def merging(draft: Draft) -> bool:
            wanted = all(waiting(draft, attempt.id) for attempt in attempts)
            for task in [draft.get(Task, attempt.task_id) for attempt in attempts] if wanted else []:
                if task.status == "checking":
                    move(draft, task, "merging")
            return wanted

        if not await self._record(merging):
            return None
        try:
            await in_thread(self._tree.advance, candidate)
        except BranchMovedError as error:
            log.info("%s", error)
            return False
        merged = [(by_head[head], c, findings[by_head[head].id]) for head, c in candidate.merges.items()]
        if not await self._accept(merged):
            await in_thread(self._tree.take_back, candidate)
            return None
        return True

    async def _accept(self, merged: Sequence[tuple[Attempt, str | None, list[work.Finding]]]) -> bool:
        """Record attempts with their merge commits and what those prove: all, or (False) none if one is over."""

        def accept(draft: Draft) -> bool:
            if not all(waiting(draft, attempt.id) for attempt, *_ in merged):
                return False
            for attempt, commit, findings in merged:
                work.accept(draft, draft.get(Attempt, attempt.id), merge_commit=commit, findings=findings)
            return True

        accepted = await self._record(accept)
        if accepted:
            self._engine.tidier.submit(self._run, [attempt for attempt, *_ in merged])
        return accepted

    async def _findings(
        self, attempts: Sequence[Attempt], commit: str, checked: Sequence[Checked]
    ) -> dict[str, list[work.Finding]]:
        state = self._engine.backend.state
        traces: dict[str, list[Trace]] = {attempt.id: [] for attempt in attempts}
        for trace in state.all(Trace, self._run.id):
            if trace.attempt_id in traces:
                traces[trace.attempt_id].append(trace)
        repository = await in_thread(self._engine.repository, self._run)
        return await in_thread(
            findings_of,
            repository,
            self._run,
            list(state.all(Requirement, self._run.id)),
            commit=commit,
            traces=traces,
            reports=[c.report for c in checked if c.report],
        )

    async def _conflict(self, attempt: Attempt, conflicts: Sequence[Conflict]) -> None:
        both = "\n\n".join(c.describe() for c in conflicts)
        feedback = (
            "Your work conflicts with what was merged meanwhile. You start again from the run branch as it is now; "
            f"your earlier commits are on {attempt.branch}. Bring over what is still right. Both sides:\n\n{both}"
        )
        await self._send_back(attempt, "conflict", feedback, [c.path for c in conflicts])

    async def _send_back(
        self, attempt: Attempt, status: str, feedback: str, paths: Sequence[str] = (), **said: str | None
    ) -> None:
        def send_back(draft: Draft) -> None:
            current = waiting(draft, attempt.id)
            if current is not None:
                work.send_back(draft, current, merge_status=status, feedback=feedback, conflicts=paths, **said)

        await self._record(send_back)

    async def _record(self, decide: Any) -> Any:
        return await self._engine.backend.ledger.execute(decide, actor="verifier")

    def _attempt(self, attempt_id: str) -> Attempt | None:
        """Return an attempt that still waits for its verification."""
        return waiting(self._engine.backend.state, attempt_id)

    def _living(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        return [current for a in attempts if (current := self._attempt(a.id)) is not None]

    def _worktree(self, attempt: Attempt) -> Worktree:
        return add_worktree(self._engine.repository(self._run), attempt.worktree, attempt.branch, self._run.branch)

    def _source(self, head: str, attempt: Attempt) -> Source:
        task = self._engine.backend.state.get(Task, attempt.task_id)
        return Source(head, f"Merge: {task.title}", _trailers(self._run, task))


def waiting(state: State, attempt_id: str) -> Attempt | None:
    """Return an attempt if its work waits to be verified or merged."""
    attempt = state.get(Attempt, attempt_id)
    task = state.get(Task, attempt.task_id)
    return attempt if attempt.outcome == "running" and task.status in ("checking", "merging") else None


def merges_of(state: State, run: Run) -> list[str]:
    """Return every merge commit that a run has on record."""
    return [merge.merge_commit for merge in state.all(Merge, run.id) if merge.merge_commit]


def _commit(worktree: Worktree, message: str, trailers: Mapping[str, str]) -> str:
    """Commit what is not committed, and return the head."""
    status = worktree.status()
    return worktree.commit_status(status, message, trailers) or status.head or worktree.head()


def _trailers(run: Run, task: Task) -> dict[str, str]:
    return {"Heph-Run": run.id, "Heph-Task": task.id, "Heph-Ticket": task.ticket_id or ""}
