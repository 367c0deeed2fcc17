"""Opening repositories of every kind, and what an unusable one is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heph_nb.errors import InvalidError, RepositoryError
from heph_nb.repo.repository import Repository, check_name
from heph_nb.repo.worktrees import add_worktree

from .conftest import Person, run_git


def test_a_subdirectory_opens_its_repository(person: Person) -> None:
    opened = Repository.open(person.root / "src")
    assert opened.root == opened.main_root == person.root
    assert opened.directory == person.root / "src"
    assert (opened.common_dir, opened.name, opened.bare) == (person.root / ".git", "project", False)


def test_a_link_to_the_repository_opens_the_real_one(person: Person, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(person.root)
    assert Repository.open(tmp_path / "link").root == person.root


def test_a_run_starts_at_the_commit_that_is_checked_out(person: Person, repository: Repository) -> None:
    head = person.git("rev-parse", "HEAD")
    assert repository.start_run("run-1") == ("heph/run-1", head)
    assert person.git("rev-parse", "heph/run-1") == head
    person.write("later.txt", "later")
    person.commit()
    assert repository.start_run("run-1") == ("heph/run-1", head), "a run that exists is left where it is"


def test_a_detached_head_and_an_unfinished_rebase_are_places_to_start(person: Person) -> None:
    base = person.git("rev-parse", "HEAD")
    person.git("switch", "-q", "-c", "other")
    person.write("README.md", "one\nOTHER\n")
    person.commit("Other")
    person.git("switch", "-q", "main")
    person.write("README.md", "one\nMAIN\n")
    tip = person.commit("Main")
    run_git(person.root, "rebase", "other", check=False)
    assert (person.root / ".git/rebase-merge").exists()
    repository = Repository.open(person.root)
    before = repository.fingerprint()
    assert repository.start_run("middle").base_commit == person.git("rev-parse", "other")
    assert repository.fingerprint() == before
    person.git("rebase", "--abort")
    person.git("checkout", "-q", "--detach", base)
    assert repository.start_run("detached").base_commit == base != tip


def test_a_linked_worktree_starts_from_its_own_head(person: Person, tmp_path: Path) -> None:
    person.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    person.write("side.txt", "side", at=tmp_path / "side")
    head = person.commit("Side", at=tmp_path / "side")
    opened = Repository.open(tmp_path / "side")
    assert (opened.root, opened.main_root, opened.name) == (tmp_path / "side", person.root, "project")
    assert opened.default_worktrees() == tmp_path / ".project-heph"
    assert opened.start_run("run-1").base_commit == head


def test_bare_and_shallow_repositories_work(person: Person, tmp_path: Path) -> None:
    person.write("second.txt", "second")
    head = person.commit("Second")
    run_git(tmp_path, "clone", "-q", "--bare", str(person.root), "store.git")
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{person.root}", "shallow")
    for name, kind in (("store.git", True), ("shallow", False)):
        opened = Repository.open(tmp_path / name)
        assert (opened.bare, opened.name) == (kind, name.removesuffix(".git"))
        run = opened.start_run("run-1")
        before = opened.fingerprint()
        worktree = add_worktree(opened, tmp_path / f"w-{opened.name}", "heph-attempt/run-1/a1", run.branch)
        (worktree.path / "new.txt").write_text("new")
        commit = worktree.commit_all("New")
        assert commit is not None
        assert opened.is_ancestor(head, commit)
        assert opened.fingerprint() == before


def test_a_repository_with_sha256_ids_works(tmp_path: Path, make_person) -> None:
    person = make_person("modern", "--object-format=sha256")
    opened = Repository.open(person.root)
    worktree = add_worktree(opened, tmp_path / "w", "heph-attempt/r/a", opened.head())
    (worktree.path / "new.txt").write_text("new")
    assert len(worktree.commit_all("New") or "") == 64


def test_what_is_not_a_repository_is_told_how_to_become_one(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"not in a git repository; make one, .*: cd .* && git init"):
        Repository.open(tmp_path)
    with pytest.raises(InvalidError, match="does not exist"):
        Repository.open(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidError, match="is not a directory"):
        Repository.open(tmp_path / "file")


def test_a_repository_without_a_commit_is_told_to_make_one(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    with pytest.raises(RepositoryError, match=r"has no commit yet.*git add FILE \.\.\. && git commit -m \"Start\""):
        Repository.open(tmp_path)


def test_an_empty_branch_beside_one_with_commits_is_named(person: Person) -> None:
    person.git("switch", "-q", "--orphan", "fresh")
    with pytest.raises(RepositoryError, match="branch fresh, which has no commit; switch to a branch that has one"):
        Repository.open(person.root)


def test_the_git_directory_itself_is_refused(person: Person) -> None:
    with pytest.raises(RepositoryError, match="inside a git directory"):
        Repository.open(person.root / ".git")


def test_a_broken_git_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(RepositoryError, match=r"has a \.git that git cannot use"):
        Repository.open(tmp_path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to somebody else")
def test_a_repository_of_somebody_else_says_how_to_trust_it(person: Person) -> None:
    os.chown(person.root, 12345, 12345)
    os.chown(person.root / ".git", 12345, 12345)
    with pytest.raises(RepositoryError, match=r"git config --global --add safe\.directory .*project"):
        Repository.open(person.root)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_directory_that_is_not_writable_is_named(person: Person, tmp_path_factory: pytest.TempPathFactory) -> None:
    for path in (person.root, *person.root.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(0o755)
    configuration = tmp_path_factory.mktemp("nobody") / "config"
    configuration.write_text("[safe]\n\tdirectory = *\n")
    configuration.parent.chmod(0o755)
    # Everything is imported first: this Python may be out of reach for the other user.
    program = (
        "import os, sys, git, tempfile\nfrom heph_nb.repo.repository import Repository\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: Repository.open(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(person.root)], capture_output=True, text=True, check=False,
        env={**os.environ, "GIT_CONFIG_GLOBAL": str(configuration)}, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert f"RepositoryError {person.root}" in done.stdout, done.stderr
    assert "is not writable for you" in done.stdout


def test_a_machine_without_git_is_told_so(person: Person, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = (
        "import sys\nfrom heph_nb.repo.repository import Repository\n"
        "try: Repository.open(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(person.root)], capture_output=True, text=True, check=False,
        env={"PATH": str(tmp_path / "bin")}, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert "RepositoryError git is not installed, or not on PATH" in done.stdout, done.stderr


def test_variables_of_a_hook_do_not_lead_git_elsewhere(person: Person, make_person, monkeypatch) -> None:
    other = make_person("other")
    head = person.git("rev-parse", "HEAD")
    for name, value in {
        "GIT_DIR": str(other.root / ".git"), "GIT_WORK_TREE": str(other.root), "GIT_INDEX_FILE": "/nowhere/index",
        "GIT_AUTHOR_NAME": "Hook", "GIT_AUTHOR_DATE": "1 Jan 2001 00:00:00 +0000", "GIT_PREFIX": "src/",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    opened = Repository.open(person.root)
    assert opened.root == person.root
    assert opened.start_run("run-1").base_commit == head
    worktree = add_worktree(opened, person.root.parent / "w", "heph-attempt/run-1/a1", "heph/run-1")
    (worktree.path / "new.txt").write_text("new")
    commit = worktree.commit_all("New")
    shown = opened.git.run("log", "-1", "--format=%an %ad", "--date=format:%Y", str(commit)).text
    assert shown.startswith("Ada 2")
    assert "2001" not in shown


def test_commits_are_the_persons_or_hephs(person: Person, own_git_configuration: Path) -> None:
    assert Repository.open(person.root).identity["GIT_AUTHOR_EMAIL"] == "ada@example.org"
    own_git_configuration.write_text("[user]\n\tuseConfigOnly = true\n")
    opened = Repository.open(person.root)
    assert opened.identity["GIT_COMMITTER_NAME"] == "heph"
    worktree = add_worktree(opened, person.root.parent / "w", "heph-attempt/r/a", opened.head())
    (worktree.path / "new.txt").write_text("new")
    assert worktree.commit_all("New")
    assert opened.git.run("log", "-1", "--format=%cn <%ce>", "heph-attempt/r/a").text == "heph <heph@localhost>"


def test_a_branch_in_the_way_is_named(person: Person, repository: Repository) -> None:
    person.git("branch", "heph")
    with pytest.raises(RepositoryError, match="git branch -m heph heph-branch"):
        repository.start_run("run-1")


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "a..b", "a.lock", "a.", ".a", "a\nb", "ä", "a~1"])
def test_names_that_git_or_a_shell_would_stumble_over_are_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="cannot be a part of a branch name"):
        check_name(name)


def test_a_pattern_is_excluded_once(person: Person, repository: Repository) -> None:
    exclude = person.root / ".git/info/exclude"
    exclude.write_bytes(b"*.tmp")
    for _ in range(2):
        repository.exclude("hephaestus.duckdb*")
    assert exclude.read_text() == "*.tmp\nhephaestus.duckdb*\n"
    person.write("hephaestus.duckdb.wal", "")
    assert repository.git.run("status", "--porcelain").text == ""


def test_worktrees_go_beside_the_repository(person: Person, repository: Repository, tmp_path: Path) -> None:
    place = repository.default_worktrees()
    assert place == tmp_path / ".project-heph"
    assert repository.check_worktrees(place) == place
    assert not place.exists()


def test_worktrees_inside_the_repository_are_refused(person: Person, repository: Repository, tmp_path: Path) -> None:
    person.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "link").symlink_to(person.root / "src")
    inside = [
        person.root,
        person.root / "w",
        person.root / ".git" / "w",
        tmp_path / "link" / "w",
        tmp_path / "side" / "w",
    ]
    for place in inside:
        with pytest.raises(InvalidError, match="must be outside the repository"):
            repository.check_worktrees(place)
    person.write("file", "")
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidError, match="file is not a directory"):
        repository.check_worktrees(tmp_path / "file" / "w")
    with pytest.raises(InvalidError, match="is not writable for you"):
        repository.check_worktrees("/proc/self/w")


def test_worktrees_inside_another_repository_do_not_show_there(make_person) -> None:
    outer = make_person("outer")
    outer.write("inner/file", "text")
    outer.git("init", "-q", at=outer.root / "inner")
    run_git(outer.root / "inner", "add", "-A")
    run_git(outer.root / "inner", "commit", "-q", "-m", "Inner")
    outer.write(".gitignore", "inner/\n")
    outer.commit()
    repository = Repository.open(outer.root / "inner")
    place = repository.prepare_worktrees(repository.default_worktrees())
    assert place == outer.root / ".inner-heph"
    add_worktree(repository, place / "a", "heph-attempt/r/a", repository.head())
    assert outer.git("status", "--porcelain") == ""


def test_looking_does_not_refresh_the_persons_index(person: Person, repository: Repository) -> None:
    index = person.root / ".git/index"
    os.utime(person.root / "README.md", (1, 1))
    before = index.read_bytes()
    seen = repository.fingerprint()
    assert index.read_bytes() == before
    person.git("status")
    assert index.read_bytes() != before, "git status of a person would have"
    assert repository.fingerprint().index != seen.index
