"""``%heph`` and ``%%heph``: the run handle for fingers, in thin shells over its functions.

Load them with ``%load_ext heph_nb``. Everything they do is a call that a cell can make as well.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from heph_nb.errors import InvalidError
from heph_nb.run.starting import connect, runs

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_FRAMES = ("tickets", "tasks", "agents", "requirements", "questions", "permissions", "rules", "checks", "merges",
           "coverage")  # fmt: skip
_ACTIONS = ("pause", "resume", "stop", "approve", "deny", "revoke", "answer", "retry", "restart", "cancel", "message",
            "broadcast")  # fmt: skip


def heph(line: str, cell: str | None = None) -> Any:
    """Look at the newest run, or steer it.

    Usage::

        %heph                          the run itself
        %heph runs                     every run of the state file
        %heph summary [since]          what changed, what waits for you, what it used
        %heph tickets                  a frame: tickets, tasks, agents, requirements, questions, permissions, rules,
                                       checks, merges, coverage
        %heph sql SELECT ...           one query; also with the query in the cell below: %%heph sql
        %heph start-phase 2            open a phase
        %heph pause | resume | stop | approve ID | deny ID "why" | revoke ID | answer ID "text" | retry ID |
              restart ID "why" | cancel ID | message ID "text" | broadcast "text"
    """
    word, _, rest = line.strip().partition(" ")
    if word == "runs":
        return runs()
    run = connect()
    if not word:
        return run
    if word == "sql":
        return run.sql(cell if cell is not None else rest)
    if word in _FRAMES:
        return getattr(run, word)()
    arguments = _split(rest)
    if word == "start-phase" and len(arguments) == 1:
        return run.start_phase(arguments[0])
    if word == "summary":
        return run.summary(" ".join(arguments) or None)
    if word in _ACTIONS:
        action: Callable[..., Any] = getattr(run, word)
        try:
            inspect.signature(action).bind(*arguments)
        except TypeError as error:
            raise InvalidError(f"%heph {word}: {error}.") from None
        return action(*arguments)
    raise InvalidError(f"%heph {line.strip()!r} is not understood: %heph? shows what is.")


def register(shell: InteractiveShell) -> None:
    """Make the magics known to a kernel."""
    shell.magics_manager.register_function(heph, magic_kind="line_cell", magic_name="heph")


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InvalidError(f"{text!r} cannot be taken apart: {error}.") from None
