"""Commands that start something: bootstrap, demo, lab."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heph_nb.cli.app import FAILED, heph, say_state, state_option, waiting_for

if TYPE_CHECKING:
    from heph_nb.run.starting import Started


@heph.command()
@click.option("--working-dir", required=True, type=click.Path(path_type=Path), help="The git repository.")
@click.option("--prd", required=True, type=click.Path(path_type=Path), help="The requirements document.")
@click.option("--worktrees", type=click.Path(path_type=Path), help="Where agents work. Default: beside the repository.")
@state_option
@click.option("--drop-db", is_flag=True, help="Begin with a new state file; the old one is moved aside.")
@click.option("--agent", default="outline", show_default=True, help="The agent that works.")
@click.option("--workflow", default="prd_to_software", show_default=True, help="A shipped workflow, or a YAML file.")
@click.option("--max-agents", default=4, show_default=True, help="How many agents may work at a time.")
@click.option("--policy", default="allow", show_default=True, type=click.Choice(["allow", "ask"]),
              help="What becomes of agents' permission requests.")  # fmt: skip
@click.option(
    "--budget-tokens", type=click.IntRange(min=1), help="How many tokens its agents may use. Default: no limit."
)
@click.option("--manual", is_flag=True, help="Only phase 1 starts by itself; the others wait for start-phase.")
@click.option("--new", is_flag=True, help="Start another run even if this PRD has one in this repository.")
@click.option("--wait", is_flag=True, help="Wait until the run has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else on stdout.")
def bootstrap(
    working_dir: Path,
    prd: Path,
    worktrees: Path | None,
    state: Path | None,
    agent: str,
    workflow: str,
    max_agents: int,
    policy: str,
    budget_tokens: int | None,
    *,
    drop_db: bool,
    manual: bool,
    new: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Start a run: a PRD on its way into a repository."""
    from heph_nb.cli.looking import in_terminal, telling
    from heph_nb.errors import RunFailedError
    from heph_nb.run.progress import follow
    from heph_nb.run.starting import start

    started = start(
        prd, working_dir, worktrees, state, drop_db=drop_db, agent=agent, workflow=workflow, max_agents=max_agents,
        manual=manual, new=new, policy=policy, budget_tokens=budget_tokens,
    )  # fmt: skip
    _introduce(started, as_json=as_json)
    failure = None
    if wait:
        try:
            with waiting_for(started.run):
                follow(started.run, quiet=as_json, tell=telling(started.run))
        except RunFailedError as error:
            failure = error
    if as_json:
        click.echo(json.dumps(started.as_dict()))
    elif wait:
        click.echo(in_terminal(started.run.summary(), started.run.state))
    if failure is not None:
        raise failure


def _introduce(started: Started, *, as_json: bool) -> None:
    """Say what was started, where, and what the person may not expect; beside JSON only what is not in it."""
    run = started.run
    say_state(run.state, err=as_json)
    if started.moved_aside is not None:
        click.echo(f"The old one is now {started.moved_aside}", err=as_json)
    for note in started.notes:
        click.echo(note, err=as_json)
    if as_json:
        return
    info = run.client.info
    click.echo(f"Run: {run.id}")
    click.echo(f"Branch: {run.branch}")
    click.echo(f"Backend: {info.url} (pid {info.pid})")
    click.echo(f"Watch it with: heph status --state {shlex.quote(str(run.state))}")


@heph.command()
@click.option("--directory", type=click.Path(path_type=Path), help="Where to make the repository. Default: a new one.")
@state_option
@click.option("--max-agents", default=4, show_default=True, help="How many agents may work at a time.")
def demo(directory: Path | None, state: Path | None, max_agents: int) -> None:
    """Take a shipped PRD through all phases, to see it work.

    It makes a small repository, and the built-in agent works on it from start to end.
    """
    from heph_nb.demo import run_demo

    if not run_demo(directory, state, max_agents=max_agents):
        raise click.exceptions.Exit(FAILED)


@heph.command()
@state_option
@click.argument("arguments", nargs=-1)
def lab(state: Path | None, arguments: tuple[str, ...]) -> None:
    """Open JupyterLab on the notebooks. What follows ``--`` goes to JupyterLab."""
    from heph_nb.demo.lab import open_lab

    open_lab(state, arguments)
