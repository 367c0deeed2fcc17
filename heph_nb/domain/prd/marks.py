"""What a PRD writes beside its statements: labels (FR-1), levels (P0, must have), kinds, and fields ("Depends on: ...")."""

from __future__ import annotations

import re
from enum import Enum

from heph_nb.domain.prd.vocabulary import UNITS

_I = re.IGNORECASE

# Labels

_KNOWN = r"N?FR|FA|NFA|REQ|RQ|R|US|UC|AC|BR|SR|TR|UR|PR|DR|CR|IR|QR|NF|QA|SEC|PERF|UI|UX|API|STORY|EPIC|FEAT|F|ST|ANF|LF|LL|MUST|SHOULD|SC"
_NOT_LABELS = r"HTTPS?|UTF|SHA|ISO|IPV|MP|UTC|GMT|RFC|ES|P|Q|V|X|TLS|SSL|AES|RSA|MD|PEP|IEEE|DIN|EN|COVID|CVE|WCAG|USB|CSV|RS|IP|AA|AAA|HTML|CSS|SOC|PCI|H|S|C|OAUTH|TOP|ARM|STM|ESP|NRF|GPT|A|B|D|E|L|M|N|G|K"
_WORDED = r"user story|story|use case|requirement|feature|epic|scenario|anforderung|job story|rule|item"
LABEL = re.compile(
    rf"[\[(]?(?P<label>(?:[A-Z]{{2,8}}-)?(?:{_KNOWN})[-_ ]?(?:[A-Z]{{2,10}}-)?\d{{1,4}}(?:[.-]\d{{1,3}}){{0,3}}[a-z]?"
    r"|(?![PQV]\d+:)[A-Z]\d{1,3}(?=[.):]\s)"
    rf"|(?!(?:{_NOT_LABELS})-)[A-Z]{{2,10}}(?:-[A-Z]{{2,10}})?-\d{{1,4}}(?:\.\d{{1,3}})?"
    rf"|(?i:{_WORDED})[ #-]{{1,2}}\d{{1,3}}(?:\.\d{{1,3}}){{0,2}}(?=\s*(?:[:.)–—-]|$|\s)))"
    r"(?P<bracket>[\])])?(?P<mark>\s*[:.)|]|\s+[–—-](?=\s)|[–—])?(?:\s+|$)"
)
NUMBER = re.compile(r"§?(?P<label>\d{1,3}(?:\.\d{1,3}){1,4}(?:-\d{1,3})?|[A-Z]\.\d{1,3}(?:\.\d{1,3})*)[.):]?\s+(?=\S)")
HEADING_NUMBER = re.compile(r"(?:(?i:section|chapter|kapitel|abschnitt)\s+)?(?P<label>\d{1,3}(?:\.\d{1,3}){0,4}|[A-Z](?=[.)]))[.):]?\s+(?=\S)")
_QUANTITY = re.compile(rf"(?!A\b)(?:[KMGT]i?B|[kMG]?Hz|[mk]?[VAW]h?|°C|%)(?!\w)|(?-i:{UNITS})(?!\w)")
_NEEDS_NO_MARK = re.compile(r"[A-Z]{1,8}(?:-[A-Z]{2,10})*[-_]?\d{1,4}|.*\d\.\d|(?:user story|use case) ", _I)


def split_label(text: str, *, heading: bool = False) -> tuple[str | None, int]:
    """Return the label at the beginning of `text` and where the text behind it begins.

    Examples
    --------
    >>> split_label("FR-1: Sort lines"), split_label("Sort lines")
    (('FR-1', 6), (None, 0))
    """
    if found := LABEL.match(text):
        marked = found["mark"] or (found["bracket"] and text[0] in "[(") or heading
        if marked or (_NEEDS_NO_MARK.match(found["label"]) and text[found.end() : found.end() + 1]):
            return " ".join(found["label"].split()), found.end()
    if found := (HEADING_NUMBER if heading else NUMBER).match(text):
        rest = text[found.end() :]
        exact = found["label"].count(".") > 1 or found["label"][0].isalpha()
        if heading or exact or not _QUANTITY.match(rest):
            return found["label"], found.end()
    return None, 0


def label_key(label: str) -> str:
    """A label as it is compared: "FR-001", "fr 1" and "FR1" are one."""
    key = re.sub(r"[\s_#-]+", "", label.casefold())
    key = re.sub(r"(?<![\d.])0+(?=\d)", "", key)
    for word, short in (("userstory", "us"), ("usecase", "uc"), ("requirement", "r"), ("feature", "f"), ("jobstory", "us")):
        key = re.sub(rf"^{word}(?=\d)", short, key)
    return key


