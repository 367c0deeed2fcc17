"""Fields: what stands behind "Name:" beside a statement."""

from __future__ import annotations

import re
from enum import Enum

from heph_nb.domain.prd import lexicon


class Field(Enum):
    """What a field holds."""

    LEVEL = "level"
    DEPENDS = "depends"
    CRITERION = "criterion"
    ASIDE = "aside"
    """Rationale, notes, owner, estimate: about the statement, not part of it."""
    TEXT = "text"
    """The statement itself ("Description: ...")."""
    TYPE = "type"
    NONE = "none"


_NAMED = (Field.LEVEL, Field.DEPENDS, Field.CRITERION, Field.ASIDE, Field.TEXT, Field.TYPE)
_WORDS = tuple((field, lexicon.whole("fields", field.value)) for field in _NAMED)
_AMBIGUOUS = lexicon.whole("fields", "ambiguous")
_TALK = lexicon.whole("fields", "talk")
_REMARK = re.compile(r"\s*\([^)]*\)$")


def field_of(lead: str) -> Field:
    """Return what a lead ("Depends on", "Why") announces; `Field.NONE` if it is a title of the statement."""
    name = _REMARK.sub("", lead).strip(" *_?")
    return next((field for field, words in _WORDS if words.fullmatch(name)), Field.NONE)


def may_be_title(lead: str) -> bool:
    """Whether a field's name is that of a feature as well: "Tags: users can add tags"."""
    return bool(_AMBIGUOUS.fullmatch(lead))


def holds_talk(lead: str) -> bool:
    """Whether only a normative word makes a statement of what stands behind this name: "Note: ..."."""
    return bool(_TALK.fullmatch(lead))
