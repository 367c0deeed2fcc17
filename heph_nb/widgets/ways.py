"""Ways out: the lines of Python that a need names, taken apart so that each becomes a button."""

from __future__ import annotations

import ast
import inspect
from typing import Any, cast

from heph_nb.run.handle import Run

LABELS = {
    "approve": "Allow once",
    "deny": "Deny",
    "retry": "Retry",
    "cancel": "Give up",
    "terminate": "End the agent",
    "answer": "Answer",
    "start_phase": "Start the phase",
    "resume": "Resume",
    "resolve_ticket": "Resolve",
    "create_ticket": "Create a ticket",
    "create_task": "Create a task",
    "mark": "Mark",
    "set_budget": "Set the budget",
}
"""What the button of a method says."""

_TO_FILL_IN = ("your answer", "why", "what to do", "why it is met")
"""Texts in a line that stand for what a person has to say."""


def way(code: str) -> dict[str, Any]:
    """Take a line apart.

    Parameters
    ----------
    code : str
        A call of a method of ``run`` with plain values.

    Returns
    -------
    dict
        ``code``; ``name`` of the method; ``label`` for a button; ``values`` by parameter; ``asks``, the parameter
        that a person fills in (a text or a number), or None; ``hint``, what stands there now.

    Examples
    --------
    >>> way('run.deny("permission-1", "why")')["asks"]
    'reason'
    >>> way('run.retry("task-1")')["values"]
    {'task': 'task-1'}
    """
    call = cast("ast.Call", ast.parse(code, mode="eval").body)
    name = cast("ast.Attribute", call.func).attr
    parameters = list(inspect.signature(getattr(Run, name)).parameters)[1:]
    given = dict(zip(parameters, call.args, strict=False)) | {k.arg or "": k.value for k in call.keywords}
    values, asks, hint = {}, None, None
    for parameter, node in given.items():
        if isinstance(node, ast.Name):  # a placeholder such as `tokens`
            asks, hint = parameter, node.id
        elif (value := ast.literal_eval(node)) in _TO_FILL_IN:
            asks, hint = parameter, value
        else:
            values[parameter] = value
    label = LABELS.get(name, name.replace("_", " "))
    if name == "mark":
        label = f"Mark it {values['mark']}"
    elif values.get("always"):
        label = "Always allow"
    elif "agent" in values:
        label = f"{label} with {values['agent']}"
    return {"code": code, "name": name, "label": label, "values": values, "asks": asks, "hint": hint}
