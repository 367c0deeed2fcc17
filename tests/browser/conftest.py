"""A real browser and a real JupyterLab; skipped where no browser is, required where HEPH_REQUIRE_BROWSER says so."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.browser.lab import Lab, Notebook, open_notebook, serve_lab
from tests.unit.client.conftest import make_project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    if CHROMIUM is None:
        why = "no Chromium on the PATH (Debian: apt-get install chromium)"
        if os.environ.get("HEPH_REQUIRE_BROWSER"):
            pytest.fail(f"The browser tests are required here, and there is {why}")
        pytest.skip(why)
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium):
    """Run a browser; while it runs, this thread has an event loop, so it ends before other tests begin."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, chromium) -> Lab:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEPH_PORT", "0")
        patch.delenv("HEPH_STATE", raising=False)
        with serve_lab(tmp_path_factory.mktemp("lab")) as served:
            yield served


@pytest.fixture(scope="module")
def same_notebook(browser, lab, request) -> Notebook:
    """Open one notebook for all tests of a module; nothing may be asked of any other machine."""
    with open_notebook(browser, lab, request.module.__name__.rpartition(".")[2]) as opened:
        yield opened
        assert opened.failed == []


@pytest.fixture
def notebook(browser, lab, request) -> Notebook:
    """Open an empty notebook; nothing may be asked of any other machine."""
    name = re.sub(r"\W+", "-", request.node.name)
    with open_notebook(browser, lab, name) as opened:
        yield opened
        assert opened.failed == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")
