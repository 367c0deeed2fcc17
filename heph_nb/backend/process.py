"""The process that owns a state file, from its lock to its end.

The lock comes first, the address last: whoever finds ``<state>.backend.json`` finds a backend that serves.
SIGTERM, SIGINT, SIGHUP, ``POST /api/backend/shutdown`` and idleness end it the same way: first the agents, while their
tools still answer, then the streams and the connections, then the state file.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import uvicorn
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from heph_nb import settings
from heph_nb.agents.catalog import PRESETS, Preset
from heph_nb.backend.gate import answer_error
from heph_nb.backend.http import make_app
from heph_nb.backend.lane import WORKERS
from heph_nb.backend.place import Place
from heph_nb.backend.service import Backend, Limits
from heph_nb.errors import BusyError, HephError, StateFileError, StateLockedError
from heph_nb.store.database import Database

LOST = 75
"""The exit code when another backend owns the file."""

GRACE = 1
"""Seconds that open requests get when the process ends."""

log = logging.getLogger("heph_nb.backend")


def main(argv: list[str] | None = None, presets: Mapping[str, Preset] = PRESETS) -> int:
    """Own a state file until told to end. Returns the exit code."""
    options = _parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    limits = Limits(silence=options.silence, idle=options.idle, check_timeout=options.check)
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        backend = Backend(Database.open(Path(options.state)), limits, presets)
        asyncio.run(_serve(backend, options))
    except StateLockedError as error:
        log.info("%s", error)
        return LOST
    except (HephError, OSError) as error:
        refusal = error if isinstance(error, HephError) else StateFileError(f"The backend cannot go on: {error}.")
        if "no space left" in refusal.detail.lower():
            said = refusal.detail.rstrip(".")
            refusal = StateFileError(f"{said}. Make space on the disk of {options.state}, then start again.")
        _tell(options.ready_fd, json.dumps({"code": refusal.code, "detail": refusal.detail}))
        log.error("%s", refusal)
        return 1
    return 1 if backend.lost else 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    known = settings.load()
    parser = argparse.ArgumentParser(prog="python -m heph_nb.backend", description=__doc__)
    parser.add_argument("--state", required=True, help="the state file")
    parser.add_argument("--port", type=int, default=known.port, help="the port that is tried first")
    parser.add_argument("--idle", type=float, default=known.idle_seconds, help="seconds before it ends by itself")
    parser.add_argument("--silence", type=float, default=known.silence_seconds, help="seconds before an agent is stuck")
    parser.add_argument("--check", type=float, default=known.check_seconds, help="seconds that one check may take")
    parser.add_argument("--ready-fd", type=int, default=None, help="where the address is written once it serves")
    return parser.parse_args(argv)


class Server(uvicorn.Server):
    """uvicorn, which says when it serves, and ends our streams before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, backend: Backend, place: Place, options: argparse.Namespace) -> None:
        super().__init__(config)
        self._backend = backend
        self._place = place
        self._options = options

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say where."""
        await super().startup(sockets)
        self._place.announce()
        log.info("The backend of %s serves at %s", self._backend.state_path, self._backend.url)
        _tell(self._options.ready_fd, self._backend.url)
        self._options.ready_fd = None  # it is closed, and its number may soon be that of another file

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `_serve`, which hears them from the beginning to the very end."""
        yield

    def end(self) -> None:
        """End in an orderly way; said again, do not wait for connections."""
        self.force_exit = self.should_exit
        self._backend.ending = self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the agents while their tools still answer: an agent that sees a tool fail would count as lost."""
        await self._backend.end_engine()
        self._backend.feed.close()
        await super().shutdown(sockets)


async def _serve(backend: Backend, options: argparse.Namespace) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WORKERS, thread_name_prefix="heph-work"))
    listener = _listen(options.port)
    backend.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    place = Place(backend.database, backend.url, backend.token)
    server: Server

    def end() -> None:
        server.end()

    app = make_app(backend, end)
    tools = Mount("/mcp", app=_not_yet)
    app.router.routes.append(tools)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
    )
    server = Server(config, backend, place, options)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    behind: list[asyncio.Task[None]] = []
    try:
        await backend.start()
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        behind.append(asyncio.create_task(_load_the_rest(backend, tools, server), name="engine"))
        behind.append(asyncio.create_task(_stay(backend, place, server), name="place"))
        await serving
    finally:
        for task in behind:
            task.cancel()
        await asyncio.gather(*behind, return_exceptions=True)
        await backend.close()
        place.withdraw()
        log.info("The backend of %s ended", backend.state_path)
        if not backend.database.may_close:
            logging.shutdown()
            os._exit(1)  # DuckDB would write and remove files at a path where another backend may be by now


async def _stay(backend: Backend, place: Place, server: Server) -> None:
    """End the backend when its state file is gone."""
    backend.lost = await place.watch()
    log.error("%s. This backend ends, with its agents.", backend.lost)
    server.end()


async def _load_the_rest(backend: Backend, tools: Mount, server: Server) -> None:
    """Load the tools and the engine behind ``/health``, then watch for idleness."""
    try:
        async with await _open_tools(backend, tools):
            await backend.start_engine()
            gc.freeze()
            gc.enable()
            await _idle(backend)
            log.info("Nothing to do and nobody there for %g seconds", backend.limits.idle)
            server.end()
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("The engine could not start")
        server.end()


async def _not_yet(scope: Scope, receive: Receive, send: Send) -> None:
    await answer_error(BusyError("The tools are still being loaded: ask again in a moment."))(scope, receive, send)


async def _open_tools(backend: Backend, mount: Mount) -> Any:
    tools = await asyncio.to_thread(_make_tools, backend)
    context = contextlib.AsyncExitStack()
    mount.app = await context.enter_async_context(tools.running())
    return context


def _make_tools(backend: Backend) -> Any:
    # Where this package is there, jsonschema (which mcp brings along) has it compile a grammar for a second and more.
    sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
    # It would write a line for every request.
    logging.getLogger("mcp").setLevel(logging.WARNING)
    from heph_nb.backend.mcp import Tools

    return Tools(backend)


async def _idle(backend: Backend) -> None:
    """Return when there was no active run and no client for as long as the limit says."""
    limit = backend.limits.idle
    while True:
        left = backend.idle_left(limit)
        if left <= 0:
            return
        await asyncio.sleep(left)


def _listen(port: int) -> socket.socket:
    """Bind a loopback socket: the port that was asked for, else any."""
    for candidate in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
        except OSError:
            listener.close()
            continue
        listener.listen(2048)
        return listener
    raise HephError("No port on 127.0.0.1 could be opened.")


def _tell(fd: int | None, line: str) -> None:
    """Tell the client that started this process how it went."""
    if fd is not None:
        with contextlib.suppress(OSError), os.fdopen(fd, "w") as pipe:
            pipe.write(line + "\n")
