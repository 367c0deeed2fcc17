"""The ``heph`` command."""

from heph_nb.cli.app import heph, main

__all__ = ["heph", "main"]
