"""View: what all views have in common, on the kernel's side.

A view in the browser is a copy of some tables of the run. It begins with the synced trait ``snapshot``, which is made
when it is sent, so that a reloaded page shows the present; then every change is one message with the next ``rev``, and
the browser asks for everything again when it misses one. The thread that follows the run sends the changes, the
kernel's threads carry out what people click; both hold the lock of the run's live copy while they touch ``rev``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from heph_nb.run.handle import Run
from heph_nb.run.live import Change, Record, live
from heph_nb.widgets.answering import Answering
from heph_nb.widgets.code import line

FORGOTTEN = 900.0
"""Seconds after which a page that has not said that it looks gets nothing more, until it says so again. Every page says
so once a minute; but a kernel that computes hears it only afterwards, and its panel shall stay live meanwhile."""

UNHURRIED = 1.0
"""Seconds that what agents say may wait for company; what they change comes at once."""


class View(Answering):
    """A view of one run.

    Parameters
    ----------
    run : Run
        The run.

    Attributes
    ----------
    tables : tuple of str
        The tables whose records the browser gets.
    follows_activity : bool
        Whether it is told what each agent did last.
    actions : frozenset of str
        The methods of ``Run`` that it may call: its buttons have the same names.
    """

    tables: ClassVar[tuple[str, ...]] = ()
    follows_activity: ClassVar[bool] = False

    def __init__(self, run: Run) -> None:
        self.run = Run(run.client, run.id, tell=self._said)
        self.live = live(run.client, run.id)
        self._rev = 0
        self._pages: dict[str, float] = {}
        self._told: list[str] = []
        self._rest: dict[str, Any] = {}
        self._doing: dict[str, Record] = {}
        self._later: threading.Timer | None = None
        self.live.join(self._changed)
        super().__init__()

    def close(self) -> None:
        """End the view; the run goes on."""
        self.live.leave(self._changed)
        if self._later is not None:
            self._later.cancel()
        super().close()

    def also(self) -> dict[str, Any]:
        """Return what else the browser is told with every change, if it differs from the last time."""
        return {}

    def project(self, table: str, record: Record) -> Record:  # noqa: ARG002
        """Return what the browser gets of a record."""
        return record

    def __repr__(self) -> str:
        self.live.catch_up()
        return super().__repr__()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        self.live.catch_up()
        return super()._repr_mimebundle_(**options)

    # to the browser

    def whole(self) -> dict[str, Any]:
        """Return everything that the browser needs to begin."""
        with self.live.lock:
            return {
                "rev": self._rev,
                "facts": {"run_id": self.run.id, **self.facts()},
                **self._part(self.live.tables, self.live.activity if self.follows_activity else {}),
            }

    def _part(self, records: Mapping[str, Any], activity: Mapping[str, Record]) -> dict[str, Any]:
        put = {
            table: [self.project(table, r) for r in (found.values() if isinstance(found, dict) else found)]
            for table in self.tables
            if (found := records.get(table))
        }
        told = {"activity": activity, "link": {"state": self.live.link, "trouble": self.live.trouble}, **self.also()}
        return {"put": put, **told}

    def _changed(self, change: Change) -> None:
        """Pass a change on; called in the thread that follows the run, under the lock of the live copy."""
        if not self._looked_at():
            self._rev += 1
        elif change["whole"]:
            self._rev += 1
            self.send({"kind": "whole", "whole": self.whole()})
        else:
            self._doing |= change["activity"] if self.follows_activity else {}
            part = self._part(change["put"], {})
            rest = {name: value for name, value in part.items() if name != "put"}
            if part["put"] or rest != self._rest:
                self._rest = rest
                self._pass_on(part)
            elif self._doing and self._later is None:
                self._later = threading.Timer(UNHURRIED, self._tell_doing)
                self._later.daemon = True
                self._later.start()

    def _looked_at(self) -> bool:
        """Say whether a page shows it; one that has not said so for long was closed, or its machine sleeps."""
        oldest = time.monotonic() - FORGOTTEN
        for page in [page for page, heard in self._pages.items() if heard < oldest]:
            del self._pages[page]
        return bool(self._pages)

    def _tell_doing(self) -> None:
        """Tell what agents did, if nothing else took it along; called in a timer's thread."""
        with self.live.lock:
            self._later = None
            if self._doing and self._looked_at():
                self._pass_on(self._part({}, {}))

    def _pass_on(self, part: dict[str, Any]) -> None:
        doing, self._doing = self._doing, {}
        self._rev += 1
        self.send({"kind": "change", "rev": self._rev, **part, "activity": doing})

    # from the browser

    def _watch(self, page: str, on: bool, rev: int) -> None:
        with self.live.lock:
            self._pages.pop(page, None)
            if on:
                self._pages[page] = time.monotonic()
            if on and rev != self._rev:
                self.send({"kind": "whole", "whole": self.whole()})
        if on:
            self.live.revive()

    def _act(self, name: str, values: dict[str, Any], request: str) -> dict[str, Any]:  # noqa: ARG002
        code = line(getattr(Run, name), f"run.{name}", values)
        self._told = []
        done = getattr(self.run, name)(**values)
        self.lines.append(code)
        self.live.revive()
        value = done if isinstance(done, str | int | float | bool) else None
        return {"value": value, "code": code, "said": " ".join(self._told)}

    def _said(self, text: str) -> None:
        self._told.append(text)
