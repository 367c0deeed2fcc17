"""Commands for the backend itself: serve, shutdown."""

from __future__ import annotations

import os
from pathlib import Path

import click

from heph_nb.cli.app import FAILED, heph, say_state, state_option


@heph.command()
@click.option("--port", type=int, help="The port to try first. Default: HEPH_PORT, or 8000.")
@click.option("--idle", type=float, default=0.0, show_default=True, help="End after so many idle seconds; 0: never.")
@state_option
def serve(port: int | None, idle: float, state: Path | None) -> None:
    """Run the backend of a state file in the foreground. It ends with Ctrl-C or `heph shutdown`."""
    from heph_nb.client.discovery import find_state
    from heph_nb.client.launch import LOST, refusal, running_backend
    from heph_nb.errors import BackendUnavailableError
    from heph_nb.store.lock import find_holder

    path = find_state(state)
    say_state(path)
    known = running_backend(path)
    if known is not None:
        click.echo(f"It is served already: {known.url} (pid {known.pid})")
        return
    from heph_nb.backend.process import main

    heard, told = os.pipe()
    arguments = ["--state", str(path), "--idle", str(idle), "--ready-fd", str(told)]
    code = main(arguments + (["--port", str(port)] if port is not None else []))
    if code == LOST:
        holder = find_holder(path) or "another process"
        raise BackendUnavailableError(f"{path} is held by {holder}, which does not answer; `heph shutdown` ends it.")
    with os.fdopen(heard, "rb") as refusals:
        line = refusals.readline() if code else b""
    if line.startswith(b"{"):
        raise refusal(path, line)
    if code:
        raise click.exceptions.Exit(FAILED)


@heph.command()
@state_option
def shutdown(state: Path | None) -> None:
    """End the backend of a state file. The next command starts one that goes on where this one stopped."""
    from heph_nb.client import ending
    from heph_nb.client.discovery import existing_state

    path = existing_state(state)
    say_state(path)
    ended = ending.shutdown(path)
    click.echo("The backend has ended." if ended else "No backend is running.")
