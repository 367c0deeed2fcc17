"""What a session says to its client: messages, its plan, its tool calls, and what it asks permission for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import acp
from acp.schema import PermissionOption, RequestPermissionResponse, ToolCallLocation, ToolCallUpdate

from heph_nb import settings

LABEL = "outline: deterministic, no model"
"""Stands before every message, so that nobody takes a rule for a judgement."""

_SIGN = 15.0
"""Seconds between two signs of life, at the most."""

ALLOW, DENY = "allow", "deny"
OPTIONS = (
    PermissionOption(option_id=ALLOW, name="Allow", kind="allow_once"),
    PermissionOption(option_id=DENY, name="Deny", kind="reject_once"),
)


class DeniedError(Exception):
    """A person or a rule said no. ``what`` was not done; ``reason`` is theirs, if they gave one."""

    def __init__(self, what: str, reason: str = "") -> None:
        super().__init__(f"Not allowed to {what[:1].lower()}{what[1:]}" + (f": {reason}" if reason else "."))
        self.what = what
        self.reason = reason


@dataclass
class Call:
    """A tool call under way; what is put into ``output`` and ``content`` is reported when it ends."""

    id: str
    output: Any = None
    content: list[Any] = field(default_factory=list)
    failed: bool = False


class Desk:
    """One session's side of the conversation with its client."""

    def __init__(self, client: acp.Client, session_id: str) -> None:
        self._client = client
        self._session_id = session_id
        self._calls = 0
        self._said = 0
        self._steps: list[str] = []

    async def say(self, text: str) -> None:
        """Say something, labelled."""
        self._said += 1
        chunk = acp.update_agent_message_text(f"[{LABEL}] {text}\n")
        await self._send(chunk.model_copy(update={"message_id": f"message-{self._said}"}))

    async def plan(self, steps: Sequence[str]) -> None:
        """Show what is going to be done, in this order."""
        self._steps = list(steps)
        await self.reach(0)

    async def reach(self, step: int) -> None:
        """Show that the steps before this one are done and this one is under way."""
        entries = [
            acp.plan_entry(text, status="completed" if i < step else "in_progress" if i == step else "pending")
            for i, text in enumerate(self._steps)
        ]
        await self._send(acp.update_plan(entries))

    @asynccontextmanager
    async def calling(self, title: str, given: Any, *, kind: str = "other") -> AsyncIterator[Call]:
        """Report a call that needs nobody's permission, from its start to its end."""
        call = Call(self._next_id())
        start = acp.start_tool_call(call.id, title, status="in_progress", raw_input=given)
        await self._send(start.model_copy(update={"kind": kind}))
        async with self._reported(call):
            yield call

    @asynccontextmanager
    async def asked(
        self, title: str, *, kind: str, content: Sequence[Any] = (), paths: Sequence[str] = (), given: Any = None
    ) -> AsyncIterator[Call]:
        """Ask permission for one step, then report how it went.

        Parameters
        ----------
        title : str
            What is to be done, for example ``Write the specification of Import``.
        kind : str
            ``edit`` or ``execute``, as ACP names them.
        content : sequence
            Diffs or text to decide on.
        paths : sequence of str
            The absolute paths that the step touches.
        given : object
            What the step consists of, for programs: the commands, the paths.

        Raises
        ------
        DeniedError
            The answer was no; nothing was done.
        """
        call = Call(self._next_id())
        locations = [ToolCallLocation(path=path) for path in paths]
        shown: dict[str, Any] = {"title": title, "kind": kind, "content": list(content), "locations": locations}
        await self._send(acp.start_tool_call(call.id, status="pending", raw_input=given, **shown))
        asked = ToolCallUpdate(tool_call_id=call.id, status="pending", raw_input=given, **shown)
        answer = await self._client.request_permission(
            session_id=self._session_id, tool_call=asked, options=list(OPTIONS)
        )
        denied = denial(answer)
        if denied is not None:
            await self._send(acp.update_tool_call(call.id, status="failed", raw_output={"denied": denied}))
            raise DeniedError(title, denied)
        await self._send(acp.update_tool_call(call.id, status="in_progress"))
        async with self._reported(call):
            yield call

    @asynccontextmanager
    async def living(self, call: Call) -> AsyncIterator[None]:
        """Report again and again that a call is under way: who is silent for long counts as stuck."""

        async def report() -> None:
            while True:
                await asyncio.sleep(min(_SIGN, settings.load().silence_seconds / 4))
                await self._send(acp.update_tool_call(call.id, status="in_progress"))

        reports = asyncio.create_task(report())
        try:
            yield
        finally:
            reports.cancel()
            with suppress(asyncio.CancelledError):
                await reports

    @asynccontextmanager
    async def _reported(self, call: Call) -> AsyncIterator[None]:
        """Report how a call ended."""
        try:
            yield
        except BaseException as error:
            call.failed, call.output = True, call.output or str(error) or type(error).__name__
            raise
        finally:
            status = "failed" if call.failed else "completed"
            await self._send(
                acp.update_tool_call(call.id, status=status, content=call.content or None, raw_output=call.output)
            )

    async def _send(self, update: Any) -> None:
        await self._client.session_update(session_id=self._session_id, update=update)

    def _next_id(self) -> str:
        self._calls += 1
        return f"call-{self._calls}"


def denial(answer: RequestPermissionResponse) -> str | None:
    """Return why a request was denied (perhaps an empty text), or None when it was allowed."""
    outcome = answer.outcome
    if outcome.outcome == "selected" and outcome.option_id == ALLOW:
        return None
    said = {**(getattr(outcome, "field_meta", None) or {}), **(answer.field_meta or {})}
    if outcome.outcome == "selected":
        return str(said.get("reason") or "")
    return str(said.get("reason") or "the request was withdrawn")
