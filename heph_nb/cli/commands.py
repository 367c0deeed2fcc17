"""The whole command line: importing the modules of commands adds them to the group."""

from __future__ import annotations

import sys

from heph_nb.cli import listing, looking, serving, starting, steering  # noqa: F401
from heph_nb.cli.app import OK, heph


def main() -> None:
    """Run the command line."""
    heph(prog_name="heph")
    sys.exit(OK)
