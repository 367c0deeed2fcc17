"""Specifications: one document per component that a person likes to read and a developer can build from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.language.briefs import brief
from heph_nb.agents.outline.language.headings import heading
from heph_nb.agents.outline.understanding.criteria import criteria
from heph_nb.agents.outline.understanding.questions import untestable, why_untestable

if TYPE_CHECKING:
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Section, Statement

STORY = re.compile(r"(?i)as an?\b")
MADE_BY = "Written by outline (deterministic, no model)"


@dataclass(frozen=True)
class Component:
    """What a specification is about.

    Attributes
    ----------
    title, ticket_id : str
        Of the ticket.
    run_name : str
        What the run is called.
    statements : sequence of Statement
        The requirements it covers.
    path : str
        Where the specification goes.
    tests : str or None
        Where its acceptance tests or scenarios are.
    depends_on : sequence of (title, path or None)
        The components that come first, and their specifications.
    purpose : str
        Why there is such a component, where its requirements do not say so.
    gates : sequence of str
        Commands that the PRD wants to pass, where it is this component's to make that possible.
    needed_by : sequence of str
        The titles of the components that wait for it.
    today : str
        What the repository has of it so far.
    decided : sequence of str
        What was decided of questions that the PRD leaves open and that touch it, one line of Markdown each.
    """

    title: str
    ticket_id: str
    run_name: str
    statements: Sequence[Statement]
    path: str
    tests: str | None = None
    depends_on: Sequence[tuple[str, str | None]] = ()
    purpose: str = ""
    gates: Sequence[str] = ()
    needed_by: Sequence[str] = ()
    today: str = ""
    decided: Sequence[str] = ()

    @property
    def waiting(self) -> str:
        """What kind of tests there is, and what they wait for."""
        ending = (self.tests or "").rpartition(".")[2]
        kinds = {"py": "tests that are expected to fail", "feature": "scenarios that no code is bound to"}
        return kinds.get(ending, "tests that are to do")


def specification(component: Component, read: Reading) -> str:
    """Return the specification of a component as Markdown."""
    return md.document(
        [
            f"# {md.inline(component.title)}",
            _head(component, read),
            *_purpose(component, read),
            *_requirements(component, read),
            *_interfaces(component, read),
            *_dependencies(component, read),
            *(["## What you decided", [f"- {line}" for line in component.decided]] if component.decided else []),
            *_open_points(component, read),
            *_how_to_go_on(component),
        ]
    )


def _head(component: Component, read: Reading) -> list[str]:
    levels = [s.level for s in component.statements]
    counted = ", ".join(f"{levels.count(level)} {level}" for level in ("must", "should", "could") if level in levels)
    lines = [
        f"- **Ticket:** `{component.ticket_id}`",
        f"- **Run:** {md.inline(component.run_name)}",
        f"- **Source:** `{read.name}`, {md.places(_span(component.statements))}"
        if component.statements
        else f"- **Source:** `{read.name}`",
        f"- **Requirements:** {len(component.statements)} ({counted})"
        if counted
        else "- **Requirements:** none of its own",
    ]
    if component.tests:
        lines.append(f"- **Acceptance tests:** `{component.tests}`")
    return [*lines, f"- **State:** specified, not implemented. {MADE_BY}."]


def _purpose(component: Component, read: Reading) -> list[str]:
    stories = [section.story for section in read.prd.sections if section.story and _tells(section, component, read)]
    texts = [
        *map(md.inline, (text for text in (component.purpose, component.today) if text)),
        *map(md.quote, dict.fromkeys(stories)),
    ]
    return ["## Purpose", *texts] if texts else []


def _tells(section: Section, component: Component, read: Reading) -> bool:
    """Whether the story of a section is that of a component: it has the section's requirements, not only some story."""
    inside = set(section.statements)
    if any(STORY.match(s.text) for s in read.of(inside)):
        return False
    mine = inside & {s.id for s in component.statements}
    return bool(mine) and len(mine) * 2 >= min(len(inside), len(component.statements))


