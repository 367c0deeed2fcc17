"""Ways out as commands that reach the same state file: what others suggest as Python is shown as it is typed."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable
from pathlib import Path

from heph_nb.client.discovery import find_state
from heph_nb.errors import HephError

_TYPED = re.compile(r"`heph (?![^`]*--state)[^`]+(?=`)")
_LINE = re.compile(r"run\.\w+\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\)")

_COMMANDS = {
    "answer": "answer {0} {1}",
    "approve": "approve {0}",
    "cancel": "cancel {0}",
    "create_task": "create-task {run} {0}",
    "create_ticket": "create-ticket {run} {0}",
    "deny": "deny {0} --reason {1}",
    "mark": "mark {0} {1} --run {run}",
    "pause": "pause {run}",
    "resolve_ticket": "resolve-ticket {0}",
    "restart": "restart {0}",
    "resume": "resume {run}",
    "retry": "retry {0}",
    "revoke": "revoke {0}",
    "set_budget": "set-budget {run} {0}",
    "start_phase": "start-phase {run} {0}",
    "stop": "stop {run}",
    "terminate": "terminate {0}",
}
_OPTIONS = {"requirement_ids": "requirement"}


def commands_for(run: str | None, state: Path | None) -> Callable[[str], str]:
    """Return what makes the ways out in a text commands, for a run in a state file (None: the one found from here)."""
    option = _state_option(state)
    return lambda text: as_commands(text, run, option)


def as_commands(text: str, run: str | None = None, option: str = "") -> str:
    """Replace every ``run.verb(...)`` in a text by the command that does the same, where there is one.

    Parameters
    ----------
    text : str
        For example what :attr:`heph_nb.run.summary.Summary.standing` says.
    run : str, optional
        The run that is meant, for commands that want it.
    option : str
        What names the state file in every command, also in a ```` `heph ...` ```` that is written out.

    Examples
    --------
    >>> as_commands('It failed: run.retry("task-1", agent="outline") or run.cancel("task-1").')
    'It failed: heph retry task-1 --agent outline or heph cancel task-1.'
    """
    typed = _TYPED.sub(lambda command: command[0] + option, text)
    return _LINE.sub(lambda line: _command(line[0], run or "RUN", option), typed)


def _state_option(state: Path | None) -> str:
    """Return what names a state file in a command; nothing where commands find it from here by themselves."""
    if state is None:
        return ""
    try:
        if find_state() == (state := find_state(state)):
            return ""
    except HephError:
        state = state.absolute()
    return f" --state {shlex.quote(str(state))}"


def _command(line: str, run: str, option: str) -> str:
    try:
        call = ast.parse(line, mode="eval").body
    except SyntaxError:
        return line
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _COMMANDS):
        return line
    words = [_words(argument) for argument in call.args]
    try:
        command = _COMMANDS[call.func.attr].format(*words, run=shlex.quote(run))
    except IndexError:
        return line
    options = [f" --{_OPTIONS.get(k.arg or '', k.arg)}{word}" for k in call.keywords for word in _values(k.value)]
    return f"heph {command}{''.join(options)}{option}"


def _values(node: ast.expr) -> list[str]:
    """Return what follows an option, for each time that it is given; nothing follows a flag."""
    if isinstance(node, ast.Constant) and node.value is True:
        return [""]
    return [f" {_words(one)}" for one in (node.elts if isinstance(node, ast.List) else [node])]


def _words(node: ast.expr) -> str:
    """Return an argument as a shell takes it; a name, such as ``id``, stands for what the person fills in."""
    return shlex.quote(str(node.value)) if isinstance(node, ast.Constant) else ast.unparse(node).upper()
