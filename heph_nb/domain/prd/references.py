"""From drafts to statements: repeated ones joined, ids given, "depends on 3 & 4" resolved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.labels import is_quality_label, label_key
from heph_nb.domain.prd.levels import level_in_words, sounds_like_quality
from heph_nb.domain.prd.model import Statement
from heph_nb.domain.prd.shapes import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heph_nb.domain.prd.drafts import Collected, Draft, Frame

_NAMED = r"(?:user stor(?:y|ies)|stor(?:y|ies)|use cases?|requirements?|features?|epics?|items?|steps?|anforderung|points?)"
_REF = rf"(?:{_NAMED}\s+)?(?:[A-Za-z]{{1,10}}[-_ ]?)?\[?#?\d{{1,4}}(?:\.\d{{1,3}})*\]?(?:\s*AC[- ]?\d+)?"
_LABEL_REF = r"\[?(?:[A-Z]{1,10}(?:-[A-Z]{1,10})?[-_]?\d{1,4}(?:\.\d{1,3})*|(?:User Story|Story|Use Case|Requirement|Feature|Epic)\s+\d{1,3}(?:\.\d{1,3})*)\]?(?:\s+AC[- ]?\d+)?"
_AND = r"\s*(?:,|;|&|\+|and|und|or|/)\s*(?:and\s+|on\s+)?"
_ALWAYS = re.compile(rf"\b(?:depend(?:s|ent|ing)? (?:up)?on|blocked by|builds? (?:up)?on|prerequisites?(?: is| are)?:?|abhängig von|依赖于?)\s*:?\s*((?:the )?{_REF}(?:{_AND}{_REF})*)", re.IGNORECASE)
_LABELLED = re.compile(rf"(?i:\b(?:after|requires?|needs|once|following|setzt|nach|erfordert))\s+((?i:the )?{_LABEL_REF}(?:{_AND}{_LABEL_REF})*)")
_BRACKETED = re.compile(rf"[(\[](?:after|requires?|needs)\s+({_REF}(?:{_AND}{_REF})*)[)\]]", re.IGNORECASE)
_ONE = re.compile(rf"(?P<name>{_NAMED}\s+|[A-Za-z]{{1,10}}(?:-[A-Za-z]{{1,10}})?[-_ ]?)?\[?#?(?P<number>\d{{1,4}}(?:\.\d{{1,3}})*)\]?(?P<ac>\s*AC[- ]?\d+)?", re.IGNORECASE)
_SPAN = re.compile(r"\b([A-Za-z]{1,10}[-_]?)(\d{1,4})\s*(?:to|through|bis|–|—|\.\.)\s*(?:\1)?(\d{1,4})\b")
_OWNER = re.compile(r"^[(\[]([A-Z]{1,8}[-_ ]?\d{1,4}(?:\.\d+)*)[)\]]\s*:?\s*|\s*[(\[]([A-Z]{1,8}[-_ ]?\d{1,4}(?:\.\d+)*)[)\]]\s*\.?$")
_WORDS = re.compile(r"`[^`]+`|[^\W_][\w'./:-]*[^\W_]|[^\W_]")
_EMPTY_WORDS = frozenset(
    ["a", "an", "the", "of", "to", "for", "and", "or", "in", "on", "at", "by", "with", "from", "as", "is", "are", "be", "it", "its", "this", "that", "e.g.", "eg", "i.e.", "using", "use", "like", "start", "implement", "create", "build", "add", "basic", "simple", "logic", "setup", "set", "up", "first", "initial", "then", "depends", "must", "should", "shall", "will", "can"]
)
MOST_COMPARED = 1000
"""So many statements are compared with so many steps of a build order; no person writes more."""
MOST_MEANT = 100
"""A label stands for at most so many statements."""
SHORTEST_REPEATED = 5
"""A statement of fewer words may well mean something else in another place ("Name is required")."""
_ANYWHERE = re.compile(r"\b(?:type ?check|lint|tests?|build|ci)\w*\s+(?:\w+ )?(?:pass(?:es)?|succeeds?|is green|clean)\b|^(?:pytest|ruff|mypy|npm test)\b", re.IGNORECASE)


def finish(out: Collected) -> tuple[tuple[Statement, ...], dict[int, str]]:
    """Give ids and resolve references; return the statements and the id of each draft by its `id()`."""
    _attach_criteria(out)
    drafts = sorted((d for d in out.drafts if not d.covered), key=lambda d: d.lines[0])
    kept, same = _joined(drafts)
    _restate(out.chain, kept, same)
    ids = {id(draft): f"R-{number:03d}" for number, draft in enumerate(kept, start=1)}
    for draft_id, first in same.items():
        ids[draft_id] = ids[id(first)]
    names = _names(out, ids)
    statements = [_statement(draft, ids, names) for draft in kept]
    return tuple(statements), ids


def _attach_criteria(out: Collected) -> None:
    """Attach criteria that name their requirement: "AC-3 (FR-2): ...", or "FR-2: ..." among the acceptance criteria."""
    owners = {label_key(d.label): d for d in reversed(out.drafts) if d.label and not d.is_criterion and not d.is_story}
    for draft in out.drafts:
        if not draft.is_criterion:
            continue
        named = _OWNER.search(draft.text) if draft.label is None or label_key(draft.label) not in owners else None
        owner = owners.get(label_key(named[1] or named[2]) if named else label_key(draft.label or ""))
        if owner is not None:
            draft.covered = True
            owner.criteria.append(_OWNER.sub("", draft.text).strip(" :") if named else draft.text)
            owner.wants += draft.wants


def _statement(draft: Draft, ids: dict[int, str], names: _Names) -> Statement:
    own = ids[id(draft)]
    wants = dict.fromkeys(want for owner in (draft, *_frames(draft.frame)) for want in owner.wants)
    wanted = [ref for want, scope in wants for ref in names.find(want, scope)]
    wanted += names.find(draft.text, draft.scope)
    siblings = set(names.labelled.get(label_key(draft.frame.label), [])) if draft.frame.label else set()
    needs = dict.fromkeys(ref for ref in wanted if ref != own and not (ref in siblings and draft.frame.is_story))
    label = draft.label
    if label is None and draft.frame.label and not draft.frame.label.isdigit() and len(draft.frame.drafts) == 1 and draft.frame.listed:
        label = draft.frame.label
    return Statement(
        id=own, label=label, text=draft.text, section=draft.frame.path, lines=tuple(sorted(set(draft.lines))), level=_level(draft), kind=_kind(draft),
        criteria=tuple(dict.fromkeys(draft.criteria)), depends_on=tuple(needs),
    )  # fmt: skip


def _frames(frame: Frame | None) -> Iterable[Frame]:
    while frame is not None:
        yield frame
        frame = frame.parent


def _level(draft: Draft) -> str:
    for level in (draft.level, *(frame.level for frame in _frames(draft.frame))):
        if level in ("must", "should", "could"):
            return level
    return level_in_words(draft.text) or draft.level_hint or "must"


def _kind(draft: Draft) -> str:
    if draft.kind:
        return draft.kind
    if draft.label and is_quality_label(draft.label):
        return "non-functional"
    kind = next((frame.kind for frame in _frames(draft.frame) if frame.kind), None)
    if kind:
        return kind
    return "non-functional" if sounds_like_quality(draft.text, draft.lead) else "functional"


def _joined(drafts: list[Draft]) -> tuple[list[Draft], dict[int, Draft]]:
    """Join statements that are repeated word for word."""
    kept: dict[object, Draft] = {}
    same: dict[int, Draft] = {}
    for draft in drafts:
        words = _WORDS.findall(draft.text.casefold()[:2000])
        repeated = len(words) >= SHORTEST_REPEATED or _ANYWHERE.search(draft.text)
        key: object = tuple(words) if repeated else id(draft)
        first = kept.setdefault(key, draft)
        if first is draft:
            continue
        same[id(draft)] = first
        first.lines += draft.lines
        first.criteria += draft.criteria
        first.wants += draft.wants
        first.label = first.label or draft.label
    return list(kept.values()), same


def _restate(chain: list[Draft], kept: list[Draft], same: dict[int, Draft]) -> None:
    """Let each item of a build order point to the statement it says again."""
    known = [(draft, _content(draft.text)) for draft in kept[:MOST_COMPARED]]
    for step in chain[: MOST_COMPARED**2 // max(len(known), 1)]:
        words = _content(step.text[: sentences(step.text)[0][1]])
        scored = [(_alike(words, other), -at) for at, (_, other) in enumerate(known)]
        best, at = max(scored, default=(0.0, 0))
        if best < 0.6:
            continue
        first = known[-at][0]
        first.lines.append((step.lines[0][0], step.lines[0][0]))
        first.wants += [*step.wants, (step.text, step.scope)]
        same[id(step)] = first
        step.frame.drafts.append(step)


def _content(text: str) -> frozenset[str]:
    bare = re.sub(r"\((?:depends|after|requires)[^)]*\)", "", text.casefold()[:1000])
    return frozenset(word.removesuffix("s").strip("`") for part in _WORDS.findall(bare) for word in re.split(r"[/\s]+", part) if word not in _EMPTY_WORDS and word.strip("`"))


def _alike(step: frozenset[str], other: frozenset[str]) -> float:
    """How much of a step's words a statement holds, with a malus for what else the statement says."""
    if not step or not other:
        return 0.0
    shared = len(step & other)
    return shared / len(step) - 0.02 * (len(other) - shared)