def _requirements(component: Component, read: Reading) -> list[str]:
    if not component.statements:
        return []
    blocks = ["## Requirements", "Where nothing is listed under a requirement, its sentence is the criterion."]
    for s in component.statements:
        label = f" · {s.label}" if s.label else ""
        blocks += [
            f"### {s.id} · {md.inline(brief(s.text, 96))}",
            f"*{s.level}, {s.kind}{label} · {read.name} {md.places(s.lines)}*",
            md.quote(s.text),
        ]
        found = criteria(s)
        if found and found[0].stated:
            blocks += ["Accepted when:", "\n".join(f"- [ ] {md.inline(c.text)}" for c in found)]
        elif found:
            blocks += ["Accepted when (taken from its words):", "\n".join(f"- [ ] {md.inline(c.text)}" for c in found)]
        for example in read.examples_of(s.id):
            blocks.append(f"PRD example ({md.places([example.lines])}):")
            blocks.append("\n".join(md.fence("\n".join(read.example_lines(example)), "text")))
        if s.depends_on:
            blocks.append(f"Comes after {', '.join(s.depends_on)}.")
    return blocks


def _interfaces(component: Component, read: Reading) -> list[str]:
    blocks: list[str] = []
    for block in read.blocks_for(component.statements):
        name = heading(block.section) or "the PRD"
        blocks.append(f"From *{md.inline(name)}* ({read.name} {md.places([block.lines])}):")
        blocks.append("\n".join(md.shown(block.text, block.rows if block.kind == "table" else (), block.language)))
    if component.gates:
        blocks += ["Commands that the PRD wants to pass:", "\n".join(md.fence("\n".join(component.gates), "sh"))]
    return ["## Interfaces and data", *blocks] if blocks else []


def _dependencies(component: Component, read: Reading) -> list[str]:
    here = posixpath.dirname(component.path)
    lines = [
        f"- [{md.inline(title)}]({posixpath.relpath(path, here)})" if path else f"- {md.inline(title)}"
        for title, path in component.depends_on
    ]
    own = {s.id for s in component.statements}
    for id in dict.fromkeys(id for s in component.statements for id in s.depends_on if id not in own):
        lines += [f"- {id}: {md.inline(brief(o.text))} ({md.places(o.lines[:1])})" for o in read.of([id])]
    needed = "\n".join(f"- {md.inline(title)}" for title in component.needed_by)
    return (["## Depends on", "\n".join(lines)] if lines else []) + (["## Needed by", needed] if needed else [])


def _open_points(component: Component, read: Reading) -> list[str]:
    lines = [f"- **{s.id}** {md.inline(why_untestable(s))}" for s in component.statements if untestable(s)]
    again = [s for s in component.statements if len(s.lines) > 1]
    if again:
        where = "; ".join(f"{s.id} ({md.places(s.lines)})" for s in again)
        lines.append(
            f"- {read.name} says more than once: {where}. Should the places differ, the first one is followed."
        )
    return ["## Open points", "\n".join(lines)] if lines else []


def _how_to_go_on(component: Component) -> list[str]:
    if not component.tests or not component.statements:
        return []
    if component.tests.endswith(".feature"):
        text = (
            f"Bind the scenarios in `{component.tests}` to the code, one after another; a requirement is done when its "
            "scenario passes."
        )
    elif not component.tests.endswith(".py"):
        text = (
            f"Each requirement has a test in `{component.tests}` that is to do. Implement the requirement, and write "
            "the test so that it checks the criteria above; keep the requirement's id in its name."
        )
    else:
        text = (
            f"Each requirement has a test in `{component.tests}` that is expected to fail. Implement the requirement, "
            "make its test check the criteria above, and take the expected-fail mark away once it passes."
        )
    return ["## How to go on", text]


def _span(statements: Sequence[Statement]) -> list[tuple[int, int]]:
    """Return the lines of some requirements, with neighbours joined."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(s.lines[0] for s in statements):
        if joined and first <= joined[-1][1] + 2:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
