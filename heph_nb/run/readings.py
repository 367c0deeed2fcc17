"""What is read across the tables of a run: on a live one, a moment of it, and in an opened file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from heph_nb.run.tracing import RequirementTrace


class Readings:
    """Questions that a table alone does not answer. Each is loaded when it is asked."""

    def _query(self, query: str) -> pa.Table:
        raise NotImplementedError

    def _from(self, table: str) -> str:
        raise NotImplementedError

    def _amounts(self) -> dict[str, dict[str, int]] | None:
        """Return how much was changed for each ticket, or None: only a backend can ask git."""
        return None

    def history(self, ticket: str) -> pd.DataFrame:
        """Tell everything that happened to a ticket, oldest first.

        Parameters
        ----------
        ticket : str
            Its id, or at least the first four characters of it.

        Returns
        -------
        DataFrame
            One row per change: ts, actor (an agent by its label, "the person", or the part of the backend that did
            it), what ("created", a column of ``tickets()``, "comment" or "commit"), before, after (text).

        Raises
        ------
        NotFoundError
            There is no such ticket.
        """
        from heph_nb.run.history import history

        return history(self._query, self._from, ticket)

    def review(self) -> pd.DataFrame:
        """Tell what became of every ticket, as a person goes through it when the run has ended.

        Returns
        -------
        DataFrame
            One row per ticket, oldest first: ticket, title, status, tasks (how many), outcome (merged, partly merged,
            failed, in work, no change, cancelled, by hand or no work), commits (merges, and what was linked by hand),
            files, added, removed (lines; empty without a repository to ask), checks_passed, checks_failed (the newest
            of each command of each task), evidence (list: ``"R-001 verified"``), questions (list of ids of open ones
            about its requirements), retry (list of ids of tasks that can be retried).
        """
        from heph_nb.run.review import review

        return review(self._query, self._from, self._amounts())

    def trace(self, requirement: str) -> RequirementTrace:
        """Follow one requirement to everything that it led to.

        Parameters
        ----------
        requirement : str
            Its id, such as "R-001", or what the PRD calls it.

        Returns
        -------
        RequirementTrace
            Its text and standing, its tickets, tasks, attempts, checks, files, tests and questions; ``as_dict()`` has
            them as JSON values.

        Raises
        ------
        NotFoundError
            There is no such requirement.
        """
        from heph_nb.run.tracing import trace

        return trace(self._query, self._from, requirement)
