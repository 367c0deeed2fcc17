"""What a sentence says: a need, the opposite of one, or something about the project.

These are judgements about English (and the normative words of a few other languages), made by words and their
order; the words are in ``lexicon.yaml``. Each looks at no more than the first `LOOK` characters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from heph_nb.domain.prd import lexicon
from heph_nb.domain.prd.shapes import CODE, LOOK, NORMATIVE, is_question

WORD = re.compile(r"[^\W\d_][\w'’-]*")
CAPABLE = lexicon.words("sentences", "capable")
"""Can, will, needs, supports, ..."""

LONG = 20_000
"""By so much of a document, in characters, its language is told."""

FEW = 25
"""One word in so many at least is among the commonest of the language."""

_COMMON = frozenset(
    ["the", "and", "of", "to", "for", "with", "is", "are", "by", "from", "that", "on", "be", "must", "can", "should"]
)
_I = re.IGNORECASE
_BEHAVIOURS = lexicon.word_set("behaviours")
_PARTICIPLES = lexicon.word_set("participles")
_NOT_PASSIVE = lexicon.word_set("not_passive")
_SYSTEM_WORDS = lexicon.word_set("system")
_MUST = lexicon.words("sentences", "must")
_WE_NEED = lexicon.words("sentences", "we_need")
_WISH = re.compile(r"\b(?:i|we)(?:'d| would) (?:like|love)\b", _I)
_NO_NEED = lexicon.words("sentences", "no_need")
_NARRATIVE = lexicon.opening("sentences", "narrative")
_ITEM_TALK = lexicon.opening("sentences", "item_talk")
_POINTING = lexicon.words("sentences", "pointing")
_STATUS_QUO = lexicon.words("sentences", "status_quo")
_PAST = lexicon.words("sentences", "past")
_PLANNING = lexicon.words("sentences", "planning")
_STATE = lexicon.words("sentences", "state")
_ORDER = lexicon.opening("sentences", "order")
_ASKING = frozenset(lexicon.phrases("sentences", "asking"))
_CLAUSE = re.compile(
    r"^(?:if|when|whenever|once|while|unless|below|above|after|before|on|for|in|at|with|without|during|until|from) "
    r"[^,.:;]{2,120}, (?:then )?",
    _I,
)
"""What stands in front of an order: "Below 70 %, show three"."""
_WHATEVER = re.compile(
    r"(?:it|everything|nothing|everyone|nobody|(?:each|every) \w+) (?:(?:always|never|only|also|then|\w+ly) )*"
    r"(?!is\b|was\b|has\b|this\b)[a-z]{2,}s\b",
    _I,
)
"""Whatever the verb is, this has one in the present tense: "Everything lives in one file"."""
_REMINDER = re.compile(rf"\W*(?:{lexicon.either('sentences', 'reminder')})\b(?! (?:app|list|items?)\b|['’]\w)", _I)
_GONE = "|".join(lexicon.phrases("sentences", "withdrawn"))
_WITHDRAWN = re.compile(
    rf"\W*(?:{_GONE})\b(?::[^.]{{0,60}}|\W+(?:in|for|by|see|with|since|from|wird)\b[^.]{{0,30}})?\W*$", _I
)
_REQUEST = re.compile(
    r"(?:and |also |oh,? and |finally,? )*(?:could|can|would) (?:you|it|we|i|they|the \w+) (?:please |also |maybe )*"
    r"(\w+)(?! (?:this|that|it|me|us)\b)",
    _I,
)
_BOUND = re.compile(
    r"(?:\b(?:at (?:most|least)|(?:no )?(?:more|less|fewer) than|up to|within|under|below|above|max\.?|min\.?|maximum|"
    r"minimum|höchstens|mindestens)|[<>≤≥]=?)\s*(?:of |one |an? )?[\d$€]",
    _I,
)
_SHOWN = re.compile(r"`[^`]+`\s*(?:->|→|=>|⇒)\s*`[^`]+`")
_HAS = re.compile(r"\b(?:has|have)\b(?! been\b)", _I)
_IS = re.compile(r"\b(?:is|are|has|have|ist|sind|hat|haben)\b", _I)
_PASSIVE = re.compile(r"\b(?:is|are|be|being|gets?|was|were|remains?|stays?)\s+(?:\w+\s+){0,2}?([a-z]+)\b", _I)
_MADE_WITH = re.compile(
    r"\b(?:built|written|implemented|hosted|deployed|packaged|done) (?:with|in|on|using|as|via)\b", _I
)
_QUOTED = re.compile(r"[\"“„'][^\"”]{0,300}\b(?:i|we|my|our|me)\b[^\"”]{0,300}[\"”']", _I)
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Scripts in which a sentence may have one or two words: kana, Chinese characters, Hangul."""
_ADVERBS = frozenset(
    [
        "never",
        "always",
        "only",
        "also",
        "not",
        "do",
        "not",
        "don't",
        "then",
        "still",
        "just",
        "automatically",
        "immediately",
    ]
)
_BEFORE_VERBS = frozenset(["also", "then", "always", "never", "only", "not", "please"])


