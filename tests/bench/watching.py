"""Watching one agent in a real browser while it prints faster than anybody reads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psutil
from playwright.sync_api import Page, expect, sync_playwright

from tests.bench.figures import Figure, figure
from tests.bench.place import folder
from tests.browser.conftest import CHROMIUM
from tests.browser.lab import open_notebook, serve_lab
from tests.unit.backend.conftest import make_repository, scripted_runs, until

LINES, PER_SECOND = 120_000, 10_000

_WATCH = """() => {
  const view = document.querySelector('.heph-agents'), kept = window.watched = {frames: 0, longest: 0, nodes: 0};
  const began = performance.now();
  let last = began;
  const frame = (now) => {
    kept.frames += 1;
    kept.longest = Math.max(kept.longest, now - last);
    last = now;
    kept.nodes = Math.max(kept.nodes, view.getElementsByTagName('*').length);
    kept.seconds = (now - began) / 1000;
    if (!kept.over) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
_COUNT = """
import time
sent, send = [], view.send
def counting(content, buffers=None):
    sent.append((time.monotonic(), len(str(content))))
    send(content, buffers)
view.send = counting
"""


def watching() -> Iterator[Figure]:
    """Measure the page, the messages and the kernel while the selected agent prints 10,000 lines a second."""
    os.environ["HEPH_PORT"] = "0"
    with folder() as place, scripted_runs(place, make_repository(place / "project")) as start:
        run = start("silent reading", max_agents=3)
        until(run, "task.status", to="running")
        with serve_lab(place / "lab") as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            with open_notebook(browser, lab, "watching") as notebook:
                notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})")
                view = notebook.run("view = run.agents_view()\nview").locator(".heph-agents")
                notebook.run(_COUNT)
                kernel = psutil.Process(int(notebook.value("__import__('os').getpid()")))
                run.create_task(f"flood {LINES} {PER_SECOND}", phase=2)
                view.get_by_role("option").filter(has_text="flood").click()
                page = notebook.page
                expect(view.get_by_role("log")).to_contain_text("line 0")
                page.evaluate(_WATCH)
                used, began = sum(kernel.cpu_times()[:2]), time.monotonic()
                expect(view.get_by_role("log")).to_contain_text("the last line", timeout=120_000)
                took = time.monotonic() - began
                yield from _figures(page, took, (sum(kernel.cpu_times()[:2]) - used) / took)
                rate = float(notebook.value("(len(sent) - 1) / (sent[-1][0] - sent[0][0])"))
                size = float(notebook.value("sum(n for _, n in sent) / (sent[-1][0] - sent[0][0]) / 1000"))
                yield figure("10,000 lines/s: messages", rate, f"{rate:.1f}/s, {size:.0f} kB/s", "<= 10/s", most=10.1)
            browser.close()


def _figures(page: Page, took: float, cpu: float) -> Iterator[Figure]:
    told = page.evaluate("() => { window.watched.over = true; return window.watched; }")
    frames = told["frames"] / told["seconds"]
    speed = LINES / took
    shown = f"{frames:.0f}/s, the longest {told['longest']:.0f} ms ({speed:,.0f} lines/s)"
    yield figure("10,000 lines/s: frames", frames, shown, ">= 50/s", least=50)
    yield figure("10,000 lines/s: nodes", told["nodes"], str(told["nodes"]), "< 3,000", most=3000)
    yield figure("10,000 lines/s: kernel", cpu, f"{100 * cpu:.0f} % CPU")
