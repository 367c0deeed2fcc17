"""Output log: what an agent's process prints beside the protocol, kept within bounds."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_LINE = 2_000


class OutputLog:
    """A file that never grows beyond twice ``limit`` bytes, and the last lines in memory.

    The file appears with the first output, and is continued if it is there. When it is full it becomes ``<path>.1``,
    replacing the one before.

    Parameters
    ----------
    path : Path
        The file; its directory is made.
    limit : int
        Bytes.
    """

    def __init__(self, path: Path, limit: int = 512 * 1024) -> None:
        self.path = path
        self._limit = limit
        self._file: BinaryIO | None = None
        self._size = 0
        self._lines: deque[str] = deque(maxlen=20)
        self._rest = b""
        self._closed = False

    def write(self, data: bytes) -> None:
        """Keep some output. What comes after ``close`` is dropped."""
        if self._closed or not data:
            return
        # Of one piece no more than the limit is worth writing: the earlier part would be replaced at once.
        self._remember(data[-self._limit :])
        data = data[-self._limit :]
        try:
            file = self._file or self._open()
            if self._size + len(data) > self._limit:
                file.close()
                self.path.replace(self.path.with_name(self.path.name + ".1"))
                file = self._open()
            file.write(data)
            self._size += len(data)
        except OSError as error:
            # A full disk must not end an agent: from here on there is only the memory.
            self._lines.append(f"[heph] {self.path} cannot be written: {error.strerror}")
            self.close()

    def note(self, text: str) -> None:
        """Keep a line of our own, for example that something unreadable came on stdout."""
        lead = b"" if not self._rest else b"\n"
        self.write(lead + f"[heph] {text}\n".encode("utf-8", "replace"))

    def tail(self, count: int = 5) -> list[str]:
        """Return the last lines, oldest first, without our own notes."""
        lines = [*self._lines]
        if self._rest.strip():
            lines.append(self._text(self._rest))
        return [line for line in lines if not line.startswith("[heph] ")][-count:]

    def close(self) -> None:
        """Close the file; ``tail`` goes on working."""
        self._closed = True
        if self._file is not None:
            self._file.close()
            self._file = None

    def _remember(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LINE:]
        self._lines.extend(self._text(line) for line in lines[-20:] if line.strip())

    def _text(self, line: bytes) -> str:
        return line[:_LINE].decode("utf-8", "replace").rstrip()

    def _open(self) -> BinaryIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: what was printed last before a crash matters most. It may hold what the agent read, so only its
        # owner may look.
        self._file = file = open(self.path, "ab", buffering=0, opener=_private)  # noqa: SIM115 - held open, with a mode
        self._size = file.tell()
        return file


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
