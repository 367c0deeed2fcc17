"""Commands that list what a run consists of: tickets, tasks, requirements, rules, questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heph_nb.cli.app import find_run, heph, state_option
from heph_nb.cli.tables import show
from heph_nb.cli.ways import commands_for

if TYPE_CHECKING:
    import pyarrow as pa

    from heph_nb.run.handle import Run

F = TypeVar("F", bound=Callable[..., Any])


def format_option(command: F) -> F:
    """Add ``--format``, for people and for programs."""
    forms = click.Choice(["table", "json", "csv"])
    return click.option("--format", "form", type=forms, default="table", show_default=True)(command)


@heph.command()
@click.argument("run", required=False)
@format_option
@state_option
def tickets(run: str | None, form: str, state: Path | None) -> None:
    """Show the board of a RUN, by default the newest."""
    click.echo(show(ask(find_run(state, run), BOARD), form))


@heph.command()
@click.argument("run", required=False)
@format_option
@state_option
def tasks(run: str | None, form: str, state: Path | None) -> None:
    """Show the tasks of a RUN, by default the newest, by phase."""
    click.echo(show(ask(find_run(state, run), TASKS), form))


@heph.command()
@click.argument("run", required=False)
@format_option
@state_option
def requirements(run: str | None, form: str, state: Path | None) -> None:
    """Show how far each requirement is, and its lines. Of a RUN, by default the newest."""
    click.echo(show(ask(find_run(state, run), REQUIREMENTS), form))


@heph.command()
@click.argument("run", required=False)
@click.option("--all", "everything", is_flag=True, help="Also those that were revoked.")
@format_option
@state_option
def rules(run: str | None, form: str, state: Path | None, *, everything: bool) -> None:
    """Show what agents may do without asking again. In a RUN, by default the newest."""
    click.echo(show(ask(find_run(state, run), RULES if everything else ACTIVE_RULES), form))


@heph.command()
@click.argument("run", required=False)
@click.option("--all", "everything", is_flag=True, help="Also those that are answered.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@state_option
def questions(run: str | None, form: str, state: Path | None, *, everything: bool) -> None:
    """Show the questions that wait for you, and how to answer. Of a RUN, by default the newest."""
    found = find_run(state, run)
    table = ask(found, QUESTIONS if everything else OPEN_QUESTIONS)
    if form != "text":
        click.echo(show(table, form))
    elif table.num_rows:
        click.echo(in_full(table.to_pylist(), found.state))
    else:
        click.echo("No question waits for you." if not everything else "No question was asked.")


def in_full(questions: Iterable[dict[str, Any]], state: Path) -> str:
    """Return questions as people read them: whole, with the command that answers each, or with the answer."""
    said, commands = [], commands_for(None, state)
    for asked in questions:
        about = ", ".join(asked["requirement_ids"]) or "The PRD"
        way = commands(f'run.answer("{asked["id"]}", "your answer")')
        end = f"-> {way}" if asked["status"] == "open" else f"Answered: {asked['answer']}"
        end = "\n  ".join([*([f"Decided: {'; '.join(asked['decided'])}"] if asked.get("decided") else []), end])
        said.append(f"{about}:\n{indent(asked['text'], '  ')}\n  {end}")
    return "\n\n".join(said)


def ask(run: Run, query: str) -> pa.Table:
    """Return what one of the queries below finds in a run."""
    from heph_nb.run.frames import quote

    return run.client.sql(query.format(run=quote(run.id)))


BOARD = """
SELECT status, ticket_type AS type, priority, title, len(requirement_ids) AS requirements,
       len(blocked_by) AS blockers, id
FROM tickets WHERE run_id = {run} ORDER BY created_at, id
"""
TASKS = "SELECT phase, status, title, reason, id FROM tasks WHERE run_id = {run} ORDER BY phase, created_at, id"
REQUIREMENTS = """
SELECT id, status, mark, level, list_aggregate(list_transform(lines, lambda l:
    CASE WHEN l.line_start = l.line_end THEN l.line_start::VARCHAR ELSE l.line_start || '-' || l.line_end END
), 'string_agg', ', ') AS lines, text
FROM requirements WHERE run_id = {run} ORDER BY id
"""
RULES = "SELECT tool_kind, pattern, status, id FROM rules WHERE run_id = {run} ORDER BY created_at, id"
ACTIVE_RULES = RULES.replace("ORDER", "AND status = 'active' ORDER")
QUESTIONS = (
    "SELECT id, status, requirement_ids, text, answer, decided FROM questions WHERE run_id = {run} "
    "ORDER BY created_at, id"
)
OPEN_QUESTIONS = QUESTIONS.replace("ORDER", "AND status = 'open' ORDER")
