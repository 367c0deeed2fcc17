"""Scenarios written as one list item per step: "Given ...", "When ...", "Then ..."."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.domain.prd.prose import Prose
from heph_nb.domain.prd.wording import is_scenario, step_of

if TYPE_CHECKING:
    from heph_nb.domain.prd.tree import Node


def scenarios(items: list[Node]) -> list[Node]:
    """Join the items that are steps of one scenario; leave every other item as it is."""
    out: list[Node] = []
    joining = False
    for item in items:
        prose = item.prose
        step = step_of(prose.text) if prose is not None and not item.children else ""
        whole = prose is not None and is_scenario(prose.text)
        if prose is not None and joining and step in ("when", "then", "and") and not whole and out[-1].prose is not None:
            out[-1].prose = _joined(out[-1].prose, prose)
            out[-1].last = item.last
            continue
        joining = step in ("given", "when") and not whole
        out.append(item)
    return out


def _joined(first: Prose, second: Prose) -> Prose:
    text = first.text.rstrip(" ,;.")
    starts = first.starts + tuple((offset + len(text) + 2, line) for offset, line in second.starts)
    return Prose(f"{text}, {second.text}", starts, second.last)
