"""The Agent Client Protocol, client side: one conversation with one agent process, and the sessions in it.

What we send is built with the schema's models. What we receive is read as plain JSON, as leniently as possible:
agents differ, and the schema grows. Importing this module takes about half a second; see ``process.load``.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from acp import PROTOCOL_VERSION
from acp.connection import Connection
from acp.exceptions import RequestError
from acp.schema import (
    CancelNotification,
    ClientCapabilities,
    CloseSessionRequest,
    FileSystemCapabilities,
    HttpHeader,
    HttpMcpServer,
    Implementation,
    InitializeRequest,
    NewSessionRequest,
    PromptRequest,
    SetSessionModeRequest,
    TextContentBlock,
)
from acp.utils import serialize_params

from heph_nb import __version__
from heph_nb.agents.answers import answer_request
from heph_nb.agents.live import AgentGoneError, DidNotStopError, LiveSession
from heph_nb.agents.session import SessionEnd
from heph_nb.agents.wire import Incoming
from heph_nb.errors import AgentError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from heph_nb.agents.output_log import OutputLog
    from heph_nb.agents.pipes import PipeReader, PipeWriter
    from heph_nb.agents.session import Listener, McpServer

_EARLY = 64
"""Updates that are kept for a session whose id we do not know yet."""


class Conversation:
    """Talks to one agent process.

    Parameters
    ----------
    stdout : PipeReader
        What the process prints.
    stdin : PipeWriter
        What it reads.
    log : OutputLog
        Where goes what is no message.
    mode : str or None
        The session mode to set before each first prompt.
    request_timeout : float
        Seconds that the agent has to open a session or to set a mode.
    """

    def __init__(
        self,
        stdout: PipeReader,
        stdin: PipeWriter,
        log: OutputLog,
        *,
        mode: str | None = None,
        request_timeout: float = 60.0,
    ) -> None:
        self._log = log
        self._mode = mode
        self._timeout = request_timeout
        self._sessions: set[LiveSession] = set()
        self._early: dict[str, list[tuple[dict[str, Any], int]]] = {}
        self._closes_sessions = False
        self._incoming = Incoming(
            stdout, log, on_notification=self._notified, flush=self._flush, deadline=self._deadline
        )
        self._pump = asyncio.create_task(self._incoming.pump(), name="heph.agent.stdout")
        self._rpc = Connection(self._requested, cast("asyncio.StreamWriter", stdin), self._incoming.messages)

    @property
    def busy(self) -> bool:
        """Whether a session runs."""
        return bool(self._sessions)

    async def initialize(self) -> dict[str, Any]:
        """Agree on the protocol; return what the agent says about itself (``name``, ``version``).

        Raises
        ------
        AgentError
            It speaks another version of the protocol, or answers with an error.
        """
        offer = InitializeRequest(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(
                fs=FileSystemCapabilities(read_text_file=True, write_text_file=True), terminal=False
            ),
            client_info=Implementation(name="heph_nb", version=__version__),
        )
        try:
            answer = await self._send("initialize", offer)
        except RequestError as error:
            raise AgentError(f"It refused to start: {_text(error)}.") from error
        if answer.get("protocolVersion") != PROTOCOL_VERSION:
            raise AgentError(
                f"It speaks version {answer.get('protocolVersion')!r} of the protocol, we speak {PROTOCOL_VERSION}."
            )
        capabilities = _dict(answer.get("agentCapabilities"))
        self._closes_sessions = _dict(capabilities.get("sessionCapabilities")).get("close") is not None
        return _dict(answer.get("agentInfo"))

    async def run_session(self, cwd: Path, mcp: McpServer, prompt: str, listener: Listener) -> SessionEnd:
        """Open a session, send one prompt, and return when the agent has ended its turn.

        Raises
        ------
        AgentGoneError
            The agent's output ended.
        DidNotStopError
            It was told to stop and did not.
        Exception
            Whatever the listener raised; it comes before everything else.
        """
        session = LiveSession(await asyncio.to_thread(cwd.resolve), listener)
        self._sessions.add(session)
        try:
            end = await self._turn(session, mcp, prompt)
        except (ConnectionError, DidNotStopError) as error:
            if session.failure is None:
                raise self._gone(session) if isinstance(error, ConnectionError) else error from error
            raise session.failure from error
        except TimeoutError as error:
            end = SessionEnd("error", f"The agent did not answer: {error}.", session.usage(None))
        except RequestError as error:
            end = SessionEnd("error", f"The agent answered with an error: {_text(error)}.", session.usage(None))
        finally:
            self._sessions.discard(session)
            session.close()
            if all(other.id for other in self._sessions):
                self._early.clear()
        if session.failure is not None:
            raise session.failure
        return end

    def cancel(self, session_id: str | None, grace: float) -> bool:
        """Tell the agent to stop one session, or all; return whether there was one.

        Returns at once. ``run_session`` returns when the agent has stopped, or after ``grace`` seconds.
        """
        chosen = [s for s in self._sessions if session_id is None or s.id == session_id]
        for session in chosen:
            session.cancel(grace)
        return bool(chosen)

    def process_ended(self) -> None:
        """Know that the process is gone: what it wrote is still read, then waiting requests fail."""
        self._incoming.process_ended()

    async def close(self) -> None:
        """Stop reading and writing; running sessions fail."""
        self._pump.cancel()
        await asyncio.wait({self._pump})
        await self._rpc.close()

    def _gone(self, session: LiveSession) -> Exception:
        error = self._pump.exception() if self._pump.done() and not self._pump.cancelled() else None
        if error is not None and not isinstance(error, AgentError):
            return AgentError(f"Reading from the agent failed: {error!r}")
        reason = "cancelled" if session.cancelled else "error"
        return AgentGoneError(str(error or ""), SessionEnd(reason, usage=session.usage(None)))

    async def _turn(self, session: LiveSession, mcp: McpServer, prompt: str) -> SessionEnd:
        await self._open(session, mcp)
        await session.begin()
        if session.interrupted.done():
            return SessionEnd("cancelled")
        request = PromptRequest(session_id=session.id, prompt=[TextContentBlock(type="text", text=prompt)])
        answer = await self._ask(session, "session/prompt", request)
        stop_reason = answer.get("stopReason")
        usage = session.usage(answer.get("usage"))
        if not isinstance(stop_reason, str):
            return SessionEnd("error", "The agent ended its turn without a stop reason.", usage)
        if self._closes_sessions:
            await self._close_session(session)
        return SessionEnd(stop_reason, usage=usage)

    async def _open(self, session: LiveSession, mcp: McpServer) -> None:
        server = HttpMcpServer(
            type="http",
            name=mcp.name,
            url=mcp.url,
            headers=[HttpHeader(name=name, value=value) for name, value in mcp.headers.items()],
        )
        request = NewSessionRequest(cwd=str(session.cwd), mcp_servers=[server])
        answer = await self._ask(session, "session/new", request, self._timeout)
        session_id = answer.get("sessionId")
        if not isinstance(session_id, str) or self._find(session_id) is not None:
            raise RequestError.internal_error({"details": f"{session_id!r} is no id of a new session"})
        await session.opened(session_id, self._early.pop(session_id, []))
        if self._mode is not None and not session.interrupted.done():
            # Its own default may write without asking: no prompt before the mode is what we want.
            wanted = SetSessionModeRequest(session_id=session_id, mode_id=self._mode)
            await self._ask(session, "session/set_mode", wanted, self._timeout)

    async def _close_session(self, session: LiveSession) -> None:
        request = serialize_params(CloseSessionRequest(session_id=session.id))
        try:
            async with asyncio.timeout(self._timeout):
                await self._rpc.send_request("session/close", request)
        except RequestError as error:
            self._log.note(f"session/close: {_text(error)}")
        except TimeoutError:
            raise TimeoutError(f"session/close took more than {self._timeout:g} s") from None

    async def _ask(
        self, session: LiveSession, method: str, params: BaseModel, seconds: float | None = None
    ) -> dict[str, Any]:
        """Send a request of a session; return the answer, also when the session is interrupted meanwhile."""
        request = asyncio.ensure_future(self._send(method, params))
        try:
            waited = {request, session.interrupted}
            await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not request.done() and session.interrupted.done():
                await self._stop_turn(session, request)
            if not request.done():
                raise TimeoutError(f"{method} took more than {seconds:g} s")
            return request.result()
        finally:
            request.cancel()

    async def _stop_turn(self, session: LiveSession, request: asyncio.Future[dict[str, Any]]) -> None:
        told = asyncio.ensure_future(self._tell_to_stop(session))
        await asyncio.wait({request}, timeout=session.grace)
        told.cancel()
        if not request.done():
            raise DidNotStopError(f"The agent did not stop within {session.grace:g} s after it was told to.")

    async def _tell_to_stop(self, session: LiveSession) -> None:
        if session.id:
            # That the agent is gone shows in the answer that is waited for.
            with suppress(ConnectionError):
                notice = CancelNotification(session_id=session.id)
                await self._rpc.send_notification("session/cancel", serialize_params(notice))

    async def _send(self, method: str, params: BaseModel) -> dict[str, Any]:
        return _dict(await self._rpc.send_request(method, serialize_params(params)))

    async def _notified(self, method: str, params: dict[str, Any], size: int) -> None:
        session_id, update = params.get("sessionId"), params.get("update")
        if method != "session/update" or not isinstance(update, dict):
            update = {"method": method, "params": params}
        session = self._find(session_id)
        if session is not None:
            await session.take(update, size)
        elif isinstance(session_id, str) and not all(s.id for s in self._sessions):
            held = self._early.setdefault(session_id, [])
            if len(held) < _EARLY and len(self._early) <= _EARLY:
                held.append((update, size))
        else:
            self._log.note(f"for no session that runs: {method}")

    async def _requested(self, method: str, params: Any, is_notification: bool) -> Any:  # noqa: ARG002
        """Answer a request of the agent: the connection calls this in a task of its own."""
        try:
            return await answer_request(method, _dict(params), self._find)
        except RequestError as error:
            self._log.note(f"refused {method}: {_text(error)}")
            raise
        finally:
            self._incoming.answered()

    def _find(self, session_id: Any) -> LiveSession | None:
        return next((s for s in self._sessions if s.id and s.id == session_id), None)

    async def _flush(self) -> None:
        for session in list(self._sessions):
            await session.flush()

    def _deadline(self) -> float | None:
        return min((s.deadline for s in self._sessions if s.deadline is not None), default=None)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(error: RequestError) -> str:
    details = error.data
    if isinstance(details, dict):
        details = details.get("details") or details.get("message") or details
    return f"{error}: {details}" if details else str(error)
