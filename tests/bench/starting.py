"""What it takes until something answers: the import, the backend, the first agent at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from heph_nb.agents.catalog import find_preset
from heph_nb.agents.process import AgentProcess, load
from tests.bench.figures import Figure, figure, median, spread
from tests.bench.long_prd import make_project
from tests.bench.place import backend, end, folder, python, python_seconds, settle

BARE_IMPORTS = "import fastapi, uvicorn, duckdb"
RSS = "import psutil; print(psutil.Process().memory_info().rss)"
BOOTSTRAP = """
import sys, time
started = time.perf_counter()
import heph_nb
heph_nb.bootstrap(sys.argv[1], working_dir=sys.argv[2], state=sys.argv[3])
print(time.perf_counter() - started)
"""


def importing() -> Iterator[Figure]:
    """Measure ``import heph_nb``."""
    ours = [python_seconds("import heph_nb") for _ in range(9)]
    bare = [python_seconds("pass") for _ in range(9)]
    yield figure(
        "import heph_nb", median(ours), spread(ours), "< 0.5 s", most=0.5,
        reference=f"python -c pass: {spread(bare)}",
    )  # fmt: skip


def starting() -> Iterator[Figure]:
    """Measure a backend from nothing to healthy, and its memory then."""
    answered, ready, memory, cpu, bare = [], [], [], [], []
    for _ in range(5):
        with folder() as place, backend(place / "hephaestus.duckdb") as running:
            answered.append(running.answered)
            ready.append(running.ready)
            cpu.append(running.cpu())
            settle(running)
            memory.append(running.megabytes())
        bare.append(python_seconds(BARE_IMPORTS))
    yield figure(
        "backend start to healthy (all of it ready)", median(ready),
        f"{spread(ready)}; first answer {spread(answered)}; {median(cpu):.2f} s CPU", "< 1.5 s", most=1.5,
        reference=f'python -c "{BARE_IMPORTS}": {spread(bare)}',
    )  # fmt: skip
    imported = [float(python(f"{BARE_IMPORTS}\n{RSS}")) / 1e6 for _ in range(3)]
    more = [float(python(f"{BARE_IMPORTS}, mcp, acp\n{RSS}")) / 1e6 for _ in range(3)]
    yield figure(
        "memory after start", median(memory), spread(memory, "MB", digits=0), "< 200 MB", most=200,
        reference=f"the imports alone: {median(imported):.0f} MB, with mcp and acp {median(more):.0f} MB",
    )  # fmt: skip


def bootstrapping() -> Iterator[Figure]:
    """Measure from the call of ``bootstrap`` in a new interpreter to the phase 1 agent at work."""
    cold, warm, bare = [], [], []
    for _ in range(5):
        with folder() as place:
            state = place / "hephaestus.duckdb"
            try:
                cold.append(_bootstrap(place, "one", state))
                warm.append(_bootstrap(place, "two", state))
            finally:
                end(state)
            bare.append(asyncio.run(_agent_alone(place)))
    for name, seconds in (("no backend yet", cold), ("backend there", warm)):
        yield figure(
            f"bootstrap to the phase 1 agent at work ({name})", median(seconds), spread(seconds), "< 3 s", most=3,
            reference=f"the agent's process alone: {spread(bare)}",
        )  # fmt: skip


def _bootstrap(place: Path, name: str, state: Path) -> float:
    project = make_project(place / name, 20, title=f"Trade desk {name}")
    return float(python(BOOTSTRAP, str(project / "PRD.md"), str(project), str(state)).split()[-1])


async def _agent_alone(place: Path) -> float:
    """Start the built-in agent by itself, until it has agreed on the protocol."""
    await load()
    started = time.perf_counter()
    process = await AgentProcess.start(find_preset("outline"), place / "agent.log")
    seconds = time.perf_counter() - started
    await process.stop(0)
    return seconds
