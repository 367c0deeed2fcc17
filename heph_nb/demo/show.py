"""``heph demo``: from a PRD to merged work, with what came out of it at the end."""

from __future__ import annotations

import shlex
import tempfile
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from heph_nb.cli.listing import OPEN_QUESTIONS, ask, in_full
from heph_nb.cli.looking import in_terminal
from heph_nb.cli.tables import as_table
from heph_nb.client.discovery import STATE_NAME, find_state
from heph_nb.client.ending import shutdown
from heph_nb.client.launch import running_backend
from heph_nb.demo.repository import make_repository
from heph_nb.errors import RunFailedError
from heph_nb.run.progress import follow
from heph_nb.run.starting import start

if TYPE_CHECKING:
    from heph_nb.run.handle import Run


def run_demo(directory: Path | None = None, state: Path | None = None, *, max_agents: int = 4) -> bool:
    """Make the repository, run it, print what came out, and end the backend that this started.

    Parameters
    ----------
    directory : Path, optional
        Where the repository goes; a new temporary directory by default. It is kept.
    state : Path, optional
        The state file; in the repository by default.
    max_agents : int
        How many agents may work at a time.

    Returns
    -------
    bool
        Whether every task ended, and every requirement is specified or has an open question.
    """
    place = directory.absolute() if directory else Path(tempfile.mkdtemp(prefix="heph-demo-")) / "tally"
    prd = make_repository(place)
    path = find_state(state or place / STATE_NAME)
    ours = running_backend(path) is None
    click.echo(f"Repository: {place}\nState file: {path}")
    try:
        run = start(prd, place, state=path, max_agents=max_agents).run
        click.echo(f"Run: {run.id}, by the built-in agent outline (a planner: no model, no network)\n")
        try:
            follow(run)
        except RunFailedError as error:
            click.echo(error.detail, err=True)
        return _report(run)
    finally:
        if ours:
            shutdown(path)


_BOARD = """
SELECT status AS "column", ticket_type AS type, title AS ticket, len(requirement_ids) AS requirements
FROM tickets WHERE run_id = {run} ORDER BY created_at, id
"""
_COVERAGE = (
    "SELECT status, count(*) AS requirements FROM requirements WHERE run_id = {run} GROUP BY status ORDER BY status"
)
_MERGES = """
SELECT left(m.merge_commit, 10) AS "commit", t.title AS task
FROM merges m JOIN tasks t ON t.id = m.task_id AND t.run_id = m.run_id
WHERE m.run_id = {run} AND m.status = 'merged' ORDER BY m.ended_at
"""
_UNCOVERED = """
SELECT r.id, r.text FROM requirements r WHERE r.run_id = {run} AND r.status = 'open' AND NOT EXISTS (
    SELECT 1 FROM questions q WHERE q.run_id = r.run_id AND q.status = 'open' AND list_contains(q.requirement_ids, r.id)
) ORDER BY r.id
"""
_UNENDED = """
SELECT title, status FROM tasks WHERE run_id = {run} AND status NOT IN ('done', 'cancelled', 'duplicate')
ORDER BY created_at
"""


def _report(run: Run) -> bool:
    summary = run.summary()
    shown = replace(summary, needs=tuple(need for need in summary.needs if need.kind != "question"), changes={})
    click.echo(f"{in_terminal(shown, run.state)}\n\nBoard\n{as_table(*_ask(run, _BOARD))}")
    click.echo(f"\nRequirements\n{as_table(*_ask(run, _COVERAGE))}")
    asked = ask(run, OPEN_QUESTIONS).to_pylist()
    if asked:
        click.echo(f"\nWaits for your answer\n{indent(in_full(asked, run.state), '  ')}")
    click.echo(f"\nMerged into {run.branch}\n{as_table(*_ask(run, _MERGES))}\n")
    uncovered, unended = _ask(run, _UNCOVERED)[1], _ask(run, _UNENDED)[1]
    for id, text in uncovered:
        click.echo(f"Not covered: {id} {text}", err=True)
    for title, status in unended:
        click.echo(f"Not ended: {title} is {status}", err=True)
    click.echo(_how_to_go_on(run))
    return run.status == "completed" and not uncovered and not unended


def _ask(run: Run, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    table = ask(run, query)
    return table.column_names, list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _how_to_go_on(run: Run) -> str:
    repository, state = shlex.quote(run.record["working_dir"]), shlex.quote(str(run.state))
    return "\n".join(
        (
            f"State file:         {run.state}",
            f"See the commits:    git -C {repository} log --graph --oneline {run.branch}",
            f"See requirements:   heph requirements --state {state}",
            f'Ask the state file: heph sql --state {state} "SELECT title, status FROM tickets"',
            f"Open the notebooks: heph lab --state {state}",
            f"In a notebook:      import heph_nb as heph; run = heph.connect({str(run.state)!r}); run",
        )
    )
