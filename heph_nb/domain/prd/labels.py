"""Labels: what a PRD itself calls its statements and headings (FR-1, US-001, 2.1)."""

from __future__ import annotations

import re

from heph_nb.domain.prd import lexicon

_I = re.IGNORECASE
_PREFIXES = lexicon.either("labels", "prefixes")
_NO_PREFIXES = lexicon.either("labels", "not_labels")
_WORDS = lexicon.either("labels", "words")
_UNITS = lexicon.either("units")
_DIGITS = r"\d{1,4}(?:[.-]\d{1,3}){0,3}[a-z]?"
_LABEL = re.compile(
    rf"[\[(/]?(?P<label>(?:[A-Z]{{2,8}}-)?(?:{_PREFIXES})[-_ ]?(?:[A-Z]{{2,10}}-)?{_DIGITS}"  # FR-1, NFR-PERF-2, US 2.1
    r"|(?![PQV]\d+(?::|\s))[A-Z]\d{1,3}(?=[.):]\s|\s[–—-]\s)"  # B1.
    r"|[A-Z]-\d{1,3}(?=[.):]?\s*$|[.):]\s|\s[–—-]\s)"  # K-01 in a table
    rf"|(?!(?:{_NO_PREFIXES})-)[A-Z]{{2,10}}(?:-[A-Z]{{2,10}})?-\d{{1,4}}(?:\.\d{{1,3}})?"  # GHC-010
    rf"|(?i:{_WORDS})[ #-]{{1,2}}\d{{1,3}}(?:\.\d{{1,3}}){{0,2}}(?=\s*(?:[:.)–—-]|$|\s)))"  # Story 1.1
    r"(?P<bracket>[\])/])?(?P<mark>\s*[:.)|]|\s+[–—·-](?=\s)|[–—])?(?:\s+|$)"
)
_NUMBER = re.compile(r"§?(?P<label>\d{1,3}(?:\.\d{1,3}){1,4}(?:-\d{1,3})?|[A-Z]\.\d{1,3}(?:\.\d{1,3})*)[.):]?\s+(?=\S)")
_HEADING_NUMBER = re.compile(
    r"(?:(?i:section|chapter|kapitel|abschnitt)\s+)?(?P<label>\d{1,3}(?:\.\d{1,3}){0,4}|[A-Z](?=[.)]))[.):]?\s+(?=\S)"
)
_QUANTITY = re.compile(rf"(?!A\b)(?:[KMGT]i?B|[kMG]?Hz|[mk]?[VAW]h?|°C|%)(?!\w)|(?-i:{_UNITS})(?!\w)")
_NEEDS_NO_MARK = re.compile(r"[A-Z]{1,8}(?:-[A-Z]{2,10})*[-_]?\d{1,4}|.*\d\.\d|(?:user story|use case) ", _I)
_SAME = (("userstory", "us"), ("usecase", "uc"), ("requirement", "r"), ("feature", "f"), ("jobstory", "us"))
_REQUIREMENT = re.compile(
    r"(?!rule|story)(?:[A-Z]+-)?"
    r"(?:[A-Z]{1,6}\d*-\d|N?FR|REQ|RQ|R|NF|N?FA|BR|SR|TR|UR|ANF|LF|SEC|PERF|requirement |anforderung )",
    _I,
)
_STORY = re.compile(r"(?:US|ST|HU|story|user story|job story|epic)[-_ ]?\d", _I)
_QUALITY = re.compile(r"(?:[A-Z]+-)?(?:NFR|RNF|NFA|NF|PERF|QR|QA|SEC)[-_ ]?(?:[A-Z]|\d)")


def split_label(text: str, *, heading: bool = False) -> tuple[str | None, int]:
    """Return the label at the beginning of `text` and where the text behind it begins.

    Parameters
    ----------
    text : str
        Clean text.
    heading : bool
        Whether it is a heading, where a plain number is a label too.

    Examples
    --------
    >>> split_label("FR-1: Sort lines"), split_label("Sort lines")
    (('FR-1', 6), (None, 0))
    """
    if found := _LABEL.match(text):
        marked = found["mark"] or (found["bracket"] and text[0] in "[(/") or heading
        if marked or (_NEEDS_NO_MARK.match(found["label"]) and text[found.end() : found.end() + 1]):
            return " ".join(found["label"].split()), found.end()
    if found := (_HEADING_NUMBER if heading else _NUMBER).match(text):
        rest = text[found.end() :]
        exact = found["label"].count(".") > 1 or found["label"][0].isalpha()
        if heading or exact or not _QUANTITY.match(rest):
            return found["label"], found.end()
    return None, 0


def begins_labelled(text: str) -> bool:
    """Whether `text` begins with a label and a mark or bracket behind it: "FR-1: ...", "[R2] ..."."""
    found = _LABEL.match(text)
    return bool(found and (found["mark"] or found["bracket"]))


def is_worded(label: str) -> bool:
    """Whether a label is more than the number of a chapter."""
    return len(label) > 1 and not label[0].isdigit()


def label_key(label: str) -> str:
    """Return a label as it is compared: "FR-001", "fr 1" and "FR1" are one."""
    key = re.sub(r"[\s_#-]+", "", label.casefold())
    key = re.sub(r"(?<![\d.])0+(?=\d)", "", key)
    for word, short in _SAME:
        key = re.sub(rf"^{word}(?=\d)", short, key)
    return key


def is_requirement_label(label: str) -> bool:
    """Whether a label names a requirement (FR-1), not a story, a feature or a chapter."""
    return bool(_REQUIREMENT.match(label))


def is_story_label(label: str) -> bool:
    """Whether a label names a user story or an epic: what its acceptance criteria say are the requirements."""
    return bool(_STORY.match(label))


def is_epic_label(label: str) -> bool:
    """Whether a label names an epic: a group of stories."""
    return bool(re.match(r"epic\b", label, _I))


def is_quality_label(label: str) -> bool:
    """Whether a label says non-functional: NFR-2, PERF-1."""
    return bool(_QUALITY.match(label))
