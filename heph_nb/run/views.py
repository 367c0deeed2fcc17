"""The views of a run: what a notebook shows of it and lets people do with it. Each is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heph_nb.widgets.board import Board


class Views:
    """What a run can be looked at with. Every view shows the present, however many there are, and in any notebook."""

    def board(self: Any) -> Board:
        """Return the board: the tickets in their columns, to look at and to move."""
        from heph_nb.widgets.board import Board

        return Board(self)
