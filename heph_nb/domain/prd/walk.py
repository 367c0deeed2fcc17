"""The walk through a document: what stands under which heading, in which list, beside which item."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from heph_nb.domain.prd import tables
from heph_nb.domain.prd.drafts import Collected, Draft, Frame, enter, open_frame
from heph_nb.domain.prd.marks import (
    Field,
    field_of,
    is_epic_label,
    is_requirement_label,
    label_key,
    level_in_title,
    level_in_words,
    split_label,
)
from heph_nb.domain.prd.model import Block
from heph_nb.domain.prd.paragraphs import apply_field, counts, counts_as_item, read_paragraph
from heph_nb.domain.prd.prose import Prose
from heph_nb.domain.prd.said import Said, take_apart
from heph_nb.domain.prd.scenarios import scenarios
from heph_nb.domain.prd.shapes import introduces, is_scenario, is_story, is_title, sentences, step_of, without_colon
from heph_nb.domain.prd.topics import ASIDES, ASKS, SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import has_action, is_need, is_negated_need, is_strong_need, names_something

if TYPE_CHECKING:
    from heph_nb.domain.prd.tree import Node

_CONDITION = re.compile(r"(?:when|whenever|if|for|on|in|after|before|during|while|once|given|at|by|with|wenn|falls|bei|nach)\b", re.IGNORECASE)
_JOINS = re.compile(r"\b(?:must|shall|should|can|will|to|able to|may|could|needs to|has to|have to|muss|soll|kann)$", re.IGNORECASE)


def read_section(node: Node, parent: Frame, out: Collected) -> None:
    """Collect from a section and from those inside it."""
    if node.prose is None:
        return
    frame = open_frame(parent, node.prose.text, (node.first, node.last), from_zero=out.from_zero, number=node.number)
    frame.loose = node.rank >= 80
    if frame.listed:
        out.frames.append(frame)
    before = len(out.drafts)
    read_body(node.children, frame, None, out)
    if frame.story is not None and frame.label and is_epic_label(frame.label) and len(out.drafts) - before > len(frame.drafts):
        frame.story.covered = True  # an epic: its stories say it
    if len(out.drafts) == before and not frame.owner.drafts:
        _heading_alone(node, frame, out)
    elif frame.topic not in SILENT and len(frame.title.split()) > 4 and topic_of(frame.title) is Topic.OTHER and not _ASKS_WHAT.match(frame.title) and is_strong_need(frame.title):
        out.add_heading(frame)


def _heading_alone(node: Node, frame: Frame, out: Collected) -> None:
    """A heading that says it all: "### FR-3: Undo", or a feature with nothing under it."""
    if frame.topic in SILENT or frame.topic in (Topic.ORDER, Topic.INTRO, Topic.CRITERIA) or frame.parent is None:
        return
    empty = not any(child.kind != "code" for child in node.children)
    named = bool(frame.label and is_requirement_label(frame.label))
    listed = empty and frame.parent.topic in ASKS and topic_of(frame.title) is Topic.OTHER and not frame.is_story
    if named or (empty and (frame.is_story or is_need(frame.title, plain=True)) and frame.label) or listed:
        out.add_heading(frame)


def read_body(nodes: list[Node], frame: Frame, owner: Draft | None, out: Collected) -> None:
    """Collect from a run of nodes. `owner` is the list item whose continuation they are, if any."""
    lead: Prose | None = None
    seen_list = False
    for at, node in enumerate(nodes):
        seen_list = seen_list or node.kind == "list"
        following = nodes[at + 1].kind if at + 1 < len(nodes) else ""
        match node.kind:
            case "section":
                read_section(node, frame, out)
            case "text" if node.prose is not None:
                rest, lead = _introduction(node.prose, following)
                if following == "code" and introduces(node.text) and not (len(node.text.split()) > 4 and is_need(without_colon(node.text), plain=True)):
                    continue
                if rest is not None:
                    outside = seen_list and frame.loose and frame.topic in SILENT and frame.parent is not None and is_strong_need(rest.text)
                    read_paragraph(rest, frame.parent if outside and frame.parent is not None else frame, owner, out)
                continue
            case "list":
                read_list(node, frame, owner, lead, out)
            case "table":
                _table(node, _inside(frame, lead, node), owner, out)
            case "code":
                _code(node, frame, owner, out)
            case _:
                pass
        lead = None


def _introduction(prose: Prose, following: str) -> tuple[Prose | None, Prose | None]:
    """Split a paragraph into what stands for itself and the words that introduce what follows."""
    announces = following == "list" and not introduces(prose.text) and bool(_UNFINISHED.search(prose.text) or topic_of(prose.text) is not Topic.OTHER) and not prose.text.endswith((".", "!", "?"))
    if following not in ("list", "table") or not (introduces(prose.text) or announces):
        return prose, None
    parts = sentences(prose.text)
    begin = parts[-1][0]
    lead = _cut(prose, begin, len(prose.text))
    return (_cut(prose, 0, begin) if begin else None), lead


def _cut(prose: Prose, begin: int, end: int) -> Prose:
    first, last = prose.lines_of(begin, end)
    starts = tuple((max(offset - begin, 0), line) for offset, line in prose.starts if first <= line <= last)
    inside = prose.body_at and begin == 0 and prose.body_at < end
    return replace(prose, text=prose.text[begin:end].strip(), starts=starts or ((0, first),), last=last,
                   lead=prose.lead if inside else "", body_at=prose.body_at if inside else 0)  # fmt: skip


def _inside(frame: Frame, lead: Prose | None, node: Node) -> Frame:
    """The frame of a list or table: its section's, or one of its own if its introduction says what it is."""
    if lead is None:
        return frame
    title = without_colon(lead.text)
    field = field_of(title)
    own = Topic.CRITERIA if field is Field.CRITERION else topic_of(title)
    if own is Topic.OTHER and lead.lead and len(lead.text) > len(lead.lead) + 2:
        own = Topic.NEVER if field_of(lead.lead) is Field.ASIDE else topic_of(lead.lead)
    if field is Field.ASIDE or is_negated_need(title):
        own = Topic.NEVER
    elif title.casefold().startswith(("for example", "e.g", "such as", "example")):
        own = Topic.EXAMPLES
    if own is Topic.OTHER:
        return frame
    topic = enter(frame.topic, own, title)
    if frame.parent is None and frame.topic is Topic.INTRO and own is not Topic.OTHER:
        topic = own
    kind = "non-functional" if own is Topic.QUALITY else frame.kind
    return Frame(frame, title, frame.path, topic, node.first, node.last, label=frame.label, kind=kind, listed=False,
                 level=frame.level, is_story=frame.is_story, story=frame.story)  # fmt: skip


