"""What a PRD's own labels and numbers stand for, and the words by which it names what comes first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.labels import label_key

if TYPE_CHECKING:
    from heph_nb.domain.prd.drafts import Collected, Draft

MOST_MEANT = 100
"""A label stands for at most so many statements."""

LONGEST_SPAN = 50
""" "FR-1 to FR-90" is not a list of requirements."""

LOOK = 1000
"""How much of a text is searched for references, in characters."""

_I = re.IGNORECASE
_KINDS = (
    r"(?:user stor(?:y|ies)|stor(?:y|ies)|use cases?|requirements?|features?|epics?|items?|steps?|anforderung|points?)"
)
_REF = rf"(?:{_KINDS}\s+)?(?:[A-Za-z]{{1,10}}[-_ ]?)?\[?#?\d{{1,4}}(?:\.\d{{1,3}})*\]?(?:\s*AC[- ]?\d+)?"
_CODE = r"[A-Z]{1,10}(?:-[A-Z]{1,10})?[-_]?\d{1,4}(?:\.\d{1,3})*"
_WORDED = r"(?:User Story|Story|Use Case|Requirement|Feature|Epic)\s+\d{1,3}(?:\.\d{1,3})*"
_LABEL = rf"\[?(?:{_CODE}|{_WORDED})\]?(?:\s+AC[- ]?\d+)?"
_AND = r"\s*(?:,|;|&|\+|and|und|or|/)\s*(?:and\s+|on\s+)?"
_FIRST = (
    r"(?:depend(?:s|ent|ing)? (?:up)?on|blocked by|builds? (?:up)?on|prerequisites?(?: is| are)?:?|"
    r"abhängig von|依赖于?)"
)
_PATTERNS = (
    re.compile(rf"\b{_FIRST}\s*:?\s*((?:the )?{_REF}(?:{_AND}{_REF})*)", _I),
    re.compile(
        r"(?i:\b(?:after|requires?|needs|once|following|setzt|nach|erfordert))\s+"
        rf"((?i:the )?{_LABEL}(?:{_AND}{_LABEL})*)"
    ),
    re.compile(rf"[(\[](?:after|requires?|needs)\s+({_REF}(?:{_AND}{_REF})*)[)\]]", _I),
)
_ONE = re.compile(
    rf"(?P<name>{_KINDS}\s+|[A-Za-z]{{1,10}}(?:-[A-Za-z]{{1,10}})?[-_ ]?)?"
    r"\[?#?(?P<number>\d{1,4}(?:\.\d{1,3})*)\]?(?P<ac>\s*AC[- ]?\d+)?",
    _I,
)
_SPAN = re.compile(r"\b([A-Za-z]{1,10}[-_]?)(\d{1,4})\s*(?:to|through|bis|–|—|\.\.)\s*(?:\1)?(\d{1,4})\b")


class Names:
    """The statements that labels and list numbers stand for.

    Attributes
    ----------
    labelled : dict of str to list of str
        Ids of statements by `label_key`, at most `MOST_MEANT` for each.
    numbered : dict of (int, str) to str
        Id of the item with a number in a list.
    """

    def __init__(self) -> None:
        self.labelled: dict[str, list[str]] = {}
        self.numbered: dict[tuple[int, str], str] = {}

    def mean(self, label: str, ids: list[str]) -> None:
        """Let a label stand for these statements as well."""
        meant = self.labelled.setdefault(label_key(label), [])
        meant.extend(which for which in ids[: MOST_MEANT - len(meant)] if which not in meant)

    def find(self, text: str, scope: int) -> list[str]:
        """Return the ids of the statements that `text` says come first.

        Parameters
        ----------
        text : str
            For example "... (depends on 3 & 4)" or "after FR-2".
        scope : int
            The list whose numbers are meant.
        """
        found: list[str] = []
        head = _spelled_out(text[:LOOK])
        for pattern in _PATTERNS:
            for match in pattern.finditer(head):
                family = ""
                for one in _ONE.finditer(match[1]):
                    family = (one["name"] or "").strip() or family
                    found += self._one(family, one["number"], one["ac"], scope)
        return found

    def _one(self, name: str, number: str, ac: str | None, scope: int) -> list[str]:
        kind = bool(re.fullmatch(_KINDS, name, _I))
        if name and not re.fullmatch(r"(?:item|step|point)s?", name, _I):
            key = label_key((_singular(name) if kind else name) + number)
            if ac and (exact := self.labelled.get(key + label_key(ac))):
                return exact
            if key in self.labelled:
                return self.labelled[key]
        in_list = self.numbered.get((scope, number))
        return [in_list] if in_list else self.labelled.get(number, [])


def _singular(kind: str) -> str:
    return kind[:-3] + "y" if kind.endswith("ies") else kind.removesuffix("s")


def _spelled_out(text: str) -> str:
    """Return "FR-1 to FR-3" as "FR-1, FR-2, FR-3"."""

    def each(match: re.Match[str]) -> str:
        first, last, width = int(match[2]), int(match[3]), len(match[2])
        if not first < last <= first + LONGEST_SPAN:
            return match[0]
        return ", ".join(f"{match[1]}{n:0{width}d}" for n in range(first, last + 1))

    return _SPAN.sub(each, text)


def names_in(out: Collected, ids: dict[int, str]) -> Names:
    """Return what the labels and numbers of a PRD stand for; `ids` are those of the drafts, by `id()`."""
    names = Names()
    known = [(draft, ids[id(draft)]) for draft in (*out.drafts, *out.chain) if id(draft) in ids]
    of_story: dict[int, list[str]] = {}
    for draft, own in known:
        if draft.label:
            names.mean(draft.label, [own])
        if draft.ordinal:
            names.numbered.setdefault((draft.scope, draft.ordinal), own)
        if draft.story is not None:
            of_story.setdefault(id(draft.story), []).append(own)
    for draft in out.drafts:
        if draft.covered and draft.label:
            names.mean(draft.label, of_story.get(id(draft), []))
    for label, inside in _in_frames(out, known):
        if label_key(label) not in names.labelled:
            names.mean(label, list(dict.fromkeys(inside)))
    return names


def _in_frames(out: Collected, known: list[tuple[Draft, str]]) -> list[tuple[str, list[str]]]:
    """Return the label of each heading that has one, with the ids of what stands under it."""
    inside: dict[int, list[str]] = {}
    for draft, own in known:
        for frame in draft.frame.upwards():
            if frame.label:
                inside.setdefault(id(frame), []).append(own)
    return [(frame.label, inside[id(frame)]) for frame in out.frames if frame.label and id(frame) in inside]
