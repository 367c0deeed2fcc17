"""Runs as files of their own: exporting one, and opening it again without a backend."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heph_nb.errors import InvalidError, NotFoundError
from heph_nb.frames import Frames, quote

if TYPE_CHECKING:
    import pyarrow as pa

    from heph_nb.client import Client


def export_run(client: Client, run_id: str, path: str | Path) -> Path:
    """Write a run into a DuckDB file of its own, which :func:`open_run` and any other tool can read.

    Returns
    -------
    Path
        The absolute path of the new file.

    Raises
    ------
    InvalidError
        There is a file already, or no such directory; nothing is overwritten.
    """
    target = Path(path).expanduser().absolute()
    if target.is_dir():
        target = target / f"{run_id}.duckdb"
    if target.exists():
        raise InvalidError(f"{target} exists already: name a file that does not.", path=str(target))
    if not target.parent.is_dir():
        raise InvalidError(f"There is no directory {target.parent}.", path=str(target))
    written = client.call("runs/export", {"run_id": run_id})["path"]
    shutil.move(written, target)
    return target


class OpenedRun(Frames):
    """A run in a file that no backend has open: every frame of a run, and nothing that changes it.

    Attributes
    ----------
    id : str
        The run.
    path : Path
        The file.
    """
