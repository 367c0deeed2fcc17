"""Updates: what an agent says on the wire becomes ``(kind, data)``, and the pieces of a message become a message.

The wire is read as plain JSON, not as the schema's models: a kind or a field that is newer than the schema is data
too, and must not be lost.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Event: TypeAlias = tuple[str, dict[str, Any]]

MAX_DATA = 256 * 1024
"""Characters of one event that are kept; more is cut, and says so."""

_CHUNKS = {"agent_message_chunk": "agent.message", "agent_thought_chunk": "agent.thought"}

_TOOL_FIELDS = {
    "toolCallId": "tool_call_id",
    "title": "title",
    "kind": "tool_kind",
    "status": "status",
    "locations": "locations",
    "rawInput": "input",
    "rawOutput": "output",
}


def chunk_of(update: dict[str, Any]) -> tuple[str, str | None, str] | None:
    """Return ``(kind, message id, text)`` if this is a piece of text of a message or a thought."""
    kind = _CHUNKS.get(_name(update))
    content = update.get("content")
    if kind is None or not isinstance(content, dict) or not isinstance(content.get("text"), str):
        return None
    message_id = update.get("messageId")
    return kind, message_id if isinstance(message_id, str) else None, content["text"]


def event_of(update: dict[str, Any], size: int = 0) -> Event:
    """Return the event for one update.

    Parameters
    ----------
    update : dict
        ``params.update`` of a ``session/update`` notification.
    size : int
        Bytes of the line it came in; what is larger than ``MAX_DATA`` is cut.
    """
    name = _name(update)
    if name in _CHUNKS and "content" in update:
        event = _CHUNKS[name], {"content": update["content"]}
    elif name in {"tool_call", "tool_call_update"}:
        event = f"agent.{name}", _tool_call(update)
    elif name == "plan" and isinstance(update.get("entries"), list):
        event = "agent.plan", {"entries": update["entries"]}
    elif name == "usage_update":
        event = "agent.usage", _usage(update)
    elif name == "current_mode_update" and isinstance(update.get("currentModeId"), str):
        event = "agent.mode", {"mode": update["currentModeId"]}
    else:
        event = "agent.other", {"update": update}
    return event if size <= MAX_DATA else (event[0], clip(event[1]))


def _name(update: dict[str, Any]) -> str:
    name = update.get("sessionUpdate")
    return name if isinstance(name, str) else ""


def _tool_call(update: dict[str, Any]) -> dict[str, Any]:
    data = {ours: update[theirs] for theirs, ours in _TOOL_FIELDS.items() if update.get(theirs) is not None}
    if isinstance(update.get("content"), list):
        data["content"] = [_content(item) for item in update["content"]]
    return data


def _content(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    inner = item.get("content")
    if item.get("type") == "content" and isinstance(inner, dict) and isinstance(inner.get("text"), str):
        return {"type": "text", "text": inner["text"]}
    if item.get("type") == "diff":
        return {
            "type": "diff",
            "path": item.get("path"),
            "old_text": item.get("oldText"),
            "new_text": item.get("newText"),
        }
    return item


def _usage(update: dict[str, Any]) -> dict[str, Any]:
    given = update.get("cost")
    cost = given if isinstance(given, dict) else {}
    return {
        "used": update.get("used"),
        "size": update.get("size"),
        "cost": cost.get("amount"),
        "currency": cost.get("currency"),
    }


def clip(value: Any, room: int = MAX_DATA) -> Any:
    """Return the same JSON value with at most about ``room`` characters of text; a cut says how much is missing.

    Examples
    --------
    >>> clip("abcdef", room=4)
    'abcd… [2 more characters]'
    """
    left = room

    def cut(item: Any, depth: int = 0) -> Any:
        nonlocal left
        if isinstance(item, str):
            kept = item[: max(left, 0)]
            left -= len(kept)
            return kept if len(kept) == len(item) else f"{kept}… [{len(item) - len(kept)} more characters]"
        left -= 1
        if isinstance(item, dict | list) and depth >= 40:
            return "…"
        if isinstance(item, dict):
            return {key[:200]: cut(entry, depth + 1) for key, entry in item.items() if left > 0}
        if isinstance(item, list):
            return [cut(entry, depth + 1) for entry in item if left > 0]
        return item

    return cut(value)


class ChunkBuffer:
    """Joins the pieces of one message, so that a token at a time does not become an event at a time.

    A message is complete when another one begins, when ``max_chars`` have come together, or when its first piece is
    ``max_age`` seconds old: then ``flush`` is due, see ``deadline``.
    """

    def __init__(self, max_chars: int = 4096, max_age: float = 0.25) -> None:
        self._max_chars = max_chars
        self._max_age = max_age
        self._open: tuple[str, str | None] | None = None
        self._pieces: list[str] = []
        self._chars = 0
        self.deadline: float | None = None
        """The loop time at which ``flush`` is due; None when nothing is held."""

    def add(self, kind: str, message_id: str | None, text: str, now: float) -> list[Event]:
        """Take a piece; return the events that it completes (none, one or two)."""
        done: list[Event] = []
        if self._open != (kind, message_id):
            done += self.flush()
            self._open = (kind, message_id)
            self.deadline = now + self._max_age
        self._pieces.append(text)
        self._chars += len(text)
        if self._chars >= self._max_chars or (self.deadline is not None and now >= self.deadline):
            done += self.flush()
        return done

    def flush(self) -> list[Event]:
        """Return what is held as one event, or nothing."""
        if self._open is None:
            return []
        kind, message_id = self._open
        text = "".join(self._pieces)
        self._open, self._pieces, self._chars, self.deadline = None, [], 0, None
        if not text:
            return []
        data: dict[str, Any] = {"text": text if len(text) <= MAX_DATA else clip(text)}
        if message_id is not None:
            data["message_id"] = message_id
        return [(kind, data)]
