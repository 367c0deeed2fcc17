"""Criteria: what has to be seen for a requirement to hold; the PRD's own, else what its sentences say and list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents.md import CODE
from heph_nb.agents.outline.language.headings import unmarked
from heph_nb.agents.outline.language.sentences import is_end

if TYPE_CHECKING:
    from heph_nb.domain.prd import Statement

QUOTED = re.compile(r"[\"“„]([^\"“”„]{3,200})[\"”“]")
SHOWN = re.compile(
    r"(?i)\b(?:display|show|print|say|write|output|return|answer|report|read|raise|log|message|error|text|warning|title|label|button|caption)"
    r"\w*\s*(?:that\s+|with\s+|the\s+)?(?:text\s+|message\s+|string\s+)?[:=]?\s*[\"“„]([^\"“”„]{3,200})[\"”“]"
)
CLOSED = re.compile(r"\([^()]*\)|\"[^\"]*\"|“[^”]*”")
LISTED = re.compile(
    r"\(((?:e\.g\.,?\s*|for example,?\s*|such as\s*|including\s*)?[^()]+(?:,|;|\bor\b|\band\b|/)[^()]+)\)"
)
SENTENCE = re.compile(r"(?<=[\w)\"”%`])(?:[.;!]\s+(?=[^\W_]|[`\"“(]))")
"""What ends a sentence, or a part of one that says something of its own."""

REMARK = re.compile(
    r"(?i)^(?:let'?s (?:see|talk|discuss|start)\b|we'?ll see\b|maybe\b|perhaps\b|see (?:also |below|above|section)|"
    r"note\b|for (?:example|instance)\b|e\.g\.|given \S+$|"
    r"(?:that'?s it|that is all|nothing else|done|ok|fine|later)\W*$)|\((?:see|cf)\b|"
    r"\b(?:comes?|follows?|added|done) later\b|\?$|\b(?:tbd|tbc)\b"
)
"""What is said beside a requirement and shows nothing."""

WHEN = re.compile(
    r"(?i)^(if|when|whenever|once|on|upon|after|in case of|in the case of|for)\s+"
    r"((?:(?!\b(?:must|shall|should|will)\b)[^,:]){3,160})[,:]\s+(.{3,})$",
    re.DOTALL,
)
STORY = re.compile(
    r"(?i)^as an?\s+([^,]{2,80}?),?\s+i\s+(?:want|need|would like|can|should be able)\s+(?:to\s+)?(.+?)"
    r"(?:,?\s+so\s+that\s+(.+?))?\.?$",
    re.DOTALL,
)


@dataclass(frozen=True)
class Criterion:
    """Something that has to be seen. ``stated`` says whether the PRD lists it as a criterion."""

    text: str
    stated: bool


def criteria(statement: Statement) -> list[Criterion]:
    r"""Return what has to be seen for a requirement to hold; empty when only the sentence itself says it.

    Examples
    --------
    >>> from heph_nb.domain.prd import Statement
    >>> s = Statement(id="R-001", text="On failure the tool shows: \"Input error.\"", section="", lines=((1, 1),))
    >>> [c.text for c in criteria(s)]
    ['The text "Input error." appears word for word.']
    """
    if statement.criteria:
        return [Criterion(text, stated=True) for text in statement.criteria]
    said = [text for text in sentences(statement.text) if not CLOSED.fullmatch(text)]
    text = unmarked(re.sub(r"`[^`]*`", "…", statement.text))[0]
    found = [part for part in said if len(part.split()) > 1 and not REMARK.search(part)]
    found = found if len(found) > 1 else []
    found += [f'The text "{quoted}" appears word for word.' for quoted in SHOWN.findall(text) if "…" not in quoted]
    found += [
        f"Each of these is covered: {', '.join(items)}."
        for items in map(_items, LISTED.findall(QUOTED.sub("", text)))
        if items
    ]
    return [Criterion(text, stated=False) for text in dict.fromkeys(found)]


def sentences(text: str) -> list[str]:
    """Cut a text into its sentences, and these where a semicolon parts them; never in code, quotes or parentheses.

    Examples
    --------
    >>> sentences("At most 1,000 links, e.g. `a; b`; the next one answers 429. A header says when.")
    ['At most 1,000 links, e.g. `a; b`', 'the next one answers 429', 'A header says when']
    """
    text = " ".join(text.split())
    masked = CODE.sub(lambda code: "x" * len(code.group()), text)
    masked = CLOSED.sub(lambda part: "x" * len(part.group()), masked)
    cuts = [cut for cut in SENTENCE.finditer(masked) if is_end(masked, cut.start())]
    starts, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(text)]
    return [text[start:end].strip(" .;") for start, end in zip(starts, ends, strict=True)]


def _items(listed: str) -> list[str]:
    """Return what stands in parentheses as a list of things; empty when it is a remark."""
    named = re.sub(r"(?i)^(?:e\.g\.|for example|such as|including),?\s*", "", listed)
    parts = re.split(r"(?:;|,(?!\d{3}(?!\d)))\s*(?:and\s+|or\s+)?", named)
    items = [part for text in parts if (part := text.strip(" .…"))]
    things = all(
        len(item.split()) <= 3 and not re.search(r"['\u2019…]|\b(?:not|is|are|if|when|to|no)\b", item) for item in items
    )
    return items if 2 <= len(items) <= 12 and things else []


@dataclass(frozen=True)
class Scenario:
    """A requirement told as what is given, what happens and what is seen; each part may be empty."""

    given: str
    when: str
    then: tuple[str, ...]


def scenario(statement: Statement) -> Scenario:
    """Return a requirement as a scenario, as far as its sentence has the parts of one."""
    text = " ".join(statement.text.split())
    seen = tuple(c.text for c in criteria(statement) if c.stated or c.text.startswith("Each of"))
    if story := STORY.match(text):
        who, wish, purpose = story.groups()
        who = f"{'an' if who[0].casefold() in 'aeiou' else 'a'} {who}"
        if not seen and not purpose:
            return Scenario(who, "", (f"they can {wish}",))
        return Scenario(who, f"they want to {wish}", seen or (purpose,))
    if request := re.match(r"^(`?(?:GET|POST|PUT|PATCH|DELETE)\s+\S+?`?)\s*:\s+(.{3,})$", text, re.DOTALL):
        told = re.split(r"(?<=[a-z0-9)`])\.\s+(?=[A-Z])", request.group(2))
        return Scenario("", f"{request.group(1)} is called", (*told, *seen))
    masked = CODE.sub(lambda code: "x" * len(code.group()), text)
    if found := WHEN.match(masked):
        word, case, then = (text[slice(*found.span(i))] for i in (1, 2, 3))
        happens = word.casefold() in ("if", "when", "whenever", "once")
        given, when = ("", case) if happens else (f"the case of {case}", "")
        return Scenario(given, when, (then, *seen))
    one = len(re.findall(r"(?i)\b(?:when|if|whenever|once)\b", masked)) == 1
    if one and (found := re.match(r"(?i)^(.{8,}?),?\s+(?:when|if|whenever|once)\s+([^,]{4,120}?)\.?$", masked)):
        return Scenario("", text[slice(*found.span(2))], (text[slice(*found.span(1))], *seen))
    return Scenario("", "", (text, *seen) if not statement.criteria else seen)


def steps(statement: Statement) -> list[tuple[str, str]]:
    """Return a requirement's Given, When and Then lines: the PRD's own where its criteria are told that way."""
    told = [step for text in statement.criteria for step in _told(text)]
    if any(word == "Then" for word, _ in told):
        return told
    parts = scenario(statement)
    found = [("Given", parts.given)] if parts.given else []
    found += [("When", parts.when)] if parts.when else []
    return found + [("Then" if i == 0 else "And", text) for i, text in enumerate(parts.then)]


def _told(text: str) -> list[tuple[str, str]]:
    """Cut ``Given a, when b, then c`` at its words; an ``and`` counts only where the text begins with it."""
    text = " ".join(text.split())
    if opening := re.match(r"(?i)(and|but)\b[,:]?\s+(.+)$", text):
        return [(opening.group(1).capitalize(), opening.group(2))]
    cut = re.split(r"(?i)(?:^|[,.;]\s+)(given|when|then)\b[,:]?\s+", text)
    if cut[0].strip() or len(cut) < 3:
        return []
    return [(word.capitalize(), said.strip(" ,;")) for word, said in zip(cut[1::2], cut[2::2], strict=True)]
