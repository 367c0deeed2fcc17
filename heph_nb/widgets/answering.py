"""Answering: what everything in the browser that asks the kernel for something has in common.

The browser sends ``{"kind", "name", "values", "request"}`` and gets one answer for each request, which is a value or,
where something is wrong, the sentence that says so: a callback's error would be lost to the page otherwise.
"""

from __future__ import annotations

import logging
from html import escape
from typing import Any, ClassVar

import anywidget
import traitlets

from heph_nb.errors import HephError
from heph_nb.widgets.ending import Ends

log = logging.getLogger(__name__)


class Answering(Ends, anywidget.AnyWidget):
    """A widget that does and reads what the browser asks for, and is text and HTML where no widget can be shown.

    Attributes
    ----------
    actions : frozenset of str
        What it may be asked to do: its buttons have the same names.
    reads : frozenset of str
        What it may be asked to read: methods ``read_<name>`` that return JSON values.
    lines : list of str
        The Python lines of what was done here, oldest first.
    """

    actions: ClassVar[frozenset[str]] = frozenset()
    reads: ClassVar[frozenset[str]] = frozenset()

    snapshot = traitlets.Any().tag(sync=True, to_json=lambda _, shown: shown.whole())

    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__()
        self.on_msg(self._heard)

    def facts(self) -> dict[str, Any]:
        """Return what the browser needs to know from the beginning."""
        return {}

    def as_text(self) -> str:
        """Return what is shown as plain text, the same every time for the same state of things."""
        raise NotImplementedError

    def as_html(self) -> str:
        """Return what is shown as HTML, for where no widget can be shown."""
        return f"<pre>{escape(self.as_text())}</pre>"

    def __repr__(self) -> str:
        return self.as_text()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        shown = super()._repr_mimebundle_(**options) if self.comm is not None else {}
        bundle, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        return {**bundle, "text/plain": self.as_text(), "text/html": self.as_html()}, metadata

    def whole(self) -> dict[str, Any]:
        """Return all that the browser is told, made when it is sent, so that a reloaded page shows the present."""
        return {"rev": 0, "facts": self.facts(), "put": {}, "activity": {}, "link": {"state": "live", "trouble": None}}

    def _heard(self, _: Any, message: Any, buffers: Any = None) -> None:  # noqa: ARG002
        if isinstance(message, dict):
            self._reply(message.get("request"), lambda: self._answer(message))

    def _reply(self, request: str | None, work: Any) -> None:
        """Do something and send what comes of it, or what is wrong with it, as the answer to a request."""
        try:
            answer = work()
        except HephError as error:
            answer = {"error": error.detail}
        except Exception as error:
            log.exception("%s was asked for something", type(self).__name__)
            answer = {"error": f"{type(error).__name__}: {error}"}
        if answer is not None:
            self.send({"kind": "answer", "request": request, **answer})

    def _answer(self, message: Any) -> dict[str, Any] | None:
        """Return the answer to a message, or None if it needs none or gets one later."""
        kind = message["kind"]
        if kind == "watch":
            return self._watch(str(message["page"]), bool(message["on"]), message["rev"])
        name, values = message["name"], dict(message["values"])
        if kind == "act" and name in self.actions:
            return self._act(name, values, message["request"])
        if kind == "read" and name in self.reads:
            return {"value": getattr(self, f"read_{name}")(**values)}
        raise HephError(f"This view cannot {name!r}.")

    def _watch(self, page: str, on: bool, rev: int) -> None:
        """Hear that a page begins or ends to look."""

    def _act(self, name: str, values: dict[str, Any], request: str) -> dict[str, Any] | None:
        raise NotImplementedError
