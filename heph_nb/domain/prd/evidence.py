"""What stands under a heading, weighed against the heading: a title is only the first guess.

A heading about the project ("Goals", "Target users", "Example") closes what stands under it. What stands there may
say otherwise: labels of requirements, "must" in most of the items, an introduction such as "The system must:", or the
headings beside it, which are all names of features.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.labels import split_label
from heph_nb.domain.prd.shapes import NORMATIVE, is_question, without_colon
from heph_nb.domain.prd.tables import grants
from heph_nb.domain.prd.topics import ASKS, SILENT, Topic, topic_of
from heph_nb.domain.prd.wording import is_talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heph_nb.domain.prd.prose import Prose
    from heph_nb.domain.prd.tree import Node

_LABEL = re.compile(r"N?FR|RN?F|N?FA|REQ|[BSTU]R|R[-\d ]")
"""FR-1, NFR-2, REQ-3, and not SC-1, which is a criterion of success."""

_OF_PEOPLE = re.compile(r"\b(?:who|which|that|anyone|someone|people)(?: \w+)?\s*$", re.IGNORECASE)
"""In front of "must": it is not the product that must, as in "for anyone who needs to"."""

_ABLE = re.compile(
    r"\b(?:can|(?:is|are) able to|kann|können|pueden?|peu(?:t|vent)|podem?|può|possono|kan|kunnen)$", re.IGNORECASE
)

_PHASE = lexicon.opening("titles", "phase")
_PRODUCT = lexicon.opening("sentences", "product")

AIMED = frozenset({Topic.STORYTELLING, Topic.PROJECT, Topic.INTRO, Topic.OTHER})
_AIMS = lexicon.words("titles", "aims")

LONG = 8
"""A list of so many items under "Goals" says what the product does, if nothing else does."""

FEW = 2
"""From so many items on, a list shows by itself what it holds."""


def reopens(topic: Topic, lead: Prose | None, node: Node) -> bool:
    """Whether a list or table holds requirements though it stands under a heading of `topic`, which closes it."""
    if topic is Topic.NEVER or topic in ASKS:
        return False
    if topic in (Topic.RECORD, Topic.PROJECT) and node.kind == "table" and grants(node):
        return True
    told = lead is not None and topic is not Topic.EXAMPLES and _asks(without_colon(lead.text))
    return told or (topic in SILENT and _mostly_demands(node))


def is_feature_name(title: str, beside: list[str], parent: Topic) -> bool:
    """Whether a title such as "About us" is the name of a feature, as most of the titles beside it are."""
    if parent not in ASKS or topic_of(title) not in SILENT - {Topic.NEVER}:
        return False
    names = sum(topic_of(each) in (Topic.OTHER, Topic.RECORD) for each in beside if each != title)
    return names >= FEW and names * 3 >= (len(beside) - 1) * 2


def only_list(root: Node, found: int) -> int:
    """Return the line of the section that holds the only long list of a document that would yield next to nothing.

    Parameters
    ----------
    root : Node
        The document.
    found : int
        How many requirements were found in it.

    Returns
    -------
    int
        The first line of the section, called "Goals" or the like; 0 if there is none.
    """
    told = [node for node in _sections(root) if _AIMS.search(node.text) and topic_of(node.text) in AIMED]
    long = [(count, node.first) for node in told if (count := _items(node)) >= LONG and count >= 2 * found]
    return max(long, default=(0, 0))[1]


def _sections(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.kind == "section":
            yield child
            yield from _sections(child)


def _items(node: Node) -> int:
    return sum((child.kind == "item") + _items(child) for child in node.children)


def speaks_of_product(text: str) -> bool:
    """Whether a sentence begins with the product and what it must do: that asks for something in any section."""
    return bool(_PRODUCT.match(text)) and _demands(text)


def is_phase(title: str) -> bool:
    """Whether a title names a step on the way to the product: "Phase 2: Editing", "Week 3"."""
    return bool(_PHASE.match(title))


def _asks(lead: str) -> bool:
    """Whether an introduction asks for each of the items below it: "The system must", "Members can"."""
    return _demands(lead) or (bool(_ABLE.search(lead)) and not is_talk(lead))


def _mostly_demands(node: Node) -> bool:
    texts = _texts(node)
    return len(texts) >= FEW and sum(map(_demands, texts)) * 3 >= len(texts) * 2


def _texts(node: Node) -> list[str]:
    if node.kind == "table":
        return [" ".join(cell.text for cell in row if cell is not None) for row in node.rows[1:]]
    return [item.text for item in node.children if item.text]


def _demands(text: str) -> bool:
    label, _ = split_label(text)
    if label is not None and _LABEL.match(label):
        return True
    found = NORMATIVE.search(text)
    return (
        found is not None
        and not _OF_PEOPLE.search(text[: found.start()])
        and not is_question(text)
        and not is_talk(text)
    )
