"""A PRD with 200 requirements, 8 agents at a time, to the end; then the same git and checks without any of us."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from heph_nb.run.handle import Run
from heph_nb.run.starting import start
from tests.bench.bare_git import Timing
from tests.bench.bare_run import BareRun, Work
from tests.bench.figures import Figure
from tests.bench.long_prd import make_project
from tests.bench.place import backend, folder

REQUIREMENTS, AGENTS = 200, 8
MOST = 300.0
MADE = """
SELECT a.id, a.base_commit AS base, a.head_commit AS head, t.ticket_id AS ticket, t.phase, p.checks
FROM attempts a JOIN tasks t ON t.id = a.task_id JOIN phases p ON p.number = t.phase AND p.run_id = t.run_id
WHERE a.outcome = 'merged' ORDER BY a.started_at
"""
STATES = "SELECT (SELECT count(*) FROM tasks) AS tasks, (SELECT count(*) FROM tasks WHERE status = 'done') AS done, \
(SELECT count(*) FROM requirements) AS requirements, \
(SELECT count(*) FROM requirements WHERE status IN ('specified', 'implemented', 'verified')) AS specified"


def running() -> Iterator[Figure]:
    """Measure one run, and the bare reference right after it on the same machine."""
    with folder() as place:
        project = make_project(place / "desk", REQUIREMENTS)
        wall, cpu, run = _our_run(place, project)
        bare = _bare_run(place, project, run["work"])
    states = run["states"]
    ratio = wall / bare.seconds
    done = states["done"] == states["tasks"] and states["specified"] == states["requirements"]
    yield Figure(
        f"a PRD with {states['requirements']} requirements, {AGENTS} agents at a time",
        "all done; wall <= 2x the same git and checks run bare",
        f"{ratio:.2f}x: {wall:.1f} s wall, {cpu:.1f} s CPU; {states['done']} of {states['tasks']} tasks done, "
        f"{states['specified']} requirements specified; all agents and the backend ended with "
        f"{run['memory']:.0f} MB",
        f"{bare.seconds:.1f} s wall, {bare.cpu:.1f} s CPU: {bare.commands} git commands, {bare.check_commands} checks",
        done and ratio <= 2,
    )


def _our_run(place: Path, project: Path) -> tuple[float, float, dict[str, object]]:
    state = place / "hephaestus.duckdb"
    before = _children_cpu()
    with backend(state) as ready:
        started = time.perf_counter()
        run = start(project / "PRD.md", project, state=state, max_agents=AGENTS).run
        run.wait(MOST)
        wall = time.perf_counter() - started
        found = {"states": _states(run), "work": _work(run, project), "memory": _memory(ready.process)}
        run.client.close()
    return wall, _children_cpu() - before, found


def _states(run: Run) -> dict[str, int]:
    return run.sql(STATES).iloc[0].to_dict()


def _work(run: Run, project: Path) -> list[Work]:
    """Return the attempts of a finished run, each after the merge that it needed."""
    made, last = [], {}
    first = ""
    for row in run.client.sql(MADE).to_pylist():
        changed = row["head"] is not None and row["head"] != row["base"]
        files = _files(project, row["base"], row["head"]) if changed else {}
        after = last.get(row["ticket"], first)
        made.append(Work(row["id"], after, files, tuple(row["checks"])))
        first = first or row["id"]
        if row["ticket"]:
            last[row["ticket"]] = row["id"]
    return made


def _files(project: Path, base: str, head: str) -> dict[str, bytes]:
    names = _git(project, "diff", "--name-only", "--no-renames", base, head).decode().split("\n")
    return {name: _git(project, "show", f"{head}:{name}") for name in names if name}


def _bare_run(place: Path, project: Path, work: list[Work]) -> Timing:
    copy = place / "copy"
    base = _git(project, "rev-parse", "HEAD").decode().strip()
    subprocess.run(["git", "clone", "-q", "--no-local", str(project), str(copy)], check=True, capture_output=True)
    _git(copy, "checkout", "-q", "--detach", base)
    before = _children_cpu() + _own_cpu()
    timing = BareRun(copy, place / "bare", AGENTS).run(work)
    timing.cpu = _children_cpu() + _own_cpu() - before
    return timing


def _git(cwd: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True).stdout


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _own_cpu() -> float:
    return sum(os.times()[:2])


def _memory(process: psutil.Process) -> float:
    return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6
