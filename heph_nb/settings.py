"""Settings: the one place that reads the environment. Every variable starts with ``HEPH_``."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from heph_nb.errors import InvalidError

_PARENTS_OWN = (
    "MPLBACKEND", "JPY_", "PYDEVD_", "PYTEST_CURRENT_TEST", "PYTEST_XDIST", "PYTEST_VERSION",
    "HEPH_PROCESS", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
)  # fmt: skip


class Settings(BaseSettings):
    """What a person or a machine sets once, outside of any command.

    Attributes
    ----------
    state : Path or None
        ``HEPH_STATE``: the state file, when no argument names one.
    plain : bool
        ``HEPH_PLAIN``: no colour, no bars and no progress lines, for logs and tests.
    idle_seconds : float
        ``HEPH_IDLE_SECONDS``: a backend with no active run and no client ends after this many seconds; 0 means never.
    silence_seconds : float
        ``HEPH_SILENCE_SECONDS``: an agent that says nothing for this many seconds counts as stuck.
    check_seconds : float
        ``HEPH_CHECK_SECONDS``: a check that takes longer than this many seconds is ended and counts as failed.
    start_seconds : float
        ``HEPH_START_SECONDS``: how long a client waits, in seconds, for a backend that it starts.
    port : int
        ``HEPH_PORT``: the port that a backend prefers; any free one is taken when this one is not free.

    Examples
    --------
    >>> Settings(state="/tmp/demo.duckdb").state
    PosixPath('/tmp/demo.duckdb')
    """

    model_config = SettingsConfigDict(env_prefix="HEPH_", env_ignore_empty=True, extra="ignore")

    state: Path | None = None
    plain: bool = False
    idle_seconds: float = Field(default=900.0, ge=0)
    silence_seconds: float = Field(default=600.0, gt=0)
    check_seconds: float = Field(default=1800.0, gt=0)
    start_seconds: float = Field(default=30.0, gt=0)
    port: int = Field(default=8000, ge=0, le=65535)


def load() -> Settings:
    """Read the settings as they are now.

    Raises
    ------
    InvalidError
        A variable has a value that cannot be used; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "HEPH_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidError(f"{name} cannot be used: {first['msg'].lower()}.", variable=name) from None


def child_environment(**extra: str) -> dict[str, str]:
    """Return the environment for a process that outlives its parent.

    What describes the parent's own situation is left out: a kernel's plotting backend and parent process, and the
    repository that a git hook is running for. Programs started in there would otherwise act on the wrong thing.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PARENTS_OWN)}
    return kept | extra