class _Names:
    """What the PRD's own labels and numbers stand for."""

    def __init__(self) -> None:
        self.labelled: dict[str, list[str]] = {}
        """Ids by label key, at most `MOST_MEANT` for each."""
        self.numbered: dict[tuple[int, str], str] = {}

    def mean(self, label: str, ids: list[str]) -> None:
        """Let a label stand for these statements as well."""
        meant = self.labelled.setdefault(label_key(label), [])
        meant.extend(which for which in ids[: MOST_MEANT - len(meant)] if which not in meant)

    def find(self, text: str, scope: int) -> list[str]:
        """Ids of the statements that `text` says come first."""
        found: list[str] = []
        head = _spelled_out(text[:1000])
        for pattern in (_ALWAYS, _LABELLED, _BRACKETED):
            for match in pattern.finditer(head):
                family = ""
                for one in _ONE.finditer(match[1]):
                    family = (one["name"] or "").strip() or family
                    found += self._one(family, one["number"], one["ac"], scope)
        return found

    def _one(self, name: str, number: str, ac: str | None, scope: int) -> list[str]:
        plain = re.fullmatch(_NAMED, name, re.IGNORECASE) if name else None
        if name and not (plain and re.match(r"(?:item|step|point)", name, re.IGNORECASE)):
            key = label_key(re.sub(r"ies$", "y", name.removesuffix("s") if plain and not name.endswith("ies") else name) + number)
            if ac and (exact := self.labelled.get(key + label_key(ac))):
                return exact
            if key in self.labelled:
                return self.labelled[key]
        in_list = self.numbered.get((scope, number))
        return [in_list] if in_list else self.labelled.get(number, [])


