"""What heph_nb takes, beside the same thing done bare: ``python -m tests.bench.run [names]``.

Prints the table that the project must reach. Names: create, start, import, events, run, bootstrap, views,
watching (all by default).
Everything happens in temporary directories; every backend that is started is ended.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import psutil

from tests.bench.figures import Figure, head, row
from tests.bench.place import set_environment


def rows() -> dict[str, Callable[[], Iterator[Figure]]]:
    """Return what can be measured, by name."""
    from tests.bench import reading, serving, starting, views, watching, whole_run

    return {
        "import": starting.importing,
        "start": starting.starting,
        "bootstrap": starting.bootstrapping,
        "create": serving.serving,
        "events": reading.reading,
        "run": whole_run.running,
        "views": views.viewing,
        "watching": watching.watching,
    }


def main(names: list[str]) -> int:
    """Measure and print; returns 1 when a target was missed."""
    set_environment()
    known = rows()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"Nothing is called {', '.join(unknown)}; there is {', '.join(known)}.", file=sys.stderr)
        return 2
    started, missed = time.monotonic(), 0
    print(head())
    for name in names or known:
        before = time.monotonic()
        for found in known[name]():
            print(row(found), flush=True)
            missed += found.met is False
        print(f"{name}: {time.monotonic() - before:.0f} s", file=sys.stderr)
    load = ", ".join(f"{value:.1f}" for value in psutil.getloadavg())
    took = time.monotonic() - started
    print(f"\n+ met  - missed; {took:.0f} s on {psutil.cpu_count()} cores; load over 1, 5, 15 minutes: {load}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
