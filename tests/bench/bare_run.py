"""The reference for a run: the same git operations and check commands as a run made, bare, with the same parallelism.

What each attempt of a finished run committed is read from the repository. Then the same attempts are made again in a
copy of the repository, with nothing but git and the check commands, by as many threads as there were agents: worktree,
files, commit, the agent's own checks; a merge queue that takes what waits together, checks it once and moves the
branch; then the worktree and the branch are removed.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from heph_nb.agents.checks import check_environment, fill
from heph_nb.backend.checking import is_test_file
from tests.bench.bare_git import QUIET, Timing

MOST_IN_TRAIN = 8


@dataclass(slots=True)
class Work:
    """One attempt of a run.

    Attributes
    ----------
    id, after : str
        Its own id, and that of the attempt whose merge it started from (empty for none).
    files : dict
        What it wrote, by path; empty where it committed nothing.
    checks : tuple of str
        The command lines of its phase, with their placeholders.
    """

    id: str
    after: str
    files: dict[str, bytes]
    checks: tuple[str, ...]
    merged: Future[None] = field(default_factory=Future)


class BareRun:
    """Makes attempts with git and check commands alone.

    Parameters
    ----------
    root : Path
        A repository with the commit that the run started from.
    place : Path
        Where worktrees go.
    parallel : int
        How many attempts at a time.
    """

    def __init__(self, root: Path, place: Path, parallel: int) -> None:
        self.timing = Timing()
        self._root = root
        self._place = place
        self._merge = place / "merge"
        self._target = "refs/heads/bare/run"
        self._waiting: queue.Queue[Work | None] = queue.Queue()
        self._registry = threading.Lock()
        self._pool = ThreadPoolExecutor(parallel)

    def run(self, work: Sequence[Work]) -> Timing:
        """Make all attempts; each starts when the one that it builds on is merged."""
        started = time.perf_counter()
        self._git(self._root, "update-ref", self._target, "HEAD")
        self._git(self._root, "worktree", "add", "-q", "--detach", str(self._merge), self._target)
        merger = threading.Thread(target=self._merge_all)
        merger.start()
        for each in work:
            before = next((w for w in work if w.id == each.after), None)
            if before is None:
                self._pool.submit(self._attempt, each)
            else:
                before.merged.add_done_callback(lambda _, w=each: self._pool.submit(self._attempt, w))
        for each in work:
            each.merged.result()
        self._waiting.put(None)
        merger.join()
        self._pool.shutdown()
        self.timing.seconds = time.perf_counter() - started
        return self.timing

    def _attempt(self, work: Work) -> None:
        try:
            path, branch = self._place / work.id, f"bare-attempt/{work.id}"
            with self._registry:
                self._git(self._root, "worktree", "add", "-q", "--no-checkout", "-b", branch, str(path), self._target)
            self._git(path, "reset", "-q", "--hard")
            base = self._git(path, "rev-parse", "HEAD")
            for name, data in work.files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(data)
            if not work.files:
                self._remove(work)
                work.merged.set_result(None)
                return
            self._git(path, "add", "--", *work.files)
            self._git(path, "commit", "-q", "-m", work.id)
            self._check(work.checks, path, base, list(work.files))
            self._waiting.put(work)
        except BaseException as error:
            work.merged.set_exception(error)
            raise

    def _merge_all(self) -> None:
        while (first := self._waiting.get()) is not None:
            train = [first]
            while len(train) < MOST_IN_TRAIN and not self._waiting.empty():
                train.append(self._waiting.get())  # type: ignore[arg-type]
            try:
                self._merge_train(train)
            except BaseException as error:
                for work in train:
                    work.merged.set_exception(error)
                raise

    def _merge_train(self, train: Sequence[Work]) -> None:
        tip = self._git(self._root, "rev-parse", self._target)
        self._git(self._merge, "checkout", "-q", "--detach", tip)
        for work in train:
            self._git(self._merge, "merge", "-q", "--no-ff", "-m", f"Merge {work.id}", f"bare-attempt/{work.id}")
        checks = list(dict.fromkeys(check for work in train for check in work.checks))
        self._check(checks, self._merge, tip, [name for work in train for name in work.files])
        head = self._git(self._merge, "rev-parse", "HEAD")
        self._git(self._root, "update-ref", self._target, head, tip)
        for work in train:
            self._git(self._root, "merge-base", "--is-ancestor", f"bare-attempt/{work.id}", self._target)
            self._git(self._place / work.id, "status", "--porcelain")
            self._remove(work)
            work.merged.set_result(None)

    def _remove(self, work: Work) -> None:
        path = self._place / work.id
        shutil.rmtree(path)
        with self._registry:
            self._git(self._root, "worktree", "remove", str(path))
        self._git(self._root, "branch", "-q", "-D", f"bare-attempt/{work.id}")

    def _check(self, commands: Sequence[str], cwd: Path, base: str, files: Sequence[str]) -> None:
        tests = [name for name in files if is_test_file(name)]
        with tempfile.TemporaryDirectory() as folder:
            for number, command in enumerate(commands):
                line = fill(command, base=base, tests=tests, report=Path(folder) / f"{number}.xml")
                if line is None:
                    continue
                started = time.perf_counter()
                subprocess.run(line, shell=True, cwd=cwd, check=True, capture_output=True, env=check_environment())
                with self.timing.lock:
                    self.timing.checks += time.perf_counter() - started
                    self.timing.check_commands += 1

    def _git(self, cwd: Path, *arguments: str) -> str:
        started = time.perf_counter()
        command = ["git", *QUIET, "-c", "core.hooksPath=/dev/null", *arguments]
        done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, env={**os.environ})
        with self.timing.lock:
            self.timing.git += time.perf_counter() - started
            self.timing.commands += 1
        return done.stdout.strip()
