"""JupyterLab in a browser, as a person has it: a server of its own, a page, a notebook whose cells are run."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

READY = 60_000
"""Milliseconds in which JupyterLab is there, or a cell has run."""

_RUN = """async ([code, wait]) => {
  const panel = window.jupyterapp.shell.currentWidget, cells = panel.content.model.sharedModel;
  await panel.sessionContext.ready;
  cells.insertCell(cells.cells.length, {cell_type: 'code', source: code});
  panel.content.activeCellIndex = cells.cells.length - 1;
  const done = window.jupyterapp.commands.execute('notebook:run-cell');
  if (wait) await done;
  return cells.cells.length - 1;
}"""
_OPEN = """async (path) => {
  await window.jupyterapp.restored;
  await window.jupyterapp.commands.execute('docmanager:open', {path});
  window.jupyterapp.shell.collapseLeft();
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready; await panel.sessionContext.ready;
}"""


@dataclass
class Lab:
    """A JupyterLab server in a folder."""

    url: str
    root: Path


@contextlib.contextmanager
def serve_lab(folder: Path, theme: str = "JupyterLab Light") -> Iterator[Lab]:
    """Run a JupyterLab that looks at no configuration of this machine, and asks nothing of the network."""
    root = folder / "root"
    root.mkdir(parents=True)
    _settings(folder, "@jupyterlab/apputils-extension/themes", theme=theme)
    _settings(folder, "@jupyterlab/apputils-extension/notification", fetchNews="false", checkForUpdates=False)
    _settings(folder, "@jupyterlab/notebook-extension/tracker", windowingMode="none")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=", "--ServerApp.password=", "--allow-root", f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in server.stderr or ():
            if "is running at" in line:
                break
        else:
            raise RuntimeError("JupyterLab ended before it served anything")
        with (folder / "lab.log").open("w") as log, _drained(server, log):
            yield Lab(f"http://127.0.0.1:{port}", root)
    finally:
        server.terminate()
        server.wait(20)
        server.stderr.close()


@contextlib.contextmanager
def _drained(server: subprocess.Popen, log: Any) -> Iterator[None]:
    """Keep what the server goes on to say, so that it never waits for somebody to read it."""

    def drain() -> None:
        for line in server.stderr:
            log.write(line)

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.terminate()
        thread.join(20)


def _settings(folder: Path, name: str, **values: Any) -> None:
    path = folder / "settings" / f"{name}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


@dataclass
class Notebook:
    """A notebook that is open in a page."""

    page: Page
    path: Path
    failed: list[str] = field(default_factory=list)

    def run(self, code: str) -> Locator:
        """Run code in a new cell at the end, and return what it shows once it is done."""
        cell = self._cell(code, wait=True)
        error = cell.locator("[data-mime-type='application/vnd.jupyter.error']")
        if error.count():
            raise AssertionError(cell.inner_text())
        return cell.locator(".jp-OutputArea")

    def begin(self, code: str) -> Locator:
        """Run code in a new cell at the end, and return what it shows while it runs."""
        return self._cell(code, wait=False).locator(".jp-OutputArea")

    def restart(self) -> None:
        """Restart the kernel: what it knew is gone."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")

    def _cell(self, code: str, *, wait: bool) -> Locator:
        index = self.page.evaluate(_RUN, [code, wait])
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def value(self, code: str) -> str:
        """Return what an expression is in the kernel, as text."""
        return self.run(f"print({code})").inner_text().strip()

    def reload(self) -> None:
        """Load the page again, as a person does with F5; the kernel goes on."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.context.save()")
        self.page.reload()
        open_in(self.page, self.path)


def open_in(page: Page, path: Path) -> None:
    """Wait for JupyterLab, open a notebook in it and wait for its kernel."""
    page.wait_for_function("window.jupyterapp !== undefined", timeout=READY)
    page.evaluate(_OPEN, path.name)


@contextlib.contextmanager
def open_notebook(browser: Browser, lab: Lab, name: str, **options: Any) -> Iterator[Notebook]:
    """Open an empty notebook in a page of its own; requests that fail or leave this machine are noted."""
    path = lab.root / f"{name}.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(json.dumps({"cells": [], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}))
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, **options)
    page = context.new_page()
    notebook = Notebook(page, path)

    def only_here(route: Any) -> None:
        if route.request.url.startswith((lab.url, "data:", "blob:")):
            route.continue_()
        else:
            notebook.failed.append(route.request.url)
            route.abort()

    context.route("**/*", only_here)
    page.goto(f"{lab.url}/lab?reset")
    open_in(page, path)
    try:
        yield notebook
    finally:
        page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        context.close()
