"""Ending: a widget with all that belongs to it, when somebody says so and never otherwise."""

from __future__ import annotations

import ipywidgets


class Ends(ipywidgets.DOMWidget):
    """A widget that ends when it is closed. What is shown is held by the kernel until then, as every widget is.

    The garbage collector may come in any thread, in the middle of anything: it must end nothing that has threads and
    locks, so what ipywidgets does in ``__del__`` is left out.
    """

    def __del__(self) -> None:
        """Do nothing: whatever comes here has been closed."""

    def close(self) -> None:
        """End it, and its layout with it."""
        if self.layout is not None:
            self.layout.close()
        super().close()


def close_boxes(*boxes: ipywidgets.Box) -> None:
    """Close boxes with their layouts; what is in them ends by itself."""
    for box in boxes:
        box.layout.close()
        box.close()
