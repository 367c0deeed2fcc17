"""Conversations: the lines of a chat or a list of comments that only say who speaks, and when."""

from __future__ import annotations

import re

FEWEST = 3
"""So many lines of that shape make a conversation."""

_CLOCK = r"\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_WHO = r"(?:[*_`@<]*[^\W\d_][\w.'’-]{0,30}[>*_`,]*\s+){1,3}"
_VERB = r"(?:added a comment|commented|wrote|said|replied|posted|schrieb)"
_SAID = rf"(?:{_VERB}\s+(?:(?:on|at|am|um)\s+)?|today\s+(?:at\s+)?|app\s+)*"
_DATE = r"(?:(?:[\w/.,-]*\d[\w/.,-]*|(?-i:[A-Z])[a-z]{2,8},?)\s+){0,4}?"
_TURN = re.compile(
    rf"(?:>\s?){{0,3}}\s*{_WHO}(?:[-–—|·•]\s+)?{_SAID}(?:[-–—|·•]\s+)?{_DATE}[\[(]?{_CLOCK}[\])]?\s*:?\s*",
    re.IGNORECASE,
)


MESSAGE = "\u2063"
"""Stands where a line of a conversation begins. Nobody sees it."""

_PREFIX = re.compile(
    rf"(?:>\s?){{0,3}}\s*(?:[-*] )?[\[(<]?(?:{_DATE}{_CLOCK})[\])>]?\s*[-–—|]?\s*"
    rf"[<*]*[^\W\d_][\w.'’ -]{{0,30}}[>*]*:[*]*\s+",
    re.IGNORECASE,
)


def blank_turns(text: str) -> str:
    r"""Replace the lines that announce a speaker by blank ones, if there are enough of them to be sure.

    Examples
    --------
    >>> blank_turns("ann  9:02\nhello\nbob  9:03\nhi\nann 9:04\nit must beep")
    '\nhello\n\nhi\n\nit must beep'
    """
    lines = text.split("\n")
    turns = [at for at, line in enumerate(lines) if len(line) < 90 and _TURN.fullmatch(line)]
    said = [(at, found.end()) for at, line in enumerate(lines) if (found := _PREFIX.match(line[:120]))]
    for at in turns if len(turns) >= FEWEST else ():
        lines[at] = ""
    for at, end in said if len(said) >= FEWEST else ():
        lines[at] = MESSAGE + lines[at][end:]
    return "\n".join(lines)
