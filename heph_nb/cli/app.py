"""The command group: how its errors become one sentence and an exit code, and what its commands share.

What a command needs is imported when it runs, so that ``heph --help`` is there at once.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heph_nb import __version__
from heph_nb.cli.ways import commands_for
from heph_nb.errors import (
    AgentError,
    BackendUnavailableError,
    HephError,
    RunFailedError,
    StorageError,
    WaitTimeoutError,
)

OK, FAILED, USAGE, TIMED_OUT, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: done; failed or stopped; wrong usage or input, or SQL refused; ``wait`` ran out of time; Ctrl-C."""

if TYPE_CHECKING:
    from heph_nb.run.handle import Run

FIRST = ("demo", "bootstrap", "status", "wait", "questions", "answer", "tickets", "tasks", "requirements", "lab")

_STATE = "heph_nb.state"
"""Where click's context has what ``--state`` said."""

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group whose commands fail with one clear sentence, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn an error into a message on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except HephError as error:
            commands = commands_for(error.facts.get("run_id"), ctx.meta.get(_STATE))
            click.echo(f"Error: {commands(error.detail)}", err=True)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # who reads the output has seen enough; click ends quietly
            _give_up_stdout()
            gone = isinstance(error, FileNotFoundError) and not error.filename
            what = error.filename or ("The current directory" if gone else "The output cannot be written")
            click.echo(f"Error: {what}: {error.strerror or error}.", err=True)
            ctx.exit(FAILED)

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
        callback=_note_state,
        help="The state file. Default: HEPH_STATE, or the nearest hephaestus.duckdb.",
    )(command)


def _note_state(ctx: click.Context, _: click.Parameter, state: Path | None) -> Path | None:
    """Note it where the group finds it when the command fails."""
    ctx.meta[_STATE] = state
    return state


def say_state(state: Path, *, err: bool = False) -> None:
    """Print where the state file is."""
    click.echo(f"State file: {state}", err=err)


def find_run(state: Path | None, run: str | None) -> Run:
    """Return a run, by default the newest, and say on stderr in which state file it is."""
    from heph_nb.run.starting import connect

    found = connect(state, run)
    say_state(found.state, err=True)
    return found


@contextmanager
def waiting_for(run: Run) -> Iterator[None]:
    """Say at Ctrl-C what becomes of the run that a command only waits for."""
    try:
        yield
    except KeyboardInterrupt:
        commands = commands_for(run.id, run.state)
        click.echo(commands(f"Interrupted; run {run.id} goes on in its backend (run.stop() ends it)."), err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def _give_up_stdout() -> None:
    """Let what is still to be written to stdout go nowhere: the interpreter would complain about it at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
