"""The reference for a run: the same git operations and check commands, run bare, with the same parallelism.

``python tests/bench/bare_git.py --attempts 80 --parallel 8 --check "python -m pytest -q"`` prints the seconds it took.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

QUIET = (
    "-c",
    "user.name=bench",
    "-c",
    "user.email=bench@localhost",
    "-c",
    "gc.auto=0",
    "-c",
    "advice.detachedHead=false",
)


@dataclass(slots=True)
class Timing:
    """What a bare run took.

    Attributes
    ----------
    seconds, cpu : float
        Wall time of everything; processor time, where it was measured.
    git : float
        Seconds of all git commands together, over all workers.
    checks : float
        Seconds of all check commands together.
    commands : int
        How many git commands were run.
    """

    seconds: float = 0.0
    git: float = 0.0
    checks: float = 0.0
    commands: int = 0
    check_commands: int = 0
    cpu: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


def make_repository(root: Path, files: int = 1000) -> Path:
    """Make a repository with one commit of ``files`` small Python files in 40 directories."""
    for number in range(files):
        path = root / f"pkg{number % 40}" / f"module_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"VALUE = {number}\n" * 20)
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Start")):
        subprocess.run(["git", *QUIET, *command], cwd=root, check=True, capture_output=True)
    return root


def run_bare(
    root: Path,
    place: Path,
    work: Sequence[Mapping[str, str]],
    *,
    parallel: int = 8,
    checks: Sequence[str] = (),
    name: str = "bare",
) -> Timing:
    """Do what a run does for each attempt, with git on the command line and nothing around it.

    Per attempt: ``worktree add`` on a new branch, ``reset --hard``, write the files, ``add``, ``commit``; then, one
    at a time, ``checkout`` of the run branch's tip, ``merge --no-ff``, the checks, ``update-ref`` with the old value,
    ``merge-base --is-ancestor``; then ``status``, ``worktree remove`` and ``branch -D``.

    Parameters
    ----------
    root : Path
        The repository.
    place : Path
        Where the worktrees go.
    work : sequence of mapping
        For each attempt the text of the files it writes, by path.
    parallel : int
        Attempts at a time.
    checks : sequence of str
        Command lines that are run in every merge candidate.
    name : str
        A part of the branches' names.
    """
    timing = Timing()
    queue = threading.Lock()
    # Git fails when it reads its list of worktrees while another git writes an entry.
    listing = threading.Lock()
    target = f"refs/heads/{name}/run"
    merge = place / "merge"

    def git(cwd: Path, *arguments: str) -> str:
        started = time.perf_counter()
        done = subprocess.run(["git", *QUIET, *arguments], cwd=cwd, check=True, capture_output=True, text=True)
        with timing.lock:
            timing.git += time.perf_counter() - started
            timing.commands += 1
        return done.stdout.strip()

    def attempt(number: int, files: Mapping[str, str]) -> None:
        branch, path = f"{name}-attempt/{number}", place / f"attempt-{number}"
        with listing:
            git(root, "worktree", "add", "-q", "--no-checkout", "-b", branch, str(path), target)
        git(path, "reset", "-q", "--hard")
        for file, text in files.items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_text(text)
        git(path, "add", "-A")
        git(path, "commit", "-q", "-m", f"Work of {number}")
        with queue:
            tip = git(root, "rev-parse", target)
            git(merge, "checkout", "-q", "--detach", tip)
            git(merge, "merge", "-q", "--no-ff", "-m", f"Merge {number}", branch)
            for check in checks:
                started = time.perf_counter()
                subprocess.run(check, shell=True, cwd=merge, check=True, capture_output=True)
                timing.checks += time.perf_counter() - started
            head = git(merge, "rev-parse", "HEAD")
            git(root, "update-ref", target, head, tip)
            git(root, "merge-base", "--is-ancestor", branch, target)
        git(path, "status", "--porcelain")
        shutil.rmtree(path)
        with listing:
            git(root, "worktree", "remove", str(path))
            git(root, "branch", "-q", "-D", branch)

    started = time.perf_counter()
    git(root, "update-ref", target, "HEAD")
    git(root, "worktree", "add", "-q", "--detach", str(merge), target)
    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(attempt, range(len(work)), work))
    timing.seconds = time.perf_counter() - started
    return timing


def sample_work(attempts: int) -> list[dict[str, str]]:
    """Return the files of ``attempts`` attempts: a specification and a test module each, none of them shared."""
    return [
        {
            f"docs/heph/component-{number}.md": "# Component\n\n" + "A line of a specification.\n" * 80,
            f"tests/test_component_{number}.py": "def test_it():\n    assert [1] == [1]\n" * 10,
        }
        for number in range(attempts)
    ]


def main() -> None:
    """Print what a bare run takes on a repository made for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=80)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--check", action="append", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bare-git-") as directory:
        root = make_repository(Path(directory) / "repository", given.files)
        work = sample_work(given.attempts)
        timing = run_bare(root, Path(directory) / "w", work, parallel=given.parallel, checks=given.check)
    print(
        f"{given.attempts} attempts, {given.parallel} at a time: {timing.seconds:.2f} s; "
        f"{timing.commands} git commands {timing.git:.2f} s, checks {timing.checks:.2f} s"
    )


if __name__ == "__main__":
    main()
