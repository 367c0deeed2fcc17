"""What a sentence is: a need, the opposite of one, a question, a title, a story, a scenario.

These are judgements about English (and the normative words of a few other languages), made by words and their
order. Each looks at no more than the first `LOOK` characters, so none can be made slow by its input.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from heph_nb.domain.prd.vocabulary import BEHAVIOURS, NOT_PASSIVE, PARTICIPLES, SYSTEM_WORDS

LOOK = 600

CODE = re.compile(r"`[^`]*`")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
_I = re.IGNORECASE

NORMATIVE = re.compile(
    r"\b(?:must|shall|should|ought to|ha(?:s|ve) to|needs? to(?! be (?:decided|discussed|clarified|agreed))|is to be|are to be|"
    r"(?:is|are|be) (?:required|mandatory|expected|forbidden|prohibited|allowed|not allowed|permitted|possible|able)|"
    r"may not|must not|cannot|can ?not|can't|"
    r"muss|müssen|soll|sollen|sollte|sollten|darf|dürfen|"
    r"doit|doivent|devrait|devraient|debe|deben|debería|deve|devono|devem)\b"
    r"|必须|必需|应当|应该|不得|不能|需要|应(?=[能在对按支提将以该])",
    _I,
)
MUST = re.compile(r"(?<!who )(?<!that )(?<!which )\b(?:must|shall|ha(?:s|ve) to|is required to|muss|müssen)\b|必须|不得", _I)
CAPABLE = re.compile(
    r"\b(?:can|will|would|could|may|might|needs?|requires?|wants?|supports?|kann|können|wird|werden|benötigt|peut|peuvent|puede|pueden)\b"
    r"|支持|可以|能够|提供|允许|实现|显示",
    _I,
)
WE_NEED = re.compile(
    r"\b(?:we|i|they|customers?|users?|people|everyone|the (?:team|client|business|shop|office))(?:'d| would| also| just| really| only| mostly)* "
    r"(?:need|needs|want|wants|require|requires|like to (?:have|see|be)|like it|expect|expects|love to|love a|love an|wish)\b"
    r"|\bplease (?!let |find |see |note |reply|send me|call|contact|get back|tell me|advise|feel)\w+"
    r"|\b(?:make sure|ensure|nice[- ]to[- ]have|would be (?:nice|great|good|ideal|helpful)|wir (?:brauchen|wollen|möchten|benötigen))\b",
    _I,
)
NO_NEED = re.compile(
    r"\b(?:we|i|they|you|users?|there is|there's)(?:'d)? ?(?:really |currently |also |explicitly )?(?:do not|don't|does not|doesn't|did not|won't|will not|"
    r"would not|wouldn't) (?:\w+ )?(?:need|want|require|plan|intend|expect|care|support (?:in|for|with|at)|ship|build|have to|worry)\b"
    r"|\b(?:is|are|be|was) (?:\w+ )?(?:out of scope|out-of-scope|not in scope|not (?:needed|required|necessary|planned|part of|included|important|a goal|a priority|supported (?:in|yet|by))|unnecessary)\b"
    r"|\b(?:can|could|may|might|will|shall) (?:come|wait|follow|be (?:added|done|built)) later\b|\bnot now\b|\bmaybe later\b"
    r"|\bno (?:need|plans?|intention)\b|^(?:not|out of scope|explicitly not|not included|excluded|not needed|non-goals?|not part of|future|later|deferred|post-mvp)\b(?! (?:be|more|less)\b)"
    r"|\b(?:deferred|postponed|left for|reserved for) (?:to |until |for )?(?:a )?(?:later|future|v\d|version \d|phase \d|the next|milestone)"
    r"|\b(?:in|for|until|to) (?:a |the |some )?(?:later|future|next) (?:version|release|phase|milestone|iteration|step|date)\b"
    r"|\bnot (?:in|for|part of) (?:the )?(?:v\d|version \d|first (?:version|release)|mvp|this (?:version|release|phase))\b"
    r"|\b(?:we|i) need (?:no|neither|none)\b"
    r"|\b(?:nicht|kein\w*) (?:\w+ )?(?:benötigt|erforderlich|nötig|notwendig|geplant|vorgesehen|gebraucht)\b|\bbrauchen wir nicht\b|\b(?:wir )?brauchen (?:\w+ )?kein|不需要|无需|不在范围",
    _I,
)
NARRATIVE = re.compile(
    r"^(?:hi|hello|dear|hey|thanks|thank you|cheers|regards|best|kind regards|let me|see (?:also|the|section|below|above|attached)|refer to|"
    r"this (?:document|section|prd|spec|specification|page|chapter|feature (?:is|was|helps|will help)|table|list|means|way|is (?:why|because|the|a|an|what|how|where|meant|intended))|the (?:following|purpose|goal|aim|idea|reason|intent|intention|rationale|vision|problem|core insight|table below|list below|rest|deadline|budget|rest of)|"
    r"for (?:example|instance|reference|context|background|details|more)|e\.g\.|i\.e\.|because|since then|historically|"
    r"today|currently|right now|at the moment|so far|until now|nowadays|these days|last (?:year|week|month|summer|winter|spring|autumn|quarter)|in the past|"
    r"i (?!need|want|would like|'d like|expect)\w+|i'm|i've|i'll|we're|we've|we'll|we (?!need|want|require|would like|expect|must|shall|should|also|just|only|can|store|keep|log|send|use|show|never|do not|don't|have to)\w+|"
    r"our (?!app|system|tool|api|users (?:must|can|should)|data)\w+|my |as (?:discussed|mentioned|we (?:said|discussed|agreed|talked)|promised|agreed|described|noted|outlined|you know|above|shown)|"
    r"most |many (?!\w+ must)|some (?:users|people|customers|teams|of)|few |several (?:users|people|teams)|people |research |studies |without (?:this|it|such)|"
    r"as (?:this|the|it) [\w -]{1,30} is |cc\b|fyi\b|note|notes|nb|background|context|why|how come|what is|who |unfortunately|ideally we'd have|in (?:summary|short|general|other words|practice)|there (?:was|were|(?:is|are) (?:currently|already|some|many|several))\b|"
    r"(?:it|this|that) (?:is|was) (?:a|an|the|not|also a|used by|why|based|called|important|acceptable|fine|ok)\b|nobody knows|call me|feel free|questions\b|looking forward|here(?: is|'s| are)\b|that is (?:why|all)|that's (?:why|all|it))",
    _I,
)
ITEM_TALK = re.compile(
    r"(?:hi|hello|dear|thanks|thank you|see (?:also|section|the|below|above)|refer to|this (?:document|section|prd|spec|page|list)\b|the following|for example|"
    r"e\.g\.|i\.e\.|note:|currently|right now|at the moment|last (?:year|week|month)|i (?:think|guess|believe|am|was)\b|"
    r"we (?:think|believe|tried|discussed|talked|had|were|used to|are|have)\b)",
    _I,
)
WITHDRAWN = re.compile(r"\W*(?:deleted|removed|withdrawn|void|obsolete|intentionally (?:left )?blank|reserved|n/?a|none|tbd|todo|entfällt|gestrichen)\b[^.]{0,30}\W*$", _I)
REQUEST = re.compile(r"(?:and |also |oh,? and |finally,? )*(?:could|can|would) (?:you|it|we|i|they|the \w+) (?:please |also |maybe )*(\w+)", _I)
ASKING = frozenset("tell let give send explain check call meet talk read see find get start look come take open review".split())
PAST = re.compile(r"\b(?:was|were|had|did)\b|\b(?:we|they|i|he|she|nobody|everybody|people)\s+(?:\w+ )?\w{2,}ed\b", _I)
BOUND = re.compile(r"(?:\b(?:at (?:most|least)|(?:no )?(?:more|less|fewer) than|up to|within|under|below|above|max\.?|min\.?|maximum|minimum|höchstens|mindestens)|[<>≤≥]=?)\s*(?:of |one |an? )?[\d$€]", _I)
ORDER = re.compile(r"(?:never|always|do not|don't|avoid|only|no)\b", _I)
SHOWN = re.compile(r"`[^`]+`\s*(?:->|→|=>|⇒)\s*`[^`]+`")
STATUS_QUO = re.compile(
    r"^(?:today|heute)\b|\bas of today\b|\b(?:bisher|derzeit|zurzeit|momentan|bislang)\b|\b(?:currently|at the moment|right now|nowadays|as of now|so far|used to|(?:existing|current|old|present|legacy|previous|today's) "
    r"(?:system|tool|solution|process|app|application|workflow|site|website|setup|implementation|approach|code|codebase|way|situation|practice|spreadsheet|script|database|library|libraries|tools|systems|cart|version))\b",
    _I,
)
PLANNING = re.compile(
    r"\bneeds? (?:this|it|that|them|your|you to|a decision|an answer|feedback|approval|to (?:decide|discuss|talk|think|agree|meet|know|understand|clarify|find out|be (?:decided|discussed|clarified|agreed)))\b"
    r"|\b(?:you|we|i) (?:can|could|may|will) (?:contact|reach|call|email|ask|find|see|read|meet|start|talk|discuss|decide|then decide|revisit|review|skip|ignore|expect|send you|pay|reuse|deliver)\b"
    r"|\b(?:document|section|prd|this spec|specification|chapter|project|team|milestone|sprint|phase) (?:will|should|can|describes?|defines?|covers?|outlines?|lists?|contains?|explains?|aims?)\b"
    r"|\b(?:we|i|you) (?:should|must|have to|need to|ought to|can|could) (?:talk|discuss|decide|meet|agree|think|ask|clarify|speak|revisit)\b"
    r"|\b(?:open question|tbd|to be (?:decided|determined|confirmed|clarified|defined)|needs clarification)\b",
    _I,
)
NEED_TO_HAVE = re.compile(r"\bneed(?:s)? (?!this |it |that |them |your |to (?:decide|discuss|talk|think|agree|meet|know))", _I)
HAS = re.compile(r"\b(?:has|have)\b(?! been\b)", _I)
STATE = re.compile(
    r"\b(?:is|are) (?:by|via|in|on|for|from|made|done|up to|exactly|valid|free|the same|true|false|\d)\b|"
    r"\b(?:is|are|stays?|remains?) (?:\w+ )?(?:at least|at most|within|below|above|under|between|no more|no less|always|never|only|not|visible|hidden|available|optional|unique|read-only|disabled|enabled|empty|configurable|selectable|possible|case-sensitive|case-insensitive)\b|\bthere (?:is|are)\b|\b(?:ist|sind) (?:immer|nie|nur)\b",
    _I,
)
PASSIVE = re.compile(r"\b(?:is|are|be|being|gets?|was|were|remains?|stays?)\s+(?:\w+\s+){0,2}?([a-z]+)\b", _I)
STORY = re.compile(r"\W*(?:as an? |als )[^.!?]{1,160}?(?:\bi(?:'d)? (?:want|need|would like|can|should|must|expect|wish|like|am able)\b|\bi (?:will|get|see)\b|\bwe (?:want|need|can)\b|\bthey (?:want|need|can)\b|\bmöchte ich\b|\bwill ich\b|\bkann ich\b|\bbrauche ich\b)", _I)
JOB_STORY = re.compile(r"\W*when [^.!?]{3,160}?, i want (?:to )?[^.!?]{3,200}?,? so (?:that )?i\b", _I)
STEP = re.compile(r"\W*(?:(?:scenario|szenario|example)(?: outline)?\s*:|(given|angenommen|gegeben(?: sei)?|when|wenn|then|dann|and|und|but|aber)\b[,:]?\s)", _I)
GIVEN_THEN = re.compile(r"\b(?:given|angenommen|gegeben)\b.{1,400}?\b(?:when|wenn|then|dann)\b|\bwhen\b.{2,300}?[,;:]?\s\*{0,2}then\b", _I)
TITLE_END = re.compile(r"[.!?;,。！？；]$")
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|excl|resp|cf|no|nr|fig|sec|min|max|mr|mrs|ms|dr|st|inc|ltd|z\.\s?b|d\.\s?h|bzw|ca|ggf|usw|u\.\s?a)|\b[A-Z]|^\W*\d{1,3})\.$", _I
)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')\]]*\s+(?=[\"“‘'(\[`]*[^\W_])|(?<=[。！？；])\s*")


def introduces(text: str) -> bool:
    """Whether a text ends with a colon: something follows that it speaks of."""
    return text.rstrip().endswith((":", "\uff1a"))


def without_colon(text: str) -> str:
    """A text without the colon at its end."""
    return text.rstrip(" :\uff1a")


def sentences(text: str) -> list[tuple[int, int]]:
    """Offsets of the sentences of a paragraph. Code and abbreviations do not end one."""
    masked = CODE.sub(lambda m: "`" + "x" * (len(m[0]) - 2) + "`", text) if "`" in text else text
    out: list[tuple[int, int]] = []
    begin = 0
    for gap in SENTENCE_END.finditer(masked):
        if ABBREVIATION.search(masked, max(begin, gap.start() - 12), gap.start()):
            continue
        following = masked[gap.end() : gap.end() + 1]
        if following.islower() and masked[gap.start() - 1] == "." and gap.start() - begin < 12:
            continue
        out.append((begin, gap.end() - len(gap[0]) + len(gap[0].rstrip())))
        begin = gap.end()
    if begin < len(text):
        out.append((begin, len(text)))
    return out


@lru_cache(maxsize=4096)
def _base(word: str) -> str:
    """The base form of a verb, if `word` could be its third person."""
    if word in BEHAVIOURS:
        return word
    for ending, put in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (base := word[: -len(ending)] + put) in BEHAVIOURS:
            return base
    return ""


def begins_with_verb(text: str) -> bool:
    """Whether `text` begins with what software does: "Export ...", "Sends ...", "Automatically closes ..."."""
    found = WORD.findall(text[:80].casefold())[:3]
    while found and (found[0].endswith("ly") or found[0] in ("also", "then", "always", "never", "only", "not", "please")):
        found = found[1:]
    return bool(found) and bool(_base(found[0]))


ADVERBS = frozenset("never always only also not do don't then still just automatically immediately".split())


def _acts(text: str) -> bool:
    """A behaviour verb in the third person behind a subject: "The server stores ..."."""
    found = WORD.findall(CODE.sub("code", text[:LOOK]).casefold())
    if any(_base(word) and (word not in BEHAVIOURS) for word in found[1:24]):
        return True
    subject = [word for word in found[:8] if word not in ADVERBS]
    return any(word in BEHAVIOURS and (noun in ("they", "people", "you") or (noun.endswith("s") and not noun.endswith("ss") and noun not in BEHAVIOURS)) for noun, word in pairwise(subject))


def _is_acted_on(text: str) -> bool:
    """A passive: "... are kept", "... is shown"."""
    for found in PASSIVE.finditer(text[:LOOK]):
        word = found[1].casefold()
        if word in PARTICIPLES or (word.endswith("ed") and word not in NOT_PASSIVE):
            return True
    return False


def about_system(text: str) -> bool:
    """Whether the sentence talks of the thing to be built, or of the people who use it."""
    return any(word in SYSTEM_WORDS for word in WORD.findall(text[:LOOK].casefold())[:9])


def is_negated_need(text: str) -> bool:
    """ "We do not need ...", "... is out of scope", "... in a later version". "Must not" is a requirement."""
    return bool(NO_NEED.search(text[:LOOK]))


def is_question(text: str) -> bool:
    """Ends with a question mark."""
    return text.rstrip(" \"”')*_").endswith(("?", "？"))


def is_story(text: str) -> bool:
    """A user story ("As a ..., I want ...") or a job story ("When ..., I want ..., so I can ...")."""
    return bool(STORY.match(text[:LOOK]) or JOB_STORY.match(text[:LOOK]))


def step_of(text: str) -> str:
    """``given``, ``when``, ``then`` or ``and`` if `text` is one step of a scenario, else ''."""
    found = STEP.match(text[:40])
    word = (found[1] or "").casefold().split(" ")[0] if found else ""
    if word in ("and", "und", "but", "aber"):
        return "and"
    return {"angenommen": "given", "gegeben": "given", "wenn": "when", "dann": "then"}.get(word, word)


def is_scenario(text: str) -> bool:
    """Given, when, then in one text (or two of them)."""
    return bool(GIVEN_THEN.search(text[:1200])) and step_of(text) in ("given", "when", "")


def is_strong_need(text: str) -> bool:
    """Something with a normative word about the system itself, as an introduction may hold one."""
    head = text[:LOOK]
    found = MUST.search(head)
    if not found or _is_talk(head):
        return False
    return about_system(head[: found.start()]) and not STATUS_QUO.search(head)


def is_need(text: str, *, plain: bool, lenient: bool = False) -> bool:
    """Whether a sentence states what the thing shall be or do.

    Parameters
    ----------
    text : str
        One sentence.
    plain : bool
        Whether a plain present-tense sentence will do ("Results are sorted by date."), as under a heading about
        requirements. Otherwise it must be about the system as well.
    lenient : bool
        Whether every sentence will do that is not talk, a question, or about the past or present state.
    """
    head = text[:LOOK]
    if (asked := REQUEST.match(head)) and is_question(head) and not re.match(r"\s+(?:this|that|it|me|us)\b", head[asked.end() :]):
        return _base(asked[1].casefold()) != "" and asked[1].casefold() not in ASKING
    if _is_talk(head):
        return False
    if lenient:
        return len(head.split()) > 2 and not (PAST.search(" ".join(head.split()[:6])) and not NORMATIVE.search(head)) and not STATUS_QUO.search(head)
    if WE_NEED.search(head):
        return True
    if STATUS_QUO.search(head) and not NORMATIVE.search(head):
        return False
    if NORMATIVE.search(head):
        return True
    if CAPABLE.search(head) or STATE.search(head) or SHOWN.search(head) or (plain and (HAS.search(head) or BOUND.search(head) or ORDER.match(head))) or begins_with_verb(head) or _acts(head) or _is_acted_on(head):
        return plain or about_system(head)
    return False


def has_action(text: str) -> bool:
    """Whether anything in `text` is, can, must, does or is done: it is more than the name of a thing."""
    head = text[:LOOK]
    return bool(
        NORMATIVE.search(head) or CAPABLE.search(head) or begins_with_verb(head) or _acts(head) or _is_acted_on(head)
        or re.search(r"\b(?:is|are|has|have|ist|sind|hat|haben)\b", head)
    )  # fmt: skip


def names_something(text: str) -> bool:
    """Whether `text` could be a name, though it may begin with a word that is a verb as well: "Order number"."""
    return not (NORMATIVE.search(text) or CAPABLE.search(text) or _acts(text) or _is_acted_on(text))


def _is_talk(text: str) -> bool:
    return is_question(text) or is_negated_need(text) or bool(NARRATIVE.match(text) or PLANNING.search(text))


def is_title(text: str) -> bool:
    """Whether `text` reads as a heading: a few words, no sentence."""
    words = text.split()
    if not words or len(words) > 9 or len(text) > 90 or TITLE_END.search(text) or text[0].islower():
        return False
    return not NORMATIVE.search(text) and not re.search(r"\b(?:is|are|can|will)\b", text)
