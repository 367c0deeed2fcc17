"""The launcher: a form that starts a run, and then makes room for the run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets

from heph_nb.agents.catalog import PRESETS
from heph_nb.errors import HephError, InvalidError
from heph_nb.run.handle import Run
from heph_nb.run.starting import Started, connect, start
from heph_nb.widgets.answering import Answering
from heph_nb.widgets.code import line
from heph_nb.widgets.ending import Ends
from heph_nb.widgets.picking import completions, likely_prds, looks_like_prd
from heph_nb.widgets.preflight import Preflight, arguments, code_of
from heph_nb.widgets.script import script, style


class Form(Answering):
    """The form of a launcher. Its one worker thread looks at what is typed and starts the run, and ends with that.

    Parameters
    ----------
    values : dict
        What stands in the form at first.
    started : callable
        Takes what was started, in the worker thread.
    """

    _esm = script("launcher/preview", "launcher/launcher")
    _css = style("launcher/launcher")

    actions = frozenset({"bootstrap"})
    reads = frozenset({"check", "complete"})

    def __init__(self, values: dict[str, Any], started: Callable[[Started], None]) -> None:
        self.values = values
        self.run: Run | None = None
        self._started = started
        self._preflight = Preflight()
        self._worker = ThreadPoolExecutor(1, "heph launcher")
        super().__init__()

    def close(self) -> None:
        """End the form; a run that it started goes on."""
        self._worker.shutdown(wait=False)
        super().close()

    def facts(self) -> dict[str, Any]:
        """Return what may be chosen, what stands in the form, and the run that it has started."""
        return {
            "values": self.values,
            "prds": likely_prds(Path.cwd()),
            "agents": [{"name": preset.name, "label": preset.label} for preset in PRESETS.values()],
            "started": self.run and self._told(self.run),
        }

    def read_check(self, **values: Any) -> dict[str, Any]:
        """Return what is wrong with what was typed, and what would come of it."""
        self.values = values
        return self._preflight.check(values)

    def read_complete(self, text: str, files: bool) -> list[str]:
        """Return what a path that is being typed may become."""
        return completions(text, files=files)

    def as_text(self) -> str:
        """Return the line of Python that the form stands for."""
        return f"{'Started' if self.run else 'Starts a run'}: {code_of(self.values)}"

    def as_html(self) -> str:
        """Return the same as code."""
        return f"{'Started' if self.run else 'Starts a run'}: <code>{escape(code_of(self.values))}</code>"

    def _heard(self, _: Any, message: Any, buffers: Any = None) -> None:  # noqa: ARG002
        if self.run is not None:
            self._reply(message.get("request"), lambda: self._answer(message))
        elif message["kind"] != "watch":
            self._worker.submit(self._reply, message["request"], lambda: self._answer(message))

    def _act(self, name: str, values: dict[str, Any], request: str) -> dict[str, Any]:  # noqa: ARG002
        if self.run is not None:
            raise HephError(f"This form has started {self.run.id}; heph.launcher() gives another.")
        given = arguments(values)
        if "prd" not in given:
            raise InvalidError("Name the PRD: the Markdown or text file that says what is wanted.")
        started = start(**given)
        self.run, self.values = started.run, values
        code = code_of(values)
        self.lines.append(code)
        self._worker.shutdown(wait=False)
        self._started(started)
        self.send({"kind": "started", "run": self._told(started.run)})
        return {"value": None, "code": code, "said": " ".join(started.notes)}

    def _told(self, run: Run) -> dict[str, Any]:
        """Return what the form says of a run that it started."""
        record = run.record
        return {
            "id": run.id,
            "name": record["name"],
            "branch": record["branch"],
            "state": str(run.state),
            "code": code_of(self.values),
            "again": f"run = {line(connect, 'heph.connect', {'state': str(run.state)})}",
        }


class Launcher(Ends, ipywidgets.VBox):
    """A form that starts a run, and below it the panel of the run. Get one from ``heph.launcher()``.

    Attributes
    ----------
    form : Form
        The form.
    run : Run or None
        What it has started.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self.form = Form(values, self._begun)
        super().__init__([self.form])

    @property
    def run(self) -> Run | None:
        """The run, once it is started."""
        return self.form.run

    def close(self) -> None:
        """End the form and the panel; the run goes on."""
        for child in self.children:
            child.close()
        super().close()

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.children))

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options) or {}
        html = [self.form.as_html(), *(child._repr_mimebundle_()["text/html"] for child in self.children[1:])]
        return {**bundle, "text/plain": repr(self), "text/html": "<br>".join(html)}

    def _begun(self, started: Started) -> None:
        from heph_nb.widgets.panel import Panel

        self.children = (self.form, Panel(started.run, self._without))

    def _without(self, panel: ipywidgets.Widget) -> None:
        """Let go of a panel that ends: a page that is loaded again looks for every child."""
        self.children = tuple(child for child in self.children if child is not panel)


def launcher(prd: str | Path | None = None, working_dir: str | Path = ".", state: str | Path | None = None) -> Launcher:
    """Return a form that starts a run: what is typed is looked at at once, and nothing is made until it is started.

    Parameters
    ----------
    prd : str or Path, optional
        The requirements document; by default the likeliest file below the current directory, if one looks like it.
    working_dir : str or Path
        The git repository, or a directory in it.
    state : str or Path, optional
        The state file; by default ``HEPH_STATE``, or the nearest ``hephaestus.duckdb``, or a new one.

    Returns
    -------
    Launcher
        ``launcher.run`` is the run once it is started, and its panel appears below the form.

    Examples
    --------
    >>> heph.launcher()  # doctest: +SKIP
    """
    if prd is None:
        prd = next(filter(looks_like_prd, likely_prds(Path.cwd())), "")
    return Launcher({"prd": str(prd), "working_dir": str(working_dir), "state": str(state or "")})
