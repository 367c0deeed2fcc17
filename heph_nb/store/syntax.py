"""A walk through DuckDB's syntax tree that refuses everything it does not know.

The tree is what ``json_serialize_sql`` gives: expressions have a ``class``; query nodes, table references and
modifiers have a ``type``. Names are looked up as DuckDB does: a CTE in scope, else a table of the file. What is not
found would be a file or a system table, so it is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from heph_nb.errors import SqlRefusedError
from heph_nb.store.views import readable_tables, table_macros

EXPRESSIONS = frozenset(
    {"BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "DEFAULT", "FUNCTION",
     "LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW"}
)  # fmt: skip
QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
SOURCES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF"}
)
MODIFIERS = frozenset({"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"})
ORDERS = frozenset({"ORDER_DEFAULT", "ASCENDING", "DESCENDING"})
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
REFUSED_TYPES = frozenset({"VARIANT"})
"""Types whose casts crash DuckDB 1.5 on deeply nested JSON."""

MOST_NESTED = 8
"""Subqueries within expressions, and lambdas or ``->``, within each other: DuckDB binds them in exponential time."""

MOST_REPEATED = 1_000
"""The largest width, and number of list elements, that a call may ask for."""

_TABLES = "SHOW TABLES lists what can be read, DESCRIBE tickets the columns"


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds at a place in the tree: the CTEs that are visible, and how deep it is nested."""

    names: frozenset[str] = frozenset()
    subqueries: int = 0
    lambdas: int = 0


_SEEN = dict.fromkeys(QUERIES, ("cte_map",)) | {"TABLE_FUNCTION": ("function",)}
"""What is visited already when a node's own turn has come, because its scope or its rules are different."""


class Walk:
    """Visits every node of a tree, with a stack of its own rather than recursion.

    Parameters
    ----------
    functions : frozenset of str
        The functions that may be called.
    """

    def __init__(self, functions: frozenset[str]) -> None:
        self._functions = functions
        self._stack: list[tuple[Any, Scope]] = []

    def push(self, node: Any, scope: Scope) -> None:
        """Note a node to be visited."""
        self._stack.append((node, scope))

    def run(self) -> None:
        """Visit what was pushed, and all that is below it.

        Raises
        ------
        SqlRefusedError
            Something in the tree is not allowed.
        """
        while self._stack:
            node, scope = self._stack.pop()
            if isinstance(node, list):
                self._stack.extend((child, scope) for child in node)
            elif isinstance(node, dict):
                self._visit(node, scope)

    def _visit(self, node: dict[str, Any], scope: Scope) -> None:
        kind, type_ = node.get("class"), node.get("type")
        if kind == "CONSTANT":
            return
        if kind is not None:
            scope = self._expression(node, kind, scope)
        elif isinstance(type_, str):
            scope = self._part(node, type_, scope)
        elif node.get("id") in REFUSED_TYPES:
            raise SqlRefusedError(f"The type {node['id']} is refused: cast to JSON or VARCHAR instead.")
        seen = _SEEN.get(str(type_), ())
        self._stack.extend((child, scope) for name, child in node.items() if name not in seen)

    def _expression(self, node: dict[str, Any], kind: str, scope: Scope) -> Scope:
        if kind == "PARAMETER":
            raise SqlRefusedError(
                "The query has a parameter (? or $name), but no values come with it: write the value."
            )
        if kind not in EXPRESSIONS:
            raise SqlRefusedError(f"The query has an expression that is not known here ({kind}): write it differently.")
        if "function_name" in node:
            self._function(node, scope)
        if kind == "SUBQUERY":
            scope = replace(scope, subqueries=scope.subqueries + 1)
        if kind == "LAMBDA":
            scope = replace(scope, lambdas=scope.lambdas + 1)
        if max(scope.subqueries, scope.lambdas) > MOST_NESTED:
            raise SqlRefusedError(
                f"More than {MOST_NESTED} subqueries, lambdas or -> stand within each other: name the parts with WITH; "
                "for JSON use a path, as in data ->> '$.a.b.c'."
            )
        return scope

    def _function(self, node: dict[str, Any], scope: Scope) -> None:
        name = _plain(node["function_name"])
        if name in ("range", "generate_series"):
            _check_series(name, node["children"], scope)
        elif name not in self._functions or _plain(node.get("schema")) not in ("", "main") or node.get("catalog"):
            raise SqlRefusedError(
                f"The function {node['function_name']!r} cannot be called here: only functions that neither read nor "
                "change anything can. Fetch the rows and go on with pandas."
            )
        _check_size(name, node.get("children", []))

    def _part(self, node: dict[str, Any], type_: str, scope: Scope) -> Scope:
        if type_ in QUERIES:
            return self._query(node, scope)
        if type_ == "BASE_TABLE":
            _check_table(node, scope)
        elif type_ == "TABLE_FUNCTION":
            self._table_function(node, scope)
        elif type_ == "SHOW_REF":
            if node.get("query") is None and node.get("table_name") != '"tables"':
                raise SqlRefusedError(f"Of SHOW only SHOW TABLES can be asked: {_TABLES}.")
        elif type_ not in SOURCES | MODIFIERS | ORDERS and not type_.endswith("_TYPE_INFO"):
            raise SqlRefusedError(f"The query has a part that is not known here ({type_}): write it differently.")
        return scope

    def _query(self, node: dict[str, Any], scope: Scope) -> Scope:
        """Visit the CTEs of a query, each of which sees those before it, and return the scope of the query itself."""
        for entry in node.get("cte_map", {}).get("map", []):
            name, cte = _plain(entry["key"]), entry["value"]
            body = cte["query"]
            recursive = body.get("node", {}).get("type") == "RECURSIVE_CTE_NODE"
            self.push(cte, replace(scope, names=scope.names | {name}) if recursive else scope)
            scope = replace(scope, names=scope.names | {name})
        return scope

    def _table_function(self, node: dict[str, Any], scope: Scope) -> None:
        call = node["function"]
        name = _plain(call.get("function_name"))
        if call.get("class") != "FUNCTION" or name not in TABLE_FUNCTIONS | table_macros() or call.get("catalog"):
            raise SqlRefusedError(
                f"The table function {call.get('function_name')!r} cannot be called here: it could read or change "
                f"something outside the run. {_TABLES}."
            )
        if _plain(call.get("schema")) not in ("", "main"):
            raise SqlRefusedError(f"The table function {name!r} is to be called without a schema.")
        self.push(list(call.values()), scope)


