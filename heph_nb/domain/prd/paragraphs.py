"""Paragraphs: which of their sentences are requirements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.drafts import Collected, Draft, Frame
from heph_nb.domain.prd.evidence import speaks_of_product
from heph_nb.domain.prd.fields import Field
from heph_nb.domain.prd.labels import is_epic_label, is_requirement_label, label_key
from heph_nb.domain.prd.levels import level_of_word
from heph_nb.domain.prd.said import Said, is_link, take_apart
from heph_nb.domain.prd.shapes import NORMATIVE, is_question, is_scenario, is_story, sentences, step_of
from heph_nb.domain.prd.topics import ASIDES, ASKS, SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import (
    asks_for_something,
    is_aside,
    is_need,
    is_negated_need,
    is_statement,
    is_strong_need,
    is_talk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.prose import Prose

LONGEST = 1500
"""A "sentence" of more characters is not one."""

_THING = re.compile(r"(?:an?|our|pre-existing|existing) |the (?!users? |system |app )", re.IGNORECASE)
_PROMPT = re.compile(r"\[[^\[\]]{20,}\]\W*")
"""What a template asks of its author: "[Briefly describe the solution.]"."""
_TYPES = re.compile(r"non[- ]?functional|nicht|quality|nfr|constraint|technical", re.IGNORECASE)


def counts(text: str, frame: Frame, out: Collected, *, told: bool = False) -> bool:
    """Whether one sentence of a paragraph is a requirement in this section; `told`: the one in front of it is."""
    topic = frame.topic
    if len(text) > LONGEST or topic in SILENT - {Topic.STORYTELLING} or topic is Topic.ORDER:
        return topic is Topic.RECORD and is_strong_need(text)
    if topic in (Topic.STORYTELLING, Topic.INTRO) and speaks_of_product(text):
        return True
    if topic is Topic.STORYTELLING:
        return False
    if topic is Topic.INTRO or (topic is Topic.SCOPE and out.explicit):
        return is_strong_need(text)
    if topic is Topic.SCOPE:
        return is_need(text, plain=True)
    if topic is Topic.DESIGN:
        return asks_for_something([text])
    if topic in (Topic.NEEDS, Topic.QUALITY) or (topic is Topic.OTHER and frame.path and not out.explicit):
        return is_statement(text)
    if out.foreign and topic is Topic.STORIES:
        return is_statement(text)
    if told and not out.explicit:
        return is_need(text, plain=True) and is_statement(text)
    told = bool(frame.path or out.drafts)  # without headings, what is asked for comes first, and how it is after it
    return is_need(text, plain=topic in (Topic.CRITERIA, Topic.STORIES) or (told and not out.explicit))


def counts_as_item(said: Said, topic: Topic, out: Collected) -> bool:
    """Whether a list item is a requirement in a section of this topic."""
    text = said.sentences[0] if said.text else ""
    if topic is Topic.RECORD and said.label and is_requirement_label(said.label):
        topic = Topic.OTHER  # whatever the heading, a labelled requirement is one
    if topic in SILENT or topic is Topic.ORDER or is_link(said.text) or not any(map(str.isalpha, text)):
        return False
    if is_question(said.text) or is_question(text) or is_negated_need(text):
        return False
    if topic is Topic.SCOPE and out.explicit:
        return any(NORMATIVE.search(part) and not is_talk(part) for part in said.sentences)
    if topic is Topic.INTRO:
        return any(map(is_strong_need, said.sentences))
    if topic is Topic.DESIGN and not said.label:
        return not _describes(said) and asks_for_something(said.sentences)
    return not is_aside(text)


def _describes(said: Said) -> bool:
    """Whether an item only tells what a part is: "Server: The application that ..."."""
    return bool(said.lead and _THING.match(said.body)) and not any(map(NORMATIVE.search, said.sentences))


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
            (owner.wants if owner is not None else frame.owner.wants).append(
                (f"depends on {text}", owner.scope if owner is not None else 0)
            )
        case Field.TYPE:
            kind = "non-functional" if _TYPES.search(text) else "functional"
            if owner is not None:
                owner.kind = kind
            else:
                frame.owner.kind = kind
        case Field.ASIDE:
            return True
        case _:
            return False
    out.attached.append(said.prose.lines)
    return True


def read_paragraph(prose: Prose, frame: Frame, owner: Draft | None, out: Collected) -> None:
    """Collect the requirements of a paragraph. `owner` is the list item it belongs to, if it stands in one."""
    if _PROMPT.fullmatch(prose.text):
        return
    said = take_apart(prose, from_zero=out.from_zero)
    if apply_field(said, frame, owner, out) or not said.text or _is_silent(said, frame, out):
        return
    draft = Draft(said.text, [prose.lines], frame, label=said.label, level=said.level, lead=said.lead)
    step = frame.topic is Topic.CRITERIA and bool(step_of(said.text))
    if said.field is Field.CRITERION or is_scenario(said.text) or step:
        out.add_criterion(draft, owner)
    elif is_story(said.text):
        out.add_story(draft)
    elif _is_one_statement(said, frame) and counts_as_item(said, frame.topic, out):
        if frame.topic is Topic.CRITERIA:
            out.add_criterion(draft, owner)
        else:
            out.add(draft)
    elif frame.label and is_epic_label(frame.label) and frame.topic is Topic.STORIES:
        frame.told = frame.told or said.text  # its stories say what is to be done
    elif _tells_story(said, frame):
        out.add_story(draft)
    else:
        _read_sentences(said, frame, owner, out)


def _is_silent(said: Said, frame: Frame, out: Collected) -> bool:
    """Whether nothing in this paragraph can be a requirement, by its section or its lead."""
    if frame.topic is Topic.ORDER or (said.label and label_key(said.label) in out.headings):
        return True
    if frame.topic in SILENT - {Topic.STORYTELLING}:
        asks = (said.label is not None and is_requirement_label(said.label)) or any(map(is_strong_need, said.sentences))
        return not (asks and frame.topic is Topic.RECORD)
    aside = bool(said.lead) and said.field is Field.NONE and topic_of(said.lead) in ASIDES
    return aside and not said.label and not is_scenario(said.text)


def _is_one_statement(said: Said, frame: Frame) -> bool:
    """Whether a paragraph is one statement as a whole: it has a label, or is called "Requirement: ..."."""
    described = said.field is Field.TEXT and frame.topic in ASKS and not frame.is_story
    ranked = said.level is not None and said.level != "wont" and said.text != said.prose.text
    return said.label is not None or described or ranked  # "Nice to have: ..."


def _tells_story(said: Said, frame: Frame) -> bool:
    """Whether this is the text of a user story in other words than "As a ..., I want ..."."""
    if not frame.is_story or frame.story is not None or frame.topic is not Topic.STORIES:
        return False
    return bool(said.sentences) and is_need(said.sentences[0], plain=True)


def _read_sentences(said: Said, frame: Frame, owner: Draft | None, out: Collected) -> None:
    found = [] if is_link(said.text) else [*_statements(said, frame, out)]
    if frame.topic is Topic.CRITERIA:
        for draft in found:
            out.add_criterion(draft, owner)
    elif found and frame.label and is_requirement_label(frame.label) and not frame.drafts:
        whole = found[0]
        end = said.text.rfind(found[-1].text) + len(found[-1].text)
        whole.text = said.text[said.text.find(whole.text) : end]  # with what stands between them
        whole.lines = [(whole.lines[0][0], found[-1].lines[0][1])]
        whole.label = frame.label
        out.add(whole)
    else:
        for draft in found:
            out.add(draft)


def _statements(said: Said, frame: Frame, out: Collected) -> Iterator[Draft]:
    """Yield the sentences that are requirements. The title in front of the first ("**Search.** ...") is none."""
    whole = said.prose.text
    offset = whole.find(said.text, said.at) if said.text in whole else said.at
    bold_title = said.lead and said.field is Field.NONE and said.prose.bold_lead
    title = said.prose.body_at - said.at if bold_title else 0
    told = False
    for begin, end in sentences(said.text):
        text = said.text[begin:end]
        first = begin == 0 and bool(said.lead)
        told = end > title and (
            counts(text, frame, out, told=told) or (first and counts(_behind_lead(said, end), frame, out))
        )
        if not told:
            continue
        lines = said.prose.lines_of(offset + begin, offset + end)
        yield Draft(text, [lines], frame, level=said.level, lead=said.lead if first else "")


def _behind_lead(said: Said, end: int) -> str:
    """Return the first sentence without the title in front of it."""
    return said.body[: end - (len(said.text) - len(said.body))]
