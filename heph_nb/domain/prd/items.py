"""List items: statements, titles of what is nested in them, fields, criteria."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from heph_nb.domain.prd.drafts import Collected, Draft, Frame, enter, open_frame
from heph_nb.domain.prd.evidence import is_feature_name
from heph_nb.domain.prd.fields import Field, field_of
from heph_nb.domain.prd.introductions import (
    enumerated,
    introduced,
    introduction_counts,
    is_condition,
    is_enumeration,
    joins,
    names_its_parts,
)  # fmt: skip
from heph_nb.domain.prd.labels import is_requirement_label, label_key
from heph_nb.domain.prd.levels import level_in_title, level_in_words
from heph_nb.domain.prd.paragraphs import apply_field, counts_as_item
from heph_nb.domain.prd.said import Said, take_apart
from heph_nb.domain.prd.scenarios import scenarios
from heph_nb.domain.prd.shapes import NORMATIVE, introduces, is_scenario, is_story, is_title, without_colon
from heph_nb.domain.prd.topics import ASIDES, ASKS, SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import begins_with_gerund, has_action, is_need, names_something

if TYPE_CHECKING:
    from collections.abc import Callable

    from heph_nb.domain.prd.prose import Prose
    from heph_nb.domain.prd.tree import Node

    Body = Callable[[list[Node], Frame, Draft | None, Collected], None]

_CONDITION = re.compile(
    r"(?:when|whenever|if|for|on|in|after|before|during|while|once|given|at|by|with|wenn|falls|bei|nach)\b",
    re.IGNORECASE,
)


MANY = 3
"""From so many items on, the items of a list share their fate."""


class Fate(Enum):
    """What the items of a list are."""

    TAKEN = "taken"
    PASSED = "passed"
    OWN = "own"
    """Each is judged by its own words."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Reads lists. ``body`` reads what is nested in an item."""

    body: Body

    def read(self, node: Node, frame: Frame, owner: Draft | None, lead: Prose | None, out: Collected) -> None:
        """Collect from a list; `lead` is the sentence that introduces it, `owner` the item it is nested in."""
        title = without_colon(lead.text) if lead else ""
        if title and field_of(title) is Field.DEPENDS and frame.topic is not Topic.DESIGN:
            wants = owner.wants if owner is not None else frame.owner.wants
            wants.extend((f"depends on {item.text}", id(node)) for item in node.children)
            out.attached.append((node.first, node.last))
            return
        inner = introduced(frame, lead, node)
        if (
            lead is not None
            and (inner is frame or (inner.topic is Topic.NEEDS and frame.topic not in SILENT))
            and is_enumeration(node, lead.text)
            and introduction_counts(lead, inner, out)
        ):
            out.add(enumerated(node, lead, inner, out))
            return
        hint = None
        if lead is not None:
            hint = level_in_title(title, from_zero=out.from_zero) or level_in_words(title)
            self._labelled_introduction(lead, frame, out)
        elif frame.story is not None and frame.drafts and frame.drafts[-1] is frame.story and owner is None:
            inner = frame.inner(Topic.CRITERIA, frame.title, (node.first, node.last), kind=frame.kind)
        condition = lead is not None and is_condition(lead.text)
        prefix = title if inner.topic not in SILENT and (condition or joins(title)) else ""
        prefix += "," if prefix and condition else ""
        if prefix and lead is not None:
            out.attached.append(lead.lines)
        place = _Place(node, prefix, hint, _are_named(node), _fate(node, inner.topic, out))
        for item in scenarios(node.children):
            self._item(item, inner, owner, place, out)

    def _labelled_introduction(self, lead: Prose, frame: Frame, out: Collected) -> None:
        """Take "FR-2: The report has these parts:" as a statement beside its items."""
        said = take_apart(lead, from_zero=out.from_zero)
        text = without_colon(said.text)
        if text and said.label and frame.topic not in SILENT and label_key(said.label) not in out.headings:
            out.add(Draft(text, [lead.lines], frame, label=said.label, level=said.level, lead=said.lead))

    def _item(self, item: Node, frame: Frame, owner: Draft | None, place: _Place, out: Collected) -> None:
        if item.prose is None:
            self.body(item.children, frame, owner, out)
            return
        said = take_apart(item.prose, from_zero=out.from_zero, named=place.named)
        if said.field is Field.CRITERION and frame.topic not in SILENT:
            self._criteria(item, said, frame, owner, out)
        elif apply_field(said, frame, owner, out):
            return
        elif frame.topic is Topic.ORDER:
            out.chain.append(place.draft(said, item, frame))
            self.body(item.children, frame, None, out)
        elif _is_beside_the_point(item, said, frame, place, out):
            return
        elif frame.topic not in SILENT and topic_of(item.text) not in SILENT and names_its_parts(item):
            out.add(enumerated(item.children[0], item.prose, frame, out))
        elif _is_group(item, said):
            self._group(item, said, frame, place, out)
        else:
            self._statement(item, said, frame, owner, place, out)

    def _statement(
        self, item: Node, said: Said, frame: Frame, owner: Draft | None, place: _Place, out: Collected
    ) -> None:
        draft = _put(item, said, frame, owner, place, out)
        if draft is None and frame.topic in SILENT:
            return
        named = introduces(said.text) and len(item.children) == 1 and is_enumeration(item.children[0])
        if draft is not None and named and not draft.is_story:
            whole = enumerated(item.children[0], item.prose, frame, out) if item.prose is not None else draft
            draft.text, draft.lines = (
                f"{without_colon(draft.text)}{whole.text[len(without_colon(said.text)) :]}",
                whole.lines,
            )
            return
        inner = frame
        if draft is not None and draft.is_story:
            inner = frame.inner(frame.topic, draft.text, (item.first, item.last), kind=frame.kind)
            inner.label, inner.level, inner.is_story, inner.story = draft.label, draft.level or frame.level, True, draft
        level = level_in_title(said.text, from_zero=out.from_zero) if draft is None and item.children else None
        if level is not None:
            inner = frame.inner(frame.topic, said.text, (item.first, item.last), kind=frame.kind)
            inner.level = level
        if _opens(said.text) and draft is None and item.children and item.children[0].kind == "list":
            self.read(item.children[0], inner, None, item.prose, out)
            self.body(item.children[1:], inner, None, out)
        else:
            self.body(item.children, inner, draft, out)

    def _criteria(self, item: Node, said: Said, frame: Frame, owner: Draft | None, out: Collected) -> None:
        """Take an item "Acceptance: ..." or "AC:" with a list under it."""
        if said.text and said.text != said.prose.text:
            out.add_criterion(Draft(said.text, [said.prose.lines], frame, label=said.label), owner)
        inner = frame.inner(Topic.CRITERIA, said.lead, (item.first, item.last), kind=frame.kind)
        self.body(item.children, inner, owner, out)

    def _group(self, item: Node, said: Said, frame: Frame, place: _Place, out: Collected) -> None:
        inner = open_frame(frame, said.prose.text, (item.first, item.last), from_zero=out.from_zero, item=True)
        if is_feature_name(item.text, place.titles, frame.topic):
            inner.topic = frame.topic
        inner.level = said.level or inner.level
        if inner.listed:
            out.frames.append(inner)
        before = len(out.drafts)
        self.body(item.children, inner, None, out)
        if (
            len(out.drafts) == before
            and inner.label
            and inner.topic not in SILENT
            and is_requirement_label(inner.label)
        ):
            out.add_heading(inner)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stands: its list, and what the list's introduction adds to it."""

    list: Node
    prefix: str
    hint: str | None
    named: bool
    fate: Fate

    @property
    def titles(self) -> list[str]:
        """What stands in front of each item, or the item."""
        return [item.prose.lead or item.text for item in self.list.children if item.prose is not None]

    def draft(self, said: Said, item: Node, frame: Frame) -> Draft:
        text = said.text
        if self.prefix and text[:1].isalpha() and not said.lead:
            first = text[0].lower() if text[1:2].islower() else text[0]
            text = f"{self.prefix} {first}{text[1:]}"
        draft = Draft(text, [said.prose.lines], frame, label=said.label, level=said.level, lead=said.lead)
        draft.level_hint, draft.ordinal, draft.scope = self.hint, item.number, id(self.list)
        return draft