def is_english(text: str) -> bool:
    """Whether the words by which sentences are judged here are those of this document, by its commonest ones."""
    found = WORD.findall(text[:LONG].casefold())
    return sum(word in _COMMON for word in found) * FEW >= len(found)


def is_negated_need(text: str) -> bool:
    """Whether it says "we do not need ...", "... is out of scope", "... later". "Must not" is a requirement."""
    return bool(_NO_NEED.search(text[:LOOK]))


def is_talk(text: str) -> bool:
    """Whether it is a greeting, a question, a plan, an explanation: nothing about the thing to be built."""
    head = text[:LOOK]
    return (
        is_question(text)
        or is_negated_need(head)
        or bool(_NARRATIVE.match(head) or _REMINDER.match(head) or _QUOTED.match(head) or _PLANNING.search(head))
    )


def is_aside(text: str) -> bool:
    """Say the same of a list item, which is taken for a requirement more readily."""
    head = text[:LOOK]
    return bool(
        (_ITEM_TALK.match(head) or _REMINDER.match(head) or _WITHDRAWN.match(head) or _QUOTED.match(head))
        and not NORMATIVE.search(head)
    )


def is_strong_need(text: str) -> bool:
    """Something with a normative word about the system itself, as an introduction may hold one."""
    head = text[:LOOK]
    if is_talk(head):
        return False
    if _WISH.search(head):
        return True
    if not (found := _MUST.search(head)):
        return False
    return about_system(head[: found.start()]) and not _STATUS_QUO.search(head)


def is_need(text: str, *, plain: bool) -> bool:
    """Whether a sentence states what the thing shall be or do.

    Parameters
    ----------
    text : str
        One sentence.
    plain : bool
        Whether a plain present-tense sentence will do ("Results are sorted by date."), as under a heading about
        requirements. Otherwise it must be about the system as well.
    """
    head = text[:LOOK]
    if is_request(head):
        return True
    if is_talk(head):
        return False
    if _WE_NEED.search(head) or NORMATIVE.search(head):
        return True
    if _STATUS_QUO.search(head):
        return False
    states = _says_something(head) or bool(_HAS.search(head) or has_bound(head) or _ORDER.match(head))
    return states and (plain or about_system(head))


def is_statement(text: str) -> bool:
    """Whether a sentence may count where nearly everything does: no talk, and not about the past or present state."""
    head = text[:LOOK]
    if is_request(head):
        return True
    if is_talk(head) or (len(head.split()) < 3 and not (_ORDER.match(head) or _DENSE.search(head))):
        return False
    if NORMATIVE.search(head):
        return True
    past = _PAST.search(" ".join(_CLAUSE.sub("", head).split()[:6]))
    return not (past or _STATUS_QUO.search(head) or _POINTING.search(head))


def asks_for_something(parts: list[str]) -> bool:
    """Whether a technical note asks for something: "must", an order, a bound, or what a part does."""
    if not parts:
        return False
    first = parts[0][:LOOK]
    if has_bound(first) and not is_negated_need(first):
        return True
    for part in parts:
        asks = NORMATIVE.search(part[:LOOK]) or begins_with_verb(part) or _WE_NEED.search(part[:LOOK])
        if asks and not is_negated_need(part) and not _NARRATIVE.match(part):
            return True
    return bool(_MADE_WITH.search(first)) or (is_need(first, plain=True) and not _STATUS_QUO.search(first))


