"""Commands that look: status, sql, curl-example."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heph_nb.cli.app import heph, say_state, state_option
from heph_nb.cli.listing import format_option
from heph_nb.cli.tables import show
from heph_nb.cli.ways import commands_for
from heph_nb.run.reprs import as_text

if TYPE_CHECKING:
    from heph_nb.client.client import Client
    from heph_nb.run.handle import Run
    from heph_nb.run.summary import Summary


@heph.command()
@click.argument("run", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else on stdout.")
@state_option
def status(run: str | None, state: Path | None, *, as_json: bool) -> None:
    """Show how far runs are, and what waits for you.

    Where one stands still, it says why. Of runs that have ended only the newest is shown whole, unless RUN names one.
    """
    from heph_nb.client.client import Client
    from heph_nb.run.summary import read_summary

    with Client(state) as client:
        rows = client.sql("SELECT id, name, status FROM runs ORDER BY created_at, id").to_pylist()
        whole = [run] if run else [row["id"] for row in rows if as_json or row["status"] in _OPEN or row is rows[-1]]
        summaries = [read_summary(client, id) for id in whole]
        info = client.info
        if as_json:
            told = {"state": str(client.state), "url": info.url, "backend_pid": info.pid}
            say_state(client.state, err=True)
            click.echo(json.dumps(told | {"runs": [s.as_dict() for s in summaries]}, indent=2, ensure_ascii=False))
            return
        say_state(client.state)
        click.echo(f"Backend: {info.url} (pid {info.pid})")
        if warning := client.health().get("clock", {}).get("warning"):
            click.echo(f"Clock: {warning}")
        for row in rows if not run else ():
            if row["id"] not in whole:
                click.echo(f"{row['id']}: {row['name']!r} is {row['status']}")
        for summary in summaries:
            click.echo(f"\n{summary.run['id']}\n{in_terminal(summary, client.state)}")
        if not summaries:
            click.echo(commands_for(None, client.state)("No run yet; `heph bootstrap` starts one."))


_OPEN = ("active", "paused")


def telling(run: Run) -> Callable[[str], None]:
    """Return what says on stderr why a run stands still, with commands."""
    commands = commands_for(run.id, run.state)
    return lambda why: click.echo(commands(why), err=True)


def in_terminal(summary: Summary, state: Path) -> str:
    """Return a summary as a terminal shows it: what can be done about it are commands."""
    return as_text(summary, commands_for(summary.run["id"], state))


@heph.command()
@click.argument("query")
@format_option
@click.option("--limit", type=int, help="At most so many rows.")
@state_option
def sql(query: str, form: str, limit: int | None, state: Path | None) -> None:
    """Run one SELECT over the state file."""
    from heph_nb.client.client import Client

    with Client(state) as client:
        say_state(client.state, err=True)
        click.echo(show(client.sql(query, limit), form))


@heph.command("curl-example")
@state_option
def curl_example(state: Path | None) -> None:
    """Print a shell line that creates a ticket over HTTP."""
    from heph_nb.client.client import Client

    with Client(state) as client:
        say_state(client.state, err=True)
        click.echo(_curl(client))


def _curl(client: Client) -> str:
    """Return the line; it reads the owner's token from its file, so that the token is never on a screen."""
    from heph_nb.client.discovery import beside

    agents = client.sql("SELECT id FROM agents WHERE status = 'working' ORDER BY run_id IS NULL, started_at LIMIT 1")
    hint = shlex.quote(str(beside(client.state, ".backend.json")))
    token = f"""$(sed -n 's/.*"token": *"\\([^"]*\\)".*/\\1/p' {hint})"""
    body = {"title": "Written with curl", "description": "", "ticket_type": "component", "priority": "high"}
    parts = ["curl -sS -X POST", f"{client.info.url}/api/tickets/create", f'-H "Authorization: Bearer {token}"']
    parts += [f"-H 'X-Agent-ID: {id}'" for id in agents.column("id").to_pylist()]
    return " ".join([*parts, "-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(body))}"])
