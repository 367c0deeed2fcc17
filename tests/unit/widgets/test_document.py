"""The PRD as HTML: each line of the file is found again, and nothing of it acts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from heph_nb.widgets.document import as_document

TEXT = """---
title: Adder
---
# Adder

Intro in
two lines.

- It must *add
  two* numbers.
- It must stop.
  - Inner `code` item

| id | what |
|----|------|
| 1  | sum  |
| 2  | diff |

> quoted

```python
add(1, 2)
add(3, 4)
```

1. first

   second

       indented
       code
"""


class Lines(HTMLParser):
    """Collects the text of the innermost element with lines."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str | None] = []
        self.found: dict[str, str] = {}
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "hr"):
            self.open.append(dict(attrs).get("data-lines"))

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        lines = next((one for one in reversed(self.open) if one), None)
        if lines and data.strip():
            self.found[lines] = " ".join([self.found.get(lines, ""), *data.split()]).strip()


def test_every_line_is_where_it_says():
    found = Lines(as_document(TEXT)).found
    assert found == {
        "1-1": "---", "2-2": "title: Adder", "3-3": "---", "4-4": "Adder", "6-6": "Intro in", "7-7": "two lines.",
        "9-10": "It must add two numbers.", "11-11": "It must stop.", "12-12": "Inner code item",
        "14-14": "id what", "16-16": "1 sum", "17-17": "2 diff", "19-19": "quoted",
        "22-22": "add(1, 2)", "23-23": "add(3, 4)", "26-26": "first", "28-28": "second",
        "30-30": "indented", "31-31": "code",
    }  # fmt: skip


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems_count_the_same(ends):
    assert as_document(TEXT.replace("\n", ends)) == as_document(TEXT)


def test_nothing_of_a_prd_acts():
    html = as_document(
        "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> ![shot](https://far.example/a.png 'x') "
        '[run](javascript:alert(1)) [data](data:text/html,x) [here](docs/a.md) [web](https://example.org/?a=1&b="2)\n\n'
        '```"><b>\n</code><i>\n```\n'
    )
    tags = Lines(html).tags
    assert {tag for tag, _ in tags} == {"section", "p", "span", "a", "pre", "code"}
    assert [attrs for tag, attrs in tags if tag == "a"] == [
        {"href": "https://example.org/?a=1&b=%222", "target": "_blank", "rel": "noopener noreferrer"}
    ]
    assert "[image: shot]" in html
    assert "far.example" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_what_is_no_markdown_is_shown_line_by_line():
    found = Lines(as_document("A heading\n  * no list\n\n<b>\n", "notes.txt"))
    assert found.found == {"1-1": "A heading", "2-2": "* no list", "4-4": "<b>"}
    assert Lines(as_document('[\n {"a": 1}\n]')).found["2-2"] == '{"a": 1}'
