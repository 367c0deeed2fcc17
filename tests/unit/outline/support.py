"""Small PRDs and statements for the tests of the planner."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from heph_nb.agents.outline.understanding.reading import Reading, reading
from heph_nb.domain.prd import Statement, read_prd

SHARED = Path(__file__).resolve().parents[4] / "shared" / "prds"
"""Real PRDs that lie beside the project where it is developed."""

TEXTKIT = """# Textkit PRD

A small Python library with string helpers.

## Slugs
- FR-1: `slugify(text)` must return the text in lower case with words joined by `-`.
- FR-2: `slugify` must drop characters that are not letters or digits.

Example:

```python
>>> from textkit import slugify
>>> slugify("Hello, World!")
'hello-world'
```

## Counting
- FR-3: `word_count(text)` must return the number of words. For example, `word_count("a b c")` returns `3`.
- FR-4: An empty text has 0 words.

## Command line
- FR-5: `python -m textkit slug "Hello World"` prints `hello-world`.
- FR-6: Unknown commands must end with exit code 2 and a usage message.
- FR-7: Output should be easy to read.
"""


def statement(number: int, text: str, section: str = "", **values: object) -> Statement:
    return Statement(id=f"R-{number:03d}", text=text, section=section, lines=((number, number),), **values)  # type: ignore[arg-type]


def statements(*sections: tuple[str, list[str]]) -> list[Statement]:
    found: list[Statement] = []
    for section, texts in sections:
        found += [statement(len(found) + 1 + i, text, section) for i, text in enumerate(texts)]
    return found


def rows(text: str) -> list[dict]:
    return [
        {**asdict(s), "line_start": s.lines[0][0], "line_end": s.lines[0][1], "mark": None}
        for s in read_prd(text).statements
    ]


def read(text: str, name: str = "PRD.md") -> Reading:
    return reading(text, rows(text), name)
