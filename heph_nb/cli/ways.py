"""Ways out as commands: the backend suggests lines of Python on a run handle; a terminal shows what is typed there."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

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
    "resume": "resume {run}",
    "retry": "retry {0}",
    "start_phase": "start-phase {run} {0}",
    "stop": "stop {run}",
    "terminate": "terminate {0}",
}
_OPTIONS = {"requirement_ids": "requirement"}


def to_name(state: Path) -> Path | None:
    """Return a state file if commands must name it, or None where they find it from here by themselves."""
    from heph_nb.client.discovery import find_state
    from heph_nb.errors import HephError

    try:
        return None if find_state() == state else state
    except HephError:
        return state


def as_commands(text: str, run: str | None = None, state: Path | None = None) -> str:
    """Replace every ``run.verb(...)`` in a text by the command that does the same, where there is one.

    Parameters
    ----------
    text : str
        For example what :attr:`heph_nb.run.summary.Summary.standing` says.
    run : str, optional
        The run that is meant, for commands that want it.
    state : Path, optional
        The state file, where commands must name it; see :func:`to_name`.

    Examples
    --------
    >>> as_commands('It failed: run.retry("task-1", agent="outline") or run.cancel("task-1").')
    'It failed: heph retry task-1 --agent outline or heph cancel task-1.'
    """
    named = f" --state {shlex.quote(str(state))}" if state is not None else ""
    return _LINE.sub(lambda line: _command(line[0], run or "RUN", named), text)


def _command(line: str, run: str, state: str) -> str:
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
    options = [
        f" --{_OPTIONS.get(k.arg or '', k.arg)} {word}"
        for k in call.keywords
        for word in (map(_words, k.value.elts) if isinstance(k.value, ast.List) else [_words(k.value)])
    ]
    return f"heph {command}{''.join(options)}{state}"


def _words(node: ast.expr) -> str:
    """Return an argument as a shell takes it; a name, such as ``id``, stands for what the person fills in."""
    return shlex.quote(str(node.value)) if isinstance(node, ast.Constant) else ast.unparse(node).upper()
