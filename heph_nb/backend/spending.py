"""Spending: how many tokens the agents of each run have reported, and whether its budget allows another agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from heph_nb.domain.logs import Event
from heph_nb.domain.records import Run


class Spending:
    """One number for each run, in memory; the event loop thread owns it.

    Parameters
    ----------
    used : mapping of str to int
        What the state file says when the backend begins; from then on each commit adds what was reported in it.
    """

    def __init__(self, used: Mapping[str, int]) -> None:
        self._used = Counter(used)

    def notice(self, events: list[Event], run_ids: set[str]) -> None:  # noqa: ARG002 - a ledger watcher gets both
        """Take what agents reported in a commit."""
        for event in events:
            if event.kind == "usage.reported" and event.run_id is not None:
                self._used[event.run_id] += int(str(event.data["tokens"]))

    def used(self, run_id: str) -> int:
        """Return the tokens that the agents of a run have reported."""
        return self._used[run_id]

    def exhausted(self, run: Run) -> bool:
        """Say whether a run has used its budget, so that no other agent may be launched in it."""
        return run.budget_tokens is not None and self._used[run.id] >= run.budget_tokens
