"""Refusing a run before anything is made for it: when the backend refuses it, there is a state file already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def refuse_early(fields: Mapping[str, Any]) -> None:
    """Examine what a run would start from, exactly as the backend does; nothing is created or moved.

    Parameters
    ----------
    fields : mapping
        What ``runs/create`` takes.

    Raises
    ------
    HephError
        The run cannot start; see :func:`heph_nb.backend.intake.examine`.
    """
    from heph_nb.backend.intake import examine
    from heph_nb.backend.operations.runs import CreateRun
    from heph_nb.backend.parsing import parse

    examine(parse(CreateRun, json.dumps(fields).encode()).model_dump())
