"""Catalog: which agents there are, and how each is started."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from heph_nb.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One kind of agent: a command that speaks the Agent Client Protocol on its stdin and stdout.

    Attributes
    ----------
    name : str
        What a person types, for example ``outline``.
    command : tuple of str
        The program and its arguments; never a shell line.
    label : str
        What the agent is, in a few words; shown wherever the agent shows.
    env_keys : tuple of str
        Environment variables that it sees beside the few that every process needs. Nothing else is passed on.
    mode : str or None
        The session mode to set before the first prompt. The agent's own default is not trusted.
    reuse : bool
        Whether one process may serve one session after another. False where a session leaves things behind.
    start_timeout : float
        Seconds from its start to its answer to ``initialize``.
    """

    name: str
    command: tuple[str, ...]
    label: str
    env_keys: tuple[str, ...] = ()
    mode: str | None = None
    reuse: bool = False
    start_timeout: float = 30.0


# -P: the worktree that the process starts in must not be able to shadow a module.
_OUTLINE = Preset(
    name="outline",
    command=(sys.executable, "-P", "-m", "heph_nb.agents.outline"),
    label="outline: deterministic, no model",
    env_keys=("PYTHONPATH", "VIRTUAL_ENV", "HEPH_CHECK_SECONDS", "HEPH_SILENCE_SECONDS"),
    reuse=True,
)

PRESETS: Mapping[str, Preset] = MappingProxyType({_OUTLINE.name: _OUTLINE})
"""The agents that may be launched, by name."""

_NEED_A_SANDBOX = frozenset({"claude", "codex", "gemini", "opencode", "qwen"})


def find_preset(name: str, presets: Mapping[str, Preset] = PRESETS) -> Preset:
    """Return the preset with this name.

    Parameters
    ----------
    name : str
        The agent's name, for example ``outline``.
    presets : mapping of str to Preset
        Where to look; the catalog by default.

    Raises
    ------
    RefusedError
        The agent is known, but acts on its own and must not run without a sandbox.
    NotFoundError
        There is no such agent.

    Examples
    --------
    >>> find_preset("outline").label
    'outline: deterministic, no model'
    """
    if name in presets:
        return presets[name]
    known = ", ".join(sorted(presets))
    if name in _NEED_A_SANDBOX:
        raise RefusedError(
            f"The agent {name!r} cannot be launched yet: it runs commands of its own, and there is no sandbox "
            f"to keep them inside the worktree. Use one of: {known}.",
            agent=name,
        )
    raise NotFoundError(f"There is no agent {name!r}. Use one of: {known}.", agent=name)
