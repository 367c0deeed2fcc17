"""What was changed for a ticket, for a task or by a commit: records say which commits, git says what is in them.

Git runs in a lane of its own; what it is asked for is read from memory before, in the event loop thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from heph_nb.backend import reads
from heph_nb.backend.auth import Caller
from heph_nb.domain import work
from heph_nb.domain.records import Attempt, Merge, Run, Task, Ticket, TicketCommit
from heph_nb.domain.state import State
from heph_nb.domain.words import count
from heph_nb.errors import InvalidError, NotFoundError
from heph_nb.repo.amounts import count_changes
from heph_nb.repo.diffs import Difference, Merged, Single, Unmerged, read_difference
from heph_nb.repo.repository import Repository

NOUNS = ("tickets", "tasks", "commits")
"""What has a difference."""

_SHA = re.compile(r"[0-9a-fA-F]{4,64}")


async def read_diff(backend: Any, caller: Caller, noun: str, id: str, run_id: str | None) -> dict[str, Any]:
    """Return ``{"diff": {title, text, files, parts, note, missing}}`` of a ticket, a task or a commit.

    Raises
    ------
    NotFoundError
        There is none.
    InvalidError
        A commit is not named by its id.
    """
    if noun == "commits":
        run = backend.find_run(reads.run_of(backend, caller, run_id), caller)
        return await _commit_diff(backend, run, id)
    record = reads.find_record(backend, caller, Ticket if noun == "tickets" else Task, id, run_id)
    run = backend.state.get(Run, record.run_id)
    tasks = [record] if isinstance(record, Task) else [
        t for t in backend.state.all(Task, run.id) if t.ticket_id == record.id
    ]  # fmt: skip
    links = [] if isinstance(record, Task) else [
        Single(c.message, c.commit_sha)
        for c in backend.state.all(TicketCommit, run.id)
        if c.ticket_id == record.id
    ]  # fmt: skip
    merged = _merged(backend.state, tasks)
    found = await _difference(backend, run, merged or _unmerged(backend.state, run, tasks), links)
    linked = {link.commit for link in links}
    note = _note(type(record).__name__, record.title, tasks, bool(merged), linked, found)
    return {"diff": _told(record.title, found, note)}


async def read_amounts(backend: Any, run: Run) -> dict[str, Any]:
    """Return ``{"amounts": {ticket id: {files, added, removed}}}``: how much was changed for each ticket."""
    tickets = {task.id: task.ticket_id for task in backend.state.all(Task, run.id)}
    commits: dict[str, list[str]] = {}
    for merge in backend.state.all(Merge, run.id):
        ticket = tickets.get(merge.task_id)
        if merge.merge_commit and ticket:
            commits.setdefault(ticket, []).append(merge.merge_commit)
    for link in backend.state.all(TicketCommit, run.id):
        commits.setdefault(link.ticket_id, []).append(link.commit_sha)

    def read() -> dict[str, Any]:
        found = count_changes(_repository(backend, run), run.branch, run.base_commit, commits)
        return {ticket: asdict(amount) for ticket, amount in found.items()}

    return {"amounts": await backend.diffs.run(read)}


async def _commit_diff(backend: Any, run: Run, sha: str) -> dict[str, Any]:
    if not _SHA.fullmatch(sha):
        raise InvalidError(f"A commit is named by 4 to 64 hexadecimal digits, not {sha[:80]!r}.")
    found = await _difference(backend, run, [], [Single(f"Commit {sha[:12]}", sha)])
    if not found.parts:
        raise NotFoundError(f"The repository {run.working_dir} has no commit {sha}.", id=sha)
    return {"diff": _told(f"Commit {sha[:12]}", found, None)}


async def _difference(
    backend: Any, run: Run, works: list[Merged] | list[Unmerged], singles: list[Single]
) -> Difference:
    def read() -> Difference:
        return read_difference(_repository(backend, run), works, singles)

    return await backend.diffs.run(read)


def _repository(backend: Any, run: Run) -> Repository:
    return backend.engine.repository(run) if backend.engine else Repository.open(run.working_dir)


def _merged(state: State, tasks: Iterable[Task]) -> list[Merged]:
    titles = {task.id: task.title for task in tasks}
    merges = [m for t in {task.run_id for task in tasks} for m in state.all(Merge, t)]
    mine = [m for m in merges if m.task_id in titles and m.status == "merged" and m.merge_commit]
    mine.sort(key=lambda merge: merge.ended_at or merge.created_at)
    return [Merged(titles[merge.task_id], merge.merge_commit or "") for merge in mine]


def _unmerged(state: State, run: Run, tasks: Iterable[Task]) -> list[Unmerged]:
    """Return the newest attempt at each task, as far as it has committed."""
    newest: list[tuple[Task, Attempt]] = [(t, a) for t in tasks if (a := work.current_attempt(state, t)) is not None]
    return [
        Unmerged(task.title, attempt.head_commit or f"refs/heads/{attempt.branch}", attempt.base_commit, run.branch)
        for task, attempt in newest
    ]


def _note(noun: str, title: str, tasks: list[Task], merged: bool, linked: set[str], found: Difference) -> str | None:
    """Say in a sentence what a person might take the difference for otherwise."""
    if found.gone and (merged or linked):
        return f"The repository has {count(len(found.gone), 'commit')} of it no more: {', '.join(found.gone)}."
    if not found.parts:
        states = ", ".join(sorted({task.status.replace("_", " ") for task in tasks}))
        has = f"is {states} and has" if noun == "Task" else "has no task and"
        if noun == "Ticket" and tasks:
            has = f"has {count(len(tasks), 'task')} ({states}) and"
        return f"{noun} {title!r} {has} no commit: nothing was changed for it."
    if not merged and any(part.commit not in linked for part in found.parts):
        return "Not merged: this is what the newest attempt has committed so far."
    return None


def _told(title: str, found: Difference, note: str | None) -> dict[str, Any]:
    parts = [asdict(part) for part in found.parts]
    files = [asdict(file) for file in found.files]
    return {"title": title, "text": found.text, "files": files, "parts": parts, "note": note, "missing": found.missing}
