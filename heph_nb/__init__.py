"""Drive and understand teams of coding agents from a notebook.

>>> import heph_nb as heph
>>> run = heph.bootstrap("PRD.md")  # doctest: +SKIP

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heph_nb import analysis, errors
    from heph_nb.client.client import Client
    from heph_nb.client.ending import shutdown
    from heph_nb.errors import HephError, RunFailedError, WaitTimeoutError
    from heph_nb.run.frames import Moment
    from heph_nb.run.handle import Run
    from heph_nb.run.snapshots import OpenedRun
    from heph_nb.run.snapshots import open_run as open  # noqa: A004 - heph.open, always used with its module
    from heph_nb.run.starting import bootstrap, connect, runs
    from heph_nb.run.summary import Summary
    from heph_nb.widgets.launcher import launcher

__version__ = "0.1.0.dev0"

__all__ = [
    "Client",
    "HephError",
    "Moment",
    "OpenedRun",
    "Run",
    "RunFailedError",
    "Summary",
    "WaitTimeoutError",
    "__version__",
    "analysis",
    "bootstrap",
    "connect",
    "errors",
    "launcher",
    "open",
    "runs",
    "shutdown",
]

_HOMES = {
    "Client": "heph_nb.client.client:Client",
    "HephError": "heph_nb.errors:HephError",
    "Moment": "heph_nb.run.frames:Moment",
    "OpenedRun": "heph_nb.run.snapshots:OpenedRun",
    "Run": "heph_nb.run.handle:Run",
    "RunFailedError": "heph_nb.errors:RunFailedError",
    "Summary": "heph_nb.run.summary:Summary",
    "WaitTimeoutError": "heph_nb.errors:WaitTimeoutError",
    "analysis": "heph_nb.analysis",
    "bootstrap": "heph_nb.run.starting:bootstrap",
    "connect": "heph_nb.run.starting:connect",
    "errors": "heph_nb.errors",
    "launcher": "heph_nb.widgets.launcher:launcher",
    "open": "heph_nb.run.snapshots:open_run",
    "runs": "heph_nb.run.starting:runs",
    "shutdown": "heph_nb.client.ending:shutdown",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, _, inner = _HOMES[name].partition(":")
    module = import_module(home)
    value = getattr(module, inner) if inner else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:
    """Add the magic ``%heph`` to a kernel: ``%load_ext heph_nb``."""
    from heph_nb.magics import register

    register(shell)
