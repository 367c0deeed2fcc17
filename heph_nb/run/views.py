"""The views of a run: what a notebook shows of it and lets people do with it. Each is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from heph_nb.domain.logs import Event
    from heph_nb.run.notices import Notice
    from heph_nb.widgets.agents import AgentsView
    from heph_nb.widgets.board import Board
    from heph_nb.widgets.graph import Graph
    from heph_nb.widgets.panel import Panel
    from heph_nb.widgets.permissions import PermissionsView
    from heph_nb.widgets.prd import PrdView


class Views:
    """What a run can be looked at with. Every view shows the present, however many there are, and in any notebook."""

    def on(self: Any, event: str, callback: Callable[[Event], Any]) -> Notice:
        """Call a function whenever something happens, from now on, in a thread of its own.

        Parameters
        ----------
        event : str
            A kind of event, as in ``run.events()``, or what something has become: ``"permission.created"``,
            ``"task.failed"``, ``"merge.conflict"``, ``"run.completed"``; or many of them, ``"agent.*"``.
        callback : callable
            Takes the event: seq, ts, run_id, agent_id, task_id, kind, data. What it raises is the notice's ``error``.

        Returns
        -------
        Notice
            ``close()`` ends it.

        Examples
        --------
        >>> run.on("task.failed", lambda event: notify(event.task_id))  # doctest: +SKIP
        """
        from heph_nb.run.notices import Notice

        return Notice(self.client, self.id, event, callback)

    def panel(self: Any) -> Panel:
        """Return the control panel: what changed, what waits for you, the phases, and every view in a tab."""
        from heph_nb.widgets.panel import Panel

        return Panel(self)

    def board(self: Any) -> Board:
        """Return the board: the tickets in their columns, to look at and to move."""
        from heph_nb.widgets.board import Board

        return Board(self)

    def agents_view(self: Any) -> AgentsView:
        """Return the agents: who works on what, and what the one you select says and does, live."""
        from heph_nb.widgets.agents import AgentsView

        return AgentsView(self)

    def graph(self: Any) -> Graph:
        """Return the graph: which task created which, phase after phase, and how each one stands."""
        from heph_nb.widgets.graph import Graph

        return Graph(self)

    def permissions_view(self: Any) -> PermissionsView:
        """Return what agents ask you: permissions and questions, to decide and to answer, by keyboard too."""
        from heph_nb.widgets.permissions import PermissionsView

        return PermissionsView(self)

    def prd(self: Any) -> PrdView:
        """Return the PRD itself: each requirement at its lines, in the colour of how far it is, and what it led to."""
        from heph_nb.widgets.prd import PrdView

        return PrdView(self)