def is_requirement_label(label: str) -> bool:
    """Whether a label names a requirement (FR-1), not a story, a feature or a chapter."""
    return bool(re.match(r"(?:[A-Z]+-)?(?:[A-Z]{1,6}\d*-\d|N?FR|REQ|RQ|R|NF|N?FA|BR|SR|TR|UR|ANF|LF|SEC|PERF|requirement |anforderung )", label, _I)) and not re.match(
        r"rule|story", label, _I
    )


def is_story_label(label: str) -> bool:
    """Whether a label names a user story or an epic: what its acceptance criteria say are the requirements."""
    return bool(re.match(r"(?:US|ST|story|user story|job story|epic)[-_ ]?\d", label, _I))


def is_epic_label(label: str) -> bool:
    """Whether a label names an epic: a group of stories."""
    return bool(re.match(r"epic\b", label, _I))


# Levels

_LEVELS: tuple[tuple[str, str], ...] = (
    ("wont", r"won'?t(?:[ -]have)?|will not have|w"),
    ("must", r"must(?:[ -]haves?)?|essential|a|p0|critical|blocker|highest|high|mandatory|required|essential|shall|muss|hoch|必须|高|m|pflicht|1 ?\(high\)"),
    ("should", r"should(?:[ -]haves?)?|b|medium|normal|moderate|recommended|soll|mittel|important|应该|中|s"),
    ("could", r"could(?:[ -]haves?)?|nice(?:[ -]to[ -]haves?)?|low(?:est)?|minor|optional|o|stretch(?: goals?)?|bonus|kann|niedrig|wish|可选|低|may|c|p[345]|if time permits"),
)  # fmt: skip
_WHOLE_LEVELS = tuple((level, re.compile(words, _I)) for level, words in _LEVELS)
_PRIORITY = re.compile(r"\b[Pp](?:rio(?:rity)?\s*)?([0-4])\b")
_TITLE_LEVEL = (
    ("could", re.compile(r"\b(?:would be (?:nice|lovely|great|cool|good)|could[- ]haves?|nice(?:[- ]to[- ]haves?)?|optional|stretch(?: goals?)?|bonus|wish ?list|if (?:we (?:have|find) |there(?:'s| is) )?time|time permits|^kann$|kann-kriterien|wunschkriterien|wünschenswert|wünsche|low priority|could|可选)\b", _I)),
    ("should", re.compile(r"\b(?:should[- ]haves?|desirable|^soll$|soll-kriterien|medium priority|should(?= have|$))\b", _I)),
    ("must", re.compile(r"\b(?:must[- ]haves?|muss-kriterien|high priority|critical|musts?(?= have|$)|必须)\b", _I)),
)
_TAG = re.compile(r"(?:[\[(\uff08]\s*(?:prio(?:rity)?\s*[:=]?\s*)?(?P<tag>[A-Za-z0-9' -]{1,22})\s*[\])\uff09])")
_MODAL = re.compile(
    r"(?P<must>\b(?:must|shall|required|mandatory|muss|müssen|ha(?:s|ve) to|needs? to|doit|doivent|debe|deben)\b|必须|必需|不得)"
    r"|(?P<should>\b(?:should|ought to|recommended|preferably|soll|sollen|sollte|sollten|devrait|devraient|debería)\b|应该|应当)"
    r"|(?P<could>\b(?:could(?! not\b)|nice[- ]to[- ]have|would be (?:nice|great|cool|good)|if time permits|ideally|optionally|if possible|wünschenswert|bonus)\b|(?-i:\bMAY\b)|(?<=system )may\b|(?<=app )may\b|(?<=tool )may\b|^optional\b|\(optional\)|可选|\blove (?:to|a|an)\b)",
    _I,
)
_UPPER = re.compile(r"\b(?P<must>MUST|SHALL|REQUIRED)\b|\b(?P<should>SHOULD|RECOMMENDED)\b|\b(?P<could>MAY|COULD|OPTIONAL)\b")
_CONDITION = re.compile(r"^(?:if|when|whenever|once|while|unless)\b[^,]{0,160},", _I)