def _spelled_out(text: str) -> str:
    """ "FR-1 to FR-3" as "FR-1, FR-2, FR-3"."""

    def each(match: re.Match[str]) -> str:
        first, last = int(match[2]), int(match[3])
        width = len(match[2])
        return ", ".join(f"{match[1]}{n:0{width}d}" for n in range(first, last + 1)) if first < last <= first + 50 else match[0]

    return _SPAN.sub(each, text)


def _names(out: Collected, ids: dict[int, str]) -> _Names:
    names = _Names()
    for draft in (*out.drafts, *out.chain):
        if id(draft) not in ids:
            continue
        if draft.label:
            names.mean(draft.label, [ids[id(draft)]])
        if draft.ordinal:
            names.numbered.setdefault((draft.scope, draft.ordinal), ids[id(draft)])
    told: dict[int, list[str]] = {}
    for draft in out.drafts:
        if draft.story is not None and id(draft) in ids:
            told.setdefault(id(draft.story), []).append(ids[id(draft)])
    for draft in out.drafts:
        if draft.is_story and draft.covered and draft.label:
            names.mean(draft.label, told.get(id(draft), []))
    by_frame: dict[int, list[str]] = {}
    for draft in out.drafts:
        for frame in _frames(draft.frame):
            if frame.label and id(draft) in ids:
                by_frame.setdefault(id(frame), []).append(ids[id(draft)])
    for frame in out.frames:
        if frame.label and (inside := by_frame.get(id(frame))):
            names.labelled.setdefault(label_key(frame.label), list(dict.fromkeys(inside))[:MOST_MEANT])
    return names
