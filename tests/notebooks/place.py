"""Where a notebook runs: a temporary directory of its own, in which no backend is left when it has ended."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import heph_nb
from heph_nb.client import ending

_HINT = ".backend.json"


@contextmanager
def fresh_place() -> Iterator[dict[str, str]]:
    """Make a place, and yield what a kernel's environment must say to keep everything in it.

    A notebook makes its repository in a temporary directory, so ``TMPDIR`` decides where that is. A notebook that
    stops half-way does not come to its last cell; its backends are ended here.
    """
    with tempfile.TemporaryDirectory(prefix="heph-notebook-") as folder:
        place = Path(folder)
        known = os.environ.get("PYTHONPATH")
        yield {
            "TMPDIR": str(place),
            "HEPH_PORT": "0",
            "HEPH_PLAIN": "1",
            "HEPH_STATE": "",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(heph_nb.__file__).parents[1]), known))),
        }
        for hint in place.rglob(f"*{_HINT}"):
            ending.shutdown(hint.with_name(hint.name.removesuffix(_HINT)))