def _check_table(node: dict[str, Any], scope: Scope) -> None:
    name, written = _plain(node["table_name"]), node["table_name"]
    if node.get("at_clause"):
        raise SqlRefusedError(f"AT is refused: {written}_at('2026-01-31 12:00Z') shows an earlier moment.")
    if node.get("catalog_name") or _plain(node.get("schema_name")) not in ("", "main"):
        raise SqlRefusedError(f"The table {written!r} is named with a schema or a database: leave it out. {_TABLES}.")
    if name in readable_tables() or (name in scope.names and not node.get("schema_name")):
        return
    if name.startswith("private_"):
        raise SqlRefusedError(
            f"{written} holds what is secret. Read agents, agent_versions or agents_at(moment) instead."
        )
    raise SqlRefusedError(f"There is no table {written!r} to read here; files cannot be read either. {_TABLES}.")


def _check_series(name: str, arguments: list[dict[str, Any]], scope: Scope) -> None:
    """Refuse a long list: DuckDB makes it in one piece, and cannot be interrupted while it does."""
    values = [argument.get("value", {}).get("value") for argument in arguments]
    short = all(isinstance(value, int) and abs(value) <= MOST_REPEATED for value in values)
    if not short or scope.lambdas:
        raise SqlRefusedError(
            f"{name}(...) as a value must have whole numbers up to {MOST_REPEATED:,}. For more, or for times, use it "
            f"as a table: FROM {name}(a, b, step) AS series(x)."
        )


def _check_size(name: str, arguments: list[dict[str, Any]]) -> None:
    """Refuse a call that could ask for a text of any length."""
    if name in ("lpad", "rpad") and len(arguments) > 1:
        width = arguments[1].get("value", {}).get("value")
        if not isinstance(width, int) or width > MOST_REPEATED:
            raise SqlRefusedError(f"The width of {name} must be a number up to {MOST_REPEATED:,}.")
    if name in ("printf", "format") and arguments:
        pattern = arguments[0].get("value", {}).get("value")
        if not isinstance(pattern, str) or re.search(r"\d{4}|\*|\{[^}]*\{", pattern):
            raise SqlRefusedError(f"The pattern of {name} must be written out, with widths up to three digits.")


def _plain(name: object) -> str:
    """Return a name as DuckDB compares it: ASCII letters in lower case, others as they are."""
    return "".join(c.lower() if c.isascii() else c for c in str(name or ""))
