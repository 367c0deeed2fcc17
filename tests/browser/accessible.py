"""Both themes of JupyterLab: what axe finds wrong with a part of the page, and how it looks."""

from __future__ import annotations

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_THEMES = ("JupyterLab Dark", "JupyterLab Light")
_OPTIONS = {"rules": {"landmark-unique": {"enabled": False}}}
"""A notebook may show the same view twice."""


def faults(page: Page, selector: str) -> list[str]:
    """Return each fault of a part of the page: theme, rule, and where; the page is left in the light theme.

    Pictures of the part are kept in the folder HEPH_PICTURES, if that is set.
    """
    found = []
    for theme in _THEMES:
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        page.wait_for_function("document.getElementById('jupyterlab-splash') === null")
        if folder := os.environ.get("HEPH_PICTURES"):
            name = f"{selector.rpartition('.')[2]}-{theme.rpartition(' ')[2].lower()}.png"
            page.locator(selector).last.screenshot(path=f"{folder}/{name}")
        for fault in Axe().run(page, context=selector, options=_OPTIONS).response["violations"]:
            where = "; ".join(f"{node['html'][:160]} {node['failureSummary']}" for node in fault["nodes"][:3])
            found.append(f"{theme}: {fault['id']}: {where}")
    return found
