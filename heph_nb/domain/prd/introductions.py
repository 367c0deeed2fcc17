"""What introduces a list or table: the words in front of it, and whether its items are statements or names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.drafts import Draft, Frame, enter
from heph_nb.domain.prd.evidence import reopens
from heph_nb.domain.prd.fields import Field, field_of
from heph_nb.domain.prd.labels import split_label
from heph_nb.domain.prd.paragraphs import counts
from heph_nb.domain.prd.said import take_apart
from heph_nb.domain.prd.shapes import introduces, sentences, step_of, without_colon
from heph_nb.domain.prd.topics import Topic, topic_of
from heph_nb.domain.prd.wording import has_action, is_negated_need, names_something

if TYPE_CHECKING:
    from heph_nb.domain.prd.drafts import Collected
    from heph_nb.domain.prd.prose import Prose
    from heph_nb.domain.prd.tree import Node

LONGEST_NAME = 6
"""A list item of more words is not the name of a thing."""

_I = re.IGNORECASE
_JOINS = re.compile(rf"\b(?:{lexicon.either('sentences', 'joins')})$", _I)
_CONDITION = re.compile(r"(?:if|when|whenever|wenn|falls|sobald)\b[^,.;!?]+[^,.;:!?]", _I)
_IS_NOT = re.compile(r"\b(?:is|are|do|does|will) not(?: [a-z]+){0,2}$", _I)
"""The end of an introduction of what is left to others: "It does not decide"."""
_UNFINISHED = re.compile(
    r"\b(?:that|which|to|must|shall|should|can|will|are|is|with|includes?|supports?|provides?|following|from|of|by)$",
    _I,
)
_PARTS = re.compile(
    r"\b(?:fields?|data|information|columns?|formats?|values?|attributes|properties|types?|states?|status(?:es)?|categories|languages|browsers|"
    r"platforms|metrics|parameters|details|elements|keys|roles|devices|contains?|consists? of|such as|namely|"
    r"felder|daten|angaben)\b[^:]{0,60}:?$",
    _I,
)
_EXAMPLES = ("for example", "e.g", "such as", "example")


def split_introduction(prose: Prose, following: str) -> tuple[Prose | None, Prose | None]:
    """Split a paragraph into what stands for itself and the words that introduce what follows.

    Parameters
    ----------
    prose : Prose
        The paragraph.
    following : str
        The kind of the node behind it.
    """
    text = prose.text
    ended = text.endswith((".", "!", "?"))
    announces = following == "list" and not ended and (_UNFINISHED.search(text) or topic_of(text) is not Topic.OTHER)
    if following not in ("list", "table") or not (introduces(text) or announces):
        return prose, None
    begin = sentences(text)[-1][0]
    return (_cut(prose, 0, begin) if begin else None), _cut(prose, begin, len(text))


def _cut(prose: Prose, begin: int, end: int) -> Prose:
    first, last = prose.lines_of(begin, end)
    starts = tuple((max(offset - begin, 0), line) for offset, line in prose.starts if first <= line <= last) or (
        (0, first),
    )
    text = prose.text[begin:end].strip()
    if prose.body_at and begin == 0 and prose.body_at < end:
        return replace(prose, text=text, starts=starts, last=last)
    return replace(prose, text=text, starts=starts, last=last, lead="", body_at=0)


def introduced(frame: Frame, lead: Prose | None, node: Node) -> Frame:
    """Return the frame of a list or table: its section's, or one of its own if its introduction says what it is."""
    own = _topic(lead) if lead is not None else Topic.OTHER
    title = without_colon(lead.text) if lead is not None else ""
    if own is not Topic.NEVER and reopens(frame.topic, lead, node):
        return frame.inner(Topic.NEEDS, title, (node.first, node.last), kind=frame.kind)
    if lead is None or own is Topic.OTHER:
        return frame
    preface = frame.parent is None and frame.topic is Topic.INTRO
    topic = own if preface else enter(frame.topic, own, title)
    kind = "non-functional" if own is Topic.QUALITY else frame.kind
    return frame.inner(topic, title, (node.first, node.last), kind=kind)


def _topic(lead: Prose) -> Topic:
    title = without_colon(lead.text)
    field = field_of(title)
    if field is Field.ASIDE or is_negated_need(title) or _IS_NOT.search(title):
        return Topic.NEVER
    if title.casefold().startswith(_EXAMPLES):
        return Topic.EXAMPLES
    if field is Field.CRITERION:
        return Topic.CRITERIA
    sentence = len(title.split()) > LONGEST_NAME and has_action(title)
    own = topic_of(title)
    if (sentence and own is not Topic.NEVER) or (joins(title) and " " in title):
        own = Topic.OTHER  # a sentence is about what it says, not about its last word
    if own is Topic.OTHER and lead.lead and len(lead.text) > len(lead.lead) + 2:
        return Topic.NEVER if field_of(lead.lead) is Field.ASIDE else topic_of(lead.lead)
    return own


def joins(title: str) -> bool:
    """Whether an introduction runs on into each item: "The system must"."""
    return bool(_JOINS.search(title))


def is_condition(text: str) -> bool:
    """Whether a text is nothing but a condition: "When the door opens"."""
    return bool(_CONDITION.fullmatch(text))


def is_enumeration(node: Node, lead: str = "") -> bool:
    """Whether the items of a list are parts of the sentence above them: names, not statements."""
    parts = bool(lead and _PARTS.search(lead))
    return len(node.children) > 1 and all(_is_name(item, part=parts) for item in node.children)


def _is_name(item: Node, *, part: bool) -> bool:
    if item.prose is None or item.children or len(item.text.split()) > LONGEST_NAME or split_label(item.text)[0]:
        return False
    if part:
        return names_something(item.text)
    return not (item.prose.lead or has_action(item.text) or step_of(item.text))


def names_its_parts(item: Node) -> bool:
    """Whether an item is a name such as "Fields" with nothing but names under it."""
    inside = item.children
    return (
        len(inside) == 1
        and inside[0].kind == "list"
        and len(item.text.split()) <= 3
        and bool(_PARTS.search(item.text))
        and is_enumeration(inside[0], item.text)
    )


def introduction_counts(lead: Prose, frame: Frame, out: Collected) -> bool:
    """Whether the sentence above an enumeration is a requirement."""
    text = without_colon(lead.text)
    return has_action(text) and not joins(text) and counts(text, frame, out)


def enumerated(node: Node, lead: Prose, frame: Frame, out: Collected) -> Draft:
    """Return one statement out of a sentence and the names under it."""
    said = take_apart(lead, from_zero=out.from_zero)
    names = [item.text.rstrip(" ,;.") for item in node.children]
    last = max(item.prose.last for item in node.children if item.prose is not None)
    text = f"{without_colon(said.text)}: " + "; ".join(names)
    return Draft(text, [(lead.first, last)], frame, label=said.label, level=said.level, lead=said.lead)