def is_request(text: str) -> bool:
    """Whether it is a need put as a question: "Could it also play a sound?"."""
    asked = _REQUEST.match(text[:LOOK])
    verb = asked[1].casefold() if asked else ""
    return is_question(text) and verb not in _ASKING and (verb == "have" or bool(_base(verb)))


def has_bound(text: str) -> bool:
    """Whether there is a number with a limit: "at most 3", "< 2 s"."""
    return bool(_BOUND.search(text[:LOOK]))


def has_action(text: str) -> bool:
    """Whether anything in `text` is, can, must, does or is done: it is more than the name of a thing."""
    head = text[:LOOK]
    return not names_something(head) or begins_with_verb(head) or bool(_IS.search(head))


def names_something(text: str) -> bool:
    """Whether `text` could be a name, though it may begin with a word that is a verb as well: "Order number"."""
    head = text[:LOOK]
    return not (NORMATIVE.search(head) or CAPABLE.search(head) or _acts(head) or _is_acted_on(head))


def begins_with_verb(text: str) -> bool:
    """Whether `text` begins with what software does: "Export ...", "Sends ...", "Automatically closes ..."."""
    found = WORD.findall(_CLAUSE.sub("", text[:200])[:80].casefold())[:3]
    while found and (found[0].endswith("ly") or found[0] in _BEFORE_VERBS):
        found = found[1:]
    return bool(found) and bool(_base(found[0]))


def begins_with_gerund(text: str) -> bool:
    """Whether `text` begins with what software does, as a noun: "Uploading a photo", "Automatically filling ..."."""
    found = [word for word in WORD.findall(text[:80].casefold())[:2] if not word.endswith("ly")]
    stem = found[0][:-3] if found and found[0].endswith("ing") else ""
    return len(text.split()) > 2 and any(_base(form) for form in (stem, f"{stem}e", stem[:-1]) if len(form) > 1)


def about_system(text: str) -> bool:
    """Whether the sentence talks of the thing to be built, or of the people who use it."""
    return any(word in _SYSTEM_WORDS for word in WORD.findall(text[:LOOK].casefold())[:9])


def _says_something(text: str) -> bool:
    finds = (CAPABLE, _STATE, _SHOWN)
    return any(each.search(text) for each in finds) or begins_with_verb(text) or _acts(text) or _is_acted_on(text)


@lru_cache(maxsize=4096)
def _base(word: str) -> str:
    """Return the base form of a verb, if `word` could be its third person."""
    word = word.removeprefix("auto-")
    if word in _BEHAVIOURS:
        return word
    for ending, put in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (base := word[: -len(ending)] + put) in _BEHAVIOURS:
            return base
    return ""


def base_verb(word: str) -> str:
    """Return the verb of which a (lower case) word is the base form or third person; '' if it is none that is known."""
    return _base(word)


def _acts(text: str) -> bool:
    """Whether there is a behaviour verb behind a subject: "The server stores ...", "Members book ..."."""
    if _WHATEVER.match(text):
        return True
    found = WORD.findall(CODE.sub("code", text).casefold())
    if any(_base(word) and word not in _BEHAVIOURS for word in found[1:24]):
        return True
    subject = [word for word in found[:8] if word not in _ADVERBS]
    return any(verb in _BEHAVIOURS and _is_plural(noun) for noun, verb in pairwise(subject))


def _is_plural(noun: str) -> bool:
    return noun in ("they", "people", "you") or (
        noun.endswith("s") and not noun.endswith("ss") and noun not in _BEHAVIOURS
    )


def _is_acted_on(text: str) -> bool:
    """Whether there is a passive: "... are kept", "... is shown"."""
    done = (found[1].casefold() for found in _PASSIVE.finditer(text))
    return any(word in _PARTICIPLES or (word.endswith("ed") and word not in _NOT_PASSIVE) for word in done)
