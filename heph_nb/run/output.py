"""Output: one agent, followed for one listener, and what its tools were given and answered."""

from __future__ import annotations

import atexit
import difflib
import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from heph_nb.errors import HephError

if TYPE_CHECKING:
    from heph_nb.client.client import Client

log = logging.getLogger(__name__)

MOST = 60_000
"""Characters of one part of a tool call that are shown."""


class Output:
    """What an agent says and does, told to a listener in a thread of its own until :meth:`close`.

    Parameters
    ----------
    client : Client
        Where the agent is.
    agent : str
        Its id.
    listener : callable
        Takes each message of the backend's ``output`` stream, and last ``{"trouble": ...}`` if it ends by itself.
    """

    def __init__(self, client: Client, agent: str, listener: Callable[[dict[str, Any]], None]) -> None:
        self._listener = listener
        self._stream = client.output(agent)
        self._stream.on_cut = lambda: listener({"trouble": "The backend has gone; it is being started again."})
        self._thread = threading.Thread(target=self._follow, name=f"heph output {agent[:14]}", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """End the thread; the listener is told nothing more."""
        atexit.unregister(self.close)
        self._stream.close()
        if self._thread is not threading.current_thread():
            self._thread.join(5)

    def _follow(self) -> None:
        try:
            for message in self._stream:
                self._listener(message)
        except HephError as error:
            self._listener({"trouble": error.detail})
        except Exception as error:
            log.exception("Following %s", self._thread.name)
            self._listener({"trouble": f"Following the agent failed: {error!r}"})


def tool_call(updates: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Return what a tool call changed, said, was given and answered, from the data of its events.

    Returns
    -------
    list of dict
        ``kind`` (diff, text, output or input) and ``text``, in the order in which one wants to read them.
    """
    known: dict[str, Any] = {}
    for update in updates:
        known |= {name: value for name, value in update.items() if value is not None}
    content = known.get("content")
    parts = [_part(item) for item in (content if isinstance(content, list) else [])]
    parts += [
        (name, _as_text(known[name])) for name in ("output", "input") if known.get(name) not in (None, "", {}, [])
    ]
    order = ("diff", "text", "output", "input")
    return [{"kind": kind, "text": _bounded(text)} for kind, text in sorted(parts, key=lambda p: order.index(p[0]))]


def _part(item: Any) -> tuple[str, str]:
    kind = item.get("type") if isinstance(item, dict) else None
    if kind == "diff":
        return "diff", _difference(item)
    if kind == "text":
        return "text", str(item.get("text"))
    return "text", _as_text(item)


def _difference(item: dict[str, Any]) -> str:
    path, old, new = str(item.get("path")), str(item.get("old_text") or ""), str(item.get("new_text") or "")
    head = f"diff --git a/{path} b/{path}"
    if len(old) + len(new) > 10 * MOST:
        return f"{head}\n@@ too large to compare: {len(old):,} characters become {len(new):,}"
    return "\n".join([head, *difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, lineterm="")])


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1 and isinstance(only := next(iter(value.values())), str):
        return only
    return json.dumps(value, ensure_ascii=False, indent=1)


def _bounded(text: str) -> str:
    left = len(text) - MOST
    return text if left <= 0 else f"{text[:MOST]}\n… {left:,} more characters: run.events() has all of it"
