"""Answers: what an agent may ask of us, and what it gets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from acp.exceptions import RequestError

from heph_nb.agents.files import read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from heph_nb.agents.live import LiveSession

INVALID_PARAMS = -32602


async def answer_request(
    method: str, params: dict[str, Any], find_session: Callable[[Any], LiveSession | None]
) -> dict[str, Any]:
    """Answer one request of an agent.

    Permissions go to the session's listener. Files are read and written inside the session's directory. There are no
    terminals: an agent runs its commands itself, where they can be asked for and contained.

    Raises
    ------
    RequestError
        We do not do this, or not this way; the agent gets it as a JSON-RPC error.
    """
    do = _ANSWERS.get(method)
    if do is None:
        raise RequestError.method_not_found(method)
    session = find_session(params.get("sessionId"))
    if session is None:
        raise RequestError(INVALID_PARAMS, f"there is no session {params.get('sessionId')!r}")
    try:
        return await do(session, params)
    except FileNotFoundError as error:
        raise RequestError.resource_not_found(str(params.get("path"))) from error
    except (OSError, ValueError, TypeError) as error:
        raise RequestError(INVALID_PARAMS, str(error)) from error


async def _permission(session: LiveSession, params: dict[str, Any]) -> dict[str, Any]:
    chosen = await session.ask(params)
    if chosen is None:
        return {"outcome": {"outcome": "cancelled"}}
    return {"outcome": {"outcome": "selected", "optionId": chosen}}


async def _read(session: LiveSession, params: dict[str, Any]) -> dict[str, Any]:
    line, limit = params.get("line"), params.get("limit")
    return {"content": await asyncio.to_thread(read_text, session.cwd, _string(params, "path"), line, limit)}


async def _write(session: LiveSession, params: dict[str, Any]) -> dict[str, Any]:
    await asyncio.to_thread(write_text, session.cwd, _string(params, "path"), _string(params, "content"))
    return {}


def _string(params: dict[str, Any], key: str) -> str:
    value = params.get(key)
    if not isinstance(value, str):
        raise TypeError(f"{key} must be a string")
    return value


_ANSWERS = {
    "session/request_permission": _permission,
    "fs/read_text_file": _read,
    "fs/write_text_file": _write,
}