def _are_named(node: Node) -> bool:
    """Whether the items of a list are features with their names in front, and not the fields of something."""
    leads = [item.prose.lead for item in node.children if item.prose is not None and item.prose.lead]
    names = sum(field_of(lead) is Field.NONE and topic_of(lead) not in SILENT for lead in leads)
    return names > 0 and names * 2 >= len(node.children) == len(leads)


def _is_beside_the_point(item: Node, said: Said, frame: Frame, place: _Place, out: Collected) -> bool:
    """Whether an item is out of scope, an aside ("Risk: ..."), or only names what has a heading of its own."""
    if said.level == "wont":
        return True
    if said.label and label_key(said.label) in out.headings and is_title(said.text) and not item.children:
        return True
    if said.label and label_key(said.label) in out.groups and is_title(said.text) and not item.children:
        return True
    if said.label and introduces(said.text) and not item.children and _is_short_name(without_colon(said.text)):
        return True
    own = _own_topic(said)
    feature = own is Topic.STORYTELLING and frame.topic in ASKS and bool(said.body) and " " not in said.lead
    return own in ASIDES and not feature and not is_feature_name(said.lead, place.titles, frame.topic)


def _own_topic(said: Said) -> Topic:
    return topic_of(said.lead) if said.lead and said.field is Field.NONE and not said.label else Topic.OTHER


