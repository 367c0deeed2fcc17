"""One paragraph or list item, taken apart: label, level, field, and the statement itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from heph_nb.domain.prd.fields import Field, field_of, holds_talk, may_be_title
from heph_nb.domain.prd.labels import split_label
from heph_nb.domain.prd.levels import take_level
from heph_nb.domain.prd.prose import PLAIN_LEAD, Prose
from heph_nb.domain.prd.shapes import NORMATIVE, sentences
from heph_nb.domain.prd.wording import has_action, is_need

_LINK_ONLY = re.compile(r"(?:\w+:?\s*)?(?:https?://\S+|www\.\S+|\S+@\S+\.\w+)[\s.)]*$")
_FILE = r"`?[\w*/\\-][\w./\\*-]*\.[A-Za-z]\w{0,4}`?"
_FILES_ONLY = re.compile(rf"(?:[\w ]{{1,30}}:\s*)?{_FILE}(?:(?:,| and| or)?\s+{_FILE})*[\s.]*$")
_CLARIFY = re.compile(r"\s*\[NEEDS CLARIFICATION[^\]]*\]", re.IGNORECASE)
_SENTENCE_LABEL = re.compile(r"^[\s:–—-]+")


@dataclass(frozen=True, slots=True)
class Said:
    """What a paragraph or item says.

    ``text`` is the statement without label and level tag, and without the name of a field; ``at`` is where it begins in
    the prose's text. ``lead`` is the title in front of it, if it has one.
    """

    prose: Prose
    text: str
    at: int
    lead: str
    field: Field
    label: str | None
    level: str | None

    @property
    def body(self) -> str:
        """The statement without its lead."""
        lead = self.lead
        if lead and self.text.startswith(lead):
            return self.text[len(lead) :].lstrip(" :\uff1a.–—-")
        return self.text

    @property
    def sentences(self) -> list[str]:
        """The statement, sentence by sentence."""
        return [self.text[begin:end] for begin, end in sentences(self.text)]


def take_apart(prose: Prose, *, from_zero: bool, named: bool = False) -> Said:
    """Take a paragraph apart.

    Parameters
    ----------
    prose : Prose
        The paragraph or list item.
    from_zero : bool
        Whether priorities count from P0.
    named : bool
        Whether what stands beside it are features with their names in front: "Confidence: ..." is one as well.
    """
    text = prose.text
    label, at = split_label(text)
    lead, behind = prose.lead, prose.body_at
    if label:
        inner, cut = split_label(lead + " ")
        lead = lead[cut:].strip(" :–—-") if inner else lead
        at = _SENTENCE_LABEL.match(text[at:]).end() + at if _SENTENCE_LABEL.match(text[at:]) else at  # type: ignore[union-attr]
        if not lead and (found := PLAIN_LEAD.match(text[at:])) and (found[1] or found[2]):
            lead, behind = found[1] or found[2], at + found.end()
    level, rest = take_level(text[at:], from_zero=from_zero)
    field = field_of(lead) if lead else Field.NONE
    if (
        field in (Field.ASIDE, Field.CRITERION, Field.DEPENDS)
        and may_be_title(lead)
        and _states(text[behind:], note=holds_talk(lead))
    ):
        field = Field.NONE
    if named and field is Field.ASIDE and has_action(text[behind:]):
        field = Field.NONE
    if field is not Field.NONE and behind >= at:
        rest, at = text[behind:], behind
        level, rest = (level, rest) if level else take_level(rest, from_zero=from_zero)
    return Said(prose, _CLARIFY.sub("", rest).strip() or rest.strip(), at, lead, field, label, level)


def _states(body: str, *, note: bool) -> bool:
    return bool(NORMATIVE.search(body)) or (not note and is_need(body, plain=True))  # "Tags: users can add tags"


def is_link(text: str) -> bool:
    """Whether there is only an address, or the names of files."""
    return bool(_LINK_ONLY.match(text[:400]) or (len(text) < 400 and _FILES_ONLY.match(text)))
