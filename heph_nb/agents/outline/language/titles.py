"""Titles: what a person would call a group of requirements, from its headings and the names it shares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.briefs import LONGEST, WANTED, capital, clip, label, spoken_of
from heph_nb.agents.outline.language.headings import PARENTHESIS, SEPARATOR, generic, heading, lead_in, plain, within
from heph_nb.agents.outline.language.phrases import lower, nameable, named, phrases
from heph_nb.agents.outline.language.vocabulary import WEAK
from heph_nb.agents.outline.language.words import Subjects, likeness, stems

if TYPE_CHECKING:
    from heph_nb.agents.outline.planning.grouping import Group

LETTER = re.compile(r"(?i)^(?:from\s*:.*|(?:subject|betreff|objet)\s*:\s*(?:(?:re|fwd?|aw|wg)\s*:\s*)*)")
"""What a letter's head says before its subject, or instead of one."""

TOLD = re.compile(r"(?i)as an?\b")
"""How a heading begins that tells a story."""

LABELLED = re.compile(r"\(?([A-Z][\w-]{3,24}(?:[ /&]+[\w-]+){0,2})\)?\s*[:\u2013\u2014]\s")

THEMES = {
    "Performance": r"performan|latency|fast|quick|p9\d|\b\d+ ?(?:ms|milli)|seconds?\b|throughput|memory|load|scal",
    "Security": r"secur|encrypt|password|token|attack|injection|tls|https|permission|auth",
    "Reliability": r"reliab|availab|uptime|crash|power cut|surviv|recover|lost\b|failure|backup|stable",
    "Privacy": r"privacy|gdpr|personal|anonym|log names",
    "Usability": r"usab|friendly|easy|intuitive|responsive|readable|clean .*interface|accessib|wcag",
    "Compatibility": r"compatib|browser|platform|python \d|version|works on|runs on|standard library|device",
    "Code quality": r"code|coverage|maintain|lint|document|tests?\b|modular|typed|best practice",
    "Observability": r"metric|monitor|observab|\blogged|audit|logging",
}
"""What requirements on quality are about."""


def titles(groups: Sequence[Group], prd_title: str = "") -> list[str]:
    """Return a title for each group; no two are the same.

    Parameters
    ----------
    groups : sequence of Group
        All components of a PRD.
    prd_title : str
        Used when there is only one group, and where headings do not say what their section is about.
    """
    subjects = Subjects([" ".join(group.texts) for group in groups])
    pieces = Counter(group.sections for group in groups if group.sections)
    found: list[str] = []
    for group in groups:
        whole = heading(LETTER.sub("", prd_title))
        topics = [section for section in group.sections if not generic(section)]
        if len(groups) == 1 and whole and len(topics) != 1:
            title = whole
        else:
            title = _title(group, subjects, product(prd_title), split=pieces[group.sections] > 1)
        found.append(_unlike(clip(title), found))
    return found


def product(prd_title: str) -> str:
    """Return the name of the product, as far as the title of its document has one of a few words.

    Examples
    --------
    >>> product("rotacheck - PRD (draft 3, 12 Nov)"), product("Rooms: book a room"), product("Product Requirements")
    ('rotacheck', 'Rooms', '')
    """
    parts = re.split(r"\s+[\u2013\u2014-]\s+|:\s", LETTER.sub("", PARENTHESIS.sub("", plain(prd_title))))
    names = [re.sub(r"(?i)\b(?:prd|product requirements?(?: document)?)\b", "", part).strip(" -:#") for part in parts]
    return next((heading(name) for name in names if name and len(name.split()) <= 4 and not generic(name)), "")


def _title(group: Group, subjects: Subjects, name: str, *, split: bool) -> str:
    topics = list(dict.fromkeys(heading(section) for section in _by_size(group) if not generic(section)))
    topics = [topic for topic in topics if not TOLD.match(topic)]
    if group.kind == "wishes":
        return listed(topics) or "Wishes"
    said, alone = about(group, subjects)
    kinds = [found for section in group.sections if len(found := heading(section)) > 2 and not TOLD.match(found)]
    if topics:
        title = listed(topics)
        title = title if "`" in group.sections[0].rpartition(SEPARATOR)[2] else capital(title)
        if title.casefold() not in WEAK:
            return title if not split else _told(title, said, group)
        if split:
            return _told(title, said, group)
        return _with(title, said) if said else _with(_area(group, title) or title, title)
    if group.kind == "quality":
        return _themes([s.text for s in group.statements]) or next(iter(kinds), "Quality")
    area = _area(group) or name or next(iter(kinds), "")
    if said and (alone or not area):
        return capital(said) if " " in said else f"Requirements: {lower(said)}"
    told = [found for s in group.statements if (found := spoken_of(s.text)) and " " in found]
    return _with(area, said or next(iter([*told, *kinds]), "")) if area else next(iter(told), "Requirements")