def level_of_word(text: str, *, from_zero: bool) -> str | None:
    """Level that a priority cell or field names: "High", "P1", "Must", or None. ``wont`` for MoSCoW's fourth.

    Parameters
    ----------
    text : str
        The whole cell or field.
    from_zero : bool
        Whether the PRD counts its priorities from P0. Then P1 is ``should``, else ``must``.
    """
    text = text.strip(" *_`()[].:🔴🟠🟡🟢⚪").strip()
    if found := re.fullmatch(r"(?:[Pp](?:rio(?:rity)?)?\s*)([0-5])(?:\W.*)?", text):
        step = int(found[1]) - (0 if from_zero else 1)
        return ("must", "should", "could")[min(max(step, 0), 2)]
    if numbered := re.fullmatch(r"([1-5])(?:\s*[(–-]\s*(\w+)\)?)?", text):
        named = level_of_word(numbered[2], from_zero=from_zero) if numbered[2] else None
        return named or ("must", "should", "could")[min(int(numbered[1]) - 1, 2)]
    first = re.split(r"\s*[-–—(/,:]\s*", text, maxsplit=1)[0] if not re.match(r"(?:must|should|could|won'?t|nice)[- ]", text, _I) else text
    for level, words in _WHOLE_LEVELS:
        if words.fullmatch(text) or words.fullmatch(first):
            return level
    return None


def level_in_title(title: str, *, from_zero: bool) -> str | None:
    """Level that a heading gives to what stands under it ("Nice to have", "Export (P2)")."""
    if re.search(r"\bwon'?t\b", title, _I):
        return "wont"
    if found := _PRIORITY.search(title):
        return level_of_word("P" + found[1], from_zero=from_zero)
    return next((level for level, words in _TITLE_LEVEL if words.search(title)), None)


def take_level(text: str, *, from_zero: bool) -> tuple[str | None, str]:
    """Find a level tag at either end of a statement, "[P1]" or "(Should)"; return it and the text without it."""
    for found in (_TAG.match(text), _last_tag(text)):
        if found and (level := level_of_word(found["tag"], from_zero=from_zero)):
            rest = (text[: found.start()] + text[found.end() :]).strip(" :–—-")
            return level, rest
    if found := re.match(r"(P[0-4]|MUST|SHOULD|COULD|Must[- ]have|Should[- ]have|Could[- ]have|[Nn]ice(?:[- ]to[- ]have)?|Optional|Stretch|Bonus)\s*(?:[:–—]|\s-\s)\s*", text):
        return level_of_word(found[1], from_zero=from_zero), text[found.end() :]
    return None, text


def _last_tag(text: str) -> re.Match[str] | None:
    at = max(text.rfind("["), text.rfind("("), text.rfind("\uff08"))
    found = _TAG.match(text, at) if at > 0 else None
    return found if found and not text[found.end() :].strip(" .") else None


def level_in_words(text: str) -> str | None:
    """Level that a statement's own words give it, RFC 2119 capitals first."""
    head = re.sub(r"^(?:and |also )*(?:could|can|would) (?:you|it|we|they)\b", "", text[:400], flags=_I)
    found = _UPPER.search(head)
    if found is None:
        found = _MODAL.search(_CONDITION.sub("", head)) or _MODAL.search(head)
    return found.lastgroup if found else None


# Kinds

_QUALITY_WORDS = re.compile(
    r"\b(?:latency|throughput|uptime|availability of|p9[059]|99(?:\.\d+)? ?%|response times?|concurrent (?:users|requests|connections)|wcag|gdpr|dsgvo|hipaa|"
    r"rpo|rto|mtbf|code coverage|test coverage|memory (?:usage|footprint)|\d+ ?[kmg]i?b of (?:memory|ram)|\d+ ?fps|frames per second|takes? (?:at most|less than|no (?:more|longer) than|under|up to|a maximum of) \d|cold start|requests per second|encrypted\b|personal data\b|thread-safe|tls 1\.|"
    r"battery life|screen reader|horizontally|scal(?:es?|able) to|start(?:s|up)? (?:within|time)|within \d+ ?(?:ms|milliseconds)|"
    r"(?:under|below|less than|at most) \d+ ?(?:ms|milliseconds)|(?:renders?|loads?|opens?|starts?) in (?:less than|under|at most))\b",
    _I,
)
_QUALITY_LEADS = re.compile(
    r"(?:performance|security|reliability|availability|scalability|usability|accessibility|maintainability|portability|compatibility|privacy|"
    r"compliance|observability|robustness|latency|throughput|uptime|localization|localisation|sicherheit|performanz|leistung|verfügbarkeit|性能|安全性?)",
    _I,
)


def is_quality_label(label: str) -> bool:
    """Whether a label says non-functional: NFR-2, PERF-1."""
    return bool(re.match(r"(?:[A-Z]+-)?(?:NFR|NFA|NF|PERF|QR|QA|SEC)[-_ ]?(?:[A-Z]|\d)", label))


