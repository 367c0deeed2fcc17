"""Commands that steer a run: what a person would type while it works."""

from __future__ import annotations

from pathlib import Path

import click

from heph_nb.cli.app import find_run, heph, say_state, state_option, waiting_for
from heph_nb.cli.looking import telling
from heph_nb.cli.ways import commands_for
from heph_nb.domain.lifecycle import RUN_ENDED


@heph.command()
@click.argument("run", required=False)
@click.option("--timeout", type=float, help="At most so many seconds.")
@state_option
def wait(run: str | None, timeout: float | None, state: Path | None) -> None:
    """Wait until a run, by default the newest, has ended. Where it stands still, stderr says why.

    Exit code 0: it is completed, which what is printed may have more to say about; 1: it failed or was stopped; 3: it
    did not end in time.
    """
    found = find_run(state, run)
    with waiting_for(found):
        found.wait(timeout, tell=telling(found))
    summary = found.summary()
    said = filter(None, (summary.standing or f"Run {found.id} is completed.", summary.outcome))
    click.echo(commands_for(found.id, found.state)("\n".join(said)))


@heph.command("start-phase")
@click.argument("run")
@click.argument("phase")
@click.option("--agent", help="The agent that works in this phase from now on.")
@click.option("--max-agents", type=int, help="How many agents may work in it at a time.")
@state_option
def start_phase(run: str, phase: str, agent: str | None, max_agents: int | None, state: Path | None) -> None:
    """Open a PHASE of a run, by its number or its name."""
    started = find_run(state, run).start_phase(phase, agent, max_agents)
    phases = started.client.get("phases", run_id=started.id)["phases"]
    status = next(p["status"] for p in phases if phase in (p["name"], str(p["number"])))
    click.echo(f"Phase {phase} of run {started.id} is {status}.")


@heph.command()
@click.argument("run")
@state_option
def pause(run: str, state: Path | None) -> None:
    """Start no more agents; those at work go on."""
    found = find_run(state, run).pause()
    click.echo(commands_for(found.id, found.state)(f"Run {found.id} is paused; run.resume() goes on."))


@heph.command()
@click.argument("run")
@state_option
def resume(run: str, state: Path | None) -> None:
    """Go on after a pause."""
    found = find_run(state, run).resume()
    click.echo(f"Run {found.id} is active.")


@heph.command("set-budget")
@click.argument("run")
@click.argument("tokens")
@state_option
def set_budget(run: str, tokens: str, state: Path | None) -> None:
    """Set how many TOKENS the agents of a run may use, or None for no limit."""
    lifted = tokens.lower() == "none"
    if not lifted and not tokens.isdecimal():
        raise click.BadParameter(f"{tokens!r} is no number of tokens, nor None.", param_hint="TOKENS")
    found = find_run(state, run)
    fields = {"run_id": found.id, "tokens": None if lifted else int(tokens)}
    answer = found.client.call("runs/set-budget", fields)
    click.echo(commands_for(found.id, found.state)(f"{answer['message']}."))


@heph.command()
@click.argument("run")
@click.option("--reason", help="Why, for the record.")
@state_option
def stop(run: str, reason: str | None, state: Path | None) -> None:
    """End a run for good; what is merged stays."""
    found = find_run(state, run).stop(reason)
    click.echo(f"Run {found.id} is stopped.")


@heph.command()
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@state_option
def export(run: str, file: Path, state: Path | None) -> None:
    """Write a run into a DuckDB FILE of its own."""
    click.echo(str(find_run(state, run).export(file)))


@heph.command()
@click.argument("task")
@click.option("--agent", help="Another agent that shall try.")
@state_option
def retry(task: str, agent: str | None, state: Path | None) -> None:
    """Queue a failed or cancelled TASK again."""
    answer = _call(state, "tasks/retry", task_id=task, agent=agent)
    click.echo(f"Task {answer['task_id']} is {answer['status']}.")


@heph.command()
@click.argument("task")
@click.option("--reason", help="Why; the new agent reads it.")
@state_option
def restart(task: str, reason: str | None, state: Path | None) -> None:
    """End the agent at work on a TASK and put a new one on it."""
    answer = _call(state, "tasks/restart", task_id=task, reason=reason)
    click.echo(f"Task {answer['task_id']} is {answer['status']}.")


@heph.command()
@click.argument("question")
@click.argument("text")
@state_option
def answer(question: str, text: str, state: Path | None) -> None:
    """Answer a QUESTION of an agent. Prints how the answer was understood. Answering again corrects it."""
    click.echo(_call(state, "questions/answer", question_id=question, text=text)["message"])


