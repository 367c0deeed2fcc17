"""The walk through a document: what stands under which heading, and in what order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd import tables
from heph_nb.domain.prd.drafts import Collected, Draft, Frame, open_frame
from heph_nb.domain.prd.evidence import is_feature_name, is_phase
from heph_nb.domain.prd.fields import Field
from heph_nb.domain.prd.introductions import introduced, split_introduction
from heph_nb.domain.prd.items import Lists
from heph_nb.domain.prd.labels import is_epic_label, is_requirement_label, label_key, split_label
from heph_nb.domain.prd.model import Block
from heph_nb.domain.prd.paragraphs import read_paragraph
from heph_nb.domain.prd.runs import end_of_example, request_of
from heph_nb.domain.prd.said import take_apart
from heph_nb.domain.prd.scenarios import gherkin
from heph_nb.domain.prd.shapes import introduces, is_question, is_scenario, is_sentence, is_story, without_colon
from heph_nb.domain.prd.topics import ASKS, SILENT, Topic, topic_of
from heph_nb.domain.prd.tree import PSEUDO_RANK
from heph_nb.domain.prd.wording import is_need, is_strong_need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.prose import Prose
    from heph_nb.domain.prd.tree import Node

MANY = 3
"""From so many items on, a list shows what its section is about."""

SHORT_CODE = 200
"""Code of so many characters is told in the words of the statement."""

_RUNS_ON = re.compile(
    r"\b(?:gets?|is|are|returns?|prints?|shows?|gives?|with|as|like|to|be|sends?|contains?|answers?)$", re.IGNORECASE
)
_ASKS_WHAT = re.compile(r"(?:what|how|when|where|who|why|things)\b", re.IGNORECASE)
_LIKE_THIS = re.compile(r"\b(?:this|these|follows|so|below)\s*:$", re.IGNORECASE)
_WHEN = re.compile(r"(?:weeks?|months?|quarters?|sprints?|phases?|milestones?|iterations?)(?: #)?", re.IGNORECASE)
_QUALITY_KIND = re.compile(r"(?:n|quality|constraint|nf)", re.IGNORECASE)
_GHERKIN = ("gherkin", "feature", "cucumber")


def read_section(node: Node, siblings: list[Node], parent: Frame, out: Collected) -> None:
    """Collect from a section and from those inside it."""
    if node.prose is None:
        return
    frame = open_frame(parent, node.text, (node.first, node.last), from_zero=out.from_zero, number=node.number)
    frame.loose = frame.beside = node.rank >= PSEUDO_RANK
    if node.first == out.opened:
        frame.topic = Topic.NEEDS
    elif (frame.topic is Topic.RECORD and _lists_needs(node)) or _is_feature(node, siblings, parent):
        frame.topic = parent.topic
    elif frame.topic is Topic.OTHER and any(map(_is_timetable, node.children)):
        frame.topic = Topic.STORYTELLING
    elif parent.topic not in ASKS and is_phase(node.text) and _says_again(siblings, out):
        frame.topic = Topic.ORDER
    if frame.listed:
        out.frames.append(frame)
    before = len(out.drafts)
    read_body(node.children, frame, None, out)
    found = len(out.drafts) - before
    if frame.story is not None and frame.label and is_epic_label(frame.label) and found > len(frame.drafts):
        frame.story.covered = True  # an epic: its stories say it
    if not found and not frame.owner.drafts:
        _heading_alone(node, frame, out)
    elif _states_something(frame):
        out.add_heading(frame)


def _is_feature(node: Node, siblings: list[Node], parent: Frame) -> bool:
    """Whether a section is one of several that each list what a part of the product has."""
    listed = any(child.kind in ("list", "table") for child in node.children)
    return listed and is_feature_name(
        node.text, [each.text for each in siblings if each.kind == "section"], parent.topic
    )


def _is_timetable(node: Node) -> bool:
    """Whether a table says what is done when: Week / Ships."""
    first = node.rows[0][0] if node.kind == "table" and node.rows else None
    return first is not None and bool(_WHEN.fullmatch(first.text))


def _says_again(siblings: list[Node], out: Collected) -> bool:
    """Whether a phase is one of several that bring, step by step, what was asked for above them all."""
    phases = [each.first for each in siblings if is_phase(each.text)]
    above = sum(draft.lines[0][0] < phases[0] for draft in out.drafts)
    return out.explicit and len(phases) > 1 and above >= MANY


def _lists_needs(node: Node) -> bool:
    """Whether "Questions" or "Contacts" is a feature: what it lists are needs."""
    if sum(child.kind == "section" and topic_of(child.text) is Topic.OTHER for child in node.children) >= MANY:
        return True
    items = [item.text for child in node.children if child.kind == "list" for item in child.children]
    needs = [text for text in items if is_need(text, plain=True)]
    return len(items) >= MANY and len(needs) * 4 >= len(items) * 3 and not any(map(is_question, items))


def _states_something(frame: Frame) -> bool:
    """Whether a heading is a requirement beside what stands under it: "### The parser must reject tabs"."""
    title = frame.title
    if frame.topic in SILENT or len(title.split()) < 5 or topic_of(title) is not Topic.OTHER:
        return False
    return not _ASKS_WHAT.match(title) and is_strong_need(title)


def _heading_alone(node: Node, frame: Frame, out: Collected) -> None:
    """Take a heading that says it all: "### FR-3: Undo", or a feature with nothing under it."""
    if frame.topic in SILENT | {Topic.ORDER, Topic.INTRO, Topic.CRITERIA} or frame.parent is None:
        return
    if node.prose is not None and take_apart(node.prose, from_zero=out.from_zero).field is not Field.NONE:
        return  # "**Priority: P0**"
    empty = not any(child.kind != "code" for child in node.children)
    named = bool(frame.label and is_requirement_label(frame.label))
    labelled = bool(frame.label) and empty and (frame.is_story or is_need(frame.title, plain=True))
    listed = (
        not node.children and frame.parent.topic in ASKS and topic_of(frame.title) is Topic.OTHER and not frame.is_story
    )
    if named or labelled or listed:
        out.add_heading(frame)


def read_body(nodes: list[Node], frame: Frame, owner: Draft | None, out: Collected) -> None:
    """Collect from a run of nodes. `owner` is the list item whose continuation they are, if any."""
    lead: Prose | None = None
    seen_list = False
    for at, node in _outside_examples(nodes, frame, owner, out):
        following = nodes[at + 1].kind if at + 1 < len(nodes) else ""
        match node.kind:
            case "section":
                read_section(node, nodes, frame, out)
            case "text" if node.prose is not None:
                rest, lead = split_introduction(node.prose, following)
                if rest is not None and not _only_introduces(node, following):
                    read_paragraph(rest, _frame_of(rest, frame, first=not at, after_list=seen_list), owner, out)
                continue
            case "list":
                seen_list = True
                Lists(read_body).read(node, frame, owner, lead, out)
            case "table":
                told = lead is not None and is_need(without_colon(lead.text), plain=False)
                _table(node, introduced(frame, lead, node), owner, out, told=told)
                if told and lead is not None and not any(block.lines[0] == node.first for block in out.blocks):
                    out.attached.append(lead.lines)
            case "code":
                _code(node, frame, owner, out)
                _finish_sentence(nodes[at - 1] if at else None, node, owner, out)
            case _:
                pass
        lead = None


def _outside_examples(
    nodes: list[Node], frame: Frame, owner: Draft | None, out: Collected
) -> Iterator[tuple[int, Node]]:
    """Yield the nodes with their places; examples that sentences and code tell together are collected instead."""
    behind = 0
    for at, node in enumerate(nodes):
        if at < behind:
            continue
        shows = frame.topic not in SILENT and (owner is not None or bool(frame.drafts))
        behind = end_of_example(nodes, at, owner.text if owner else "") if shows else at
        if behind > at:
            _example(nodes[at:behind], frame, owner, out)
        else:
            yield at, node


def _example(told: list[Node], frame: Frame, owner: Draft | None, out: Collected) -> None:
    """Take a request with its answer as a requirement; put any other example beside the one it shows."""
    for node in told:
        if node.kind == "code":
            _code(node, frame, owner, out)
    lines = (told[0].first, told[-1].last)
    if request := request_of(told):
        out.add(Draft(request, [lines], frame))
    else:
        out.attached.append(lines)


def _only_introduces(node: Node, following: str) -> bool:
    """Whether a paragraph says no more than that code follows: "Register map:"."""
    if following != "code" or not introduces(node.text):
        return False
    return (
        len(node.text.split()) < 5
        or bool(_LIKE_THIS.search(node.text))
        or not is_need(without_colon(node.text), plain=True)
    )


def _frame_of(prose: Prose, frame: Frame, *, first: bool, after_list: bool) -> Frame:
    """Return the frame of a paragraph: behind "Not needed:" and its list, "It must ..." is a new thought."""
    if not frame.loose or frame.parent is None:
        return frame
    label, _ = split_label(prose.text)
    next_one = frame.topic is Topic.CRITERIA and label is not None and is_requirement_label(label)
    new_thought = after_list and frame.topic in SILENT and is_strong_need(prose.text)
    behind_example = frame.topic is Topic.EXAMPLES and not first and is_sentence(prose.text)
    return frame.parent if next_one or new_thought or behind_example else frame


def _table(node: Node, frame: Frame, owner: Draft | None, out: Collected, *, told: bool) -> None:
    if frame.topic in SILENT:
        return
    rows = tables.requirement_rows(node, frame.topic, from_zero=out.from_zero, told=told)
    if rows is None:
        cells = tables.cells(node)
        text = "\n".join("\t".join(row) for row in cells)
        out.blocks.append(Block(kind="table", text=text, section=frame.path, lines=(node.first, node.last), rows=cells))
        return
    known = {label_key(draft.label) for draft in out.drafts if draft.label}
    if all(row.label and label_key(row.label) in known for row in rows):
        return  # it tells of each requirement where it is tested, or how far it is
    for row in rows:
        draft = Draft(
            row.text, [(row.line, row.line)], frame, label=row.label, level=row.level, criteria=list(row.criteria)
        )
        if row.kind:
            draft.kind = "non-functional" if _QUALITY_KIND.match(row.kind) else "functional"
        if row.depends:
            draft.wants.append((f"depends on {row.depends}", draft.scope))
        draft.is_story = is_story(row.text)
        if is_scenario(row.text) or frame.topic is Topic.CRITERIA:
            out.add_criterion(draft, owner)
        else:
            out.add(draft)


def _finish_sentence(before: Node | None, node: Node, owner: Draft | None, out: Collected) -> None:
    """Let the code behind "The second request gets" belong to the statement, which has no end without it."""
    last = out.drafts[-1] if out.drafts else None
    draft = owner if before is None else last
    if draft is None or not draft.text[-1:].isalnum() or (before is not None and before.kind != "text"):
        return
    if before is not None and (before.prose is None or draft.lines[-1][1] != before.prose.last or not _goes_on(before)):
        return
    code = " ".join(node.source.split())
    if before is None and not _RUNS_ON.search(draft.text):
        return
    draft.text = f"{draft.text}: `{code}`" if len(code) <= SHORT_CODE and "`" not in code else draft.text
    draft.lines[-1] = (draft.lines[-1][0], node.last)


def _goes_on(node: Node) -> bool:
    return node.text[-1:].isalnum()


def _code(node: Node, frame: Frame, owner: Draft | None, out: Collected) -> None:
    text = node.source.rstrip("\n")
    block = Block(kind="code", language=node.language, text=text, section=frame.path, lines=(node.first, node.last))
    out.blocks.append(block)
    if node.language in _GHERKIN and frame.topic not in SILENT:
        for steps, lines in gherkin(node):
            out.add_criterion(Draft(steps, [lines], frame), owner)
