"""PRDs that are JSON documents: the same tree as Markdown gives, with the lines of the file.

A list of objects becomes sections (a story with its criteria) or items (a requirement with its fields); the keys
become the headings and field names, so the rules for Markdown apply.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass

from heph_nb.domain.prd.fields import Field, field_of
from heph_nb.domain.prd.markdown import parser
from heph_nb.domain.prd.prose import Prose, read_prose
from heph_nb.domain.prd.tree import Node

DEEPEST = 40
_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
_NAME_KEYS = ("title", "name", "heading", "feature", "epic")
_ID_KEYS = ("id", "key", "ref", "label", "number", "reqid", "requirementid")
_TEXT_KEYS = (
    "requirement",
    "statement",
    "text",
    "description",
    "story",
    "userstory",
    "summary",
    "detail",
    "details",
    "given",
)


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value with the lines it stands on. ``data`` is None for numbers, true, false and null."""

    data: str | list[Value] | dict[str, Value] | None
    first: int
    last: int


def read_json(text: str) -> tuple[str, Node] | None:
    """Read a JSON document; return its title and its tree, or None if it is not JSON (or deeper than a PRD is)."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        json.loads(text)
        value = _Scanner(text).read()
    except (ValueError, RecursionError):
        return None
    title = ""
    if isinstance(value.data, dict):
        title = next(
            (
                v.data
                for k, v in value.data.items()
                if _plain(k) in ("project", *_NAME_KEYS) and isinstance(v.data, str)
            ),
            "",
        )
    root = Node("section", 1, text.count("\n") + 1)
    root.children = _Shaper().members(value, 1)
    return title, root


class _Scanner:
    """Reads JSON that is known to be valid, and keeps the lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.decoder = json.JSONDecoder(strict=False)
        self.ends = [found.start() for found in re.finditer("\n", text)]

    def read(self, depth: int = 0) -> Value:
        if depth > DEEPEST:
            raise ValueError("too deep for a PRD")
        first = self._line(self._skip())
        mark = self.text[self.at]
        if mark == '"':
            data, self.at = self.decoder.raw_decode(self.text, self.at)
            return Value(data, first, self._line(self.at - 1))
        if mark in "[{":
            inside = self._list(depth) if mark == "[" else self._dict(depth)
            return Value(inside, first, self._line(self.at - 1))
        found = _SCALAR.match(self.text, self.at)
        self.at = found.end() if found else self.at + 1
        return Value(None, first, first)

    def _skip(self) -> int:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _line(self, at: int) -> int:
        return bisect_right(self.ends, at - 1) + 1

    def _more(self, closing: str) -> bool:
        """Step over the bracket or comma in front; False at the closing bracket."""
        self._skip()
        if self.text[self.at] == ",":
            self.at += 1
        self._skip()
        if self.text[self.at] == closing:
            self.at += 1
            return False
        return True

    def _list(self, depth: int) -> list[Value]:
        self.at += 1
        out: list[Value] = []
        while self._more("]"):
            out.append(self.read(depth + 1))
        return out

    def _dict(self, depth: int) -> dict[str, Value]:
        self.at += 1
        out: dict[str, Value] = {}
        while self._more("}"):
            key, self.at = self.decoder.raw_decode(self.text, self.at)
            self.at = self.text.index(":", self.at) + 1
            out[key] = self.read(depth + 1)
        return out


class _Shaper:
    """Shapes values into nodes."""

    def __init__(self) -> None:
        self.md = parser()

    def members(self, value: Value, depth: int) -> list[Node]:
        """Return what stands in an object or list."""
        if isinstance(value.data, list):
            return self._entries(value, depth)
        if not isinstance(value.data, dict):
            return self._text(value, "")
        out: list[Node] = []
        for key, member in value.data.items():
            out += self._member(key, member, depth)
        return out

    def _member(self, key: str, value: Value, depth: int) -> list[Node]:
        name = _humane(key)
        if isinstance(value.data, str):
            return self._text(value, "" if _plain(key) in _TEXT_KEYS else f"{name}: ")
        if value.data is None:
            return []
        if isinstance(value.data, list) and field_of(name) is Field.DEPENDS:
            names = ", ".join(v.data for v in value.data if isinstance(v.data, str))
            return self._text(Value(names, value.first, value.last), f"{name}: ") if names else []
        return [self._section(name, value, self.members(value, depth + 1), depth)]

    def _entries(self, value: Value, depth: int) -> list[Node]:
        out: list[Node] = []
        for entry in value.data if isinstance(value.data, list) else []:
            if isinstance(entry.data, dict) and (node := self._object(entry, entry.data, depth)):
                made = [node]
            elif isinstance(entry.data, str):
                made = self._item(entry, entry.data, [])
            else:
                made = self.members(entry, depth + 1)
            for node in made:
                if node.kind == "item":
                    if not out or out[-1].kind != "list":
                        out.append(Node("list", node.first, node.last))
                    out[-1].children.append(node)
                else:
                    out.append(node)
        return out

    def _object(self, value: Value, members: dict[str, Value], depth: int) -> Node | None:
        """Make a requirement (an item) of an object if it has nothing inside, else a section."""
        by_name = {_plain(key): (key, member) for key, member in members.items()}
        label = next((v.data for k in _ID_KEYS if k in by_name and isinstance((v := by_name[k][1]).data, str)), "")
        named = next(
            ((k, v) for n in _NAME_KEYS if n in by_name for k, v in (by_name[n],) if isinstance(v.data, str)), None
        )
        told = next(
            ((k, v) for n in _TEXT_KEYS if n in by_name for k, v in (by_name[n],) if isinstance(v.data, str)), None
        )
        used = {by_name[k][0] for k in _ID_KEYS if k in by_name}
        nested = any(
            isinstance(v.data, list | dict) and v.data and field_of(_humane(k)) is not Field.DEPENDS
            for k, v in members.items()
        )
        head = named if nested else told or named
        if head is None:
            return None
        text = f"{label}: {head[1].data}" if label else str(head[1].data)
        if not nested and named and told and head is told:
            text = f"{label}: {named[1].data}: {told[1].data}" if label else f"{named[1].data}: {told[1].data}"
            used.add(named[0])
        inside = [
            node
            for key, member in members.items()
            if key not in used and key != head[0]
            for node in self._member(key, member, depth + 1)
        ]
        if nested:
            return self._section(text, Value(None, head[1].first, value.last), inside, depth)
        made = self._item(head[1], text, inside)
        return made[0] if made else None

    def _section(self, title: str, value: Value, inside: list[Node], depth: int) -> Node:
        return Node(
            "section", value.first, value.last, self._prose(title, value.first), inside, rank=min(depth, 6) * 10
        )

    def _item(self, value: Value, text: str, inside: list[Node]) -> list[Node]:
        prose = self._prose(text, value.first)
        return [Node("item", value.first, value.last, prose, inside)] if prose else []

    def _text(self, value: Value, prefix: str) -> list[Node]:
        prose = self._prose(f"{prefix}{value.data}", value.first) if value.data else None
        return [Node("text", value.first, value.last, prose)] if prose else []

    def _prose(self, text: str, line: int) -> Prose | None:
        return read_prose(self.md, {}, [" ".join(text.split())], line)


def _plain(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.casefold())


def _humane(key: str) -> str:
    """Return "acceptanceCriteria" or "acceptance_criteria" as "Acceptance criteria"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", key).strip().lower()
    return words[:1].upper() + words[1:]