def sounds_like_quality(text: str, lead: str) -> bool:
    """Whether a statement is non-functional by its words, where no heading says so."""
    return bool(_QUALITY_WORDS.search(text[:400]) or _QUALITY_LEADS.fullmatch(lead))


# Fields

AMBIGUOUS = re.compile(
    r"source|file|document|value|team|project|product|client|category|component|area|size|version|release|date|labels?|tags?|links?|from|to|status|summary|"
    r"comments?|contact|ticket|owner|author|reviewers?|assignee|questions?|flow|impact|metrics?|due|company|department|milestone|frequency|updated|created|"
    r"subject|attachments?|audience|note|notes|nb|hint|hinweis|remarks?|approach|actors?|trigger|references?|points?|related|budget|context|test|tests|verification|after|details?|text",
    _I,
)
"""Fields that are also names of features: "Tags: users can add tags" is a statement."""
NOTES = re.compile(r"note|notes|nb|hint|hinweis|remarks?|comments?|summary|context|approach", _I)
"""Fields that hold talk: only a normative word makes a statement of what stands behind them."""


class Field(Enum):
    """What stands behind "Name:" beside a statement."""

    LEVEL = "level"
    DEPENDS = "depends"
    CRITERION = "criterion"
    ASIDE = "aside"
    """Rationale, notes, owner, estimate: about the statement, not part of it."""
    TEXT = "text"
    """The statement itself ("Description: ...")."""
    TYPE = "type"
    NONE = "none"


_FIELDS = (
    (Field.LEVEL, r"priority|prio|level|moscow|importance|severity|priorität|优先级|priorité|prioridad|must/should"),
    (Field.DEPENDS, r"depends on|dependenc(?:y|ies)|dependent on|blocked by|requires|prerequisites?|needs first|abhängig von|abhängigkeit(?:en)?|依赖|after"),
    (Field.CRITERION, r"acceptance(?: (?:criteri(?:a|on)|tests?|scenarios?))?|ac|acs|ac[- ]?\d+|criteri(?:a|on)|fit criteri(?:on|a)|verification|verify|verified by|done when|test|tests|tested by|how to test|testable|"
     r"akzeptanzkriteri(?:um|en)|abnahmekriteri(?:um|en)|abnahme|验收标准|pass criteria|definition of done"),
    (Field.ASIDE, r"why(?: .{1,40})?|rationale|reason(?:ing)?|motivation|research|findings|benefit|business value|value|note|notes|nb|background|context|example|examples|e\.g|source|owner|author|authors|status|effort|estimate|size|story points?|points|"
     r"assignee|assigned to|reviewers?|risk|risks|mitigation|open questions?|question|questions|q|open|assumptions?|personas?|user personas?|goal|goals|impact|metrics?|kpi|mockups?|wireframes?|figma|links?|ticket|jira|epic link|tags?|labels?|"
     r"out of scope|not included|not in scope|non-goals?|future|future enhancements?|later|deadline|due|due date|timeline|budget|release|milestone|version|date|created|updated|last updated|category|component|area|sprint|iteration|"
     r"actors?|primary actors?|preconditions?|postconditions?|trigger|stakeholders?|independent test|related|see also|ref|refs|reference|references|traceability|traces to|key user flow|user flow|flow|audience|approved by|prepared by|"
     r"contact|team|project|product|client|company|department|document|file|passes|complexity|confidence|frequency|remark|remarks|comment|comments|todo|begründung|hinweis|quelle|aufwand|verantwortlich|autor|datum|stand|beispiel|状态|作者|日期|版本|备注|说明|理由|负责人|"
     r"user value|problem|approach|tl;dr|summary|from|to|cc|subject|sent|betreff|von|an|designs?|attachments?"),
    (Field.TEXT, r"description|requirement|statement|what|feature|story|user story|as|details?|specification|behaviou?r|beschreibung|anforderung|描述|需求|the requirement|text|descripción|how|how it works.*|what it does|what it is"),
    (Field.TYPE, r"type|kind|typ|类型|classification"),
)  # fmt: skip
_FIELD_WORDS = tuple((field, re.compile(words, _I)) for field, words in _FIELDS)


def field_of(lead: str) -> Field:
    """What a lead ("Depends on", "Why") announces; `Field.NONE` if it is a title of the statement."""
    name = re.sub(r"\s*\([^)]*\)$", "", lead).strip(" *_?")
    return next((field for field, words in _FIELD_WORDS if words.fullmatch(name)), Field.NONE)


def counts_from_zero(text: str) -> bool:
    """Whether a PRD uses P0."""
    return bool(re.search(r"\b[Pp](?:rio(?:rity)?\s*)?0\b", text))
