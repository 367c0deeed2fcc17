"""Waiting for a run to end, on the event feed: nothing is asked again and again."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING

from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.errors import InvalidError, WaitTimeoutError

if TYPE_CHECKING:
    from heph_nb.client.client import Client
    from heph_nb.client.feed import EventStream
    from heph_nb.domain.logs import Event


def last_seq(client: Client) -> int:
    """Return the sequence number up to which the backend's answers are current; later changes are in its feed."""
    return client.health()["store"]["last_seq"]


def to_stderr(why: str) -> None:
    """Print a sentence where it is seen but does not mix with results."""
    print(why, file=sys.stderr, flush=True)


class Standstill:
    """Tells why a run stands still, each reason once, as soon as an event shows that it may.

    Parameters
    ----------
    client : Client
        Where the run is.
    run_id : str
        The run.
    tell : callable
        Takes the sentence, which names the ways out.
    """

    def __init__(self, client: Client, run_id: str, tell: Callable[[str], None]) -> None:
        self._client = client
        self._run_id = run_id
        self._tell = tell
        self._told: set[str] = set()

    def hear(self, event: Event) -> None:
        """Look again, if after this event nothing more may happen by itself."""
        if event.kind in _MAY_STAND and event.data.get("to") in _MAY_STAND[event.kind]:
            self.look()

    def look(self) -> None:
        """Ask the backend why nothing happens, and tell it if it is new."""
        told = self._client.get("runs", self._run_id, "summary")
        why = told["standing"]
        if why and why not in self._told and told["run"]["status"] not in RUN_ENDED:
            self._told.add(why)
            self._tell(why)


_MAY_STAND: dict[str, tuple[str | None, ...]] = {
    "run.status": ("paused", "active"),
    "phase.status": ("open", "complete"),
    "task.status": ("done", "failed", "cancelled"),
    "permission.created": (None,),
}
"""Events after which a run may stand still, by what they changed to."""


class Watch:
    """Waits until a run has ended, or a phase of it is complete. One thread waits; any thread may cancel it.

    Parameters
    ----------
    client : Client
        Where the run is.
    run_id : str
        The run.
    phase : int, optional
        The number of the phase.
    tell : callable
        Takes the sentences that say why the run stands still.
    """

    def __init__(
        self, client: Client, run_id: str, phase: int | None = None, tell: Callable[[str], None] = to_stderr
    ) -> None:
        self._client = client
        self._standstill = Standstill(client, run_id, tell)
        self._run_id = run_id
        self._phase = phase
        self._stream: EventStream = client.stream(last_seq(client), run_id)

    def until_ended(self, timeout: float | None = None) -> str:
        """Return the status in which the run ended, or ``complete`` for the phase.

        Parameters
        ----------
        timeout : float, optional
            At most so many seconds.

        Raises
        ------
        InvalidError
            The time is less than nothing, or no number.
        WaitTimeoutError
            It did not end in that time, or the watch was cancelled.
        """
        if timeout is not None and not (isinstance(timeout, Real) and timeout >= 0):
            raise InvalidError(f"A timeout of {timeout!r} makes no sense: give seconds, or none to wait without end.")
        if timeout is not None and timeout > threading.TIMEOUT_MAX:
            timeout = None
        alarm = threading.Timer(timeout, self.cancel) if timeout is not None else None
        if alarm is not None:
            alarm.daemon = True
            alarm.start()
        try:
            return self._until_ended(timeout)
        finally:
            if alarm is not None:
                alarm.cancel()

    def cancel(self) -> None:
        """End the waiting."""
        self._stream.close()

    def _until_ended(self, timeout: float | None) -> str:
        # The stream begins at a moment before this look, so an end in between is in it.
        if self._phase is not None:
            phase = self._client.get("phases", str(self._phase), run_id=self._run_id)["phase"]
            if phase["status"] == "complete":
                return "complete"
        status = self._client.get("runs", self._run_id)["run"]["status"]
        if status in RUN_ENDED:
            return status
        self._standstill.look()
        for event in self._stream:
            if event.kind == "run.status" and event.data.get("to") in RUN_ENDED:
                return str(event.data["to"])
            if event.kind == "phase.status" and self._is_complete(event):
                return "complete"
            self._standstill.hear(event)
        limit = f" in {timeout:g} seconds" if timeout is not None else ""
        what = "The run did not end" if self._phase is None else f"Phase {self._phase} was not complete"
        raise WaitTimeoutError(f"{what}{limit}.", run_id=self._run_id)

    def _is_complete(self, event: Event) -> bool:
        return event.data.get("id") == f"phase-{self._phase}" and event.data.get("to") == "complete"


async def ended(watch: Watch) -> str:
    """Wait in a thread of its own, so that the caller's event loop goes on; cancelling ends the thread."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def settle(status: str | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(status or "")

    def work() -> None:
        status = error = None
        try:
            status = watch.until_ended()
        except Exception as caught:  # noqa: BLE001 - whatever it is, it belongs to the one who waits
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, status, error)

    threading.Thread(target=work, name="heph-wait", daemon=True).start()
    try:
        return await done
    finally:
        watch.cancel()
