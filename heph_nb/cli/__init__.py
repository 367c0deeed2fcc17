"""The ``heph`` command."""

from heph_nb.cli.commands import heph, main

__all__ = ["heph", "main"]
