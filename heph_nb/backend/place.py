"""The place of a backend: its address beside the state file, and the file itself, looked after while it lives.

Owned by the event loop thread. Whoever deletes or spoils the address gets it back within a beat. When the state file
itself is gone, this process has nothing left to own, and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import tempfile
from pathlib import Path

from heph_nb import __version__
from heph_nb.errors import StateFileError
from heph_nb.store.database import Database

BEAT = 1.0
"""Seconds between two looks; each is two calls of ``stat`` and one small read."""

log = logging.getLogger("heph_nb.backend")


class Place:
    """Where clients find the backend of a state file.

    Parameters
    ----------
    database : Database
        The open state file.
    url, token : str
        What they need.
    """

    def __init__(self, database: Database, url: str, token: str) -> None:
        self.address = Path(f"{database.path}.backend.json")
        self._database = database
        self._told = {"url": url, "token": token, "pid": os.getpid(), "version": __version__}

    def announce(self) -> None:
        """Write the address: complete, private, in one step.

        Raises
        ------
        StateFileError
            It cannot be written; nothing is left behind.
        """
        temporary = None
        try:
            fd, temporary = tempfile.mkstemp(dir=self.address.parent, prefix=f"{self.address.name}.")
            with os.fdopen(fd, "w") as file:
                json.dump(self._told, file)
            Path(temporary).replace(self.address)
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            raise StateFileError(f"{self.address} cannot be written: {error.strerror}.") from error

    def withdraw(self) -> None:
        """Take the address away, unless another backend has written its own."""
        with contextlib.suppress(OSError):
            if self._is_announced():
                self.address.unlink()

    async def watch(self) -> str:
        """Keep the address where it belongs; return once the state file is gone, with the reason."""
        while True:
            await asyncio.sleep(BEAT)
            lost = self._database.missing()
            if lost is not None:
                return lost
            if not self._is_announced():
                with contextlib.suppress(StateFileError):  # a full disk, perhaps; the next beat tries again
                    self.announce()
                    log.info("The address was gone from %s and is there again", self.address)

    def _is_announced(self) -> bool:
        try:
            found = json.loads(self.address.read_bytes())
            return all(found[name] == self._told[name] for name in ("url", "token", "pid"))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return False
