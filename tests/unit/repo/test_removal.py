"""Removing a worktree: only when nothing is lost with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heph_nb.errors import RepositoryError
from heph_nb.repo import removal
from heph_nb.repo.merging import MergeTree, Source
from heph_nb.repo.removal import remove_when_safe
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import Worktree, add_worktree, remove_remains

from .conftest import Person, run_git

BRANCH = "heph-attempt/run-1/a1"
TARGET = "heph/run-1"


@pytest.fixture
def worktree(repository: Repository, tmp_path: Path) -> Worktree:
    repository.start_run("run-1")
    worktree = add_worktree(repository, tmp_path / "w" / "a1", BRANCH, TARGET)
    (worktree.path / "new.txt").write_text("new")
    worktree.commit_all("New")
    return worktree


def merge(worktree: Worktree) -> None:
    tree = MergeTree(worktree.repository, worktree.path.parent / "merge", TARGET)
    tree.advance(tree.candidate([Source(worktree.head(), "Merge")]))


def kept(worktree: Worktree, reason: str) -> None:
    found = remove_when_safe(worktree, TARGET)
    assert not found
    assert reason in found.reason
    assert worktree.path.exists()
    assert worktree.repository.resolve(BRANCH)


def gone(worktree: Worktree) -> None:
    assert remove_when_safe(worktree, TARGET)
    assert not worktree.path.exists()
    assert worktree.repository.resolve(f"refs/heads/{BRANCH}") is None
    assert str(worktree.path) not in worktree.repository.git.run("worktree", "list").text
    assert [path.name for path in worktree.path.parent.iterdir() if path.name.startswith(".")] == []


def remains(worktree: Worktree) -> removal.Removal:
    return remove_remains(worktree.repository, worktree.path, BRANCH, TARGET)


def test_whatever_is_left_of_a_worktree_goes_when_nothing_is_lost_with_it(worktree: Worktree) -> None:
    assert "is not in heph/run-1" in remains(worktree).reason
    merge(worktree)
    shutil.rmtree(worktree.path.parent / "merge")
    worktree.repository.git.run("worktree", "prune")
    assert remains(worktree)
    assert not worktree.path.parent.exists()
    assert worktree.repository.attempt_branches("run-1") == set()
    assert remains(worktree)


@pytest.mark.parametrize("how", ["its directory", "its directory and its entry", "nothing but its entry"])
def test_a_worktree_of_which_a_part_is_gone_goes_when_nothing_is_lost_with_it(worktree: Worktree, how: str) -> None:
    repository = worktree.repository
    shutil.rmtree(worktree.path)
    if how == "its directory and its entry":
        repository.git.run("worktree", "prune")
    if how == "nothing but its entry":
        repository.git.run("update-ref", "-d", f"refs/heads/{BRANCH}")
        shutil.rmtree(worktree.admin)
        worktree.admin.mkdir()
        (worktree.admin / "locked").write_text("initializing")
        assert remains(worktree)
    else:
        assert "is not in heph/run-1" in remains(worktree).reason
        assert repository.attempt_branches("run-1") == {BRANCH}
        repository.git.run("update-ref", f"refs/heads/{TARGET}", f"refs/heads/{BRANCH}")
        assert remains(worktree)
    assert not worktree.path.exists()
    assert not worktree.admin.exists()
    assert repository.attempt_branches("run-1") == set()


def test_a_branch_that_the_person_looks_at_stays(worktree: Worktree, tmp_path: Path) -> None:
    merge(worktree)
    shutil.rmtree(worktree.path)
    worktree.repository.git.run("worktree", "prune")
    worktree.repository.git.run("worktree", "add", "-q", str(tmp_path / "mine"), BRANCH)
    assert "checked out in" in remains(worktree).reason
    assert worktree.repository.resolve(f"refs/heads/{BRANCH}")


def test_merged_and_clean_is_removed_ignored_files_included(worktree: Worktree) -> None:
    merge(worktree)
    (worktree.path / "__pycache__").mkdir()
    (worktree.path / "__pycache__/x.pyc").write_bytes(b"x")
    gone(worktree)
    gone(worktree)


def test_what_is_not_merged_stays(worktree: Worktree) -> None:
    kept(worktree, "is not in heph/run-1")


def test_what_is_not_committed_stays(worktree: Worktree) -> None:
    merge(worktree)
    (worktree.path / "draft.txt").write_text("draft")
    kept(worktree, "1 uncommitted file: draft.txt")
    (worktree.path / "draft.txt").unlink()
    (worktree.path / "README.md").write_text("changed")
    kept(worktree, "README.md")
    run_git(worktree.path, "checkout", "README.md")
    gone(worktree)


def test_hiding_untracked_files_by_configuration_does_not_lose_them(worktree: Worktree, person: Person) -> None:
    person.git("config", "status.showUntrackedFiles", "no")
    merge(worktree)
    (worktree.path / "draft.txt").write_text("draft")
    kept(worktree, "draft.txt")


def test_commits_beside_the_branch_stay(worktree: Worktree) -> None:
    merge(worktree)
    run_git(worktree.path, "switch", "-q", "--detach")
    run_git(worktree.path, "commit", "-q", "--allow-empty", "-m", "Beside")
    kept(worktree, "is not in heph/run-1")
    run_git(worktree.path, "switch", "-q", BRANCH)
    gone(worktree)


def test_another_ref_that_stays_is_as_good(worktree: Worktree, person: Person) -> None:
    person.git("tag", "rescued", BRANCH)
    assert not remove_when_safe(worktree, TARGET, ["no-such-ref"])
    assert remove_when_safe(worktree, TARGET, ["rescued"])


def test_a_target_that_does_not_exist_keeps_everything(worktree: Worktree) -> None:
    assert not remove_when_safe(worktree, "heph/other")
    assert worktree.path.exists()


def test_a_repository_inside_keeps_the_worktree(worktree: Worktree) -> None:
    inner = worktree.path / "inner"
    inner.mkdir()
    run_git(inner, "init", "-q")
    (inner / "file").write_text("only here")
    run_git(inner, "add", "-A")
    run_git(inner, "commit", "-q", "-m", "Inner")
    merge(worktree)
    kept(worktree, "inner/")
    run_git(worktree.path, "-c", "advice.addEmbeddedRepo=false", "add", "inner")
    run_git(worktree.path, "commit", "-q", "-m", "Embedded")
    merge(worktree)
    assert worktree.is_clean(), "git sees nothing to lose"
    kept(worktree, "inner is a repository of its own")


def test_a_submodule_that_nobody_filled_does_not_keep_the_worktree(person: Person, make_person, tmp_path: Path) -> None:
    library = make_person("library")
    person.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "lib")
    person.commit("Library")
    repository = Repository.open(person.root)
    before = (repository.fingerprint(), person.files())
    repository.start_run("run-1")
    worktree = add_worktree(repository, tmp_path / "w" / "a1", BRANCH, TARGET)
    (worktree.path / "new.txt").write_text("new")
    worktree.commit_all("New")
    merge(worktree)
    gone(worktree)
    filled = add_worktree(repository, tmp_path / "w" / "a2", "heph-attempt/run-1/a2", TARGET)
    run_git(filled.path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
    assert "submodule" in remove_when_safe(filled, TARGET).reason
    assert (repository.fingerprint(), person.files()) == before


def test_a_locked_worktree_stays(worktree: Worktree, person: Person) -> None:
    merge(worktree)
    person.git("worktree", "lock", str(worktree.path))
    kept(worktree, "is locked")


def test_an_unfinished_merge_stays(worktree: Worktree, person: Person) -> None:
    merge(worktree)
    person.git("branch", "side", person.git("commit-tree", "-p", "main", "-m", "Side", "main^{tree}"))
    run_git(worktree.path, "merge", "-q", "--no-commit", "side")
    assert worktree.is_clean()
    kept(worktree, "unfinished")


def test_a_replaced_git_directory_stays(worktree: Worktree) -> None:
    merge(worktree)
    (worktree.path / ".git").unlink()
    run_git(worktree.path, "init", "-q")
    kept(worktree, ".git was replaced")


@pytest.mark.parametrize("step", ["forget", "_drop_branch", "delete_tree"])
def test_it_is_finished_after_a_crash_at_any_step(
    worktree: Worktree, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    merge(worktree)

    class KilledError(BaseException):
        pass

    original = getattr(removal, step)

    def killed(*arguments: object, **options: object) -> object:
        if step == "delete_tree" and arguments and not Path(str(arguments[0])).exists():
            return original(*arguments, **options)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(removal, step, killed)
        with pytest.raises(KilledError):
            remove_when_safe(worktree, TARGET)
    assert not worktree.path.exists()
    gone(worktree)


def test_what_a_crash_left_can_be_swept(worktree: Worktree) -> None:
    (worktree.path.parent / ".a9.removed" / "deep").mkdir(parents=True)
    assert removal.finish_removals(worktree.path.parent) == 1
    assert removal.finish_removals(worktree.path.parent) == 0
    assert removal.finish_removals(worktree.path.parent / "nowhere") == 0
    assert worktree.path.exists()


def test_a_directory_that_somebody_deleted_keeps_its_commits(worktree: Worktree) -> None:
    merge(worktree)
    run_git(worktree.path, "switch", "-q", "--detach")
    run_git(worktree.path, "commit", "-q", "--allow-empty", "-m", "Beside")
    shutil.rmtree(worktree.path)
    assert "is not in" in remove_when_safe(worktree, TARGET).reason
    again = add_worktree(worktree.repository, worktree.path, BRANCH, TARGET)
    assert run_git(again.path, "log", "-1", "--format=%s") == "Beside"


def test_read_only_directories_are_removed_too(worktree: Worktree) -> None:
    merge(worktree)
    cache = worktree.path / "__pycache__"
    cache.mkdir()
    (cache / "x.pyc").write_bytes(b"x")
    cache.chmod(0o500)
    gone(worktree)


def test_a_branch_that_moved_on_is_an_error_not_a_loss(worktree: Worktree, monkeypatch: pytest.MonkeyPatch) -> None:
    merge(worktree)
    original = removal.forget

    def late(repository: Repository, admin: Path) -> None:
        tree = repository.git.run("rev-parse", f"{BRANCH}^{{tree}}").text
        commit = repository.git.run("commit-tree", "-p", BRANCH, "-m", "Late", tree).text
        repository.git.run("update-ref", f"refs/heads/{BRANCH}", commit)
        original(repository, admin)

    monkeypatch.setattr(removal, "forget", late)
    with pytest.raises(RepositoryError):
        remove_when_safe(worktree, TARGET)
    assert worktree.repository.git.run("log", "-1", "--format=%s", BRANCH).text == "Late"
