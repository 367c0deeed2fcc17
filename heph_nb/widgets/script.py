"""The scripts and styles of the views: files of the package, put one after the other. No build, nothing from afar.

``static`` has a folder for each view, and ``shared`` for what several have in common. The files of one view share
their names: a name is declared once among all that are put together.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(*names: str) -> str:
    """Return the module of a view: what all views share, then ``static/<name>.js`` of each; the last exports."""
    return "\n".join(_read(f"{name}.js") for name in ("shared/base", *names))


@cache
def style(*names: str) -> str:
    """Return the styles of a view: what all views share, then ``static/<name>.css`` of each."""
    return "\n".join(_read(f"{name}.css") for name in ("shared/base", *names))


def _read(name: str) -> str:
    return (files("heph_nb.widgets") / "static" / name).read_text("utf-8")
