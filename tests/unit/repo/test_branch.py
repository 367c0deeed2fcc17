"""The run branch is the person's too: what they add is welcome, what they take away is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from heph_nb.errors import BranchLostError
from heph_nb.repo.branch import check_branch
from heph_nb.repo.merging import Candidate, MergeTree, Source
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import add_worktree

BRANCH = "heph/run-1"


@pytest.fixture
def candidate(repository: Repository, tmp_path: Path) -> Candidate:
    """Return two attempts on their way into the run branch."""
    repository.start_run("run-1")
    heads = []
    for name in ("a", "b"):
        worktree = add_worktree(repository, tmp_path / "w" / name, f"heph-attempt/run-1/{name}", BRANCH)
        (worktree.path / name).write_text(name)
        heads.append(worktree.commit_all(name) or "")
    return tree_of(repository, tmp_path).candidate([Source(head, "Merge") for head in heads])


def tree_of(repository: Repository, tmp_path: Path) -> MergeTree:
    return MergeTree(repository, tmp_path / "w" / "merge", BRANCH)


def test_a_branch_with_all_its_merges_and_more_is_fine(repository, candidate, tmp_path):
    check_branch(repository, BRANCH, [])
    tree_of(repository, tmp_path).advance(candidate)
    merges = list(candidate.merges.values())
    check_branch(repository, BRANCH, merges)
    more = repository.git.run("commit-tree", "-m", "More", "-p", candidate.commit, f"{candidate.commit}^{{tree}}").text
    repository.git.run("update-ref", f"refs/heads/{BRANCH}", more)
    check_branch(repository, BRANCH, merges)


@pytest.mark.parametrize("how", ["moved to the first merge", "moved to the start", "deleted"])
def test_a_branch_without_one_of_its_merges_is_not(repository, candidate, tmp_path, how):
    tree_of(repository, tmp_path).advance(candidate)
    first, last = candidate.merges.values()
    ref = f"refs/heads/{BRANCH}"
    if how == "deleted":
        repository.git.run("update-ref", "-d", ref)
    else:
        repository.git.run("update-ref", ref, first if "first" in how else candidate.tip)
    with pytest.raises(BranchLostError) as caught:
        check_branch(repository, BRANCH, [last, first])
    assert f"git -C {repository.root} branch -f {BRANCH} {last}" in caught.value.detail
    repository.git.run("branch", "-f", BRANCH, last)
    check_branch(repository, BRANCH, [last, first])


def test_a_merge_that_is_not_wanted_any_more_is_taken_back_unless_somebody_went_on(repository, candidate, tmp_path):
    tree = tree_of(repository, tmp_path)
    tree.advance(candidate)
    tree.take_back(candidate)
    assert tree.tip() == candidate.tip
    tree.advance(candidate)
    more = repository.git.run("commit-tree", "-m", "More", "-p", candidate.commit, f"{candidate.commit}^{{tree}}").text
    repository.git.run("update-ref", f"refs/heads/{BRANCH}", more)
    tree.take_back(candidate)
    assert tree.tip() == more


def test_a_branch_that_was_deleted_after_it_was_merged_elsewhere_is_made_again(repository, candidate, tmp_path):
    tree_of(repository, tmp_path).advance(candidate)
    repository.git.run("update-ref", "refs/heads/release", candidate.commit)
    repository.git.run("update-ref", "-d", f"refs/heads/{BRANCH}")
    check_branch(repository, BRANCH, list(candidate.merges.values()))
    assert repository.resolve(f"refs/heads/{BRANCH}") == candidate.commit
