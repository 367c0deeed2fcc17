"""Worktrees: made, committed in, and found again after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path

import pytest

from heph_nb.errors import InvalidError, RepositoryError, UnresolvedConflictError, WrongStateError
from heph_nb.repo.registry import registry_lock
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import Worktree, add_worktree

from .conftest import Person, run_git

BRANCH = "heph-attempt/run-1/a1"


@pytest.fixture
def worktree(repository: Repository, tmp_path: Path) -> Worktree:
    repository.start_run("run-1")
    return add_worktree(repository, tmp_path / "w" / "a1", BRANCH, "heph/run-1")


def show(worktree: Worktree, *arguments: str) -> str:
    return run_git(worktree.path, *arguments)


def test_a_worktree_is_on_a_branch_of_its_own_at_the_start(worktree: Worktree, person: Person) -> None:
    assert worktree.head() == person.git("rev-parse", "HEAD")
    assert show(worktree, "branch", "--show-current") == BRANCH
    assert worktree.is_clean()
    assert worktree.commit_all("Nothing") is None


def test_making_it_again_returns_it_as_it_is(worktree: Worktree, repository: Repository) -> None:
    (worktree.path / "README.md").write_text("changed")
    again = add_worktree(repository, worktree.path, BRANCH, "heph/run-1")
    assert again == worktree
    assert (worktree.path / "README.md").read_text() == "changed"


def test_everything_an_agent_left_is_committed_with_trailers(worktree: Worktree, person: Person) -> None:
    (worktree.path / "README.md").write_text("changed")
    (worktree.path / "src/sales.py").unlink()
    (worktree.path / "ä new\nname.txt").write_text("new")
    (worktree.path / "debug.log").write_text("ignored")
    (worktree.path / "link").symlink_to("README.md")
    commit = worktree.commit_all("Add sales\n\nWhy.", {"Heph-Run": "run-1", "Heph-Task": "task-\n1", "Heph-Ticket": ""})
    assert commit == worktree.head()
    assert (
        show(worktree, "log", "-1", "--format=%s|%(trailers:key=Heph-Run,valueonly,separator=%x2C)")
        == "Add sales|run-1"
    )
    assert show(worktree, "log", "-1", "--format=%(trailers:key=Heph-Task,valueonly)").strip() == "task- 1"
    changed = show(worktree, "show", "--name-status", "-z", "--format=", "HEAD")
    assert changed == "M\0README.md\0A\0link\0D\0src/sales.py\0A\0ä new\nname.txt\0"
    assert worktree.is_clean()
    assert worktree.commit_all("Nothing") is None
    assert person.git("status", "--porcelain") == ""


def test_half_staged_changes_are_committed_whole(worktree: Worktree) -> None:
    show(worktree, "rm", "-q", "src/sales.py")
    show(worktree, "mv", "README.md", "READ ME.md")
    (worktree.path / "*").write_text("a name that is a pattern")
    (worktree.path / "both.txt").write_text("staged")
    (worktree.path / "gone.txt").write_text("staged")
    show(worktree, "add", "both.txt", "gone.txt")
    (worktree.path / "both.txt").write_text("staged and more")
    (worktree.path / "gone.txt").unlink()
    (worktree.path / os.fsdecode(b"latin-\xe4.txt")).write_text("no utf-8")
    assert worktree.commit_all("All") is not None
    assert worktree.is_clean()
    assert show(worktree, "show", "HEAD:both.txt") == "staged and more"
    assert show(worktree, "ls-tree", "-r", "--name-only", "HEAD").splitlines() == [
        "*", ".gitignore", "READ ME.md", "both.txt", '"latin-\\344.txt"'
    ]  # fmt: skip
    show(worktree, "rm", "-q", "both.txt")
    assert worktree.commit_all("Only staged") is not None


def test_names_that_are_no_text_can_be_shown(worktree: Worktree) -> None:
    (worktree.path / os.fsdecode(b"latin-\xe4.txt")).write_text("<<<<<<< a\n>>>>>>> b\n")
    assert worktree.status().describe() == "1 uncommitted file: latin-\ufffd.txt"
    with pytest.raises(UnresolvedConflictError) as caught:
        worktree.commit_all("Marked")
    assert caught.value.facts["paths"] == ("latin-\ufffd.txt",)


def test_what_a_person_likes_in_git_does_not_disturb(person: Person, repository: Repository, tmp_path: Path) -> None:
    ran = tmp_path / "hook-ran"
    for name in ("pre-commit", "prepare-commit-msg", "post-commit", "post-checkout", "reference-transaction"):
        person.write(f".git/hooks/{name}", f"#!/bin/sh\necho {name} >> {ran}\n").chmod(0o755)
    for name, value in {
        "commit.gpgSign": "true", "gpg.program": "/bin/false", "core.safecrlf": "true", "core.autocrlf": "true",
        "status.showUntrackedFiles": "no", "commit.cleanup": "scissors", "core.quotePath": "true", "merge.ff": "only",
        "core.hooksPath": str(person.root / ".git/hooks"), "core.fsmonitor": "/bin/false", "gc.auto": "1",
        "branch.autoSetupMerge": "always", "i18n.commitEncoding": "ISO-8859-1", "status.branch": "true",
    }.items():  # fmt: skip
        person.git("config", name, value)
    before = (repository.fingerprint(), person.files())
    ran.unlink(missing_ok=True)
    worktree = add_worktree(repository, tmp_path / "w", BRANCH, "HEAD")
    (worktree.path / "new.txt").write_bytes(b"one\ntwo\n")
    assert worktree.commit_all("# Grüße\n\n# a line") is not None
    assert worktree.is_clean()
    assert repository.git.run("log", "-1", "--format=%B", BRANCH).text.strip() == "# Grüße\n\n# a line"
    assert not ran.exists(), ran.read_text()
    assert (repository.fingerprint(), person.files()) == before


def test_a_worktree_of_a_sparse_checkout_is_whole(person: Person, tmp_path: Path) -> None:
    person.write("lib/far.txt", "far")
    person.commit()
    person.git("sparse-checkout", "set", "--cone", "src")
    repository = Repository.open(person.root)
    before = (repository.fingerprint(), person.files())
    worktree = add_worktree(repository, tmp_path / "w", BRANCH, "HEAD")
    assert (worktree.path / "lib/far.txt").read_text() == "far"
    assert not (person.root / "lib").exists()
    person.write("docs/new.md", "new", at=worktree.path)
    person.git("add", "docs/new.md", at=worktree.path)
    worktree.commit_all("Docs")
    assert "docs/new.md" in show(worktree, "ls-tree", "-r", "--name-only", "HEAD")
    assert "README.md" in show(worktree, "ls-tree", "-r", "--name-only", "HEAD")
    assert worktree.is_clean()
    assert (repository.fingerprint(), person.files()) == before


def test_a_repository_inside_the_worktree_is_left_where_it_is(worktree: Worktree) -> None:
    inner = worktree.path / "vendor" / "inner"
    inner.mkdir(parents=True)
    run_git(inner, "init", "-q")
    (inner / "file").write_text("only here")
    run_git(inner, "add", "-A")
    run_git(inner, "commit", "-q", "-m", "Inner")
    assert worktree.status().nested == ("vendor/inner/",)
    assert worktree.commit_all("Only the inner one") is None
    (worktree.path / "new.txt").write_text("new")
    assert worktree.commit_all("New") is not None
    assert show(worktree, "show", "--name-only", "--format=", "HEAD") == "new.txt"
    assert not worktree.is_clean(), "so it is not removed"


def conflicting_merge(worktree: Worktree, person: Person) -> None:
    person.git("branch", "other")
    (worktree.path / "README.md").write_text("one\nAGENT\nthree\nfour\nfive\n")
    worktree.commit_all("Agent")
    show(worktree, "switch", "-q", "--detach", "other")
    (worktree.path / "README.md").write_text("one\nOTHER\nthree\nfour\nfive\n")
    show(worktree, "commit", "-q", "-am", "Other")
    other = worktree.head()
    show(worktree, "switch", "-q", BRANCH)
    run_git(worktree.path, "merge", other, check=False)


def test_an_unresolved_merge_is_not_committed(worktree: Worktree, person: Person) -> None:
    conflicting_merge(worktree, person)
    head = worktree.head()
    with pytest.raises(UnresolvedConflictError, match=r"unresolved conflicts in: README\.md") as caught:
        worktree.commit_all("Merge")
    assert caught.value.facts["paths"] == ("README.md",)
    show(worktree, "add", "README.md")
    with pytest.raises(UnresolvedConflictError, match=r"conflict markers .* in: README\.md"):
        worktree.commit_all("Merge")
    assert worktree.head() == head
    (worktree.path / "README.md").write_text("one\nBOTH\nthree\nfour\nfive\n")
    merge = worktree.commit_all("Merge")
    assert show(worktree, "rev-list", "--parents", "-1", "HEAD").split()[:2] == [merge, head]
    assert len(show(worktree, "rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_a_conflict_resolved_in_the_file_alone_is_committed(worktree: Worktree, person: Person) -> None:
    conflicting_merge(worktree, person)
    (worktree.path / "README.md").write_text("resolved")
    assert worktree.commit_all("Merge") is not None
    assert worktree.is_clean()


def test_new_files_with_conflict_markers_are_refused_but_old_ones_may_keep_theirs(worktree: Worktree) -> None:
    marked = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n"
    (worktree.path / "guide.md").write_text(marked)
    with pytest.raises(UnresolvedConflictError, match=r"guide\.md"):
        worktree.commit_all("Guide")
    show(worktree, "add", "-A")
    show(worktree, "commit", "-q", "-m", "A guide to git")
    (worktree.path / "guide.md").write_text(f"Title\n{marked}")
    assert worktree.commit_all("Title") is not None
    (worktree.path / "heading.rst").write_text("Title\n=======\n")
    (worktree.path / "quoted.md").write_text("    <<<<<<< HEAD\n    >>>>>>> other\n")
    (worktree.path / "image.bin").write_bytes(b"\0" + marked.encode())
    assert worktree.commit_all("Not markers") is not None


def test_work_on_a_branch_of_the_agents_own_is_the_attempts(worktree: Worktree) -> None:
    show(worktree, "switch", "-q", "-c", "my-feature")
    (worktree.path / "one.txt").write_text("one")
    show(worktree, "add", "-A")
    show(worktree, "commit", "-q", "-m", "One")
    show(worktree, "switch", "-q", "--detach")
    (worktree.path / "two.txt").write_text("two")
    commit = worktree.commit_all("Two")
    assert show(worktree, "rev-parse", BRANCH) == commit
    assert show(worktree, "branch", "--show-current") == BRANCH


def test_a_place_that_does_not_contain_the_attempt_is_an_error(worktree: Worktree) -> None:
    (worktree.path / "one.txt").write_text("one")
    worktree.commit_all("One")
    show(worktree, "switch", "-q", "--detach", "HEAD~1")
    (worktree.path / "two.txt").write_text("two")
    with pytest.raises(WrongStateError, match=f"on no branch instead of {BRANCH}"):
        worktree.commit_all("Two")
    assert (worktree.path / "two.txt").read_text() == "two"


def test_a_git_directory_that_an_agent_replaced_is_noticed(worktree: Worktree) -> None:
    (worktree.path / ".git").unlink()
    run_git(worktree.path, "init", "-q")
    with pytest.raises(RepositoryError, match="does not belong to"):
        worktree.commit_all("Lost")


def test_a_worktree_that_lost_its_git_file_does_not_reach_the_repository_around_it(make_person) -> None:
    outer = make_person("outer")
    inner = make_person("outer/inner")
    repository = Repository.open(inner.root)
    worktree = add_worktree(repository, outer.root / "w", BRANCH, "HEAD")
    (worktree.path / ".git").unlink()
    assert worktree.head() == inner.git("rev-parse", "HEAD")
    (worktree.path / "new.txt").write_text("new")
    assert add_worktree(repository, worktree.path, BRANCH, "HEAD") == worktree
    assert worktree.commit_all("New") == inner.git("rev-parse", BRANCH)
    assert outer.git("log", "--format=%s") == "Start"


def test_a_directory_that_is_gone_is_never_replaced_by_the_current_one(
    worktree: Worktree, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(person.root)
    person.write("README.md", "not committed")
    shutil.rmtree(worktree.path)
    with pytest.raises(RepositoryError, match="cannot change to"):
        worktree.git.run("checkout", "--force", "HEAD")
    assert (person.root / "README.md").read_text() == "not committed"


def test_many_worktrees_at_once(repository: Repository, tmp_path: Path) -> None:
    def work(number: int) -> str | None:
        worktree = add_worktree(repository, tmp_path / "w" / f"a{number}", f"heph-attempt/r/a{number}", "HEAD")
        (worktree.path / "new.txt").write_text(str(number))
        return worktree.commit_all("New")

    with ThreadPoolExecutor(8) as pool:
        commits = list(pool.map(work, range(40)))
    assert len(set(commits)) == 40
    assert None not in commits


def test_an_entry_that_is_just_being_written_is_waited_for(repository: Repository, tmp_path: Path) -> None:
    entry = repository.common_dir / "worktrees" / "other"
    with ThreadPoolExecutor(1) as pool:
        with registry_lock(repository.common_dir):
            entry.mkdir(parents=True)
            (entry / "gitdir").write_text(f"{tmp_path}/other/.git\n")
            (entry / "commondir").write_text("")
            future = pool.submit(add_worktree, repository, tmp_path / "w", BRANCH, "HEAD")
            with pytest.raises(FutureTimeoutError):
                future.result(timeout=0.3)
            shutil.rmtree(entry)
        assert future.result().is_clean()


def test_a_half_made_worktree_is_made_anew(repository: Repository, tmp_path: Path) -> None:
    # Git is killed while it checks out: a filter that never ends holds it there.
    attributes, place = repository.common_dir / "info" / "attributes", tmp_path / "w"
    attributes.write_text("*.py filter=slow\n")
    os.mkfifo(tmp_path / "ready")
    filtering = f"filter.slow.smudge=echo > {tmp_path}/ready; sleep 60"
    command = ["git", "-c", filtering, "worktree", "add", "-b", BRANCH, str(place), "HEAD"]
    process = subprocess.Popen(command, cwd=repository.root, start_new_session=True, stderr=subprocess.DEVNULL)
    (tmp_path / "ready").read_text()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    attributes.unlink()
    assert (repository.common_dir / "worktrees/w/locked").exists()
    worktree = add_worktree(repository, place, BRANCH, "HEAD")
    assert worktree.is_clean()
    assert (place / "src/sales.py").exists()
    assert worktree == add_worktree(repository, place, BRANCH, "HEAD")


def test_a_git_that_outlived_its_parent_is_waited_for(repository: Repository, tmp_path: Path) -> None:
    (repository.common_dir / "info" / "attributes").write_text("*.py filter=slow\n")
    place = tmp_path / "w"
    os.mkfifo(tmp_path / "ready")
    filtering = f"filter.slow.smudge=echo > {tmp_path}/ready; sleep 0.5; cat"
    command = ["git", "-c", filtering, "worktree", "add", "-b", BRANCH, str(place), "HEAD"]
    process = subprocess.Popen(command, cwd=repository.root, stderr=subprocess.DEVNULL)
    (tmp_path / "ready").read_text()
    worktree = add_worktree(repository, place, BRANCH, "HEAD")
    assert process.wait() == 0
    assert (place / "src/sales.py").read_text().startswith("def total")
    assert worktree.head() == repository.head()


def test_stale_locks_are_removed(worktree: Worktree, repository: Repository) -> None:
    (worktree.path / "new.txt").write_text("new")
    (worktree.admin / "index.lock").write_bytes(b"")
    (worktree.admin / "HEAD.lock").write_bytes(b"")
    again = add_worktree(repository, worktree.path, BRANCH, "HEAD")
    (worktree.admin / "index.lock").write_bytes(b"")
    assert again.commit_all("New") is not None


def test_a_directory_that_vanished_comes_back_with_what_was_staged(worktree: Worktree, repository: Repository) -> None:
    (worktree.path / "staged.txt").write_text("staged")
    show(worktree, "add", "staged.txt")
    shutil.rmtree(worktree.path)
    again = add_worktree(repository, worktree.path, BRANCH, "HEAD")
    assert (again.path / "staged.txt").read_text() == "staged"
    assert again.status().changed == ("staged.txt",)


def test_a_directory_whose_ties_were_pruned_is_reconnected_with_its_work(
    worktree: Worktree, person: Person, repository: Repository, tmp_path: Path
) -> None:
    (worktree.path / "README.md").write_text("changed")
    (worktree.path / "new.txt").write_text("new")
    worktree.path.rename(tmp_path / "unmounted")
    person.git("worktree", "prune")
    (tmp_path / "unmounted").rename(worktree.path)
    again = add_worktree(repository, worktree.path, BRANCH, "HEAD")
    status = again.status()
    assert (status.branch, status.changed, status.untracked) == (BRANCH, ("README.md",), ("new.txt",))
    assert again.commit_all("All") is not None
    assert (again.path / "new.txt").read_text() == "new"


def test_a_branch_that_is_there_keeps_its_commits(worktree: Worktree, repository: Repository, person: Person) -> None:
    (worktree.path / "new.txt").write_text("new")
    commit = worktree.commit_all("New")
    person.git("worktree", "remove", "--force", str(worktree.path))
    assert add_worktree(repository, worktree.path, BRANCH, "heph/run-1").head() == commit


def test_other_things_in_the_way_are_left_alone(worktree: Worktree, repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").write_text("mine")
    with pytest.raises(InvalidError, match="is in the way: it is not empty"):
        add_worktree(repository, tmp_path / "taken", "heph-attempt/run-1/a2", "HEAD")
    assert (tmp_path / "taken/file").read_text() == "mine"
    with pytest.raises(InvalidError, match=f"is the worktree of {BRANCH}, not of heph-attempt/run-1/a2"):
        add_worktree(repository, worktree.path, "heph-attempt/run-1/a2", "HEAD")
    with pytest.raises(RepositoryError, match=r"already (checked out|used by worktree)"):
        add_worktree(repository, tmp_path / "second", BRANCH, "HEAD")
