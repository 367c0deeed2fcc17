"""Code: the line of Python that does what a click did."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


def line(function: Callable[..., Any], name: str, values: Mapping[str, Any]) -> str:
    """Return the call of a function with some of its parameters, as a person would type it.

    Parameters
    ----------
    function : callable
        What is called; its parameters say which are given by position.
    name : str
        How it is called, for example ``run.move_ticket``.
    values : mapping
        Parameters by name; those that have their default value are left out.

    Examples
    --------
    >>> def move_ticket(ticket, status, comment=None): ...
    >>> line(move_ticket, "run.move_ticket", {"ticket": "ticket-1", "status": "done", "comment": None})
    'run.move_ticket("ticket-1", "done")'
    """
    written, by_position = [], True
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        if parameter.name not in values or values[parameter.name] == parameter.default:
            by_position = False
            continue
        value = _literal(values[parameter.name])
        positional = by_position and parameter.kind is not parameter.KEYWORD_ONLY
        written.append(value if positional else f"{parameter.name}={value}")
    return f"{name}({', '.join(written)})"


def _literal(value: Any) -> str:
    """Return a value as Python, text in double quotes as the rest of the project writes it."""
    if isinstance(value, str):
        text = repr(value)
        if text.startswith("'") and '"' not in text:
            return f'"{text[1:-1]}"'
        return text
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
