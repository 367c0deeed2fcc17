"""A place to measure in: temporary, with backends that end with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from heph_nb.client.client import Client
from heph_nb.client.ending import shutdown

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@dataclass
class Running:
    """A backend that runs, the time it took to start, and its process."""

    client: Client
    process: psutil.Process
    answered: float
    ready: float

    def cpu(self) -> float:
        """Return the seconds of processor time that it has used, without its children's."""
        times = self.process.cpu_times()
        return times.user + times.system

    def megabytes(self) -> float:
        """Return its resident memory."""
        return self.process.memory_info().rss / 1e6


def set_environment() -> None:
    """Let nothing of the person's settings take part; Python may keep bytecode, as an installed package has it."""
    for name in [*os.environ]:
        if name.startswith("HEPH_"):
            del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["HEPH_PORT"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))


@contextmanager
def folder() -> Iterator[Path]:
    """Make a directory and remove it again."""
    path = Path(tempfile.mkdtemp(prefix="heph-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def backend(state: Path) -> Iterator[Running]:
    """Start a backend, wait until it is healthy, and end it afterwards."""
    started = time.perf_counter()
    client = Client(state, create=True)
    try:
        client.health()
        answered = time.perf_counter() - started
        wait_until_ready(client)
        ready = time.perf_counter() - started
        yield Running(client, psutil.Process(client.info.pid), answered, ready)
    finally:
        client.close()
        end(state)


def end(state: Path) -> None:
    """End the backend of a state file, if there is one."""
    with suppress(OSError):
        shutdown(state)


def wait_until_ready(client: Client) -> None:
    """Wait until the backend says that all of it is ready."""
    until, pause = time.monotonic() + PATIENCE, threading.Event()
    while client.health()["status"] != "ok":
        if time.monotonic() > until:
            raise TimeoutError("the backend was not ready in time")
        pause.wait(0.01)


def settle(running: Running, *, quiet: float = 0.5) -> None:
    """Wait until a backend and its children have nothing to do for so many seconds."""
    until, pause = time.monotonic() + PATIENCE, threading.Event()
    since, before = time.monotonic(), -1.0
    while time.monotonic() < until and time.monotonic() - since < quiet:
        used = running.cpu() + sum(sum(p.cpu_times()[:2]) for p in running.process.children())
        if used - before > 0.02:
            since, before = time.monotonic(), used
        pause.wait(0.1)


def python(code: str, *arguments: str, cwd: Path | None = None) -> str:
    """Run a program in a fresh interpreter; return what it printed."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd or ROOT, timeout=300).stdout


def python_seconds(code: str) -> float:
    """Return the wall time of a fresh interpreter with a program, in seconds."""
    started = time.perf_counter()
    python(code)
    return time.perf_counter() - started