def read_list(node: Node, frame: Frame, owner: Draft | None, lead: Prose | None, out: Collected) -> None:
    """Collect from a list. `lead` is the sentence that introduces it."""
    title = without_colon(lead.text) if lead else ""
    if field_of(title) is Field.DEPENDS and frame.topic is not Topic.DESIGN and title:
        wants = owner.wants if owner is not None else frame.owner.wants
        wants.extend((f"depends on {item.text}", id(node)) for item in node.children)
        return
    inner = _inside(frame, lead, node)
    if lead is not None and inner is frame and _is_enumeration(node, lead.text) and _lead_counts(lead, frame, out):
        _enumerate(node, lead, frame, out)
        return
    if lead is not None and (label := take_apart(lead, from_zero=out.from_zero).label) and frame.topic not in SILENT and label_key(label) not in out.headings:
        said = take_apart(lead, from_zero=out.from_zero)
        out.add(Draft(without_colon(said.text), [lead.lines], frame, label=label, level=said.level, lead=said.lead))
    prefix = title if inner is frame and _JOINS.search(title) else ""
    hint = (level_in_title(title, from_zero=out.from_zero) or level_in_words(title)) if lead is not None else None
    for item in scenarios(node.children):
        read_item(item, inner, owner, _Place(id(node), prefix, hint), out)


