"""Another way to write the same document changes little: line ends, markers, comments, quotes, kinds of headings."""

from __future__ import annotations

import random
import re

import pytest

from heph_nb.domain.prd import read_prd
from tests.bench.prd_accuracy import cases


def replaced(pattern: str, by: str):
    return lambda text, _: re.sub(pattern, by, text, flags=re.MULTILINE)


def commented(text: str, dice: random.Random) -> str:
    paragraphs = text.split("\n\n")
    for _ in range(3):
        paragraphs.insert(dice.randrange(len(paragraphs) + 1), "<!-- to be checked -->")
    return "\n\n".join(paragraphs)


def without_a_heading(text: str, dice: random.Random) -> str:
    headings = list(re.finditer(r"^#{2,6} .*$", text, re.MULTILINE))
    gone = dice.choice(headings) if headings else None
    return text[: gone.start()] + text[gone.end() :] if gone else text


MUTATIONS = {
    "line ends": (replaced(r"\n", "\r\n"), 1.0),
    "stars": (replaced(r"^(\s*)- ", r"\1* "), 0.98),
    "bullets": (replaced(r"^- (?!\[)", "• "), 0.9),
    "tabs": (replaced(r"^ {4}", "\t"), 0.98),
    "spaces at the end": (replaced(r"$", "  "), 0.98),
    "closed headings": (replaced(r"^(#{1,6}) (.+)$", r"\1 \2 \1"), 1.0),
    "deeper headings": (replaced(r"^(#{1,5}) ", r"#\1 "), 0.95),
    "bold headings": (replaced(r"^#{2,6} (.+)$", r"**\1**"), 0.85),
    "a quote": (replaced(r"^", "> "), 0.95),
    "a quote in a quote": (replaced(r"^", "> > "), 0.9),
    "details": (lambda text, _: f"<details>\n<summary>PRD</summary>\n\n{text}\n\n</details>\n", 0.98),
    "comments": (commented, 0.95),
    "a heading less": (without_a_heading, 0.7),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_same_requirements_are_found(name):
    mutate, share = MUTATIONS[name]
    dice = random.Random(name)
    alike: list[float] = []
    for case in dice.sample([case for case in cases("tuned")[0] if not case.name.endswith(".json")], 15):
        before, after = (
            {statement.text for statement in read_prd(text).statements} for text in (case.text, mutate(case.text, dice))
        )
        alike.append(len(before & after) / len(before | after))
    assert sum(alike) / len(alike) >= share, f"{name}: {alike}"
