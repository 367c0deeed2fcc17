"""Given/When/Then: acceptance scenarios for repositories that are not in Python."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.documents.spec import MADE_BY
from heph_nb.agents.outline.language.briefs import brief
from heph_nb.agents.outline.language.phrases import lower
from heph_nb.agents.outline.understanding.criteria import steps

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.spec import Component
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Statement


WANTED = re.compile(r"(?i)^we(?:'d| would)? (?:want|like|need)(?: to have)? ")
"""How a wish begins that says no more than the sentence behind it."""


def feature(component: Component, read: Reading) -> str:
    """Return the scenarios of a component, one per requirement, as a Gherkin file."""
    lines = [
        f"# {MADE_BY}. Nothing here is implemented yet.",
        f"# Specification: {component.path}",
        f"Feature: {_line(component.title)}",
        "",
        f"  Requirements of {read.name}; ticket {component.ticket_id}.",
        "",
        "  Background:",
        f"    Given the product that {read.name} describes",
    ]
    for s in component.statements:
        lines += ["", *(f"  {line}" for line in _scenario(s, read))]
    return md.document([lines])


def _scenario(s: Statement, read: Reading) -> list[str]:
    lines = [
        f"@{s.id} @{s.level} @{s.kind} @not-implemented",
        f"Scenario: {s.id} {_line(brief(s.text))}",
    ]
    lines += [f"  # {line}" for line in textwrap.wrap(f"{read.name} {md.places(s.lines)}: {_line(s.text)}", 100)]
    for example in read.examples_of(s.id):
        told, place = read.example_lines(example), f"  # PRD example ({md.places([example.lines])}):"
        lines += [f"{place} {told[0]}"] if len(told) == 1 else [place, *(f"  #   {line}" for line in told)]
    told = steps(s)
    if told[0][0] not in ("Given", "When", "Then"):
        told = [("Then", told[0][1]), *told[1:]]
    said = [(word, text if text in s.criteria else _clause(text, read)) for word, text in told]
    return lines + [f"  {word} {_line(text)}" for word, text in said]


def _clause(text: str, read: Reading) -> str:
    """Return a step as it goes on behind its Given, When or Then: without a capital, unless it begins with a name."""
    text = WANTED.sub("", re.sub(r"(?i)^(?:and|but) ", "", text.strip()))
    first, space, rest = text.partition(" ")
    named = re.compile(rf"[a-z,] {re.escape(first)}\b") if first[:1].isupper() else None
    if first == "I" or (named and first != "A" and any(named.search(line) for line in read.lines)):
        return text
    return f"{'a' if first == 'A' else lower(first)}{space}{rest}".rstrip("!")


def _line(text: str) -> str:
    """Return text on one line; a step that began with a quote mark of Gherkin's would be read as something else."""
    text = " ".join(text.split())
    return re.sub(r'^("""|```|\||@|#)', r"'\1", text)


def scenario_names(statements: Sequence[Statement]) -> dict[str, str]:
    """Return for each requirement's id how its scenario is called."""
    return {s.id: f"{s.id} {_line(brief(s.text))}" for s in statements}
