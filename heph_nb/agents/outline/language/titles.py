"""Titles: what a person would call a group of requirements, from its headings and the words it shares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heph_nb.agents.outline.language.headings import PARENTHESIS, generic, heading, lead_in, plain, unmarked, within
from heph_nb.agents.outline.language.phrases import lower, phrases
from heph_nb.agents.outline.language.vocabulary import ACTORS, COMMON, NOT_A_NAME
from heph_nb.agents.outline.language.words import Subjects

if TYPE_CHECKING:
    from heph_nb.agents.outline.planning.grouping import Group
    from heph_nb.domain.prd import Statement

LONGEST = 60
"""Characters that a title may have."""

OPENING = re.compile(
    r"""^(?:as\s+an?\s+[^,]+,\s*i\s+(?:want|need|would\s+like)\s+(?:to\s+)?)?
    (?:(?:the|a|an)\s+)?
    (?:(?:system|application|app|tool|software|program|product|service|users?|it|people|everyone|one|we|platform|
    library|package|module)\s+(?!\w+\s+be\s+(?!able\s|possible\s))(?=(?:must|shall|should|can|could|may|will|needs?|ha(?:s|ve)|is|are|lets?|\w+s)\s))?
    (?:(?:must|shall|should|can|could|may|will|needs?\s+to|has\s+to|have\s+to|is\s+able\s+to|are\s+able\s+to|able\s+to)
    \s+(?!not\b|be\s+(?!able\s+to|possible\s+to)))?
    (?:be\s+(?:able\s+to|possible\s+to)\s+)?
    (?:(?:is|are)\s+(?:designed|intended|expected|required|meant)\s+to\s+|aims?\s+to\s+)?
    (?:(?:lets?|allows?|enables?)\s+(?:the\s+)?(?:users?|customers?|people|administrators?|admins?)\s+(?:to\s+)?)?
    (?:(?:supports?|provides?|implements?|ensures?|allows?|ability\s+to|support\s+for)\s+)?(?:that\s+)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
MUST = re.compile(
    r"(?i)(?:(?:the|an?|all|each|every|any)\s+)?(\S.*?)\s+"
    r"(?:must|shall|should|can|could|may|will|has to|have to|needs? to)\s"
)
CLAUSE = re.compile(
    r"(?<=\w)(?:[.;!?](?:\s|$)|,?\s+(?:so that|because|in order to|such as|e\.g\.|i\.e\.)\s"
    r"|\s[\u2013\u2014]\s)"
)
ASIDE = re.compile(r"\s*\([^()]*\)")
ENDPOINT = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) [^\s?]+")
LETTER = re.compile(r"(?i)^(?:from\s*:.*|(?:subject|betreff|objet)\s*:\s*(?:(?:re|fwd?|aw|wg)\s*:\s*)*)")
"""What a letter's head says before its subject, or instead of one."""
RELATION = re.compile(r"\s+(?:to|for|with|using|by|in|on|from|that|which|when|if|and|via)\s|[,;:.(]")
MAKING = re.compile(
    r"(?i)(?:implement|create|add|build|develop|write|set\s?up|provide|offer)s?\s+(?:an?\s+|the\s+)?(.+)$"
)


def titles(groups: Sequence[Group], prd_title: str = "") -> list[str]:
    """Return a title for each group; no two are the same.

    Parameters
    ----------
    groups : sequence of Group
        All components of a PRD.
    prd_title : str
        Used when there is only one group.
    """
    subjects = Subjects([" ".join(group.texts) for group in groups])
    chunks = Counter(group.sections for group in groups)
    found: list[str] = []
    for group in groups:
        names = _names(group, subjects)
        topics = [section for section in group.sections if not generic(section)]
        whole = heading(LETTER.sub("", prd_title))
        if len(groups) == 1 and whole and len(topics) != 1:
            title = whole
        elif chunks[group.sections] > 1 and not all(map(generic, group.sections)):
            title = _with_subject(
                listed(names, 3), about(group.statements, subjects) or brief(group.statements[0].text, 36)
            )
        else:
            title = listed(names, 3)
        title = title or brief(group.statements[0].text)
        title = clip(title if _begins_with_code(title, group) else capital(title))
        found.append(_unlike(title, found, group, subjects))
    return found


