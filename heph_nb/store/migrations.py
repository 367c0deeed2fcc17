"""The schema's version, and the steps from each to the next.

A new file gets ``schema.sql`` as it is. An older one is first copied beside itself through SQL (``<state>.v1``), then
taken forward step by step, in one transaction. A newer one is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from heph_nb import __version__
from heph_nb.errors import StateFileError
from heph_nb.store.connection import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the SQL that turns version ``version - 1`` into ``version``. ``schema.sql`` says the same result."""

    version: int
    sql: str


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        2,
        """
        ALTER TABLE phase_versions ADD COLUMN role VARCHAR DEFAULT 'implementation';
        UPDATE phase_versions SET role = CASE WHEN name IN ('analysis', 'validation') THEN name
            WHEN number = 1 THEN 'analysis' ELSE 'implementation' END;
        ALTER TABLE check_versions ADD COLUMN shared INTEGER DEFAULT 1;
        ALTER TABLE answers ADD COLUMN request VARCHAR DEFAULT '';
        """,
    ),
    Migration(3, "ALTER TABLE question_versions ADD COLUMN decided VARCHAR[] DEFAULT [];"),
    Migration(
        4,
        """
        CREATE TABLE rule_versions (
            seq BIGINT NOT NULL, ts TIMESTAMPTZ NOT NULL, actor VARCHAR NOT NULL, id VARCHAR NOT NULL, run_id VARCHAR,
            tool_kind VARCHAR NOT NULL, pattern VARCHAR NOT NULL, status VARCHAR NOT NULL,
            permission_id VARCHAR NOT NULL, created_by VARCHAR NOT NULL, created_at TIMESTAMPTZ NOT NULL,
            revoked_at TIMESTAMPTZ
        );
        ALTER TABLE permission_versions ADD COLUMN subject VARCHAR;
        ALTER TABLE run_versions ADD COLUMN budget_tokens BIGINT;
        """,
    ),
)
"""Every step from version 1 on, in order."""


def current_version(steps: Sequence[Migration] = MIGRATIONS) -> int:
    """Return the schema version that this program writes."""
    return steps[-1].version if steps else 1


def read_version(connection: DuckDBPyConnection, path: Path | str) -> int | None:
    """Return the schema version of an open file; None for one that is empty.

    Raises
    ------
    StateFileError
        It has tables, but none that says which version it is: another program's file.
    """
    tables = {
        name
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall()
    }
    if "schema_version" in tables:
        row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
        if row is not None and row[0] is not None:
            return int(row[0])
    if tables:
        raise StateFileError(
            f"{path} is a DuckDB file, but not one of heph_nb (it has {', '.join(sorted(tables)[:3])}). "
            "Name another state file.",
            path=str(path),
        )
    return None


def make_tables(connection: DuckDBPyConnection, version: int | None = None) -> None:
    """Make the tables of a new file."""
    connection.begin()
    connection.execute(files("heph_nb.store").joinpath("schema.sql").read_text(encoding="utf-8"))
    _record(connection, version or current_version())
    connection.commit()


def migrate(connection: DuckDBPyConnection, path: Path, steps: Sequence[Migration] = MIGRATIONS) -> Path | None:
    """Bring an open file to the present version.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The file; writable, and with access to its directory.
    path : Path
        Where it is.
    steps : sequence of Migration
        The steps there are.

    Returns
    -------
    Path or None
        The copy of the file as it was, if it had to be changed.

    Raises
    ------
    StateFileError
        The file is from a newer version; both are named.
    """
    found, wanted = read_version(connection, path), current_version(steps)
    if found is None:
        make_tables(connection, wanted)
        return None
    check_version(found, path, wanted)
    missing = [step for step in steps if step.version > found]
    if not missing:
        return None
    copy = back_up(connection, path.with_name(f"{path.name}.v{found}"))
    connection.begin()
    try:
        apply_steps(connection, missing)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return copy


def check_version(found: int, path: Path | str, wanted: int | None = None) -> None:
    """Refuse a file from a newer version."""
    wanted = wanted or current_version()
    if found > wanted:
        raise StateFileError(
            f"The state file {path} has schema version {found}, and heph_nb {__version__} knows versions up to "
            f"{wanted}. Use the newer heph_nb that wrote it; nothing was changed.",
            path=str(path),
            found=found,
            known=wanted,
        )


def apply_steps(connection: DuckDBPyConnection, steps: Sequence[Migration]) -> None:
    """Take each step, and note it."""
    for step in steps:
        connection.execute(step.sql)
        _record(connection, step.version)


def back_up(connection: DuckDBPyConnection, target: Path) -> Path:
    """Copy an open file to a new one through SQL, and return where it is.

    Copying it by other means would drop DuckDB's lock on it, and miss what is still in the write-ahead log.
    """
    number, path = 1, target
    while path.exists():
        number += 1
        path = target.with_name(f"{target.name}-{number}")
    row = connection.execute("SELECT current_database()").fetchone()
    name = str(row[0] if row else "").replace('"', '""')
    connection.execute(f"ATTACH {quote(str(path))} AS heph_backup")
    try:
        connection.execute(f'COPY FROM DATABASE "{name}" TO heph_backup')
    finally:
        connection.execute("DETACH heph_backup")
    return path


def _record(connection: DuckDBPyConnection, version: int) -> None:
    program = quote(f"heph_nb {__version__}")
    connection.execute(f"INSERT INTO schema_version VALUES ({version}, now(), {program})")