def _told(title: str, said: str, group: Group) -> str:
    """Return what one of the pieces of a section is called: what its requirements share, else what the first say."""
    told = _with(title, said)
    return told if told != title else _with(title, _parts(group))


def _parts(group: Group) -> str:
    """Return what the first requirements speak of, each in the words that it begins with."""
    found = [next(named(s.text), []) for s in group.statements if not re.match(r"(?i)(?:is|are)\b", s.text)]
    return listed([lower(" ".join(words)) for words in found if words], 2)


def _with(name: str, said: str) -> str:
    """Say what of a subject, as far as there is room; not what its name says already."""
    known = set(stems(name))
    parts = [part for part in re.split(r",\s+| and ", said) if part and not set(stems(part)) <= known]
    while parts and len(f"{name}: {listed(parts)}") > LONGEST:
        parts.pop()
    return f"{name}: {lower(listed(parts))}" if parts else name


def _by_size(group: Group) -> list[str]:
    """Return the sections, those that hold most of the requirements first where they are many."""
    inside = Counter(
        max(fitting, key=len)
        for s in group.statements
        if (fitting := [section for section in group.sections if within(s.section, section)])
    )
    if len(group.sections) < 3:
        return list(group.sections)
    return sorted(group.sections, key=lambda name: -inside[name])


def _area(group: Group, below: str = "") -> str:
    """Return the nearest chapter around a group that says what it is about, other than ``below``."""
    for section in group.sections:
        parts = section.split(SEPARATOR)
        for part in reversed(parts):
            if not generic(part) and not TOLD.match(heading(part)) and heading(part) != below:
                return heading(part)
    return ""


def _themes(texts: Sequence[str]) -> str:
    """Return which qualities requirements are about, the commonest first."""
    labels = [found.group(1) for text in texts if (found := LABELLED.match(plain(text)))]
    if len(labels) * 2 > len(texts):
        return listed([labels[0], *(lower(name) for name in labels[1:])])
    counted = {name: sum(bool(re.search(rf"(?i){said}", text)) for text in texts) for name, said in THEMES.items()}
    kept = sorted((name for name, count in counted.items() if count), key=lambda name: -counted[name])[:3]
    return listed([name if i == 0 else lower(name) for i, name in enumerate(kept)])


def listed(names: Sequence[str], most: int = 3) -> str:
    """Join names the way a person would: ``A, B and C``; what would make it too long is left out."""
    kept = list({name.casefold(): name for name in reversed(names)}.values())[::-1][:most]
    while len(kept) > 1 and len(", ".join(kept)) > LONGEST - 4:
        kept.pop()
    if len(kept) < 2:
        return "".join(kept)
    last = ", " if any(" and " in name or " & " in name for name in kept) else " and "
    return ", ".join(kept[:-1]) + last + kept[-1]


def about(group: Group, subjects: Subjects) -> tuple[str, bool]:
    """Return what requirements are about, and whether that is a title by itself; empty where they share too little.

    The names that they give themselves, else what the short ones among them name, else the nouns that they share.
    """
    texts = [WANTED.sub("", s.text) for s in group.statements]
    names = [name for text in texts if (name := lead_in(text)) and not generic(name)]
    if len(names) * 2 > len(texts):
        return listed([names[0], *(lower(name) for name in names[1:])]), len(names) > 1
    labels = [name for text in texts if (name := label(text))]
    if (labels or names) and not group.sections:
        labels = labels or [capital(name) for name in names]
        whole = subjects.vector(texts)
        return max(labels, key=lambda name: likeness(whole, subjects.vector([name]))), True
    if len(labels) * 2 > len(texts):
        return listed([labels[0], *(lower(name) for name in labels[1:])], 2), False
    spoken = Counter(found for text in texts if nameable((found := spoken_of(text)).rpartition(" ")[2]))
    if spoken and spoken.most_common(1)[0][1] * 2 > len(texts):
        return spoken.most_common(1)[0][0], True
    shared = [(said, count) for said, count in phrases(texts, subjects) if count >= max(2, len(texts) / 3)]
    pairs = [said for said, _ in shared if " " in said]
    return (pairs[0], True) if pairs else (listed([said for said, _ in shared], 2), False)


def _unlike(title: str, taken: Sequence[str]) -> str:
    """Tell a title from those before it by a number."""
    known = {other.casefold() for other in taken}
    number, told = 2, title
    while told.casefold() in known:
        told = f"{clip(title, LONGEST - 5)} ({number})"
        number += 1
    return told
