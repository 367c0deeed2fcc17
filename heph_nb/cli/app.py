"""The command group: its commands, and how errors become one sentence and an exit code.

What a command needs is imported when it runs, so that ``heph --help`` is there at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from heph_nb import __version__
from heph_nb.errors import (
    AgentError,
    BackendUnavailableError,
    HephError,
    RunFailedError,
    StorageError,
    WaitTimeoutError,
)

OK, FAILED, USAGE, TIMED_OUT = 0, 1, 2, 3
"""Exit codes: done; failed or stopped; wrong usage or input, or SQL refused; ``wait`` ran out of time."""

FIRST = ("demo", "bootstrap", "status", "wait", "tickets", "lab")

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group whose commands fail with one clear sentence, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn an error into a message on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except HephError as error:
            click.echo(f"Error: {error.detail}", err=True)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            click.echo("Interrupted; the run goes on in its backend.", err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which a person meets them."""
        first = [name for name in FIRST if name in self.commands]
        return first + [name for name in self.commands if name not in first]


def exit_code(error: HephError) -> int:
    """Return the exit code that belongs to an error."""
    if isinstance(error, WaitTimeoutError):
        return TIMED_OUT
    failures = (RunFailedError, BackendUnavailableError, StorageError, AgentError)
    return FAILED if isinstance(error, failures) else USAGE


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="heph")
def heph() -> None:
    """Turn a requirements document into checked, merged work, with a team of coding agents."""


def state_option(command: F) -> F:
    """Add ``--state``, which every command takes."""
    return click.option(
        "--state",
        type=click.Path(path_type=Path),
        help="The state file. Default: HEPH_STATE, or the nearest hephaestus.duckdb.",
    )(command)


def say_state(state: Path, *, err: bool = False) -> None:
    """Print where the state file is."""
    click.echo(f"State file: {state}", err=err)


def main() -> None:
    """Run the command line."""
    from heph_nb.cli import looking, serving, starting, steering  # noqa: F401 - importing them adds their commands

    heph(prog_name="heph")
    sys.exit(OK)
