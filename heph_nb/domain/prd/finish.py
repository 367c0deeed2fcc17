"""From drafts to statements: criteria at their requirements, repeated ones joined, ids, levels, what comes first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heph_nb.domain.prd.labels import is_quality_label, label_key
from heph_nb.domain.prd.levels import level_in_words, says_must, sounds_like_quality
from heph_nb.domain.prd.model import LEVELS, Statement
from heph_nb.domain.prd.names import Names, names_in
from heph_nb.domain.prd.repeats import join_repeated, restate

if TYPE_CHECKING:
    from heph_nb.domain.prd.drafts import Collected, Draft

_CODE = r"[A-Z]{1,8}[-_ ]?\d{1,4}(?:\.\d+)*"
_OWNER = re.compile(rf"^[(\[]({_CODE})[)\]]\s*:?\s*|\s*[(\[]({_CODE})[)\]]\s*\.?$")


def finish(out: Collected) -> tuple[tuple[Statement, ...], dict[int, str]]:
    """Give ids and resolve references; return the statements and the id of each draft by its `id()`."""
    _attach_criteria(out)
    drafts = sorted((d for d in out.drafts if not d.covered), key=lambda d: d.lines[0])
    kept, same = join_repeated(drafts)
    restate(out.chain, kept, same)
    ids = {id(draft): f"R-{number:03d}" for number, draft in enumerate(kept, start=1)}
    ids |= {draft_id: ids[id(first)] for draft_id, first in same.items()}
    names = names_in(out, ids)
    return tuple(_statement(draft, ids[id(draft)], names) for draft in kept), ids


def _attach_criteria(out: Collected) -> None:
    """Attach criteria that name their requirement: "AC-3 (FR-2): ...", or "FR-2: ..." among the acceptance criteria."""
    owners = {label_key(d.label): d for d in reversed(out.drafts) if d.label and not d.is_criterion and not d.is_story}
    for draft in out.drafts:
        if not draft.is_criterion:
            continue
        own = label_key(draft.label or "")
        named = None if own in owners else _OWNER.search(draft.text)
        owner = owners.get(label_key(named[1] or named[2]) if named else own)
        if owner is not None:
            draft.covered = True
            out.attached += draft.lines
            owner.criteria.append(_OWNER.sub("", draft.text).strip(" :") if named else draft.text)
            owner.wants += draft.wants


def _statement(draft: Draft, own: str, names: Names) -> Statement:
    return Statement(
        id=own,
        label=_label(draft),
        text=draft.text,
        section=draft.frame.path,
        lines=tuple(sorted(set(draft.lines))),
        level=_level(draft),
        kind=_kind(draft),
        criteria=tuple(dict.fromkeys(draft.criteria)),
        depends_on=_needs(draft, own, names),
    )


def _needs(draft: Draft, own: str, names: Names) -> tuple[str, ...]:
    frame = draft.frame
    wants = dict.fromkeys(want for owner in (draft, *frame.upwards()) for want in owner.wants)
    found = [which for want, scope in wants for which in names.find(want, scope)]
    found += names.find(draft.text, draft.scope)
    beside = names.labelled.get(label_key(frame.label), []) if frame.label and frame.is_story else []
    return tuple(which for which in dict.fromkeys(found) if which != own and which not in beside)


def _label(draft: Draft) -> str | None:
    """Return its own label, or that of its heading if it is all that stands under it."""
    frame = draft.frame
    sole = frame.listed and len(frame.drafts) == 1 and frame.label is not None and not frame.label.isdigit()
    return draft.label or (frame.label if sole else None)


def _level(draft: Draft) -> str:
    stated = (draft.level, *(frame.level for frame in draft.frame.upwards()))
    explicit = next((level for level in stated if level in LEVELS), None)
    if draft.level not in LEVELS and says_must(draft.text):
        return "must"  # whatever the heading
    return explicit or level_in_words(draft.text) or draft.level_hint or "must"


def _kind(draft: Draft) -> str:
    if draft.kind:
        return draft.kind
    if draft.label and is_quality_label(draft.label):
        return "non-functional"
    kind = next((frame.kind for frame in draft.frame.upwards() if frame.kind), None)
    return kind or ("non-functional" if sounds_like_quality(draft.text, draft.lead) else "functional")
