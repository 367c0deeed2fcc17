"""The panel: everything of a run in one place, and its review once it has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from heph_nb.domain.lifecycle import RUN_ENDED
from heph_nb.run.live import Change
from heph_nb.widgets.agents import AgentsView
from heph_nb.widgets.board import Board
from heph_nb.widgets.ending import Ends, close_boxes
from heph_nb.widgets.graph import Graph
from heph_nb.widgets.head import Head
from heph_nb.widgets.permissions import PermissionsView
from heph_nb.widgets.prd import PrdView
from heph_nb.widgets.review import Review
from heph_nb.widgets.view import View

TABS: dict[str, Callable[[Any], View]] = {
    "Board": Board,
    "Agents": AgentsView,
    "Permissions": PermissionsView,
    "Graph": Graph,
    "PRD": PrdView,
    "Review": Review,
}
"""What the tabs show, in their order; each is made when somebody opens it."""


class Panel(Ends, ipywidgets.VBox):
    """The control panel of a run. Get one from ``run.panel()``.

    Parameters
    ----------
    run : Run
        The run.
    ended : callable, optional
        Takes the panel when it is closed: what is around it must not name it any more.

    Attributes
    ----------
    head : Head
        Its upper part.

    Examples
    --------
    >>> run.panel()  # doctest: +SKIP
    """

    def __init__(self, run: Any, ended: Callable[[Panel], None] | None = None) -> None:
        self.run = run
        self._gone = ended
        self.head = Head(run)
        self._opened: dict[str, View] = {}
        self._tabs = ipywidgets.Tab(children=[ipywidgets.VBox() for _ in TABS], titles=tuple(TABS))
        self._tabs.add_class("heph-tabs")
        super().__init__([self.head, self._tabs])
        self._tabs.observe(self._open, names="selected_index")
        self._ended = False
        self._tabs.selected_index = 0
        self.head.live.join(self._review_at_end)
        self._review_at_end({"put": {"runs": [self.head.live.run]}})
        self._open()

    def close(self) -> None:
        """End the panel and its views; the run goes on."""
        if self._gone is not None:
            self._gone(self)
        self.head.live.leave(self._review_at_end)
        for view in (self.head, *self._opened.values()):
            view.close()
        close_boxes(*self._tabs.children, self._tabs)
        super().close()

    def __repr__(self) -> str:
        return self.head.as_text()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        shown = super()._repr_mimebundle_(**options)
        bundle, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        return {**bundle, "text/plain": self.head.as_text(), "text/html": self.head.as_html()}, metadata

    def _review_at_end(self, change: Change) -> None:
        """Turn to the review when the run ends; called in the thread that follows the run."""
        for run in change["put"].get("runs", ()):
            before, self._ended = self._ended, run["status"] in RUN_ENDED
            if self._ended and not before:
                self._tabs.selected_index = list(TABS).index("Review")

    def _open(self, _: Any = None) -> None:
        """Make the view of the tab that is open, the first time."""
        index = self._tabs.selected_index
        if index is None:
            return
        name = list(TABS)[index]
        if name not in self._opened:
            self._opened[name] = TABS[name](self.run)
            self._tabs.children[index].children = (self._opened[name],)
