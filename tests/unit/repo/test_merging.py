"""Candidates, conflicts, and the one step in which the run branch moves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from heph_nb.errors import BranchInUseError, BranchMovedError, RepositoryError
from heph_nb.repo.merging import MergeTree, Source
from heph_nb.repo.repository import Repository
from heph_nb.repo.worktrees import Worktree, add_worktree

from .conftest import Person, run_git

TARGET = "heph/run-1"


class Team:
    """Attempts of one run, each with its worktree."""

    def __init__(self, repository: Repository, place: Path) -> None:
        self.repository = repository
        self.place = place
        self.base = repository.start_run("run-1").base_commit
        self.tree = MergeTree(repository, place / "merge", TARGET)

    def attempt(self, name: str, start: str = TARGET) -> Worktree:
        return add_worktree(self.repository, self.place / name, f"heph-attempt/run-1/{name}", start)

    def work(self, name: str, files: dict[str, str | bytes | None], start: str = TARGET) -> Source:
        worktree = self.attempt(name, start)
        for path, text in files.items():
            file = worktree.path / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        commit = worktree.commit_all(f"Work of {name}")
        assert commit is not None
        return Source(commit, f"Merge {name}", {"Heph-Run": "run-1", "Heph-Task": name})

    def read(self, path: str, revision: str = TARGET) -> str:
        return self.repository.git.run("show", f"{revision}:{path}").text

    def is_clean(self) -> bool:
        return run_git(self.tree.path, "status", "--porcelain", "--ignored") == ""


@pytest.fixture
def team(repository: Repository, tmp_path: Path) -> Team:
    return Team(repository, tmp_path / "worktrees")


def test_one_attempt_is_merged_checked_and_advanced(team: Team, repository: Repository) -> None:
    before = repository.fingerprint()
    source = team.work("a1", {"new.txt": "new"})
    candidate = team.tree.candidate([source])
    assert (candidate.path / "new.txt").read_text() == "new"
    assert repository.resolve(TARGET) == team.base == candidate.tip, "nothing moved yet"
    assert not team.tree.is_merged(source.commit)
    assert team.tree.advance(candidate) == candidate.commit == repository.resolve(TARGET)
    assert candidate.merges == {source.commit: candidate.commit}
    assert team.tree.is_merged(source.commit)
    assert team.tree.merge_of(source.commit) == candidate.commit
    parents = repository.git.run("rev-list", "--parents", "-1", TARGET).text.split()[1:]
    assert parents == [team.base, source.commit], "a merge commit, even where the branch could fast-forward"
    told = repository.git.run("log", "-1", "--format=%s|%(trailers:key=Heph-Task,valueonly)", TARGET).text
    assert told.strip() == "Merge a1|a1"
    assert repository.fingerprint() == before


def test_attempts_that_touch_different_files_follow_each_other(team: Team) -> None:
    sources = [team.work(f"a{n}", {f"{n}.txt": str(n)}) for n in range(3)]
    for source in sources:
        team.tree.advance(team.tree.candidate([source]))
    assert [team.read(f"{n}.txt") for n in range(3)] == ["0", "1", "2"]
    assert all(team.tree.merge_of(source.commit) for source in sources)


def test_a_train_is_one_candidate_with_a_merge_for_each(team: Team) -> None:
    sources = [team.work(f"a{n}", {f"{n}.txt": str(n)}) for n in range(3)]
    sources.insert(1, team.work("clash", {"0.txt": "other"}))
    candidate = team.tree.candidate(sources)
    assert list(candidate.merges) == [sources[0].commit, sources[2].commit, sources[3].commit]
    assert list(candidate.conflicts) == [sources[1].commit]
    assert sorted(path.name for path in candidate.path.glob("*.txt")) == ["0.txt", "1.txt", "2.txt"]
    one = team.tree.candidate(sources[:1])
    assert list(one.merges) == [sources[0].commit], "falling back to one by one starts from the same tip"
    assert sorted(path.name for path in one.path.glob("*.txt")) == ["0.txt"]
    team.tree.advance(team.tree.candidate([sources[0], sources[2], sources[3]]))
    assert all(team.tree.is_merged(sources[n].commit) for n in (0, 2, 3))


def test_a_content_conflict_shows_both_sides_and_leaves_the_tree_clean(team: Team) -> None:
    mine = team.work("a1", {"README.md": "one\nRUN\nthree\nfour\nfive\n"})
    theirs = team.work("a2", {"README.md": "one\nATTEMPT\nthree\nfour\nfive\n", "other.txt": "fine"})
    team.tree.advance(team.tree.candidate([mine]))
    candidate = team.tree.candidate([theirs])
    (conflict,) = candidate.conflicts[theirs.commit]
    assert (conflict.path, conflict.kind) == ("README.md", "content")
    assert (conflict.ours, conflict.base, conflict.theirs) == ("RUN\n", "two\n", "ATTEMPT\n")
    assert "Merge conflict in README.md" in conflict.detail
    assert "--- this attempt ---\nATTEMPT" in conflict.describe()
    assert candidate.commit == candidate.tip == team.repository.resolve(TARGET)
    assert team.is_clean()
    assert not (candidate.path / "other.txt").exists()


def test_long_sides_are_cut_in_the_middle(team: Team) -> None:
    mine = team.work("a1", {"big.txt": "".join(f"mine {n}\n" for n in range(5000))})
    theirs = team.work("a2", {"big.txt": "".join(f"theirs {n}\n" for n in range(5000))})
    team.tree.advance(team.tree.candidate([mine]))
    (conflict,) = team.tree.candidate([theirs]).conflicts[theirs.commit]
    assert conflict.kind == "add/add"
    assert len(conflict.ours or "") < 2200
    assert "characters left out" in (conflict.theirs or "")


def test_of_many_conflicts_the_first_are_shown_and_all_are_named(team: Team) -> None:
    mine = team.work("a1", {f"f{n:02}.txt": "mine\n" for n in range(30)} | {"huge.txt": "m\n" * 4_000_000})
    theirs = team.work("a2", {f"f{n:02}.txt": "theirs\n" for n in range(30)} | {"huge.txt": "t\n" * 4_000_000})
    team.tree.advance(team.tree.candidate([mine]))
    found = team.tree.candidate([theirs]).conflicts[theirs.commit]
    assert [conflict.path for conflict in found] == [*(f"f{n:02}.txt" for n in range(30)), "huge.txt"]
    assert [conflict.theirs for conflict in found[:20]] == ["theirs\n"] * 20
    assert found[25].theirs is None
    assert {conflict.kind for conflict in found} == {"add/add"}


Change = Callable[[Team], tuple[Source, Source]]


def delete_and_modify(team: Team) -> tuple[Source, Source]:
    return team.work("a1", {"README.md": None}), team.work("a2", {"README.md": "changed\n"})


def modify_and_delete(team: Team) -> tuple[Source, Source]:
    return team.work("a1", {"README.md": "changed\n"}), team.work("a2", {"README.md": None})


def both_binary(team: Team) -> tuple[Source, Source]:
    return team.work("a1", {"x.bin": b"\0one"}), team.work("a2", {"x.bin": b"\0two"})


def both_rename(team: Team) -> tuple[Source, Source]:
    text = "one\ntwo\nthree\nfour\nfive\n"
    return (
        team.work("a1", {"README.md": None, "A.md": text}),
        team.work("a2", {"README.md": None, "B.md": text}),
    )


def file_and_directory(team: Team) -> tuple[Source, Source]:
    return team.work("a1", {"thing": "a file\n"}), team.work("a2", {"thing/inside": "a directory\n"})


@pytest.mark.parametrize(
    ("change", "kind", "path"),
    [
        (delete_and_modify, "modify/delete", "README.md"),
        (modify_and_delete, "modify/delete", "README.md"),
        (both_binary, "binary", "x.bin"),
        (both_rename, "rename/rename", "README.md"),
        (file_and_directory, "file/directory", "thing"),
    ],
)
def test_other_conflicts_are_named(team: Team, change: Change, kind: str, path: str) -> None:
    mine, theirs = change(team)
    team.tree.advance(team.tree.candidate([mine]))
    candidate = team.tree.candidate([theirs])
    found = candidate.conflicts[theirs.commit]
    assert any(conflict.kind == kind and conflict.path.startswith(path) for conflict in found), found
    assert all(conflict.describe() for conflict in found)
    assert team.is_clean()
    after = team.work("a3", {"after.txt": "after"})
    assert team.tree.candidate([after]).merges, "the next one is not disturbed"


def test_a_submodule_conflict_names_the_commits(team: Team, make_person) -> None:
    library = make_person("library")
    first = library.git("rev-parse", "HEAD")
    library.write("more.txt", "more")
    second = library.commit("More")
    sources = []
    for name, commit in (("a1", first), ("a2", second)):
        worktree = team.attempt(name)
        run_git(worktree.path, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
        run_git(worktree.path, "commit", "-q", "-m", "Library")
        sources.append(Source(worktree.head(), name))
    team.tree.advance(team.tree.candidate(sources[:1]))
    (conflict,) = team.tree.candidate(sources[1:]).conflicts[sources[1].commit]
    assert (conflict.kind, conflict.path, conflict.ours, conflict.theirs) == ("submodule", "lib", first, second)


def test_conflict_markers_never_land_even_if_an_agent_committed_them(team: Team) -> None:
    good = team.work("a1", {"good.txt": "good"})
    worktree = team.attempt("a2")
    (worktree.path / "README.md").write_text("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n")
    run_git(worktree.path, "commit", "-q", "-am", "Resolved, I think")
    bad = Source(worktree.head(), "Merge a2")
    more = team.work("a3", {"more.txt": "more"})
    candidate = team.tree.candidate([good, bad, more])
    assert list(candidate.merges) == [good.commit, more.commit]
    (conflict,) = candidate.conflicts[bad.commit]
    assert (conflict.kind, conflict.path) == ("markers", "README.md")
    team.tree.advance(candidate)
    assert "<<<<" not in team.read("README.md")


def test_an_attempt_without_commits_has_nothing_to_merge(team: Team, repository: Repository) -> None:
    empty = Source(team.attempt("a1").head(), "Empty")
    candidate = team.tree.candidate([empty])
    assert (candidate.nothing, candidate.commit, dict(candidate.merges)) == ((empty.commit,), team.base, {})
    assert team.tree.advance(candidate) == team.base
    assert team.tree.merge_of(empty.commit) is None


def test_a_merge_that_was_not_recorded_is_found_again(team: Team, repository: Repository) -> None:
    source, later = team.work("a1", {"new.txt": "new"}), team.work("a2", {"later.txt": "later"})
    candidate = team.tree.candidate([source])
    commit = team.tree.advance(candidate)
    # The backend is killed here; the next one knows nothing of the candidate.
    tree = MergeTree(repository, team.tree.path, TARGET)
    assert tree.candidate([source]).nothing == (source.commit,)
    assert tree.merge_of(source.commit) == commit
    assert tree.advance(candidate) == commit
    tree.advance(tree.candidate([later]))
    assert tree.advance(candidate) == commit, "also when the branch went on"
    assert tree.merge_of(source.commit) == commit


def test_a_candidate_that_was_never_advanced_is_built_again(team: Team, repository: Repository) -> None:
    source, other = team.work("a1", {"new.txt": "new"}), team.work("a2", {"new.txt": "other"})
    team.tree.candidate([source])
    tree = MergeTree(repository, team.tree.path, TARGET)
    assert list(tree.candidate([other]).merges) == [other.commit], "nothing of the first one is left"


@pytest.mark.parametrize("how", ["merging", "locked", "dirty", "branch", "gone", "replaced"])
def test_whatever_a_crash_or_a_check_left_in_the_tree_is_put_right(
    team: Team, repository: Repository, person: Person, how: str
) -> None:
    first = team.work("a1", {"README.md": "RUN\n"})
    second = team.work("a2", {"README.md": "ATTEMPT\n"})
    third = team.work("a3", {"third.txt": "third"})
    team.tree.advance(team.tree.candidate([first]))
    path = team.tree.path
    if how == "merging":
        run_git(path, "merge", second.commit, check=False)
    elif how == "locked":
        (repository.common_dir / "worktrees/merge/index.lock").write_bytes(b"")
    elif how == "dirty":
        (path / "README.md").unlink()
        (path / "README.md").mkdir()
        (path / "README.md/inside").write_text("x")
        (path / "third.txt").mkdir()
        (path / "third.txt/inside").write_text("x")
        run_git(path, "init", "-q", "nested")
        (path / "src/sales.py").write_text("changed by a check")
        run_git(path, "add", "src/sales.py")
    elif how == "branch":
        person.git("branch", "precious", "main")
        run_git(path, "switch", "-q", "precious")
        run_git(path, "commit", "-q", "--allow-empty", "-m", "Precious")
    elif how == "gone":
        shutil.rmtree(path)
    elif how == "replaced":
        shutil.rmtree(path)
        person.git("worktree", "prune")
    tree = MergeTree(repository, path, TARGET) if how != "dirty" else team.tree
    candidate = tree.candidate([third])
    assert (path / "third.txt").read_text() == "third"
    assert (path / "README.md").read_text() == "RUN\n"
    assert (path / "src/sales.py").read_text().startswith("def total")
    assert team.is_clean()
    tree.advance(candidate)
    if how == "branch":
        assert person.git("log", "-1", "--format=%s", "precious") == "Precious"


def test_ignored_files_stay_from_check_to_check(team: Team) -> None:
    team.tree.candidate([team.work("a1", {"new.txt": "new"})])
    (team.tree.path / "__pycache__").mkdir()
    (team.tree.path / "__pycache__/cache").write_text("expensive")
    team.tree.candidate([team.work("a2", {"other.txt": "other"})])
    assert (team.tree.path / "__pycache__/cache").read_text() == "expensive"


def test_a_branch_that_moved_is_not_overwritten(team: Team, person: Person) -> None:
    candidate = team.tree.candidate([team.work("a1", {"new.txt": "new"})])
    moved = person.git("commit-tree", "-p", TARGET, "-m", "By hand", "main^{tree}")
    person.git("update-ref", f"refs/heads/{TARGET}", moved)
    with pytest.raises(BranchMovedError, match="moved from") as caught:
        team.tree.advance(candidate)
    assert caught.value.facts["found"] == moved == person.git("rev-parse", TARGET)


def test_a_run_branch_that_the_person_looks_at_is_not_moved_under_them(team: Team, person: Person) -> None:
    source = team.work("a1", {"new.txt": "new"})
    candidate = team.tree.candidate([source])
    person.git("switch", "-q", TARGET)
    with pytest.raises(BranchInUseError, match=f"switch --detach {TARGET}") as caught:
        team.tree.advance(candidate)
    assert caught.value.facts["worktree"] == str(person.root)
    assert person.git("status", "--porcelain") == ""
    person.git("switch", "-q", "--detach", TARGET)
    team.tree.advance(candidate)
    assert team.tree.is_merged(source.commit)
    assert person.git("status", "--porcelain") == ""


def test_a_run_branch_that_the_person_rebases_is_not_moved_either(team: Team, person: Person) -> None:
    team.tree.advance(team.tree.candidate([team.work("a1", {"README.md": "RUN\n"})]))
    candidate = team.tree.candidate([team.work("a2", {"new.txt": "new"})])
    person.write("README.md", "MAIN\n")
    person.commit("Main")
    person.git("switch", "-q", TARGET)
    run_git(person.root, "rebase", "main", check=False)
    assert person.git("status", "--porcelain") != ""
    with pytest.raises(BranchInUseError):
        team.tree.advance(candidate)


def test_a_linked_worktree_of_the_person_is_respected(team: Team, person: Person, tmp_path: Path) -> None:
    candidate = team.tree.candidate([team.work("a1", {"new.txt": "new"})])
    person.git("worktree", "add", "-q", str(tmp_path / "look"), TARGET)
    with pytest.raises(BranchInUseError) as caught:
        team.tree.advance(candidate)
    assert caught.value.facts["worktree"] == str(tmp_path / "look")


def test_a_run_branch_that_is_gone_is_an_error(team: Team, person: Person) -> None:
    source = team.work("a1", {"new.txt": "new"})
    person.git("branch", "-D", TARGET)
    with pytest.raises(RepositoryError, match="the branch heph/run-1 is gone"):
        team.tree.candidate([source])


def test_a_lock_that_a_killed_git_left_on_the_run_branch_is_removed(team: Team, repository: Repository) -> None:
    candidate = team.tree.candidate([team.work("a1", {"new.txt": "new"})])
    lock = repository.common_dir / f"refs/heads/{TARGET}.lock"
    lock.write_bytes(b"")
    team.tree.advance(candidate)
    assert repository.resolve(TARGET) == candidate.commit
    assert not lock.exists()


def test_work_without_common_history_is_refused_with_the_reason(team: Team, repository: Repository) -> None:
    tree = repository.git.run("rev-parse", "main^{tree}").text
    orphan = repository.git.run("commit-tree", "-m", "Orphan", tree).text
    with pytest.raises(RepositoryError, match="unrelated histories"):
        team.tree.candidate([Source(orphan, "Orphan")])
    with pytest.raises(RepositoryError, match="could not be merged"):
        team.tree.candidate([Source("no-such-branch", "Nothing")])
    assert team.is_clean()


def test_the_tree_can_be_removed_and_comes_back(team: Team) -> None:
    source = team.work("a1", {"new.txt": "new"})
    team.tree.candidate([source])
    team.tree.remove()
    assert not team.tree.path.exists()
    team.tree.remove()
    assert team.tree.candidate([source]).merges
