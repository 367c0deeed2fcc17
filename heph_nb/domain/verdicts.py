"""Verdicts: the words in which people decide. What is proposed is taken, dropped, or nothing is decided."""

from __future__ import annotations

import re

ANY_CASE = re.IGNORECASE
ID = r"(?<![\w-])R-?\d{1,9}\b"
ALL = r"(?:\b(?:both|all|everything|each)\b(?: of (?:them|these))?|\bthem all\b)"
REST = (
    r"\b(?:the (?:rest|others|other (?:ones|two|three|requirements)|remaining ones?)|(?:everything|all) else"
    r"|all others)\b"
)
GROUP = re.compile(rf"{ID}(?:(?:\s*(?:[,/&+]|\band\b|\bor\b)\s*)+{ID}| +{ID})*", ANY_CASE)
MANY = re.compile(rf"(?:(?:take|accept) +)?(?:(?P<rest>{REST})|(?P<all>{ALL}))", ANY_CASE)
POLITE = r"(?:please|pls|just|then|well|sorry|thanks?(?: you)?|simply|for now|i think|i'd say|let'?s)"
DROP = (
    r"(?:(?:can|could|should|may|shall|to) +be +|is +|are +|(?:we|you) +can +)?"
    r"(?:drop(?:ped)?|remove[d]?|delete[d]?|scrap(?:ped)?|forget(?: about)?|leave out|left out|out of scope)"
    r"|(?:(?:is|are) +)?(?:(?:not|no longer) +(?:needed|wanted|required|necessary)|unnecessary)"
    r"|(?:is|are)n'?t +(?:needed|wanted|required|necessary)"
    r"|(?:we +)?(?:do not|don'?t|no longer) +(?:need|want)|obsolete|cancel(?:led)?|(?:won'?t|will not) do"
)
IT = r"(?: +(?:it|this|that|them|these|those|one|all|both|out|any ?more|altogether|completely|everything))*"
CONDITION = r"\b(?:unless|if|except|until|till|only (?:when|once|after)|as long as|provided|in case)\b"
PICK = r"(?:(?:i'?d|i|we|let'?s) +)?(?:accept(?:ed)?|take|use|go with|prefer|choose) +"
SECOND = r"(?:second|2nd|2|two|other|b)"
AS = (
    r"(?:(?:is|are) +)?(?:(?:fine|good|ok(?:ay)?) +)?"
    rf"(?:(?:as|like|what) +(?:you +)?(?:proposed?|suggest(?:ed)?)"
    rf"|{PICK}(?:(?:the|your) +)?(?:proposals?|suggestions?))"
)
PROPOSED = re.compile(
    rf"(?:{AS}|(?:{PICK})?(?:the +|your +)?(?:first +)?proposal|(?:{PICK})?the +first(?: +one)?|yes|yep|sure"
    r"|ok(?:ay)?|agreed?|sounds good|(?:is +|are +|that'?s +)?(?:fine|good)|go ahead)\W*(?:first|1st|1)?",
    ANY_CASE,
)
OTHERWISE = re.compile(
    rf"(?:{AS}\W*(?:the +)?{SECOND}(?: +(?:one|proposal|reading))?|(?:{PICK})?(?:the +)?(?:second|other|2nd)"
    r"(?: +one)?(?: +(?:proposal|suggestion))?|proposal +2)",
    ANY_CASE,
)
AS_AND_MORE = re.compile(rf"{AS}\b\s*(?=\S)", ANY_CASE)
DROPPED = re.compile(rf"(?:{DROP}){IT}", ANY_CASE)
DROPPED_FOR = re.compile(
    rf"(?!.*{CONDITION})(?:{DROP}){IT}\s*(?:[,;.:(\u2013\u2014-]|because\b|since\b)", ANY_CASE | re.DOTALL
)
UNCLEAR = re.compile(
    rf"drop(?:ped)?\b|not needed\b|(?:{DROP}){IT}\b.*{CONDITION}|(?=.*{CONDITION}).*\bdrop (?:it|this|that|them|R-?\d)"
    r"|.*\b(?:propos(?:ed|als?)|suggest(?:ed|ions?))\b",
    ANY_CASE | re.DOTALL,
)
NO = re.compile(r"(?:no|nope|nah|never|no way|not really)(?:\W+(?:no|never))*", ANY_CASE)
LIKEWISE = re.compile(r"(?:too|also|as well|likewise|ditto|(?:the )?same(?: here)?)", ANY_CASE)
WORDS = (DROPPED, PROPOSED, OTHERWISE)
DECIDES_NOTHING = re.compile(
    r"\b(?:whatever(?: you (?:think|like|want|prefer))?|(?:it'?s |that'?s )?(?:your|you) (?:call|choice|decision)"
    r"|(?:it'?s )?up to you|you (?:decide|choose|tell me)|decide yourself|(?:i )?(?:do not|don'?t) (?:know"
    r"|care|mind)|dunno|idk|no (?:idea|opinion|preference|clue)|not sure|unsure|(?:use|trust) your(?: own)?"
    r"(?: (?:best|good))? (?:judge?ment|discretion|instincts?)|it depends|maybe|perhaps|later|ask me(?: again)?"
    r"|tbd|to be (?:decided|defined)|n/?a|skip(?: (?:it|this))?|pass|any(?:thing)?|either(?: (?:one|is fine))?"
    r"|(?:do not|don'?t|never) (?:drop|remove|delete|forget)(?: (?:it|this|that|them))?|keep(?: (?:it|this|them))?"
    r"|postponed?|undo|(?:open|ask) again|reopen|neither|nein|not dropped|nothing (?:is )?decided"
    r"|yet|i|we|hmm*|or|and|the|is|are|for|on|as)\b",
    ANY_CASE,
)
OPENS = re.compile(
    rf"(?:^|[\n,;.:!?()•*]| -|^-|\b(?:and|but|also|then|or|plus|while|for|as for|on|&)\b|{POLITE})\W*\Z", ANY_CASE
)
SAID_BEFORE = re.compile(
    rf"(?P<open>^|[\n,;.:!?()•*-]|\b(?:and|but|also|then|yes|ok(?:ay)?|{POLITE})\b)\s*(?P<word>(?:{POLITE}[ ,]+)*"
    rf"(?:{DROP}|{AS}|yes(?= to )))(?: +(?:for|with|on|to|:))?[ :]*\Z",
    ANY_CASE,
)
SIGNS = " \t\r\n.,;:!?-\u2013\u2014=()*_`~\"'\u2018\u2019\u201c\u201d"
