"""What an answer says of each requirement that its question is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heph_nb.domain.markup import unmarked, unwrapped
from heph_nb.domain.verdicts import (
    ANY_CASE,
    AS_AND_MORE,
    CONDITION,
    DECIDES_NOTHING,
    DROPPED,
    DROPPED_FOR,
    GROUP,
    ID,
    LIKEWISE,
    MANY,
    NO,
    OPENS,
    OTHERWISE,
    POLITE,
    PROPOSED,
    SAID_BEFORE,
    SIGNS,
    UNCLEAR,
    WORDS,
)

_PROPOSAL = re.compile(r"^\s*(?:Proposal|Or):[ \t]*(.+)")
_ASKED = re.compile(r"“([^”]+\?)”")
_LEADING = re.compile(rf"\s*({ID})")
_COLON = re.compile(r"\s*[:=]")
_JOINS = re.compile(r"(?:\s-|\b(?:and|or|but|also|then|plus|while|for|as for))\Z", ANY_CASE)
_NEAR = 200
"""How many characters around a name are looked at for what joins it to a verdict: no answer keeps others waiting."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one requirement: a criterion, or that it is dropped; with neither it is still open."""

    requirement_id: str
    criterion: str | None = None
    dropped: bool = False

    @property
    def open(self) -> bool:
        """Whether nothing was decided."""
        return self.criterion is None and not self.dropped

    @property
    def said(self) -> str:
        """What was decided, in a word or as the criterion in quotation marks."""
        return "dropped" if self.dropped else "still open" if self.open else f'"{self.criterion}"'

    def __str__(self) -> str:
        return f"{self.requirement_id}: {self.said}"

    @classmethod
    def parse(cls, text: str) -> Ruling:
        """Return the ruling that a text is of."""
        id, _, said = text.partition(": ")
        return cls(id, dropped=True) if said == "dropped" else cls(id, said[1:-1])


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an answer: the ids it speaks of, where it begins and its text does, and the verdict before the ids."""

    ids: tuple[str, ...]
    start: int
    text: int
    word: str = ""


def read_answer(question: str, requirement_ids: Sequence[str], answer: str) -> list[Ruling]:
    """Return what an answer says of each requirement of its question.

    An answer is split where requirements are named; ``R-001 and R-002: text`` speaks of both. ``as proposed`` takes the
    question's ``Proposal:``, ``as proposed (second)`` its ``Or:``, ``drop`` or ``not needed`` drops. What names no
    requirement goes for all of them, or beside others that are named only if it is such a word, or says ``the rest``.
    What is not decided, not understood, or asked back is still open.

    Examples
    --------
    >>> [str(ruling) for ruling in read_answer("", ["R-001", "R-002", "R-003"], "R-001: below 2 s, R-002 not needed")]
    ['R-001: "below 2 s"', 'R-002: dropped', 'R-003: still open']
    """
    said = _said(unmarked(answer), requirement_ids)
    return [_ruling(question, id, said.get(id, "")) for id in requirement_ids]


def strangers(answer: str, requirement_ids: Sequence[str]) -> list[str]:
    """Return the requirements that an answer decides about although its question is not about them."""
    return [id for part in _parts(unmarked(answer), requirement_ids) for id in part.ids if id not in requirement_ids]


def mentioned(answer: str, requirement_ids: Sequence[str]) -> list[str]:
    """Return those of some requirements that an answer names, wherever it does."""
    named = {_full(id, requirement_ids) for id in re.findall(ID, unmarked(answer), ANY_CASE)}
    return [id for id in requirement_ids if id in named]


def decides(answer: str) -> bool:
    """Whether an answer says anything at all; a question back does not.

    Examples
    --------
    >>> decides("whatever, just use your judgement"), decides("After 30 days.")
    (False, True)
    """
    if answer.rstrip(" \t\r\n!.)*_`").endswith(("?", "\uff1f")):
        return False
    left = re.sub(ID, "", answer, flags=ANY_CASE)
    left = DECIDES_NOTHING.sub("", re.sub(rf"\b{POLITE}\b", "", left, flags=ANY_CASE))
    return any(c.isalnum() for c in left)


def set_aside(question: str, decided: Sequence[str], note: str) -> str:
    r"""Return a question with the paragraphs on what is decided below a note, at the end.

    Examples
    --------
    >>> set_aside("Which?\n\nR-001: a\n\nR-002: b", ["R-001"], "Decided:")
    'Which?\n\nR-002: b\n\nDecided:\n\nR-001: a'
    """
    kept: list[str] = []
    aside: list[str] = []
    mine = False
    for paragraph in question.split("\n\n"):
        leading = _LEADING.match(paragraph)
        mine = leading[1] in decided if leading else mine and paragraph.startswith((" ", "\t"))
        if paragraph != note:
            (aside if mine else kept).append(paragraph)
    return "\n\n".join([*kept, note, *aside] if aside else kept)


def proposals(question: str, id: str) -> list[str]:
    """Return what a question proposes for a requirement, the likeliest first; what stands above all ids is for all."""
    current, found = None, []
    for line in question.splitlines():
        leading = _LEADING.match(line)
        current = leading[1] if leading else current
        proposal = _PROPOSAL.match(line)
        if proposal and current in (id, None):
            found.append(proposal[1].strip())
    return found


def _said(answer: str, requirement_ids: Sequence[str]) -> dict[str, str]:
    """Return for each requirement the words that are about it."""
    parts = _parts(answer, requirement_ids)
    named = {_full(found, requirement_ids) for found in re.findall(ID, answer, ANY_CASE)}
    said: dict[str, str] = {}
    last = ""
    for part, until in zip(parts, [*(part.start for part in parts[1:]), len(answer)], strict=bool(parts)):
        text = _tidy(answer[part.text : until])
        if part.word:
            last = _tidy(f"{part.word} {answer[part.text : until]}")
            last = last if _verdict(last) or DROPPED_FOR.match(last) or AS_AND_MORE.match(last) else ""
        elif not LIKEWISE.fullmatch(_plain(text)):
            last = "" if len(part.ids) > 1 and _listed(text, len(part.ids)) else text
        said |= dict.fromkeys(part.ids or [id for id in requirement_ids if id not in named], last)
    general = _tidy(answer[: parts[0].start] if parts else answer)
    alone = not parts and not re.search(ID, general, ANY_CASE)
    alone = alone and not (len(requirement_ids) > 1 and _bare_drop(general))
    if general and (alone or (parts and PROPOSED.fullmatch(_plain(general)))):
        said = dict.fromkeys(requirement_ids, general) | said
    return said


def _parts(answer: str, requirement_ids: Sequence[str]) -> list[_Part]:
    """Return where an answer begins to speak of something else; a requirement that is only mentioned is not one."""
    parts: list[_Part] = []
    end = 0
    groups = list(GROUP.finditer(answer))
    for i, found in enumerate(groups):
        until = groups[i + 1].start() if i + 1 < len(groups) else len(answer)
        before, after = answer[end : found.start()], answer[found.end() : until]
        ids = tuple(_full(id, requirement_ids) for id in re.findall(ID, found[0], ANY_CASE))
        named = _COLON.match(after) is not None
        theirs = bool(parts) and not parts[-1].word and re.match(r"[ \t]*[:=-]?[ \t]*\w", before) and _verdict(before)
        word = None if theirs else _word(before)
        if word is not None:
            own = ids[-1:] if len(ids) > 1 and (re.match(r"\s*[:=]\s*\w", after) or _verdict(after)) else ()
            parts.append(_Part(ids[: len(ids) - len(own)], end + word.start("word"), found.end(), word["word"]))
            parts += [_Part(own, found.end(), found.end())] if own else []
        elif named or ((theirs or _opens(before)) and _tidy(after)):
            parts.append(_Part(ids, found.start(), found.end()))
        else:
            continue
        end = found.end()
    return sorted([*parts, *_of_many(answer, requirement_ids, parts)], key=lambda part: part.start)


def _opens(before: str) -> bool:
    """Whether something new may begin behind a text."""
    return OPENS.search(before, max(0, len(before) - _NEAR)) is not None


def _word(before: str) -> re.Match[str] | None:
    """Find the verdict that stands right before an id, unless it is denied or bound to a condition."""
    word = SAID_BEFORE.search(before, max(0, len(before) - _NEAR))
    if word is None or re.search(r"(?:not|n't|never)\Z", before[: word.start("word")].rstrip(), ANY_CASE):
        return None
    sentence = re.split(r"[.;!?\n]", before[: word.start("word")])[-1]
    return None if re.search(CONDITION, sentence, ANY_CASE) else word


def _verdict(text: str) -> bool:
    """Whether a text is a verdict and nothing else."""
    return len(text) < _NEAR and any(verdict.fullmatch(_plain(text)) for verdict in WORDS)


def _listed(text: str, ids: int) -> bool:
    """Whether a text lists a value for each of several ids; which is whose, nobody can tell for sure."""
    pieces = [piece for piece in map(_plain, re.split(r"[,;/]", text)) if piece]
    values = [p for p in pieces[1:] if _verdict(p) or re.search(r"\d", p) or len(p.split()) <= 2]
    return bool(values) and (len(pieces) == ids or any(map(_verdict, pieces)))


def _of_many(answer: str, requirement_ids: Sequence[str], parts: Sequence[_Part]) -> Iterator[_Part]:
    """Find ``all`` and ``the rest``, where a decision stands beside them: elsewhere they are words like others."""
    for found in MANY.finditer(answer):
        start = max((part.text for part in parts if part.text <= found.start()), default=0)
        until = min((part.start for part in parts if part.start >= found.end()), default=len(answer))
        before, after = answer[start : found.start()], answer[found.end() : until]
        ids = () if found["rest"] else tuple(requirement_ids)
        word = _word(before)
        if word is not None and len(after) < _NEAR and not _plain(after):
            yield _Part(ids, start + word.start("word"), found.end(), word["word"])
        elif _opens(before) and _verdict(after):
            yield _Part(ids, found.start(), found.end())


def _ruling(question: str, id: str, text: str) -> Ruling:
    text = " ".join(unwrapped(text).split())
    words, offered = _plain(text), proposals(question, id)
    if not decides(text):
        return Ruling(id)
    if DROPPED.fullmatch(words) or DROPPED_FOR.match(words):
        return Ruling(id, dropped=True)
    if OTHERWISE.fullmatch(words):
        return Ruling(id, offered[1] if len(offered) > 1 else None)
    if PROPOSED.fullmatch(words) and offered:
        return Ruling(id, offered[0])
    if (PROPOSED.fullmatch(words) and not AS_AND_MORE.match(f"{words} .")) or NO.fullmatch(words):
        asked = _ASKED.findall(question)  # yes and no say something only where one question can be said yes or no to
        return Ruling(id, f"{asked[0]} {text}" if len(asked) == 1 and not offered else None)
    more = AS_AND_MORE.match(text)
    if more is not None and offered and not UNCLEAR.match(text[more.end() :]):
        rest = text[more.end() :]
        return Ruling(id, offered[0].rstrip(".") + (rest if rest[0] in ",;:" else f" {rest}"))
    # Words of deciding in a sentence that is not understood: whatever it means, it is no criterion as it stands.
    return Ruling(id) if UNCLEAR.match(words) else Ruling(id, text)


def _bare_drop(text: str) -> bool:
    """Whether one of several requirements is dropped, without a word on which."""
    return bool(DROPPED.fullmatch(_plain(text))) and not re.search(
        r"\b(?:all|both|them|these|everything)\b", text, ANY_CASE
    )


def _full(id: str, requirement_ids: Sequence[str]) -> str:
    """Return a requirement's id as the run writes it: ``r-1`` is ``R-001``."""
    number = int(re.sub(r"\D", "", id))
    return next((full for full in requirement_ids if int(re.sub(r"\D", "", full)) == number), f"R-{number:03d}")


def _plain(text: str) -> str:
    """Return a text without courtesies and without the signs around it."""
    text = re.sub(rf"\b{POLITE}\b", " ", text.replace("\u2019", "'"), flags=ANY_CASE).strip(SIGNS)
    return " ".join(re.sub(r"^(?:(?:yes|ok(?:ay)?|\d+[.)])\W+)+(?=\w)", "", text, flags=ANY_CASE).split())


def _tidy(text: str) -> str:
    """Return a piece of an answer without what joins it to its neighbours."""
    text = re.sub(r"^[\s:=,;\u2013\u2014)]+(?:-\s)?", "", text)
    while True:
        text = text.rstrip(" \t\r\n,;(•*")
        join = _JOINS.search(text, max(0, len(text) - 8))
        if join is None:
            return text
        text = text[: join.start()]
