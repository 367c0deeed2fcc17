"""Errors: each says what happened, to which thing, and what to do, and carries the facts as attributes."""

from __future__ import annotations

from typing import Any


class HephError(Exception):
    """Base of every error that heph_nb raises on purpose.

    Attributes
    ----------
    code : str
        A stable word for programs, for example ``not_found``.
    status : int
        The HTTP status that the backend answers with.
    """

    code = "error"
    status = 500

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the sentence, not the way through our code."""
        return [f"{type(self).__name__}: {self.detail}"]


class RefusedError(HephError, ValueError):
    """The domain refuses: the request is well formed, but not allowed as things stand."""

    code = "refused"
    status = 400


class NotFoundError(HephError, LookupError):
    """There is no such run, ticket, task, ..."""

    code = "not_found"
    status = 404


class WrongStateError(HephError):
    """The thing exists, but its state does not allow this; the message names the state and what is allowed."""

    code = "wrong_state"
    status = 409


class ReadOnlyError(WrongStateError, AttributeError):
    """A run in a file of its own, or at a moment of the past, is asked to do what only a live run can."""

    code = "read_only"


class NotAllowedError(HephError, PermissionError):
    """The caller is known, but this is not for them."""

    code = "forbidden"
    status = 403


class UnauthorizedError(HephError, PermissionError):
    """No token, or one that is not valid (any more)."""

    code = "unauthorized"
    status = 401


class BranchMovedError(WrongStateError):
    """The run branch is not where a merge candidate was built; ``facts`` has ``branch``, ``expected``, ``found``."""

    code = "branch_moved"


class BranchInUseError(WrongStateError):
    """The run branch is checked out in the worktree ``facts["worktree"]``, which is not ours to change."""

    code = "branch_in_use"


class BranchLostError(WrongStateError):
    """The run branch lacks work that was merged into it: somebody moved it back, or deleted it."""

    code = "branch_lost"


class UnresolvedConflictError(WrongStateError):
    """A worktree still has conflicts or conflict markers in the files ``facts["paths"]``; nothing was committed."""

    code = "unresolved_conflict"


class InvalidError(HephError, ValueError):
    """The input has the wrong form: a missing field, an unreadable PRD, an unknown option."""

    code = "invalid"
    status = 422


class TooLargeError(HephError, ValueError):
    """The request is larger than the backend takes."""

    code = "too_large"
    status = 413


class SqlRefusedError(HephError, ValueError):
    """The query is not one read-only SELECT over the state file, or it failed."""

    code = "sql_refused"
    status = 400


class StorageError(HephError, OSError):
    """The state file could not be written; nothing of the request was kept."""

    code = "storage_failed"
    status = 507


class StateFileError(HephError, OSError):
    """The state file cannot be opened: not DuckDB, from a newer version, or held by another program."""

    code = "state_file"
    status = 503


class StateLockedError(StateFileError):
    """Another backend owns the state file."""

    code = "state_locked"


class BackendUnavailableError(HephError, ConnectionError):
    """The backend does not answer and could not be started."""

    code = "backend_unavailable"
    status = 503


class BusyError(HephError):
    """The backend has as many of such requests as it takes at a time; ask again in a moment."""

    code = "busy"
    status = 503


class RepositoryError(HephError, ValueError):
    """The working directory cannot be used: not a repository, no commit, not writable."""

    code = "repository"
    status = 400


class ObstacleError(RepositoryError):
    """No worktree can be made as things stand: the repository was moved, the disk is full, a filter is missing."""

    code = "obstacle"


class AgentError(HephError, RuntimeError):
    """An agent process could not be started, or ended the conversation against the protocol."""

    code = "agent"
    status = 502


class RunFailedError(HephError, RuntimeError):
    """A run that was waited for failed or was stopped."""

    code = "run_failed"
    status = 409


class WaitTimeoutError(HephError, TimeoutError):
    """A run did not end in the time that was given."""

    code = "timeout"
    status = 503


BY_CODE: dict[str, type[HephError]] = {
    cls.code: cls for cls in list(globals().values()) if isinstance(cls, type) and issubclass(cls, HephError)
}
"""The error class for each ``code`` in an answer of the backend."""
