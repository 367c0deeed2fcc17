"""The gate in front of every request: who may come in, and how much they may bring."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heph_nb.backend.auth import refuse_foreign
from heph_nb.errors import HephError, TooLargeError

OPEN = frozenset({"/health", "/docs", "/openapi.json", "/docs/oauth2-redirect"})
"""Paths that need no token."""

MOST_BYTES = 1_000_000
"""The largest body that is read."""
LONGEST = 4_000
"""Characters of an error that are told."""

_HEADERS = {"unauthorized": {"WWW-Authenticate": "Bearer"}, "busy": {"Retry-After": "5"}}


def answer_error(error: HephError) -> Response:
    """Return an error as JSON: ``{"detail", "code"}``, with the facts that it carries."""
    headers = _HEADERS.get(error.code)
    return JSONResponse(as_body(error), error.status, headers=headers)


def as_body(error: HephError) -> dict[str, str]:
    """Return what is told of an error; what somebody sent is not sent back at any length."""
    detail = error.detail
    return {"detail": f"{detail[:LONGEST]} …" if len(detail) > LONGEST else detail, "code": error.code}


class Gate:
    """ASGI middleware: only this machine, only known callers, no body larger than ``MOST_BYTES``.

    The caller is found in ``scope["caller"]`` behind it.
    """

    def __init__(self, app: ASGIApp, backend: Any) -> None:
        self.app = app
        self.backend = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            refuse_foreign(headers.get(b"host", ""), headers.get(b"origin"))
            if int(headers.get(b"content-length") or 0) > MOST_BYTES:
                raise TooLargeError(f"The request is larger than {MOST_BYTES:,} bytes: send less at a time.")
            if scope["path"] not in OPEN:
                scope["caller"] = self.backend.gatekeeper.identify(
                    headers.get(b"authorization"), headers.get(b"x-agent-id")
                )
                self.backend.touch()
        except HephError as error:
            await answer_error(error)(scope, receive, send)
            return
        await self.app(scope, _bounded(receive), send)


def _bounded(receive: Receive) -> Receive:
    """Refuse a body that grows past the limit without having said so."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BYTES:
            raise TooLargeError(f"The request is larger than {MOST_BYTES:,} bytes: send less at a time.")
        return message

    return bounded
