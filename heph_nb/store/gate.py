"""The gate: which queries may run inside the process that owns the state file.

A query must be one SELECT over our tables and views, and call only functions that are known to be harmless. The reason
is not mistrust of the person: ``read_blob`` of the state file inside its owner drops DuckDB's lock, and then another
program may write to the file and lose data. What is checked is DuckDB's own syntax tree, not the text.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb

from heph_nb.errors import SqlRefusedError
from heph_nb.store.connection import first_line, quote
from heph_nb.store.syntax import Scope, Walk

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_CHARACTERS = 100_000
MOST_COMMENTS = 200
"""Comment openings; DuckDB takes quadratic time over nested ones."""

_NOT_MATERIALIZED = re.compile(r"\bnot(?:\s|/\*.*?\*/|--[^\n]*\n)+materialized\b", re.IGNORECASE | re.DOTALL)
"""The one thing that the syntax tree does not tell."""

_ONLY = "Only one SELECT at a time can be asked (WITH, FROM, VALUES, DESCRIBE, SHOW TABLES and SUMMARIZE too)"
_INSTEAD = {
    "explain": "EXPLAIN is refused, because EXPLAIN ANALYZE runs what it explains: ask for the result itself",
    "pivot": "PIVOT must name its columns, as in PIVOT tickets ON status IN ('backlog', 'done') USING count(*)",
    "copy": "Files are not written here: use run.sql(...).to_csv(...), or run.export(path) for the whole run",
    "export": "Files are not written here: run.export(path) writes the run into a file of its own",
    "attach": "Other files are not opened here: heph.open(path) opens an exported run",
    "set": "Settings belong to the backend and cannot be changed; times are UTC",
    "pragma": "PRAGMA is refused: SHOW TABLES and DESCRIBE tickets tell what there is",
    "call": "CALL is refused: SHOW TABLES and DESCRIBE tickets tell what there is",
    "checkpoint": "The backend writes checkpoints by itself",
} | dict.fromkeys(
    ("insert", "update", "delete", "merge", "truncate", "create", "drop", "alter"),
    "Queries only read; a run is changed with its methods, such as run.answer, or commands, such as `heph answer`",
)


def check(cursor: DuckDBPyConnection, query: str) -> None:
    """Let a query pass, or refuse it.

    Parameters
    ----------
    cursor : duckdb.DuckDBPyConnection
        Used to parse the query, not to run it.
    query : str
        One SELECT.

    Raises
    ------
    SqlRefusedError
        It is not; the message says what was refused, why, and what to do instead.

    Examples
    --------
    >>> check(cursor, "SELECT status, count(*) FROM tickets GROUP BY 1")  # doctest: +SKIP
    """
    _check_text(query)
    for node in parse(cursor, query):
        walk = Walk(allowed_functions())
        walk.push(node, Scope())
        walk.run()


def parse(cursor: DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the syntax tree of a query, as a list of its one statement."""
    try:
        row = cursor.execute(f"SELECT json_serialize_sql({quote(query)})").fetchone()
        tree = json.loads(row[0] if row else "{}")
    except RecursionError:
        raise SqlRefusedError("The query is nested too deeply: use WITH to name its parts.") from None
    except (duckdb.InterruptException, duckdb.FatalException, duckdb.InternalException):
        raise  # it says nothing about the query: the file is being opened again
    except duckdb.Error as error:
        raise SqlRefusedError(f"The query cannot be understood: {first_line(error)}") from None
    if tree.get("error"):
        raise _not_a_select(query, tree)
    statements = tree["statements"]
    if len(statements) != 1:
        found = "it has none" if not statements else f"it has {len(statements)}"
        raise SqlRefusedError(f"A query must be exactly one statement, and {found}. {_ONLY}.")
    return statements


@cache
def allowed_functions() -> frozenset[str]:
    """Return the names of the functions that a query may call."""
    text = files("heph_nb.store").joinpath("functions.txt").read_text(encoding="utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("# ") for name in line.split())


def _check_text(query: str) -> None:
    if len(query) > MOST_CHARACTERS:
        raise SqlRefusedError(
            f"The query has {len(query):,} characters, and {MOST_CHARACTERS:,} are the most. "
            "Ask for more rows and filter them with pandas."
        )
    if query.count("/*") > MOST_COMMENTS:
        raise SqlRefusedError(f"The query has more than {MOST_COMMENTS} comments: leave them out.")
    if "\x00" in query:
        raise SqlRefusedError("The query contains a NUL character: leave it out.")
    if _NOT_MATERIALIZED.search(query):
        raise SqlRefusedError("NOT MATERIALIZED is refused, because such CTEs multiply without bounds: leave it out.")
    try:
        query.encode()
    except UnicodeEncodeError:
        raise SqlRefusedError("The query is not valid Unicode: it has half of a surrogate pair.") from None


def _not_a_select(query: str, tree: dict[str, Any]) -> SqlRefusedError:
    if tree.get("error_type") != "not implemented":
        message = str(tree.get("error_message", "")).split("\n", 1)[0]
        return SqlRefusedError(f"The query cannot be understood: {message}")
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", query, flags=re.DOTALL)
    word = next(iter(re.findall(r"[a-z]+", bare.lower())), "")
    why = _INSTEAD.get(word)
    return SqlRefusedError(f"{why}. {_ONLY}." if why else f"{_ONLY}.")
