"""Notices: calling a function of the person's whenever something happens in a run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from fnmatch import fnmatchcase
from html import escape
from typing import TYPE_CHECKING, Any, Self

from heph_nb.domain.logs import Event
from heph_nb.domain.records import ENTITIES
from heph_nb.errors import HephError, InvalidError
from heph_nb.run.waiting import last_seq

if TYPE_CHECKING:
    from heph_nb.client.client import Client

log = logging.getLogger(__name__)

_OTHERS = ("message", "store")


class Notice:
    """Calls a function for every event of a run that fits, from now on, in a thread of its own. See ``run.on``.

    It outlives a backend that crashed, and ends with one that is shut down on purpose: its ``error`` then says so.

    Attributes
    ----------
    event : str
        Which events.
    calls : int
        How often the function was called.
    error : BaseException or None
        What it raised last; it is called again all the same.
    """

    def __init__(self, client: Client, run_id: str, event: str, callback: Callable[[Event], Any]) -> None:
        entity = event.partition(".")[0]
        known = sorted({*(cls.entity for cls in ENTITIES), *_OTHERS})
        if "*" not in entity and entity not in known:
            raise InvalidError(
                f"There are no events {event!r}: write for example 'task.failed', 'permission.created' or 'agent.*'; "
                f"they are about {', '.join(known)}."
            )
        self.event = event
        self.calls = 0
        self.error: BaseException | None = None
        self._callback = callback
        self._stream = client.stream(last_seq(client), run_id)
        self._thread = threading.Thread(target=self._follow, name=f"heph on {event}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Call it no more; returns when a call that is under way has ended, unless it closes itself."""
        self._stream.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        times = f"called {self.calls} times" if self.calls != 1 else "called once"
        raised = f"; it raised {type(self.error).__name__}: {self.error}" if self.error else ""
        return f"On {self.event}: {times}{raised}"

    def _repr_html_(self) -> str:
        return f"<div>{escape(repr(self))}</div>"

    def _follow(self) -> None:
        try:
            for event in self._stream:
                if fits(event, self.event):
                    self._call(event)
        except HephError as error:
            self.error = error
        except Exception as error:
            log.exception("Following %s", self.event)
            self.error = error

    def _call(self, event: Event) -> None:
        self.calls += 1
        try:
            self._callback(event)
        except BaseException as error:
            log.exception("The function for %s", self.event)
            self.error = error


def fits(event: Event, pattern: str) -> bool:
    """Say whether an event is one of those that a pattern names: by its kind, or by what something became.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> failed = Event(seq=1, ts=datetime.now(UTC), kind="task.status", data={"from": "running", "to": "failed"})
    >>> [fits(failed, pattern) for pattern in ("task.failed", "task.status", "task.*", "task.done")]
    [True, True, True, False]
    """
    entity = event.kind.partition(".")[0]
    names = [event.kind, *([f"{entity}.{event.data['to']}"] if event.data.get("to") else [])]
    return any(fnmatchcase(name, pattern) for name in names)