def _names(group: Group, subjects: Subjects) -> list[str]:
    """Return what a group could be called, the best name first: headings, and where those are empty words, subjects."""
    if not group.sections:
        return _scattered(group.statements, subjects)
    inside: dict[str, list[Statement]] = {section: [] for section in group.sections}
    for s in group.statements:
        fitting = [section for section in group.sections if within(s.section, section)]
        if fitting:
            inside[max(fitting, key=len)].append(s)
    by_size = any(map(generic, group.sections)) or len(group.sections) > 3
    order = sorted(group.sections, key=lambda name: (-len(inside[name]) if by_size else 0, generic(name)))
    most = 3 if len(group.sections) == 1 else 2
    said = [_of_general(name, inside[name], subjects, most) if generic(name) else heading(name) for name in order]
    return [name for name in said if name]


def _of_general(section: str, inside: Sequence[Statement], subjects: Subjects, most: int) -> str:
    """Return a name for what stands in a section like ``Quality``, which says little by itself."""
    said, name = about(inside, subjects, most), re.sub(r"(?i)\s+requirements$", "", heading(section))
    if not inside:
        return ""
    if said and " " in said:
        return said
    short = len(name.split()) < 3 and name
    said = said or brief(inside[0].text)
    return clip(f"{name}: {lower(said)}") if short else said


def _scattered(statements: Sequence[Statement], subjects: Subjects) -> list[str]:
    """Return names for requirements from all over the document: those they bear, code they share, their subjects."""
    texts = [s.text for s in statements]
    borne = [name for text in texts if (name := lead_in(text)) and " " in name and not generic(name)]
    spans = Counter(code for text in texts for code in dict.fromkeys(re.findall(r"`([^`]{3,40})`", text)))
    called = [found.group() for code in spans if (found := ENDPOINT.match(code))]
    shared = list(dict.fromkeys(called)) or [
        code for code, count in spans.most_common(1) if count >= max(2, len(texts) / 2)
    ]
    made = [lower(found) for text in texts if (found := spoken_of(text))]
    names: list[str] = []
    for name in [*(name for name in borne[:2] if name not in shared), *shared[:2], *made]:
        if len(names) < 3 and not any(other.casefold() in name.casefold() for other in names):
            names.append(name)
    if len(names) < 2:
        names += [name for name in shared_words(texts, subjects) if name.casefold() not in " ".join(names).casefold()]
    return names or [about(statements, subjects)]


def _begins_with_code(title: str, group: Group) -> bool:
    first = title.split(" ", 1)[0]
    return any(f"`{first}" in text for text in (*group.sections, *(s.text for s in group.statements)))


def listed(names: Sequence[str], most: int = 9) -> str:
    """Join names the way a person would: ``A, B and C``; what would make it too long is left out."""
    kept = list({name.casefold(): name for name in reversed(names)}.values())[::-1][:most]
    while len(kept) > 1 and len(", ".join(kept)) > LONGEST - 4:
        kept.pop()
    if len(kept) < 2:
        return "".join(kept)
    last = ", " if any(" and " in name or " & " in name for name in kept) else " and "
    return ", ".join(kept[:-1]) + last + kept[-1]


def about(statements: Sequence[Statement], subjects: Subjects, most: int = 3) -> str:
    """Return what requirements are about.

    The names that they give themselves, else two words that at least half of them share, else what they speak of
    first; an empty text when nothing of that is there.
    """
    texts = [s.text for s in statements]
    names = [name for text in texts if (name := lead_in(text)) and not generic(name)]
    if len(names) * 2 > len(texts):
        return listed([names[0], *(lower(name) for name in names[1:])], most)
    pairs = [said for said, count in phrases(texts, subjects) if " " in said and count >= max(2, len(texts) / 2)]
    if pairs:
        return listed(pairs, 2)
    spoken = [found for text in texts if (found := spoken_of(text))]
    if len(spoken) * 2 >= len(texts):
        return listed([spoken[0], *(lower(name) for name in spoken[1:])], most)
    return listed([*shared_words(texts, subjects), *map(lower, spoken)], 2)