class _Place:
    """Where an item stands: its list, and what the list's introduction adds to it."""

    __slots__ = ("hint", "prefix", "scope")

    def __init__(self, scope: int, prefix: str, hint: str | None) -> None:
        self.scope, self.prefix, self.hint = scope, prefix, hint


_ASKS_WHAT = re.compile(r"(?:what|how|when|where|who|why|things)\b", re.IGNORECASE)
_UNFINISHED = re.compile(r"\b(?:that|which|to|must|shall|should|can|will|are|is|with|includes?|supports?|provides?|following|from|of|by)$", re.IGNORECASE)
_NAMES = re.compile(
    r"\b(?:fields?|data|information|columns?|formats?|values?|attributes|properties|types?|states?|status(?:es)?|categories|languages|browsers|platforms|metrics|"
    r"parameters|details|elements|keys|roles|devices|contains?|consists? of|such as|namely|felder|daten|angaben)\b[^:]{0,60}:?$",
    re.IGNORECASE,
)


def _is_enumeration(node: Node, lead: str = "") -> bool:
    """Whether the items are parts of the sentence above them: names, not statements."""
    if lead and _NAMES.search(lead) and len(node.children) > 1:
        return all(
            item.prose is not None and not item.children and len(item.text.split()) <= 6 and names_something(item.text)
            and not split_label(item.text)[0]
            for item in node.children
        )  # fmt: skip
    return len(node.children) > 1 and all(
        item.prose is not None and not item.children and len(item.text.split()) <= 6 and not item.prose.lead
        and not has_action(item.text) and not split_label(item.text)[0] and not step_of(item.text)
        for item in node.children
    )  # fmt: skip


def _names_its_parts(item: Node) -> bool:
    """An item such as "Fields" with nothing but names under it."""
    return len(item.children) == 1 and item.children[0].kind == "list" and len(item.text.split()) <= 3 and _is_enumeration(item.children[0], item.text)


def _lead_counts(lead: Prose, frame: Frame, out: Collected) -> bool:
    text = without_colon(lead.text)
    return has_action(text) and not _JOINS.search(text) and counts(text, frame, out)


def _enumerate(node: Node, lead: Prose, frame: Frame, out: Collected) -> None:
    said = take_apart(lead, from_zero=out.from_zero)
    text = f"{without_colon(said.text)}: " + "; ".join(item.text.rstrip(" ,;.") for item in node.children)
    last = max(item.prose.last for item in node.children if item.prose is not None)
    out.add(Draft(text, [(lead.first, last)], frame, label=said.label, level=said.level, lead=said.lead))


