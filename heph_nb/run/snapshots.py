"""Runs as files of their own: exporting one, and opening it again without a backend."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from heph_nb.client.discovery import usable_path
from heph_nb.domain.naming import meant
from heph_nb.errors import InvalidError, NotFoundError, StateFileError
from heph_nb.run.frames import Past
from heph_nb.run.reprs import shown
from heph_nb.store.lock import find_holder

if TYPE_CHECKING:
    import pyarrow as pa

    from heph_nb.client.client import Client
    from heph_nb.run.summary import Summary
    from heph_nb.store.snapshot import Snapshot


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
    target = usable_path(path, "export")
    if target.is_dir():
        target /= f"{run_id}.duckdb"
    taken = InvalidError(f"{target} exists already: name a file that does not.", path=str(target))
    if target.exists():
        raise taken
    if not target.parent.is_dir():
        raise InvalidError(f"There is no directory {target.parent}: make it, or name another.", path=str(target))
    written = Path(client.call("runs/export", {"run_id": run_id})["path"])
    try:
        _put(written, target)
    except FileExistsError:
        raise taken from None
    except OSError as error:
        raise InvalidError(f"{target} cannot be written: {error.strerror}.", path=str(target)) from None
    finally:
        written.unlink(missing_ok=True)
    return target


def _put(written: Path, target: Path) -> None:
    """Give a file its place in one step: whole or not at all, and never over another."""
    near = target.with_name(f".{written.name}")
    try:
        shutil.move(written, near)
        try:
            os.link(near, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if target.exists():
                raise FileExistsError from None
            near.rename(target)
    finally:
        near.unlink(missing_ok=True)


def open_run(path: str | Path, run: str | None = None) -> OpenedRun:
    """Open an exported run, or a state file that no backend has open. The file is not changed.

    Parameters
    ----------
    path : str or Path
        The file.
    run : str, optional
        The id of one of its runs; by default the newest.

    Raises
    ------
    NotFoundError
        There is no such file, or no such run in it.
    StateFileError
        It is no file of heph_nb, or a backend has it open.

    Examples
    --------
    >>> heph.open("run.duckdb").tickets()  # doctest: +SKIP
    """
    from heph_nb.store.snapshot import open_snapshot

    file = usable_path(path, "file")
    if (holder := find_holder(file)) is not None:
        raise StateFileError(
            f"{file} is in use: its backend ({holder}) has it open. heph.connect(state={str(file)!r}) reads it "
            f"there; `heph shutdown --state {shlex.quote(str(file))}` lets go of it.",
            path=str(file),
        )
    snapshot = open_snapshot(file)
    known = snapshot.runs()
    named = known[:1] if run is None else meant(known, run)
    if len(named) != 1:
        snapshot.close()
        which = "are several runs" if named else "is no run"
        name = f" {run!r}" if run else ""
        raise NotFoundError(f"There {which}{name} in {snapshot.path}; it has {', '.join(known) or 'none'}.")
    return OpenedRun(snapshot, named[0])


class OpenedRun(Past):
    """A run in a file that no backend has open: every frame of a run, and nothing that changes it.

    Attributes
    ----------
    id : str
        The run.
    path : Path
        The file.
    """

    def __init__(self, snapshot: Snapshot, id: str) -> None:
        self.id = id
        self.path = snapshot.path
        self._snapshot = snapshot

    def summary(self) -> Summary:
        """Say how far the run came and what it used."""
        from heph_nb.run.summary import summarise

        return summarise(self._query, self.id)

    def close(self) -> None:
        """Let go of the file."""
        self._snapshot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return shown(self.summary)

    def _query(self, query: str) -> pa.Table:
        return self._snapshot.query(query)
