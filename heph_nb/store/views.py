"""Views and macros: what people query. They are made again whenever they differ, and never migrated.

``tickets`` shows the newest version of every ticket, ``tickets_at(moment)`` the newest that was there at a moment, and
``ticket_versions`` all of them. The same for every entity.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import duckdb

from heph_nb.domain.records import ENTITIES, Agent
from heph_nb.store.tables import PRIVATE_COLUMNS, STAMPS, TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FINGERPRINT = "views_fingerprint"
"""A macro that says which views a file has."""

_NEWEST = "QUALIFY row_number() OVER (PARTITION BY run_id, id ORDER BY seq DESC) = 1"

_COVERAGE = """
CREATE OR REPLACE VIEW coverage AS
WITH wanted AS (
    SELECT run_id, unnest(requirement_ids) AS id, tickets.id AS ticket_id FROM tickets
), planned AS (
    SELECT run_id, id, list(DISTINCT ticket_id ORDER BY ticket_id) AS ticket_ids FROM wanted GROUP BY ALL
), traced AS (
    SELECT run_id, requirement_id AS id, list(DISTINCT target ORDER BY target) FILTER (kind = 'file') AS files,
        list(DISTINCT target ORDER BY target) FILTER (kind = 'test') AS tests
    FROM traces GROUP BY ALL
)
SELECT r.run_id, r.id, r.line_start, r.line_end, r.text, r.level, r.status, r.mark,
    coalesce(planned.ticket_ids, []) AS ticket_ids, coalesce(traced.files, []) AS files,
    coalesce(traced.tests, []) AS tests
FROM requirements r LEFT JOIN planned USING (run_id, id) LEFT JOIN traced USING (run_id, id)
"""
"""One row per requirement: where it stands in the PRD, and the tickets, files and tests that it led to."""


@cache
def statements() -> tuple[str, ...]:
    """Return the SQL that makes every view and macro, each statement replacing what was there."""
    made = []
    for cls in ENTITIES:
        table = TABLES[cls]
        shown = ", ".join(name for name in table.fields if name not in PRIVATE_COLUMNS)
        newest = f"SELECT {shown}, ts AS updated_at FROM {table.name}"
        made.append(f"CREATE OR REPLACE VIEW {cls.table} AS {newest} {_NEWEST}")
        made.append(
            f"CREATE OR REPLACE MACRO {cls.table}_at(moment) AS TABLE "
            f"{newest} WHERE ts <= CAST(moment AS TIMESTAMPTZ) {_NEWEST}"
        )
        if cls is Agent:
            stamps = ", ".join(STAMPS)
            made.append(f"CREATE OR REPLACE VIEW agent_versions AS SELECT {stamps}, {shown} FROM {table.name}")
    made.append(_COVERAGE.strip())
    return tuple(made)


def make_views(connection: DuckDBPyConnection) -> None:
    """Make the views and macros of an open file, unless it has just these.

    Opening a file that has them writes nothing, so that it opens on a full disk too.
    """
    wanted = hashlib.sha256("\n".join(statements()).encode()).hexdigest()
    try:
        known = connection.execute(f"SELECT {FINGERPRINT}()").fetchone()
    except duckdb.CatalogException:
        known = None
    if known == (wanted,):
        return
    connection.begin()
    for statement in statements():
        connection.execute(statement)
    connection.execute(f"CREATE OR REPLACE MACRO {FINGERPRINT}() AS '{wanted}'")
    connection.commit()


@cache
def readable_tables() -> frozenset[str]:
    """Return the names of all tables and views that a query may read."""
    tables = {table.name for table in TABLES.values() if not table.name.startswith("private_")}
    return frozenset({*tables, *(cls.table for cls in ENTITIES), "agent_versions", "coverage", "schema_version"})


@cache
def table_macros() -> frozenset[str]:
    """Return the names of the macros that show a moment."""
    return frozenset(f"{cls.table}_at" for cls in ENTITIES)