def read_item(item: Node, frame: Frame, owner: Draft | None, place: _Place, out: Collected) -> None:
    """Collect from a list item and what is nested in it."""
    if item.prose is None:
        read_body(item.children, frame, owner, out)
        return
    said = take_apart(item.prose, from_zero=out.from_zero)
    if said.field is Field.CRITERION and frame.topic not in SILENT:
        _criteria(item, said, frame, owner, out)
        return
    if apply_field(said, frame, owner, out):
        return
    if frame.topic is Topic.ORDER:
        out.chain.append(_draft(said, item, frame, place))
        read_body(item.children, frame, None, out)
        return
    own = topic_of(said.lead) if said.lead and said.field is Field.NONE and not said.label else Topic.OTHER
    if said.level == "wont" or (own in ASIDES and not (own is Topic.STORYTELLING and frame.topic in ASKS and said.body and " " not in said.lead)):
        return
    if said.label and label_key(said.label) in out.headings and is_title(said.text) and not item.children:
        return
    if frame.topic not in SILENT and topic_of(item.text) not in SILENT and _names_its_parts(item):
        _enumerate(item.children[0], item.prose, frame, out)
        return
    if _is_group(item, said):
        _group(item, said, frame, out)
        return
    topic = enter(frame.topic, own, said.lead) if said.body and own in (Topic.NEEDS, Topic.QUALITY) else frame.topic
    draft = _place_draft(item, said, frame, topic, owner, place, out)
    if draft is None and frame.topic in SILENT:
        return
    if draft is not None and not draft.is_story and introduces(said.text) and len(item.children) == 1 and _is_enumeration(item.children[0]):
        names = item.children[0].children
        draft.text = f"{without_colon(draft.text)}: " + "; ".join(name.text.rstrip(" ,;.") for name in names)
        draft.lines = [(draft.lines[0][0], max(name.prose.last for name in names if name.prose is not None))]
        return
    inner = frame
    if draft is not None and draft.is_story:
        inner = Frame(frame, draft.text, frame.path, frame.topic, item.first, item.last, label=draft.label, level=draft.level or frame.level,
                      kind=frame.kind, is_story=True, story=draft, listed=False)  # fmt: skip
    _nested(item, said, inner, draft, out)


def _nested(item: Node, said: Said, frame: Frame, draft: Draft | None, out: Collected) -> None:
    """What is nested in an item; the item itself introduces a list that directly follows."""
    if not item.children:
        return
    lead = item.prose if introduces(said.text) and item.children[0].kind == "list" else None
    if lead is not None and draft is None:
        read_list(item.children[0], frame, None, lead, out)
        read_body(item.children[1:], frame, None, out)
    else:
        read_body(item.children, frame, draft, out)


def _place_draft(item: Node, said: Said, frame: Frame, topic: Topic, owner: Draft | None, place: _Place, out: Collected) -> Draft | None:
    """Make the statement that an item is, and put it where it belongs; None if it is none."""
    draft = _draft(said, item, frame, place)
    if is_story(said.text) and frame.topic not in SILENT:
        return out.add_story(draft)
    if introduces(said.text) and item.children and item.children[0].kind == "list" and not _is_enumeration(item.children[0]):
        # it introduces the list nested in it, and may ask for something itself: "Parse the events:"
        said = replace(said, text=without_colon(said.text))
        if _CONDITION.match(said.text) or _JOINS.search(said.text) or not is_need(said.text, plain=True) or not counts_as_item(said, topic, out):
            return None
        draft.text = said.text
        out.add(draft)
        return None
    if not counts_as_item(said, topic, out):
        return None
    draft.kind = "non-functional" if topic is Topic.QUALITY else None
    story_list = frame.is_story and owner is None and frame.topic in (Topic.STORIES, Topic.NEEDS)
    if frame.topic is Topic.CRITERIA or is_scenario(said.text) or story_list or (owner is not None and owner.is_story):
        return out.add_criterion(draft, owner) and draft
    return out.add(draft)


def _draft(said: Said, item: Node, frame: Frame, place: _Place) -> Draft:
    text, lines = said.text, said.prose.lines
    if place.prefix and text[:1].isalpha() and not said.lead:
        text = f"{place.prefix} {text[0].lower() + text[1:] if text[1:2].islower() else text}"
    return Draft(text, [lines], frame, label=said.label, level=said.level, level_hint=place.hint, lead=said.lead,
                 ordinal=item.number, scope=place.scope)  # fmt: skip


def _criteria(item: Node, said: Said, frame: Frame, owner: Draft | None, out: Collected) -> None:
    """An item "Acceptance: ..." or "AC:" with a list under it."""
    if said.text and said.text != said.prose.text:
        out.add_criterion(Draft(said.text, [said.prose.lines], frame, label=said.label), owner)
    inner = Frame(frame, said.lead, frame.path, Topic.CRITERIA, item.first, item.last, label=frame.label, level=frame.level,
                  kind=frame.kind, is_story=frame.is_story, story=frame.story, listed=False)  # fmt: skip
    read_body(item.children, inner, owner, out)


