"""The run branch belongs to the person too: what they add to it is welcome, what they take from it is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.errors import BranchLostError
from heph_nb.repo.removal import unreachable
from heph_nb.repo.repository import ATTEMPT_BRANCHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heph_nb.repo.repository import Repository


def check_branch(repository: Repository, branch: str, merges: Sequence[str], at: str | None = None) -> None:
    """Check that the run branch still contains what was merged into it.

    One that was deleted after another branch had taken all of it in is made again where it was.

    Parameters
    ----------
    repository : Repository
    branch : str
        The run branch.
    merges : sequence of str
        Every merge commit on record.
    at : str, optional
        The commit of the branch, if it was just read.

    Raises
    ------
    BranchLostError
        It does not, or it is gone; the text names the commit to put it at again.
    """
    if not merges:
        return
    found = at or repository.resolve(f"refs/heads/{branch}")
    if found is not None and unreachable(repository, merges, [found]) is None:
        return
    tip = repository.git.run("rev-list", "--topo-order", "--max-count=1", *merges, "--").text
    if found is None and _is_taken_in(repository, tip):
        # The empty old value: somebody who was faster is not overwritten.
        message = ("--create-reflog", "-m", "heph: made again")
        repository.git.run("update-ref", *message, f"refs/heads/{branch}", tip, "", allow=(0, 128))
        return
    what = f"is at {found[:12]} now, without" if found else "was deleted, and with it"
    raise BranchLostError(
        f"the branch {branch} {what} work that is recorded as merged; put it back with "
        f"git -C {repository.root} branch -f {branch} {tip}",
        branch=branch,
        found=found,
        expected=tip,
    )


def _is_taken_in(repository: Repository, commit: str) -> bool:
    """Whether a branch of the person contains a commit."""
    answer = repository.git.run("for-each-ref", "--format=%(refname:lstrip=2)", "--contains", commit, "refs/heads/")
    return any(not name.startswith(f"{ATTEMPT_BRANCHES}/") for name in answer.text.splitlines())
