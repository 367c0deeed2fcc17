"""Verification: what an agent says is done is merged into a candidate, checked there, and only then counts.

Each run has one worker, which owns the run's merge worktree and is the only one to move its branch. Attempts that
wait are taken together (a train): one candidate, one round of checks. If that is red, they are taken one by one, so
that only the work that is to blame is sent back. Work that nobody wants any more (its task was cancelled, its run
stopped) is left out, also while it is being checked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heph_nb.backend.checking import Checked, Checker, keep_checks, tell
from heph_nb.backend.proof import findings_of
from heph_nb.backend.threads import in_thread, to_the_end
from heph_nb.domain import runs, work
from heph_nb.domain.lifecycle import RUN_ENDED, move
from heph_nb.domain.logs import Event
from heph_nb.domain.records import Attempt, Merge, Requirement, Run, Task, Trace
from heph_nb.domain.state import Draft, State
from heph_nb.errors import BranchInUseError, BranchLostError, BranchMovedError, HephError, StorageError
from heph_nb.repo.branch import check_branch
from heph_nb.repo.conflicts import Conflict
from heph_nb.repo.merging import Candidate, MergeTree, Source
from heph_nb.repo.worktrees import Worktree, add_worktree

log = logging.getLogger(__name__)

MOST_IN_TRAIN = 8


class Verifier:
    """Merges, checks and records. Lives on the event loop thread; git runs in worker threads, one per run at a time."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._lines: dict[str, asyncio.Queue[str | None]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._trees: dict[str, MergeTree] = {}
        self._held: dict[str, list[str]] = {}
        self.checker = Checker(engine.backend)
        self._started = False

    def start(self) -> None:
        """Begin with what waits."""
        self._started = True
        for run_id in self._lines:
            self._employ(run_id)

    async def close(self) -> None:
        """Break off; what was not recorded is verified again by the next backend."""
        for worker in self._workers.values():
            worker.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)

    def submit(self, run_id: str, attempt_id: str | None) -> None:
        """Put an attempt in line; None has the worker look whether its run has ended."""
        self._lines.setdefault(run_id, asyncio.Queue()).put_nowait(attempt_id)
        if self._started:
            self._employ(run_id)

    async def make_worktree(self, run: Run, attempt: Attempt) -> str:
        """Make an attempt's worktree at the tip of the run branch; return that commit.

        Raises
        ------
        BranchLostError
            The run branch lacks what was merged: the agent would begin without it.
        """
        return await in_thread(self._make_worktree, run, attempt, self._merges(run))

    def _make_worktree(self, run: Run, attempt: Attempt, merges: Sequence[str]) -> str:
        repository = self.engine.repository(run)
        check_branch(repository, run.branch, merges)
        repository.start_run(run.id, run.base_commit)
        add_worktree(repository, attempt.worktree, attempt.branch, run.branch)
        return repository.resolve(f"refs/heads/{attempt.branch}") or run.base_commit

    def _employ(self, run_id: str) -> None:
        if run_id not in self._workers:
            self._workers[run_id] = asyncio.create_task(self._work(run_id), name=f"verifier {run_id}")

    async def _work(self, run_id: str) -> None:
        line = self._lines[run_id]
        while True:
            taken = [await line.get()]
            while not line.empty() and len(taken) < MOST_IN_TRAIN:
                taken.append(line.get_nowait())
            waiting = [attempt_id for attempt_id in taken if attempt_id is not None]
            try:
                await self._verify(run_id, waiting)
            except StorageError as error:
                log.error("A verification could not be recorded, it is tried again: %s", error)
                for attempt_id in waiting:
                    line.put_nowait(attempt_id)
                await self.engine.backend.ledger.writable()
            except (BranchInUseError, BranchLostError) as error:
                self._held.setdefault(run_id, []).extend(waiting)
                await self.pause(self._get(Run, run_id), error.detail)
            except Exception as error:
                log.exception("Verification of %s", waiting)
                for attempt_id in waiting:
                    await self._give_up(attempt_id, f"the verification met an error: {error}")
            if runs.ended(self._get(Run, run_id)) and line.empty():
                await self._clear(run_id)

    async def _clear(self, run_id: str) -> None:
        """Remove the merge worktree of a run that has ended; should the run go on, it is made again."""
        try:
            tree = await in_thread(self._tree, self._get(Run, run_id))
            await in_thread(tree.remove)
        except HephError as error:
            log.warning("The merge worktree of run %s was kept: %s", run_id, error)

    async def _verify(self, run_id: str, attempt_ids: Sequence[str]) -> None:
        run = self._get(Run, run_id)
        attempts = [a for a in map(self._attempt, dict.fromkeys(attempt_ids)) if a is not None]
        if not attempts:
            return
        tree = await in_thread(self._tree, run)
        await in_thread(check_branch, tree.repository, run.branch, self._merges(run))
        heads = await asyncio.gather(*(self._collect(run, attempt) for attempt in attempts))
        idle = [a for a, head in zip(attempts, heads, strict=True) if head is not None and head == a.base_commit]
        ready = [a for a, head in zip(attempts, heads, strict=True) if head is not None and head != a.base_commit]
        if idle:
            await self._accept(run, [(attempt, None, []) for attempt in self._living(idle)])
        if ready and not await self._merge(run, ready):
            for attempt in ready:
                while self._attempt(attempt.id) is not None and not await self._merge(run, [attempt]):
                    log.info("Attempt %s is merged again", attempt.id)

    async def _collect(self, run: Run, attempt: Attempt) -> str | None:
        """Commit what the agent left uncommitted, and put the attempt in line. None if the work cannot be taken."""
        task = self._get(Task, attempt.task_id)
        try:
            worktree = await in_thread(self._worktree, run, attempt)
            message = f"{task.title}\n\nLeft uncommitted by the agent of {attempt.id}."
            head = await in_thread(_commit, worktree, message, _trailers(run, task))
        except HephError as error:
            await self._send_back(attempt, "conflict", error.detail, error.facts.get("paths", ()))
            return None

        def collected(draft: Draft) -> str | None:
            current = _waiting(draft, attempt.id)
            if current is None:
                return None
            draft.change(current, head_commit=head)
            if head != attempt.base_commit:
                work.queue_merge(draft, current, run.branch)
            return head

        return await self._record(collected)

    async def _merge(self, run: Run, attempts: Sequence[Attempt]) -> bool:
        """Merge attempts together. False if they must be tried one by one; nothing was recorded then."""
        attempts = self._living(attempts)
        if not attempts:
            return True
        tree = await in_thread(self._tree, run)
        by_head = {a.head_commit or a.branch: a for a in attempts}
        sources = [self._source(run, head, attempt) for head, attempt in by_head.items()]
        candidate = await in_thread(tree.candidate, sources)
        await in_thread(check_branch, tree.repository, run.branch, self._merges(run), candidate.tip)
        for head in candidate.nothing:
            await self._merged_before(run, tree, by_head[head], head)
        merged = [by_head[head] for head in candidate.merges]
        if candidate.conflicts and merged:
            return False
        for head, conflicts in candidate.conflicts.items():
            await self._conflict(by_head[head], conflicts)
        if not merged:
            return True
        wanted = len(self._living(merged)) == len(merged)
        checked = await self.checker.check(run, merged, tree, candidate) if wanted else None
        if checked is None:
            return await self._merge(run, merged)
        red = [c for c in checked if c.result.exit_code != 0]
        if red and len(merged) > 1:
            return False
        await self._record(lambda draft: keep_checks(draft, merged, checked, candidate.commit))
        if red:
            await self._send_back(merged[0], "rejected", tell(red), ())
            return True
        landed = await to_the_end(self._advance(run, tree, candidate, by_head, checked))
        return await self._merge(run, merged) if landed is None else landed

    async def _merged_before(self, run: Run, tree: MergeTree, attempt: Attempt, head: str) -> None:
        """Record what an earlier backend had merged, but not recorded any more."""
        commit = await in_thread(tree.merge_of, head)
        findings = await self._findings(run, [attempt], commit or head, [])
        await self._accept(run, [(attempt, commit, findings[attempt.id])])

    async def _advance(
        self, run: Run, tree: MergeTree, candidate: Candidate, by_head: Mapping[str, Attempt], checked: list[Checked]
    ) -> bool | None:
        """Move the run branch and record it. None if one of the attempts is over: then without it, please."""
        attempts = [by_head[head] for head in candidate.merges]
        findings = await self._findings(run, attempts, candidate.commit, checked)

        def merging(draft: Draft) -> bool:
            wanted = all(_waiting(draft, attempt.id) for attempt in attempts)
            for task in [draft.get(Task, attempt.task_id) for attempt in attempts] if wanted else []:
                if task.status == "checking":
                    move(draft, task, "merging")
            return wanted

        if not await self._record(merging):
            return None
        try:
            await in_thread(tree.advance, candidate)
        except BranchMovedError as error:
            log.info("%s", error)
            return False
        merged = [(by_head[head], c, findings[by_head[head].id]) for head, c in candidate.merges.items()]
        if not await self._accept(run, merged):
            await in_thread(tree.take_back, candidate)
            return None
        return True

    async def pause(self, run: Run, reason: str) -> None:
        """Wait for the person, whose branch and checkout are not ours to change, until they resume the run."""

        def pause(draft: Draft) -> None:
            current = draft.get(Run, run.id)
            if current.status == "active":
                runs.pause(draft, current, reason)

        await self._record(pause)

    def notice(self, events: list[Event], run_ids: set[str]) -> None:  # noqa: ARG002 - a ledger watcher gets both
        """Take up what was held when its run is resumed; end the checks of work that is not wanted any more."""
        for event in events:
            id, to = str(event.data.get("id")), event.data.get("to")
            if event.kind == "run.status":
                for attempt_id in self._held.pop(id, []) if to == "active" else []:
                    self.submit(id, attempt_id)
                if to in RUN_ENDED:
                    self.submit(id, None)
            elif event.kind == "attempt.status":
                self.checker.give_up(id)

    async def _accept(self, run: Run, merged: Sequence[tuple[Attempt, str | None, list[work.Finding]]]) -> bool:
        """Record attempts with their merge commits and what those prove: all, or (False) none if one is over."""

        def accept(draft: Draft) -> bool:
            if not all(_waiting(draft, attempt.id) for attempt, *_ in merged):
                return False
            for attempt, commit, findings in merged:
                work.accept(draft, draft.get(Attempt, attempt.id), merge_commit=commit, findings=findings)
            return True

        accepted = await self._record(accept)
        if accepted:
            self.engine.tidier.submit(run, [attempt for attempt, *_ in merged])
        return accepted

    async def _findings(
        self, run: Run, attempts: Sequence[Attempt], commit: str, checked: Sequence[Checked]
    ) -> dict[str, list[work.Finding]]:
        state = self.engine.backend.state
        traces: dict[str, list[Trace]] = {attempt.id: [] for attempt in attempts}
        for trace in state.all(Trace, run.id):
            if trace.attempt_id in traces:
                traces[trace.attempt_id].append(trace)
        repository = await in_thread(self.engine.repository, run)
        return await in_thread(
            findings_of,
            repository,
            run,
            list(state.all(Requirement, run.id)),
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

    async def _send_back(self, attempt: Attempt, status: str, feedback: str, paths: Sequence[str]) -> None:
        def send_back(draft: Draft) -> None:
            current = _waiting(draft, attempt.id)
            if current is not None:
                work.send_back(draft, current, merge_status=status, feedback=feedback, conflicts=paths)

        await self._record(send_back)

    async def _give_up(self, attempt_id: str, reason: str) -> None:
        def give_up(draft: Draft) -> None:
            attempt = _waiting(draft, attempt_id)
            if attempt is not None:
                work.send_back(draft, attempt, merge_status="rejected", feedback=reason)

        await self._record(give_up)

    async def _record(self, decide: Any) -> Any:
        return await self.engine.backend.ledger.execute(decide, actor="verifier")

    def _attempt(self, attempt_id: str) -> Attempt | None:
        """Return an attempt that still waits for its verification."""
        return _waiting(self.engine.backend.state, attempt_id)

    def _living(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        return [current for a in attempts if (current := self._attempt(a.id)) is not None]

    def _merges(self, run: Run) -> list[str]:
        """Return every merge commit on record."""
        return [m.merge_commit for m in self.engine.backend.state.all(Merge, run.id) if m.merge_commit]

    def _get(self, cls: Any, id: str) -> Any:
        return self.engine.backend.state.get(cls, id)

    def _worktree(self, run: Run, attempt: Attempt) -> Worktree:
        return add_worktree(self.engine.repository(run), attempt.worktree, attempt.branch, run.branch)

    def _tree(self, run: Run) -> MergeTree:
        if run.id not in self._trees:
            path = Path(run.worktrees) / run.id / "merge"
            self._trees[run.id] = MergeTree(self.engine.repository(run), path, run.branch)
        return self._trees[run.id]

    def _source(self, run: Run, head: str, attempt: Attempt) -> Source:
        task = self._get(Task, attempt.task_id)
        return Source(head, f"Merge: {task.title}", _trailers(run, task))


def _waiting(state: State, attempt_id: str) -> Attempt | None:
    """Return an attempt if its work waits to be verified or merged."""
    attempt = state.get(Attempt, attempt_id)
    task = state.get(Task, attempt.task_id)
    return attempt if attempt.outcome == "running" and task.status in ("checking", "merging") else None


def _commit(worktree: Worktree, message: str, trailers: Mapping[str, str]) -> str:
    """Commit what is not committed, and return the head."""
    status = worktree.status()
    return worktree.commit_status(status, message, trailers) or status.head or worktree.head()


def _trailers(run: Run, task: Task) -> dict[str, str]:
    return {"Heph-Run": run.id, "Heph-Task": task.id, "Heph-Ticket": task.ticket_id or ""}