def _is_group(item: Node, said: Said) -> bool:
    """Whether an item is the title of what is nested in it."""
    if not item.children or item.children[0].kind == "code":
        return False
    text = without_colon(said.text)
    titled = said.prose.bold or bool(said.prose.lead and not said.body and not has_action(text)) or _is_short_name(text)
    if not titled or is_story(text):
        return False
    first = item.children[0]
    return not (introduces(said.text) and not said.prose.bold and not said.prose.lead and first.kind == "list" and _is_enumeration(first) and len(item.children) == 1 and topic_of(text) is Topic.OTHER)


def _is_short_name(text: str) -> bool:
    """A title: "Search", "Import products", "Two-factor sign-in for staff"."""
    short = len(text.split()) <= 3
    return names_something(text) if short and is_title(text) else (short or is_title(text)) and not has_action(text)


def _group(item: Node, said: Said, frame: Frame, out: Collected) -> None:
    number = f"{item.number}. " if item.number and said.label is None else ""
    inner = open_frame(frame, said.prose.text, (item.first, item.last), from_zero=out.from_zero, item=True)
    inner.label = inner.label or (None if not number else None)
    inner.level = said.level or inner.level
    if inner.listed:
        out.frames.append(inner)
    before = len(out.drafts)
    read_body(item.children, inner, None, out)
    if len(out.drafts) == before and not inner.drafts and inner.label and inner.topic not in SILENT and is_requirement_label(inner.label):
        out.add_heading(inner)


def _table(node: Node, frame: Frame, owner: Draft | None, out: Collected) -> None:
    if frame.topic in SILENT:
        return
    rows = tables.requirement_rows(node, frame.topic, from_zero=out.from_zero)
    if rows is None:
        all_cells = tables.cells(node)
        text = "\n".join("\t".join(row) for row in all_cells)
        out.blocks.append(Block(kind="table", text=text, section=frame.path, lines=(node.first, node.last), rows=all_cells))
        return
    for row in rows:
        draft = Draft(row.text, [(row.line, row.line)], frame, label=row.label, level=row.level, criteria=list(row.criteria))
        if row.kind:
            draft.kind = "non-functional" if re.match(r"(?:n|quality|constraint|nf)", row.kind, re.IGNORECASE) else "functional"
        if row.depends:
            draft.wants.append((f"depends on {row.depends}", draft.scope))
        if is_story(row.text):
            draft.is_story = True
        if is_scenario(row.text) or frame.topic is Topic.CRITERIA:
            out.add_criterion(draft, owner)
        else:
            out.add(draft)


def _code(node: Node, frame: Frame, owner: Draft | None, out: Collected) -> None:
    out.blocks.append(Block(kind="code", language=node.language, text=node.source.rstrip("\n"), section=frame.path, lines=(node.first, node.last)))
    if node.language in ("gherkin", "feature", "cucumber") and frame.topic not in SILENT:
        for text, lines in gherkin(node):
            out.add_criterion(Draft(text, [lines], frame), owner)


def gherkin(node: Node) -> list[tuple[str, tuple[int, int]]]:
    """The scenarios of a Gherkin block, each as one sentence with its lines."""
    found: list[tuple[list[str], int, int]] = []
    for at, line in enumerate(node.source.split("\n"), start=node.first + 1):
        text = line.strip()
        if re.match(r"(?:Scenario|Example|Szenario)(?: Outline)?:", text):
            found.append(([], at, at))
        elif step_of(text) and found:
            found[-1][0].append(text)
            found[-1] = (found[-1][0], found[-1][1], at)
        elif step_of(text) and text.startswith(("Given", "When")):
            found.append(([text], at, at))
    return [(", ".join(steps), (first, last)) for steps, first, last in found if steps]