def _put(item: Node, said: Said, frame: Frame, owner: Draft | None, place: _Place, out: Collected) -> Draft | None:
    """Make the statement that an item is, and put it where it belongs; None if it is none."""
    own = _own_topic(said)
    topic = enter(frame.topic, own, said.lead) if said.body and own in (Topic.NEEDS, Topic.QUALITY) else frame.topic
    draft = place.draft(said, item, frame)
    if is_story(said.text) and frame.topic not in SILENT:
        return out.add_story(draft)
    nested = bool(item.children) and item.children[0].kind == "list"
    if _opens(said.text) and nested and not is_enumeration(item.children[0]):
        # it introduces the list nested in it, and may ask for something itself: "Parse the events:"
        bare = replace(said, text=without_colon(said.text))
        asks = not _CONDITION.match(bare.text) and not joins(bare.text) and is_need(bare.text, plain=True)
        if asks and counts_as_item(bare, topic, out):
            draft.text = bare.text
            out.add(draft)
        return None
    if not _counts(said, topic, place.fate, out):
        return None
    draft.kind = "non-functional" if topic is Topic.QUALITY else None
    in_story = frame.is_story and owner is None and frame.topic in (Topic.STORIES, Topic.NEEDS)
    if frame.topic is Topic.CRITERIA or is_scenario(said.text) or in_story or (owner is not None and owner.is_story):
        return out.add_criterion(draft, owner) and draft
    return out.add(draft)


def _opens(text: str) -> bool:
    """Whether a text says nothing without the list below it: "Parse the events:", "If the card is blocked"."""
    return introduces(text) or is_condition(text)


def _fate(node: Node, topic: Topic, out: Collected) -> Fate:
    """Return what most items of a list are, where each would be judged by its words alone."""
    if topic is not Topic.DESIGN or len(node.children) < MANY:
        return Fate.OWN
    read = [take_apart(item.prose, from_zero=out.from_zero) for item in node.children if item.prose is not None]
    found = [said for said in read if said.field is Field.NONE and _own_topic(said) not in SILENT]
    taken = sum(counts_as_item(said, topic, out) or begins_with_gerund(said.text) for said in found)
    if taken * 3 >= len(found) * 2:
        return Fate.TAKEN
    return Fate.PASSED if taken * 3 <= len(found) else Fate.OWN


def _counts(said: Said, topic: Topic, fate: Fate, out: Collected) -> bool:
    """Whether an item is a requirement: the items of one list share their fate, save those that say otherwise."""
    if fate is Fate.TAKEN:
        return counts_as_item(said, Topic.NEEDS, out)
    if fate is Fate.PASSED and not said.label and not any(map(NORMATIVE.search, said.sentences)):
        return False
    return counts_as_item(said, topic, out)


def _is_group(item: Node, said: Said) -> bool:
    """Whether an item is the title of what is nested in it."""
    if not item.children or item.children[0].kind == "code":
        return False
    text = without_colon(said.text)
    if is_story(text):
        return False
    if said.prose.bold or (said.prose.lead and not said.body and not has_action(text)):
        return True
    if said.prose.bold_lead and said.body:
        return False
    return _is_short_name(text) and not (introduces(said.text) and _holds_names(item) and topic_of(text) is Topic.OTHER)


def _holds_names(item: Node) -> bool:
    return len(item.children) == 1 and item.children[0].kind == "list" and is_enumeration(item.children[0])


def _is_short_name(text: str) -> bool:
    """Whether a text is a title: "Search", "Import products", "Two-factor sign-in for staff"."""
    short = len(text.split()) <= 3
    return names_something(text) if short and is_title(text) else (short or is_title(text)) and not has_action(text)