@heph.command()
@click.argument("requirement")
@click.argument("word", type=click.Choice(["accepted", "disputed", "dropped", "unclear", "none"]))
@click.option("--reason", help="Why, for the record.")
@click.option("--run", help="The run that it belongs to; by default the newest.")
@state_option
def mark(requirement: str, word: str, reason: str | None, run: str | None, state: Path | None) -> None:
    """Put your WORD beside a REQUIREMENT.

    unclear, disputed: it counts as open. accepted: you vouch that it is met. dropped: it is left out. none: no word.
    """
    found = find_run(state, run)
    fields = {"requirement_id": requirement, "mark": None if word == "none" else word, "reason": reason}
    click.echo(found.client.call("requirements/mark", fields | {"run_id": found.id})["message"])


@heph.command()
@click.argument("permission")
@click.option("--reason", help="Why, for the record.")
@click.option("--always", is_flag=True, help="Allow exactly this from now on in the run; `heph revoke` takes it back.")
@state_option
def approve(permission: str, reason: str | None, state: Path | None, *, always: bool) -> None:
    """Let an agent do what it asks for."""
    answer = _call(state, "permissions/approve", permission_id=permission, reason=reason, always=always)
    click.echo(f"{answer['message']}." if always else f"Permission {permission} is allowed.")


@heph.command()
@click.argument("rule")
@state_option
def revoke(rule: str, state: Path | None) -> None:
    """Take a RULE back, so that agents ask again. `heph rules` lists them."""
    click.echo(f"{_call(state, 'rules/revoke', rule_id=rule)['message']}.")


@heph.command()
@click.argument("permission")
@click.option("--reason", help="Why; the agent reads it.")
@state_option
def deny(permission: str, reason: str | None, state: Path | None) -> None:
    """Do not let an agent do what it asks for."""
    _call(state, "permissions/deny", permission_id=permission, reason=reason)
    click.echo(f"Permission {permission} is denied.")


@heph.command()
@click.argument("task")
@click.option("--reason", help="Why, for the record.")
@state_option
def cancel(task: str, reason: str | None, state: Path | None) -> None:
    """Give a TASK up; the agent that works on it ends."""
    _call(state, "tasks/cancel", task_id=task, reason=reason)
    click.echo(f"Task {task} is cancelled.")


@heph.command("create-task")
@click.argument("run")
@click.argument("title")
@click.option("--phase", type=int, required=True, help="The number of the phase that it belongs to.")
@click.option("--ticket", help="The ticket that it works on.")
@click.option("--description", default="", help="What is to be done.")
@state_option
def create_task(run: str, title: str, phase: int, ticket: str | None, description: str, state: Path | None) -> None:
    """Add a task to a run. An agent is put on it as soon as it is ready."""
    click.echo(find_run(state, run).create_task(title, description, phase=phase, ticket=ticket))


@heph.command("create-ticket")
@click.argument("run")
@click.argument("title")
@click.option("--requirement", "requirements", multiple=True, help="A requirement that it is for; may be repeated.")
@click.option("--description", default="", help="What is wanted.")
@state_option
def create_ticket(run: str, title: str, requirements: tuple[str, ...], description: str, state: Path | None) -> None:
    """Put a ticket on the board of a run. It creates no task by itself."""
    found = find_run(state, run)
    ticket = found.create_ticket(title, description, requirement_ids=list(requirements))
    click.echo(ticket)
    if found.status in RUN_ENDED:
        until = "" if found.status == "stopped" else f' until run.create_task("what to do", phase=2, ticket="{ticket}")'
        telling(found)(f"The run is {found.status}: nothing comes of it{until}.")


@heph.command("resolve-ticket")
@click.argument("ticket")
@click.option("--comment", help="Why, for the record.")
@state_option
def resolve_ticket(ticket: str, comment: str | None, state: Path | None) -> None:
    """Settle a TICKET, which unblocks what waits for it."""
    _call(state, "tickets/resolve", ticket_id=ticket, comment=comment)
    click.echo(f"Ticket {ticket} is resolved.")


@heph.command()
@click.argument("agent")
@click.option("--reason", help="Why, for the record.")
@state_option
def terminate(agent: str, reason: str | None, state: Path | None) -> None:
    """End an AGENT; its task is queued again."""
    _call(state, "agents/terminate", agent_id=agent, reason=reason)
    click.echo(f"Agent {agent} is terminated.")


@heph.command()
@click.argument("agent")
@click.argument("text")
@state_option
def message(agent: str, text: str, state: Path | None) -> None:
    """Send a line to an AGENT."""
    _call(state, "messages/send", recipient=agent, text=text)
    click.echo("Message sent.")


def _call(state: Path | None, operation: str, **fields: str | bool | None) -> dict[str, str]:
    from heph_nb.client.client import Client

    with Client(state) as client:
        say_state(client.state, err=True)
        return client.call(operation, {name: value for name, value in fields.items() if value is not None})
