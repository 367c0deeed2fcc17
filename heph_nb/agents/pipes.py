"""Pipes: reading from and writing to a child process on the event loop.

With ``add_reader`` and ``add_writer``, not with ``connect_read_pipe``: uvloop closes a connected pipe's descriptor
twice, and what it hits the second time may by then be another thread's file, such as the state file. And so nothing
is read before it is asked for: the pipe itself is the only buffer, and who does not read slows the writer.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO


class PipeReader:
    """The end of a pipe that is read.

    Parameters
    ----------
    file : file
        The pipe, unbuffered; closed by ``close``, and by nobody else.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        os.set_blocking(file.fileno(), False)

    async def read(self, size: int = 1 << 16) -> bytes:
        """Return what there is, up to ``size`` bytes; wait if there is nothing; empty at the end."""
        # A writer that is faster than we are must not keep the loop from everything else.
        await asyncio.sleep(0)
        while not self._file.closed:
            try:
                return os.read(self._file.fileno(), size)
            except BlockingIOError:
                await self._readable()
        return b""

    async def _readable(self) -> None:
        descriptor = self._file.fileno()
        ready = self._loop.create_future()
        self._loop.add_reader(descriptor, _wake, ready)
        try:
            await ready
        finally:
            self._loop.remove_reader(descriptor)

    def close(self) -> None:
        """Close it; nobody may be reading any more."""
        self._file.close()


class PipeWriter:
    """The end of a pipe that is written, with the two methods that the protocol library's sender uses.

    Neither ``write`` nor ``drain`` raises. When the other side no longer reads, that shows elsewhere, as the end of
    its output; a sender that met a broken pipe first would never send again, and whoever waits for it, for ever.

    Parameters
    ----------
    file : file
        The pipe, unbuffered.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._waiting = bytearray()
        self._written = asyncio.Event()
        self._written.set()
        self._closing = False
        os.set_blocking(file.fileno(), False)

    def write(self, data: bytes) -> None:
        """Send, unless it is closed or broken."""
        if self._closing or not data:
            return
        self._waiting += data
        if self._written.is_set():
            self._written.clear()
            self._loop.add_writer(self._file.fileno(), self._send)
            self._send()

    async def drain(self) -> None:
        """Wait until everything is sent, or never will be."""
        await self._written.wait()

    def close(self) -> None:
        """Send what is waiting, then the end of input."""
        self._closing = True
        if self._written.is_set():
            self._file.close()

    def abort(self) -> None:
        """Close at once; what is waiting is lost."""
        self._closing = True
        self._waiting.clear()
        self._done()

    def _send(self) -> None:
        try:
            del self._waiting[: os.write(self._file.fileno(), self._waiting)]
        except BlockingIOError:
            return
        except OSError:
            self.abort()
            return
        if not self._waiting:
            self._done()

    def _done(self) -> None:
        if not self._written.is_set():
            self._loop.remove_writer(self._file.fileno())
            self._written.set()
        if self._closing:
            self._file.close()


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
