"""Every verb, defined once: HTTP routes, MCP tools, client methods and CLI commands come from here."""

from heph_nb.backend.operations import people, permissions, runs, tasks, tickets
from heph_nb.backend.operations.operation import OPERATIONS, Context, Done, Operation, Request, find_operation

__all__ = ["OPERATIONS", "Context", "Done", "Operation", "Request", "find_operation"]
