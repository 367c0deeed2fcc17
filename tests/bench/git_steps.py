"""What our git costs: milliseconds and processes of every step, and a whole run beside the bare commands.

``python tests/bench/git_steps.py`` prints two tables; the bare reference is measured in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[2]))

from heph_nb.agents.checks import run_check
from heph_nb.repo import command
from heph_nb.repo.merging import MergeTree, Source
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import add_worktree, remove_when_safe
from tests.bench.bare_git import make_repository, run_bare, sample_work

T = TypeVar("T")


class Meter:
    """Counts the processes and the milliseconds of each step."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}
        self.processes: Counter[str] = Counter()
        self._step = threading.local()
        run = command.GitCommand.run

        def counted(git: command.GitCommand, *arguments: str | Path, **options: object) -> command.Output:
            self.processes[getattr(self._step, "name", "")] += 1
            return run(git, *arguments, **options)  # type: ignore[arg-type]

        command.GitCommand.run = counted  # type: ignore[method-assign]

    def __call__(self, name: str, step: Callable[[], T]) -> T:
        self._step.name = name
        started = time.perf_counter()
        try:
            return step()
        finally:
            self.times.setdefault(name, []).append((time.perf_counter() - started) * 1000)

    def table(self) -> str:
        rows = [f"{'step':<22}{'median ms':>10}{'p90 ms':>10}{'processes':>11}"]
        total = 0.0
        for name, times in self.times.items():
            ordered = sorted(times)
            median, p90 = statistics.median(ordered), ordered[int(len(ordered) * 0.9)]
            rows.append(f"{name:<22}{median:>10.1f}{p90:>10.1f}{self.processes[name] / len(times):>11.1f}")
            total += median
        processes = sum(self.processes[name] / len(times) for name, times in self.times.items())
        return "\n".join([*rows, f"{'an attempt':<22}{total:>10.1f}{'':>10}{processes:>11.1f}"])


def run_ours(
    repository: Repository,
    place: Path,
    work: Sequence[Mapping[str, str]],
    *,
    parallel: int,
    checks: Sequence[str],
    meter: Meter,
    run_id: str,
) -> float:
    """Do the same as `run_bare` with heph_nb.repo; return the seconds."""
    queue = threading.Lock()
    started = time.perf_counter()
    target = repository.start_run(run_id).branch
    tree = MergeTree(repository, place / "merge", target)
    tree.candidate([])

    def attempt(number: int, files: Mapping[str, str]) -> None:
        branch = f"heph-attempt/{run_id}/{number}"
        worktree = meter("worktree add", lambda: add_worktree(repository, place / f"attempt-{number}", branch, target))
        for file, text in files.items():
            (worktree.path / file).parent.mkdir(parents=True, exist_ok=True)
            (worktree.path / file).write_text(text)
        commit = meter("commit all", lambda: worktree.commit_all(f"Work of {number}", {"Heph-Run": run_id}))
        source = Source(str(commit), f"Merge {number}", {"Heph-Run": run_id})
        with queue:
            candidate = meter("candidate", lambda: tree.candidate([source]))
            for check in checks:
                result = asyncio.run(run_check(check, candidate.path))
                assert result.passed, result.output
            meter("advance", lambda: tree.advance(candidate))
        assert meter("remove", lambda: remove_when_safe(worktree, target))

    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(attempt, range(len(work)), work))
    return time.perf_counter() - started


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=80)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--check", action="append", default=[])
    given = parser.parse_args()
    work = sample_work(given.attempts)
    with tempfile.TemporaryDirectory(prefix="git-steps-") as directory:
        root = make_repository(Path(directory) / "repository", given.files)
        repository = Repository.open(root)
        alone, together = Meter(), Meter()
        run_ours(repository, Path(directory) / "w0", work[:20], parallel=1, checks=[], meter=alone, run_id="alone")
        print(f"One attempt at a time, {given.files} files\n{alone.table()}\n")
        options = {"parallel": given.parallel, "checks": given.check}
        for number in range(2):
            bare = run_bare(root, Path(directory) / f"b{number}", work, name=f"bare{number}", **options)
            ours = run_ours(
                repository, Path(directory) / f"w{number + 1}", work, meter=together, run_id=f"r{number}", **options
            )
            print(
                f"{given.attempts} attempts, {given.parallel} at a time: bare {bare.seconds:.2f} s "
                f"({bare.commands} git commands), ours {ours:.2f} s, ratio {ours / bare.seconds:.2f}"
            )
        print(f"\n{given.parallel} at a time\n{together.table()}")


if __name__ == "__main__":
    main()
