"""Output: what one agent says and does, for whoever watches it: the newest at once, then what comes, within bounds.

An agent may print faster than anybody reads. a listener gets at most eight messages a second, each no larger than
``ROOM``, with the newest of what happened and the number of what was left out: the state file has all of it. What a
tool was given and what it answered is left to be read when somebody opens it. The event loop thread builds them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from heph_nb.agents.updates import clip
from heph_nb.domain.logs import Event, Message
from heph_nb.domain.records import Agent

PACE = 0.12
"""Seconds between two messages: with the changes that a view hears of besides, it gets ten a second at most."""

PAGE = 200
"""Lines that are read from the state file at a time."""

ROOM = 12_000
"""Characters in one message to a listener, about: a thousand lines a second are still more than anybody reads."""

_PAGE_ROOM = 200_000

_TEXT = 8_000
_CALLS = ("agent.tool_call", "agent.tool_call_update")
_FOLDED = ("content", "input", "output")
KINDS = (
    "agent.message", "agent.thought", *_CALLS, "agent.plan", "agent.usage", "agent.mode", "agent.status",
    "permission.created", "permission.status", "usage.reported",
)  # fmt: skip
"""The events that are told of; messages to and from the agent come with them, as ``message.sent``."""

Line = dict[str, Any]


async def read_output(backend: Any, agent: Agent, before: int | None = None) -> dict[str, Any]:
    """Return the newest lines of an agent, or the newest before a sequence number.

    Returns
    -------
    dict
        ``lines``, oldest first, each ``{"seq", "first", "ts", "kind", "data", "events"}``, where ``events`` says how
        many are told of in one and ``first`` is the ``seq`` of the oldest; ``earlier``, whether there are more before
        them; ``plan``, the agent's plan as it is now.
    """
    bounds = {"run_id": agent.run_id, "agent_id": agent.id, "before": before, "limit": PAGE + 1}
    events, messages, plan = await backend.reading.run(backend.database.output, kinds=KINDS, **bounds)
    there = [m for m in messages if m.ts >= agent.started_at and (agent.ended_at is None or m.ts <= agent.ended_at)]
    lines = sorted([*map(_line, events), *map(_said, there)], key=lambda line: line["seq"])
    if (cut := max(len(part) for part in (events, messages)) > PAGE) and lines:  # the shorter of the two logs goes on
        begin = max(part[0].seq for part in (events, messages) if len(part) > PAGE)
        lines = [line for line in lines if line["seq"] > begin]
    kept = _newest(lines, _PAGE_ROOM)
    return {"lines": kept, "earlier": cut or len(kept) < len(lines), "plan": _brief(plan)["entries"] if plan else None}


async def follow_output(backend: Any, agent: Agent, after: int | None = None) -> AsyncIterator[bytes | None]:
    """Yield what an agent says and does, as JSON; None says that nothing happened.

    Parameters
    ----------
    backend : Backend
        Where the agent is.
    agent : Agent
        The agent.
    after : int, optional
        The ``seq`` of the last message that the listener got. Without it the first message is the newest page.

    Yields
    ------
    bytes
        ``{"seq", "whole", "lines", "left_out"}``; a whole one has ``earlier`` and ``plan`` as well.
    """
    seq: int = backend.ledger.seq if after is None else after
    if after is None:
        yield _message(seq, whole=True, left_out=0, **await read_output(backend, agent, seq + 1))
    async for events in backend.feed.follow(seq, agent.run_id, pace=PACE):
        if not events:
            yield None
            continue
        lines = [_line(event) for event in events if event.agent_id == agent.id and event.kind in KINDS]
        if any(_concerns(event, agent) for event in events):
            where = {"after": seq, "limit": PAGE, "offset": 0, "run_id": agent.run_id, "to": agent.id}
            found, _ = await backend.reading.run(backend.database.page, Message, **where)
            said = (_said(message) for message in found if message.seq <= events[-1].seq)
            lines = sorted([*lines, *said], key=lambda line: line["seq"])
        seq = events[-1].seq
        if lines:
            kept = _newest(_joined(lines), ROOM)
            told = sum(line["events"] for line in kept)
            yield _message(seq, whole=False, lines=kept, left_out=len(lines) - told)


def _concerns(event: Event, agent: Agent) -> bool:
    if event.kind != "message.sent":
        return False
    return event.data.get("recipient") in (agent.id, None) or event.data.get("by") == agent.id


def _joined(lines: Iterable[Line]) -> list[Line]:
    """Return the lines with pieces of one text in one, and the updates of one tool call in its newest."""
    joined: list[Line] = []
    calls: dict[Any, Line] = {}
    for line in lines:
        before = joined[-1] if joined else None
        if line["kind"] in _CALLS:
            earlier = calls.get(line["data"].get("tool_call_id"))
            if earlier is not None:
                joined.remove(earlier)
                kind = _CALLS[0] if earlier["kind"] == _CALLS[0] else line["kind"]
                line = {**line, "kind": kind, "data": earlier["data"] | line["data"], "events": earlier["events"] + 1}
                line["first"] = earlier["first"]
            calls[line["data"].get("tool_call_id")] = line
        elif before is not None and _continues(before, line):
            data = {**before["data"], "text": before["data"]["text"] + line["data"]["text"]}
            joined[-1] = {**line, "data": data, "events": before["events"] + 1, "first": before["first"]}
            continue
        joined.append(line)
    return joined


def _continues(before: Line, line: Line) -> bool:
    if before["kind"] != line["kind"] or line["kind"] not in ("agent.message", "agent.thought"):
        return False
    texts = before["data"].get("text"), line["data"].get("text")
    if None in texts or before["data"].get("message_id") != line["data"].get("message_id"):
        return False
    return sum(map(len, texts)) <= _TEXT


def _newest(lines: list[Line], room: int) -> list[Line]:
    kept: list[Line] = []
    for line in reversed(lines):
        room -= len(json.dumps(line["data"]))
        if kept and room < 0:
            break
        kept.append(line)
    return kept[::-1]


def _line(event: Event) -> Line:
    return {
        "seq": event.seq,
        "ts": event.ts.isoformat(),
        "kind": event.kind,
        "data": _brief(event),
        "events": 1,
        "first": event.seq,
    }


def _said(message: Message) -> Line:
    data = {"sender": message.sender, "recipient": message.recipient, "text": clip(message.text, _TEXT)}
    return {
        "seq": message.seq,
        "ts": message.ts.isoformat(),
        "kind": "message.sent",
        "data": data,
        "events": 1,
        "first": message.seq,
    }


def _brief(event: Event) -> dict[str, Any]:
    data = {name: value for name, value in event.data.items() if name != "id" or not event.kind.startswith("agent.")}
    if event.kind in _CALLS:
        shows = [name for name in _FOLDED if data.pop(name, None)]
        data |= {"shows": shows} if shows else {}
    return clip(data, _TEXT)


def _message(seq: int, **parts: Any) -> bytes:
    return json.dumps({"seq": seq, **parts}, ensure_ascii=False, separators=(",", ":")).encode()
