"""Wire: what an agent prints becomes messages, within bounds.

The protocol library's connection starts a task for every message it reads, and never stops reading. An agent that
prints 10,000 lines a second would fill the memory. So its stdout is read here: what the agent tells
(``session/update``) goes to the session and is awaited before the next line is read; only answers and requests go on
to the connection.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from heph_nb.agents.output_log import OutputLog
    from heph_nb.agents.pipes import PipeReader

MAX_LINE = 16 * 1024 * 1024
"""Bytes of one message. A longer line is no message, and ends the conversation."""

MAX_REQUESTS = 32
"""Requests of one agent that may wait for our answer; then its output is not read until one is answered."""

_AFTER_DEATH = 0.2
"""Seconds of silence after which the output of a dead process has ended, even if something else holds the pipe."""

_LEFT_BEHIND = 1024 * 1024
"""Bytes that are read after its death at most: more than a pipe holds, so that nothing of its own is lost."""


class Incoming:
    """The agent's stdout: lines become messages, each goes where it belongs, in order.

    Parameters
    ----------
    output : PipeReader
        Its stdout.
    log : OutputLog
        Where lines go that are not messages.
    on_notification : callable
        Awaited with the method, the parameters and the line's length, for every notification.
    flush : callable
        Awaited before a message that is not a notification, and when ``deadline`` has come.
    deadline : callable
        The loop time at which ``flush`` is due next, or None.
    """

    def __init__(
        self,
        output: PipeReader,
        log: OutputLog,
        *,
        on_notification: Callable[[str, dict[str, Any], int], Awaitable[None]],
        flush: Callable[[], Awaitable[None]],
        deadline: Callable[[], float | None],
    ) -> None:
        self.messages = asyncio.StreamReader(limit=2 * MAX_LINE)
        """Answers and requests, for the connection."""
        self._unanswered = 0
        self._room = asyncio.Event()
        self._output = output
        self._log = log
        self._on_notification = on_notification
        self._flush = flush
        self._deadline = deadline
        self._buffer = bytearray()
        self._searched = 0
        self._gone = False
        self._left = _LEFT_BEHIND
        self._timer: asyncio.Timeout | None = None

    def answered(self) -> None:
        """Know that one request of the agent has its answer."""
        self._unanswered -= 1
        self._room.set()

    def process_ended(self) -> None:
        """Know that nothing new can come from the agent; what it wrote before is still read."""
        self._gone = True
        self._room.set()
        if self._timer is not None:
            self._timer.reschedule(asyncio.get_running_loop().time() + _AFTER_DEATH)

    async def pump(self) -> None:
        """Read until the output ends.

        Raises
        ------
        AgentError
            A line is longer than ``MAX_LINE``.
        """
        try:
            while (line := await self._next_line()) is not None:
                await self._dispatch(line)
            await self._flush()
        finally:
            self.messages.feed_eof()

    async def _dispatch(self, line: bytes) -> None:
        message = parse(line)
        if message is None:
            if line.strip():
                self._log.note(f"not a message, on stdout: {line[:500].decode('utf-8', 'replace')}")
            return
        method = message.get("method")
        if method is not None and "id" not in message:
            await self._on_notification(method, message.get("params") or {}, len(line))
            return
        await self._flush()
        if method is not None:
            await self._admit()
        self.messages.feed_data(json.dumps(message).encode() + b"\n")

    async def _admit(self) -> None:
        while self._unanswered >= MAX_REQUESTS and not self._gone:
            self._room.clear()
            await self._room.wait()
        self._unanswered += 1

    async def _next_line(self) -> bytes | None:
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            if self._searched > MAX_LINE:
                raise AgentError(f"The agent sent a line of more than {MAX_LINE} bytes, which is no message.")
            if not await self._fill():
                rest = bytes(self._buffer)
                self._buffer.clear()
                self._searched = 0
                return rest or None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    async def _fill(self) -> bool:
        """Read more; False at the end."""
        due = self._deadline()
        if self._gone:
            due = asyncio.get_running_loop().time() + _AFTER_DEATH
        try:
            async with asyncio.timeout_at(due) as self._timer:
                data = await self._output.read()
        except TimeoutError:
            if self._gone:
                return False
            await self._flush()
            return True
        finally:
            self._timer = None
        self._buffer += data
        if self._gone:
            self._left -= len(data)
        return bool(data) and self._left > 0


def parse(line: bytes) -> dict[str, Any] | None:
    """Return the JSON-RPC message in a line, with every part of the form that the connection relies on, or None.

    Examples
    --------
    >>> parse(b'{"jsonrpc": "2.0", "id": 1, "result": {}}')["id"]
    1
    >>> parse(b"npm warn deprecated") is None
    True
    """
    text = line.decode("utf-8", "replace")
    try:
        message = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            # Half of a surrogate pair is legal JSON, but no text: it could be neither stored nor sent on.
            message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    if "method" in message:
        return message if _is_call(message) else None
    if not isinstance(message.get("id"), int):
        return None
    if "error" in message and "result" not in message:
        return message | {"error": _error_object(message["error"])}
    return message


def _is_call(message: dict[str, Any]) -> bool:
    return (
        isinstance(message["method"], str)
        and isinstance(message.get("params") or {}, dict)
        and isinstance(message.get("id", 0), int | str)
    )


def _error_object(error: Any) -> dict[str, Any]:
    given = error if isinstance(error, dict) else {}
    code = given.get("code")
    return {
        "code": code if isinstance(code, int) else -32603,
        "message": str(given.get("message") or error),
        "data": given.get("data"),
    }