def shared_words(texts: Sequence[str], subjects: Subjects) -> list[str]:
    """Return what at least a third of some texts speak of, and no fewer than two, the most telling first."""
    return [said for said, count in phrases(texts, subjects) if count >= max(2, len(texts) / 3)]


def spoken_of(text: str) -> str:
    """Return what a sentence is about: what stands before its ``must``, or what is to be made; in a few words.

    Examples
    --------
    >>> spoken_of("Wave computation must use topological sort")
    'Wave computation'
    >>> spoken_of("Implement a retry queue for failed jobs")
    'Retry queue'
    """
    text = plain(text)
    found = MUST.match(text)
    said = found.group(1) if found else ""
    if not said or said.casefold() in ACTORS:
        made = MAKING.match(text) or MAKING.match(OPENING.sub("", text, count=1))
        said = RELATION.split(made.group(1), maxsplit=1)[0] if made else ""
    parts = PARENTHESIS.sub("", said).split()
    telling = [part for part in parts if part.casefold() not in COMMON]
    if not 1 <= len(parts) <= 5 or not telling or any(c in said for c in ",;:.") or parts[0].casefold() in NOT_A_NAME:
        return ""
    return capital(" ".join(parts))


def brief(text: str, limit: int = LONGEST) -> str:
    """Return the core of a sentence, without ``The system must`` before it and without its subordinate clauses.

    Examples
    --------
    >>> brief("A file that was loaded before (same SHA-256) must be skipped; it is logged.")
    'File that was loaded before must be skipped'
    """
    named = lead_in(text)
    if named and " " in named and not generic(named):
        return clip(capital(named), limit)
    shown, masked = unmarked(text)
    opening = OPENING.match(masked)
    start = opening.end() if opening and opening.end() < len(masked) else 0
    end = found.start() if (found := CLAUSE.search(masked, start)) else len(masked)
    for aside in reversed(list(ASIDE.finditer(masked, start, end))):
        if aside.start() > start:
            shown = shown[: aside.start()] + shown[aside.end() :]
            end -= aside.end() - aside.start()
    core = shown[start:end].rstrip(" ,.;:").lstrip(" ,;:")
    return clip(core if masked[start : start + 2] == "xx" else capital(core.lstrip("-")), limit)


def clip(text: str, limit: int = LONGEST) -> str:
    """Cut a text at a word, so that it has at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    cut = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return cut.rstrip(" ,;:-\u2013\u2014(`'\"") + "…"


def _with_subject(name: str, subject: str) -> str:
    if not subject or subject.casefold() in name.casefold():
        return name
    return clip(f"{name}: {lower(subject)}")


def _unlike(title: str, taken: Sequence[str], group: Group, subjects: Subjects) -> str:
    """Tell a title from those before it: by a subject, else by where it stands in the PRD."""
    known = {other.casefold() for other in taken}
    if title.casefold() not in known:
        return title
    for phrase, _ in phrases([s.text for s in group.statements], subjects):
        if phrase.casefold() not in title.casefold() and f"{title}: {phrase}".casefold() not in known:
            return clip(f"{clip(title, 40)}: {lower(phrase)}")
    first = brief(group.statements[0].text, 40)
    if f"{title}: {first}".casefold() not in known:
        return f"{clip(title, 40)}: {lower(first)}"
    return f"{clip(title, 48)} (from {group.statements[0].id})"


def capital(text: str) -> str:
    """Begin a text with a capital, unless its first word is a name of its own kind: ``p95``, ``iPhone``, ``a_b``."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if re.fullmatch(r"[^\W\d_]['\u2019a-z\u00df-\uffff-]*[.,:;]?", first) else text
