"""The views of a run: what a notebook shows of it and lets people do with it. Each is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heph_nb.widgets.board import Board
    from heph_nb.widgets.panel import Panel


class Views:
    """What a run can be looked at with. Every view shows the present, however many there are, and in any notebook."""

    def panel(self: Any) -> Panel:
        """Return the control panel: what changed, what waits for you, the phases, and every view in a tab."""
        from heph_nb.widgets.panel import Panel

        return Panel(self)

    def board(self: Any) -> Board:
        """Return the board: the tickets in their columns, to look at and to move."""
        from heph_nb.widgets.board import Board

        return Board(self)
