"""Scenarios written as one list item per step: "Given ...", "When ...", "Then ..."."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.prose import Prose
from heph_nb.domain.prd.shapes import is_scenario, is_story, step_of

if TYPE_CHECKING:
    from heph_nb.domain.prd.model import Lines
    from heph_nb.domain.prd.tree import Node


_SCENARIO = re.compile(r"(?:Scenario|Example|Szenario)(?: Outline)?:")
_FEATURE = re.compile(r"\s{0,3}(?:Feature|Funktionalität|Fonctionnalité|Característica)\s*:\s*\S")
_INDENTED = re.compile(r"\s+(?:Scenario|Example|Szenario)(?: Outline)?:|\s+Rule:")
_HEADING = re.compile(r"#{1,6}\s+\S")
_FOLLOWS = {"given": frozenset({"when", "then", "and"}), "when": frozenset({"then", "and"}), "then": frozenset({"and"})}
"""Which steps may come after a step of the same scenario."""


def scenarios(items: list[Node]) -> list[Node]:
    """Join the items that are steps of one scenario; leave every other item as it is."""
    out: list[Node] = []
    follows: frozenset[str] = frozenset()
    for item in items:
        prose = item.prose
        step = step_of(prose.text) if prose is not None and not item.children and not is_story(prose.text) else ""
        whole = prose is not None and is_scenario(prose.text)
        if prose is not None and step in follows and not whole and out[-1].prose is not None:
            out[-1].prose = _joined(out[-1].prose, prose)
            out[-1].last = item.last
            follows = _FOLLOWS[step if step != "and" else "then"] | follows
            continue
        follows = _FOLLOWS.get(step, frozenset()) if not whole else frozenset()
        out.append(item)
    return out


def _joined(first: Prose, second: Prose) -> Prose:
    text = first.text.rstrip(" ,;.")
    starts = first.starts + tuple((offset + len(text) + 2, line) for offset, line in second.starts)
    return Prose(f"{text}, {second.text}", starts, second.last)


def raw_gherkin(text: str) -> tuple[int, int] | None:
    """Return the lines (from 0, the end not included) of Gherkin that stands in a document without a fence."""
    lines = text.split("\n")
    fenced = False
    for at, line in enumerate(lines):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced and _FEATURE.match(line):
            end = next((n for n in range(at + 1, len(lines)) if _HEADING.match(lines[n])), len(lines))
            return (at, end) if any(map(_INDENTED.match, lines[at + 1 : end])) else None
    return None


def gherkin(node: Node) -> list[tuple[str, Lines]]:
    """Return the scenarios of a Gherkin block, each as one sentence with its lines."""
    found: list[tuple[list[str], int, int]] = []
    for at, line in enumerate(node.source.split("\n"), start=node.first + 1):
        text = line.strip()
        if _SCENARIO.match(text):
            found.append(([], at, at))
        elif step_of(text) and found:
            found[-1] = ([*found[-1][0], text], found[-1][1], at)
        elif step_of(text) and text.startswith(("Given", "When")):
            found.append(([text], at, at))
    told = [each for each in found if any(step_of(text) == "then" for text in each[0])]  # a background has no "then"
    return [(", ".join(steps), (first, last)) for steps, first, last in told]
