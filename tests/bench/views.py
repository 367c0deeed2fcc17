"""The views in a real browser: how soon one sees them, how soon they tell of a change, and what they cost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from heph_nb.demo.repository import make_repository
from heph_nb.run.handle import Run
from heph_nb.run.starting import start
from tests.bench.figures import Figure, figure
from tests.bench.load import percentile
from tests.bench.place import end, folder
from tests.browser.conftest import CHROMIUM
from tests.browser.lab import Lab, Notebook, open_notebook, serve_lab

COLUMNS = ("backlog", "building", "building-done", "validating", "validating-done", "done")

_WATCH = """() => {
  const board = document.querySelector('.heph-board'), seen = window.seen = {};
  let frames = 0; const began = performance.now();
  const frame = () => {
    window.perSecond = 1000 * ++frames / (performance.now() - began);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const look = () => {
    const now = performance.timeOrigin + performance.now();
    for (const title of board.querySelectorAll('.board-title')) {
      const text = title.textContent;
      if (text[0] === '#') seen[text.slice(1)] ??= now;
    }
  };
  new MutationObserver(look).observe(board, {subtree: true, childList: true, characterData: true});
}"""
_PAINT = """async () => {
  const began = performance.now();
  const shown = new Promise((resolve) => new MutationObserver((_, observer) => {
    if (document.querySelectorAll('.board-card').length < 20) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
  }).observe(document.body, {subtree: true, childList: true}));
  const panel = window.jupyterapp.shell.currentWidget, cells = panel.content.model.sharedModel;
  cells.insertCell(cells.cells.length, {cell_type: 'code', source: 'board = run.board()\\nboard'});
  panel.content.activeCellIndex = cells.cells.length - 1;
  window.jupyterapp.commands.execute('notebook:run-cell');
  return await shown;
}"""
_COUNT_MESSAGES = """
import time
sent, send = [], board.send
def counting(content, buffers=None):
    sent.append(time.time())
    send(content, buffers)
board.send = counting
"""


@contextmanager
def _run(path: Path, tickets: int) -> Iterator[Run]:
    """Yield a run that stands still, with so many tickets spread over the board."""
    state = path / "state.duckdb"
    prd = make_repository(path / "project")
    run = start(prd, path / "project", state=state, manual=True).run
    try:
        run.wait(60, phase=1)
        run.pause()
        code = "import sys; from tests.bench.views import fill; fill(*sys.argv[1:])"
        subprocess.run([sys.executable, "-c", code, str(state), run.id, str(tickets)], check=True, timeout=300)
        yield run
    finally:
        end(state)


def fill(state: str, run_id: str, tickets: str) -> None:
    """Create tickets, side by side, each in the next column."""
    from concurrent.futures import ThreadPoolExecutor

    from heph_nb.client.client import Client

    client = Client(state)
    missing = int(tickets) - client.get("tickets", run_id=run_id, limit=1)["total"]
    kinds = ("component", "bug", "documentation", "infrastructure")

    def create(n: int) -> None:
        fields = {"title": f"Ticket {n}", "status": COLUMNS[n % 6], "ticket_type": kinds[n % 4], "run_id": run_id}
        client.call("tickets/create", fields)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(create, range(missing)))


@contextmanager
def _lab() -> Iterator[tuple[Browser, Lab]]:
    with folder() as place, serve_lab(place / "lab") as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser, lab
        browser.close()


@contextmanager
def _board(browser: Browser, lab: Lab, run: Run, name: str) -> Iterator[tuple[Notebook, float]]:
    """Show the board of a run; yield the notebook and the seconds from running the cell to the first paint."""
    with open_notebook(browser, lab, name) as notebook:
        notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})\nimport heph_nb.widgets.board")
        yield notebook, notebook.page.evaluate(_PAINT) / 1000


def _changes(run: Run, tickets: list[str], per_second: float, seconds: float) -> dict:
    info = run.client.info
    command = [sys.executable, "-m", "tests.bench.changes", info.url, info.token, str(per_second), str(seconds)]
    done = subprocess.run(command, input="\n".join(tickets), capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def _latencies(page: Page, told: dict) -> list[float]:
    """Return the milliseconds from the acknowledgement of each change to the moment it was in the document."""
    seen = page.evaluate("window.seen")
    return [seen[n] - 1000 * at for n, at in told["acknowledged"].items() if n in seen]


def _visible(page: Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('.board-card-place')].map(c => c.dataset.ticket)")


def _equal(page: Page, run: Run) -> bool:
    """Say whether the board shows what the file holds: how many in each column, and the title of every card drawn."""
    page.wait_for_timeout(500)
    counts = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.board-column')]"
        ".map(c => [c.dataset.column, Number(c.querySelector('.heph-chip').textContent.replaceAll(',', ''))]))"
    )
    titles = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.board-card-place')]"
        ".map(c => [c.dataset.ticket, c.querySelector('.board-title').textContent]))"
    )
    table = run.sql("SELECT id, status, title FROM tickets")
    held = table["status"].value_counts().to_dict()
    wanted = dict(zip(table["id"], table["title"], strict=True))
    return {c: n for c, n in counts.items() if n} == held and all(wanted[id] == text for id, text in titles.items())


def viewing() -> Iterator[Figure]:
    """Measure the board with 1,000 and with 10,000 tickets, and the panel with nothing happening."""
    with _lab() as (browser, lab):
        with folder() as path, _run(path, 1000) as run, _board(browser, lab, run, "thousand") as (notebook, paint):
            yield figure("1,000 tickets: first paint", paint, f"{paint:.2f} s", "< 1 s", most=1.0)
            page = notebook.page
            page.evaluate(_WATCH)
            told = _changes(run, _visible(page)[:40], 50, 10)
            page.wait_for_timeout(500)
            times = _latencies(page, told)
            middle, late, frames = percentile(times, 0.5), percentile(times, 0.95), page.evaluate("window.perSecond")
            shown = f"p50 {middle:.0f}, p95 {late:.0f} ms ({len(times)} of {len(told['sent'])} seen)"
            yield figure("50 changes/s: commit to DOM", late, shown, "p95 < 150 ms", most=150)
            yield figure("50 changes/s: frames", frames, f"{frames:.0f}/s", ">= 50/s", least=50)
            notebook.run(_COUNT_MESSAGES)
            told = _changes(run, run.tickets()["id"].tolist(), 2000, 8)
            page.wait_for_timeout(1000)
            rate = float(notebook.value("(len(sent) - 1) / (max(sent) - min(sent))"))
            what = f"burst of {told['per_second']:.0f} changes/s: messages"
            yield figure(what, rate, f"{rate:.1f}/s", "<= 10/s", most=10.1)
            equal = _equal(page, run)
            yield figure("burst: DOM and file at the end", not equal, "equal" if equal else "differ", "equal", most=0.5)
        with folder() as path, _run(path, 10_000) as run, _board(browser, lab, run, "many") as (notebook, paint):
            yield figure("10,000 tickets: first paint", paint, f"{paint:.2f} s")
            yield from _ten_thousand(notebook.page)
        with folder() as path, _run(path, 100) as run, open_notebook(browser, lab, "idle") as notebook:
            notebook.run(f"import heph_nb as heph\nrun = heph.connect({str(run.state)!r})")
            notebook.run("run.panel()").locator(".heph-panel-head").wait_for()
            kernel = psutil.Process(int(notebook.value("__import__('os').getpid()")))
            notebook.page.wait_for_timeout(3000)
            before, began = sum(kernel.cpu_times()[:2]), time.monotonic()
            notebook.page.wait_for_timeout(20_000)
            used = 100 * (sum(kernel.cpu_times()[:2]) - before) / (time.monotonic() - began)
            yield figure("open panel, nothing happens: kernel", used, f"{used:.2f} % CPU", "< 1 %", most=1)


def _ten_thousand(page: Page) -> Iterator[Figure]:
    nodes = page.evaluate("document.querySelectorAll('.heph-board *').length")
    yield figure("10,000 tickets: nodes", nodes, str(nodes), "< 5,000", most=5000)
    scrolled = page.evaluate(
        """async () => {
          const scroll = document.querySelector('.board-scroll'); let worst = 0;
          for (let i = 0; i < 60; i++) {
            const began = performance.now();
            scroll.scrollTop += 1500;
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            worst = Math.max(worst, performance.now() - began);
          }
          return worst;
        }"""
    )
    yield figure("10,000 tickets: slowest of 60 scrolls", scrolled, f"{scrolled:.0f} ms (two frames)")
    filtered = page.evaluate(
        """async () => {
          const input = document.querySelector('.heph-board input[type=search]'); const began = performance.now();
          input.value = 'ticket 99'; input.dispatchEvent(new Event('input', {bubbles: true}));
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return performance.now() - began;
        }"""
    )
    yield figure("10,000 tickets: filter by text", filtered, f"{filtered:.0f} ms to the next frame")
