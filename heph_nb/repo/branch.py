"""The run branch belongs to the person too: what they add to it is welcome, what they take from it is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.errors import BranchLostError
from heph_nb.repo.removal import unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heph_nb.repo.repository import Repository


def check_branch(repository: Repository, branch: str, merges: Sequence[str], at: str | None = None) -> None:
    """Check that the run branch still contains what was merged into it.

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
    what = f"is at {found[:12]} now, without" if found else "was deleted, and with it"
    raise BranchLostError(
        f"the branch {branch} {what} work that is recorded as merged; put it back with "
        f"git -C {repository.root} branch -f {branch} {tip}",
        branch=branch,
        found=found,
        expected=tip,
    )
