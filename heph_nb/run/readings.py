"""What is read across the tables of a run: on a live one, a moment of it, and in an opened file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Readings:
    """Questions that a table alone does not answer. Each is loaded when it is asked."""

    def _query(self, query: str) -> pa.Table:
        raise NotImplementedError

    def _from(self, table: str) -> str:
        raise NotImplementedError

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
