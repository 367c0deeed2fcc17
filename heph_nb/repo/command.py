"""Running git: GitPython starts the process; this module fixes the options and the environment it runs with."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from heph_nb.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from git import Git

OPTIONS = (
    # Nothing of the repository is executed, and no other git process is started behind our back.
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false",
    "submodule.recurse=false", "commit.gpgSign=false", "merge.verifySignatures=false",
    # What a person likes for their own commands must not change what ours do.
    "advice.detachedHead=false", "branch.autoSetupMerge=false", "color.ui=false", "commit.cleanup=whitespace",
    "core.ignoreStat=false", "core.quotePath=false", "core.safecrlf=false", "i18n.commitEncoding=UTF-8",
    "merge.autoStash=false", "rerere.enabled=false", "worktree.useRelativePaths=false",
)  # fmt: skip
"""Settings that every call is made with (``git -c ...``)."""

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "GIT_OPTIONAL_LOCKS": "0",  # looking at a checkout must not rewrite its index
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_EDITOR": ":",
    }
)
"""Variables that every call is made with."""

_INHERITED = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"}
_MISSING = "git is not installed, or not on PATH; install git (https://git-scm.com/downloads) and start again"


@dataclass(frozen=True, slots=True)
class Output:
    """What one git process wrote, and its exit code."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text, without the newline at its end."""
        return os.fsdecode(self.out).rstrip("\n")

    @property
    def fields(self) -> list[str]:
        """Standard output of a ``-z`` command as a list."""
        return [os.fsdecode(field) for field in self.out.split(b"\0") if field]


@dataclass(frozen=True, slots=True)
class GitCommand:
    """Git, in one directory.

    Parameters
    ----------
    directory : Path
        Where git runs (``git -C``).
    git_dir, work_tree : Path, optional
        The repository, when it is known: git then never goes looking for another one in a parent directory.
    identity : mapping of str to str, optional
        The variables ``GIT_AUTHOR_NAME``, ... for the commits and reflog entries that are made.
    """

    directory: Path
    git_dir: Path | None = None
    work_tree: Path | None = None
    identity: Mapping[str, str] | None = None

    def run(self, *arguments: str | Path, allow: Collection[int] = (0,), stdin: bytes | None = None) -> Output:
        """Run one git command and wait for it.

        Parameters
        ----------
        *arguments : str or Path
            The command and its arguments, without ``git``.
        allow : collection of int
            Exit codes that are answers; every other one is an error.
        stdin : bytes, optional
            What the process reads; nothing by default.

        Returns
        -------
        Output

        Raises
        ------
        RepositoryError
            Git is missing, or ended with another exit code.
        """
        git, missing = _git()
        environment = {**ENVIRONMENT, **(self.identity or {})}
        command = [*_without_inherited(environment), git.GIT_PYTHON_GIT_EXECUTABLE or "git", "-C", str(self.directory)]
        for option in OPTIONS:
            command += ["-c", option]
        if self.git_dir is not None:
            command.append(f"--git-dir={self.git_dir}")
        if self.work_tree is not None:
            command.append(f"--work-tree={self.work_tree}")
        command += [str(argument) for argument in arguments]
        try:
            output = _execute(git, command, environment, stdin)
        except missing as error:
            raise RepositoryError(_MISSING) from error
        if output.code not in allow:
            raise RepositoryError(
                f"git {_subcommand(arguments)} failed in {self.directory}: {complaint(output.err, output.code)}",
                command=command,
                exit_code=output.code,
                stderr=output.err,
            )
        return output


def complaint(err: str, code: int) -> str:
    """Return what git said was wrong, without its hints, on one line."""
    lines = [line.strip() for line in err.splitlines() if line.strip() and not line.startswith("hint:")]
    chosen = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    return "; ".join(chosen)[:1000] or f"exit code {code}"


def printable(text: str) -> str:
    """Return a path as text that can be shown and stored: git's paths are bytes, and need not be UTF-8."""
    return os.fsencode(text).decode("utf-8", "replace").replace("\0", "\ufffd")


def _subcommand(arguments: Sequence[str | Path]) -> str:
    words = [str(argument) for argument in arguments]
    return next((word for word in words if not word.startswith("-") and "=" not in word), "")


def _execute(git: type[Git], command: list[str], environment: dict[str, str], stdin: bytes | None) -> Output:
    # The process is told where to work by -C alone: GitPython would otherwise fall back to the current directory
    # of this program when the directory is gone, and git would work on whatever repository that is in.
    runner = git("/")
    options: dict[str, Any] = {
        "env": environment,
        "with_extended_output": True,
        "with_exceptions": False,
        "stdout_as_string": False,
        "strip_newline_in_stdout": False,
    }
    if stdin is None:
        answer = runner.execute(command, **options)
    else:
        with tempfile.TemporaryFile() as stream:
            stream.write(stdin)
            stream.seek(0)
            answer = runner.execute(command, istream=stream, **options)
    code, out, err = cast("tuple[int, bytes, str]", answer)
    return Output(code, out, err)


def _git() -> tuple[type[Git], type[Exception]]:
    # GitPython refuses to be imported on a machine without git.
    try:
        from git import Git
        from git.exc import GitCommandNotFound
    except ImportError as error:
        raise RepositoryError(_MISSING) from error
    return Git, GitCommandNotFound


def _without_inherited(environment: Mapping[str, str]) -> list[str]:
    # Inside a hook, or a shell that exports them, GIT_DIR, GIT_INDEX_FILE, ... would point every call elsewhere.
    # GitPython passes the whole environment on, so env(1) takes them out again.
    kept = _INHERITED | environment.keys()
    names = [name for name in os.environ if name.startswith("GIT_") and name not in kept]
    names = [name for name in names if not name.startswith("GIT_PYTHON_")]
    return ["env", *(f"-u{name}" for name in sorted(names))] if names else []
