"""Paragraphs: which of their sentences are requirements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.drafts import Collected, Draft, Frame
from heph_nb.domain.prd.fields import Field
from heph_nb.domain.prd.labels import is_epic_label, is_requirement_label, label_key
from heph_nb.domain.prd.levels import level_of_word
from heph_nb.domain.prd.said import Said, is_link, take_apart
from heph_nb.domain.prd.shapes import is_question, is_scenario, is_story, sentences, step_of
from heph_nb.domain.prd.topics import ASIDES, ASKS, SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import (
    asks_for_something,
    is_aside,
    is_need,
    is_negated_need,
    is_statement,
    is_strong_need,
)

if TYPE_CHECKING:
    from heph_nb.domain.prd.prose import Prose

LONGEST = 1500
"""A "sentence" of more characters is not one."""

_TYPES = re.compile(r"non[- ]?functional|nicht|quality|nfr|constraint|technical", re.IGNORECASE)


def counts(text: str, frame: Frame, out: Collected) -> bool:
    """Whether one sentence of a paragraph is a requirement in this section."""
    topic = frame.topic
    if len(text) > LONGEST or topic in SILENT or topic is Topic.ORDER:
        return False
    if topic is Topic.INTRO or (topic is Topic.SCOPE and out.explicit):
        return is_strong_need(text)
    if topic is Topic.DESIGN:
        return asks_for_something([text])
    if topic in (Topic.NEEDS, Topic.QUALITY) or (topic is Topic.OTHER and frame.path and not out.explicit):
        return is_statement(text)
    return is_need(text, plain=topic is Topic.CRITERIA or bool(frame.path and not out.explicit))


def counts_as_item(said: Said, topic: Topic, out: Collected) -> bool:
    """Whether a list item is a requirement in a section of this topic."""
    text = said.sentences[0] if said.text else ""
    if topic is Topic.RECORD and said.label and is_requirement_label(said.label):
        topic = Topic.OTHER  # whatever the heading, a labelled requirement is one
    if topic in SILENT or topic is Topic.ORDER or is_link(said.text) or not any(map(str.isalpha, text)):
        return False
    if is_question(said.text) or is_question(text) or is_negated_need(text):
        return False
    if topic is Topic.INTRO or (topic is Topic.SCOPE and out.explicit):
        return any(map(is_strong_need, said.sentences))
    if topic is Topic.DESIGN:
        return asks_for_something(said.sentences)
    if topic is Topic.OTHER and out.explicit and not said.label:
        return any(is_need(part, plain=True) for part in said.sentences)
    return not is_aside(text)


def apply_field(said: Said, frame: Frame, owner: Draft | None, out: Collected) -> bool:
    """Apply "Priority: ...", "Depends on: ...", "Why: ..." to what it stands beside; True if that was all it is."""
    text = said.text
    match said.field:
        case Field.LEVEL:
            level = level_of_word(text, from_zero=out.from_zero)
            if level is None:
                return len(text) < 60
            if owner is not None:
                owner.level = level
            else:
                frame.owner.level = level
        case Field.DEPENDS if frame.topic is not Topic.DESIGN:
            (owner.wants if owner is not None else frame.owner.wants).append((f"depends on {text}", owner.scope if owner is not None else 0))
        case Field.TYPE:
            kind = "non-functional" if _TYPES.search(text) else "functional"
            if owner is not None:
                owner.kind = kind
            else:
                frame.owner.kind = kind
        case Field.ASIDE:
            pass
        case _:
            return False
    return True


def read_paragraph(prose: Prose, frame: Frame, owner: Draft | None, out: Collected) -> None:
    """Collect the requirements of a paragraph. `owner` is the list item it belongs to, if it stands in one."""
    said = take_apart(prose, from_zero=out.from_zero)
    if apply_field(said, frame, owner, out) or not said.text:
        return
    labelled = said.label is not None and is_requirement_label(said.label)
    if (frame.topic in SILENT and not (labelled and frame.topic is Topic.RECORD)) or frame.topic is Topic.ORDER:
        return
    if said.lead and said.field is Field.NONE and topic_of(said.lead) in ASIDES and not said.label and not is_scenario(said.text):
        return
    if said.label and label_key(said.label) in out.headings:
        return  # a list of what follows
    whole = Draft(said.text, [prose.lines], frame, label=said.label, level=said.level, lead=said.lead)
    if said.field is Field.CRITERION or is_scenario(said.text) or (step_of(said.text) and frame.topic is Topic.CRITERIA):
        out.add_criterion(whole, owner)
    elif is_story(said.text):
        out.add_story(whole)
    elif said.label and frame.topic is Topic.CRITERIA and counts_as_item(said, frame.topic, out):
        out.add_criterion(whole, owner)
    elif (said.label or (said.field is Field.TEXT and frame.topic in ASKS and not frame.is_story)) and counts_as_item(said, frame.topic, out):
        out.add(whole)
    elif frame.label and is_epic_label(frame.label) and frame.topic is Topic.STORIES:
        frame.told = frame.told or said.text  # its stories say what is to be done
    elif frame.is_story and frame.story is None and frame.topic is Topic.STORIES and said.sentences and is_need(said.sentences[0], plain=True):
        out.add_story(whole)
    else:
        _read_sentences(said, frame, owner, out)


def _read_sentences(said: Said, frame: Frame, owner: Draft | None, out: Collected) -> None:
    if is_link(said.text):
        return
    offset = said.prose.text.find(said.text, said.at) if said.text in said.prose.text else said.at
    title = said.prose.body_at - said.at if said.lead and said.field is Field.NONE and said.prose.bold_lead else 0
    found = [
        Draft(said.text[begin:end], [said.prose.lines_of(offset + begin, offset + end)], frame, level=said.level, lead=said.lead if not begin else "")
        for begin, end in sentences(said.text)
        if end > title  # "**Search.**" is the title of what follows
        if counts(_behind_lead(said, begin, end), frame, out) or (begin == 0 and said.lead and counts(said.text[begin:end], frame, out))
    ]  # fmt: skip
    if not found:
        return
    if frame.topic is Topic.CRITERIA:
        for draft in found:
            out.add_criterion(draft, owner)
    elif frame.label and is_requirement_label(frame.label) and not frame.drafts:
        found[0].text = " ".join(draft.text for draft in found)
        found[0].lines = [(found[0].lines[0][0], found[-1].lines[0][1])]
        found[0].label = frame.label
        out.add(found[0])
    else:
        for draft in found:
            out.add(draft)


def _behind_lead(said: Said, begin: int, end: int) -> str:
    """A sentence as it is judged: the first without the title in front of it."""
    text = said.text[begin:end]
    return said.body[: end - (len(said.text) - len(said.body))] if begin == 0 and said.lead and len(said.body) < len(said.text) else text
