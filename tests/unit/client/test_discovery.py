"""Which state file is meant, and what is known of its backend."""

import json
import shutil
import subprocess

import pytest

from heph_nb.client import ending
from heph_nb.client.discovery import BackendInfo, beside, existing_state, find_state, keep_out_of_git, read_backend_file
from heph_nb.errors import InvalidError, NotFoundError
from heph_nb.store.database import Database

NAME = "hephaestus.duckdb"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch):
    monkeypatch.delenv("HEPH_STATE", raising=False)


def git(cwd, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "start")
    return root


def test_an_argument_wins_over_everything(tmp_path, monkeypatch):
    (tmp_path / NAME).touch()
    monkeypatch.setenv("HEPH_STATE", str(tmp_path / "env.duckdb"))
    assert find_state("given.duckdb", cwd=tmp_path) == tmp_path / "given.duckdb"


def test_the_environment_wins_over_the_search(tmp_path, monkeypatch):
    (tmp_path / NAME).touch()
    monkeypatch.setenv("HEPH_STATE", str(tmp_path / "env.duckdb"))
    assert find_state(cwd=tmp_path) == tmp_path / "env.duckdb"


def test_the_nearest_file_upwards_is_found(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / NAME).touch()
    assert find_state(cwd=deep) == tmp_path / NAME
    (tmp_path / "a" / NAME).touch()
    assert find_state(cwd=deep) == tmp_path / "a" / NAME


def test_without_a_file_it_belongs_in_the_root_of_the_repository(repository):
    (repository / "notebooks").mkdir()
    assert find_state(cwd=repository / "notebooks") == repository / NAME


def test_a_linked_worktree_means_the_main_one(repository, tmp_path):
    git(repository, "worktree", "add", "-q", str(tmp_path / "elsewhere"))
    assert find_state(cwd=tmp_path / "elsewhere") == repository / NAME


def test_a_repository_around_a_git_hook_does_not_mislead(repository, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert find_state(cwd=other) == other / NAME


def test_outside_of_a_repository_it_is_the_current_directory(tmp_path):
    assert find_state(cwd=tmp_path) == tmp_path / NAME


def test_a_bare_repository_is_no_worktree(tmp_path):
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    assert find_state(cwd=bare) == bare / NAME


def test_two_names_of_one_file_are_one_state(tmp_path):
    real = tmp_path / "real.duckdb"
    real.touch()
    (tmp_path / "link.duckdb").symlink_to(real)
    assert find_state(tmp_path / "link.duckdb") == real


def test_a_directory_is_no_state_file(tmp_path):
    with pytest.raises(InvalidError, match="is a directory"):
        find_state(tmp_path)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\0b", "no path"), ("x" * 300, "too long"), ("a\nb", "line break"), ("a\udcff", "not UTF-8"),
        ("loop/x", "symbolic links"), ("~nobody-of-that-name/x", "no path"), (5, "no path"),
    ],
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name, why):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InvalidError, match=why):
        find_state(name, cwd=tmp_path)


def test_a_state_file_needs_a_directory(tmp_path):
    with pytest.raises(InvalidError, match="does not exist"):
        find_state(tmp_path / "nowhere" / "x.duckdb")


def test_only_some_commands_create_a_state_file(tmp_path):
    with pytest.raises(NotFoundError, match="heph bootstrap"):
        existing_state(tmp_path / "x.duckdb")


def test_a_backend_file_is_read_and_hides_its_token(tmp_path):
    state = tmp_path / "x.duckdb"
    told = {"url": "http://127.0.0.1:8000/", "token": "secret", "pid": 7, "version": "1"}
    beside(state, ".backend.json").write_text(json.dumps(told))
    info = read_backend_file(state)
    assert info == BackendInfo("http://127.0.0.1:8000", "secret", 7, "1")
    assert "secret" not in repr(info)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"url": "x"}', '{"url": "x", "token": "t", "pid": "?", "version": "1"}']
)
def test_a_backend_file_that_makes_no_sense_is_only_a_hint(tmp_path, text):
    state = tmp_path / "x.duckdb"
    assert read_backend_file(state) is None
    beside(state, ".backend.json").write_text(text)
    assert read_backend_file(state) is None


def test_a_state_file_is_out_of_git_before_anything_else_happens(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=30)
    for name in ("hephaestus.duckdb", "hephaestus.duckdb.backend.json"):
        (tmp_path / name).touch()
    for _ in range(2):
        keep_out_of_git(tmp_path, "hephaestus.duckdb*")
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=30
    )
    assert status.stdout == ""
    assert (tmp_path / ".git/info/exclude").read_text().count("hephaestus.duckdb*") == 1


def test_a_state_file_outside_of_git_needs_no_exclude(tmp_path):
    keep_out_of_git(tmp_path, "hephaestus.duckdb*")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_means_the_state_file_in_it(tmp_path):
    with pytest.raises(InvalidError, match="is a directory; name a file in it"):
        find_state(tmp_path)
    (tmp_path / "hephaestus.duckdb").touch()
    assert find_state(tmp_path) == tmp_path / "hephaestus.duckdb"


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1"])
def test_names_of_files_are_understood_in_any_locale(tmp_path, heph, monkeypatch, locale):
    repository = tmp_path / "köche"
    repository.mkdir()
    git(repository, "init", "-q")
    for name, value in {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    told = heph("status", cwd=repository, check=2)
    assert "There is no state file" in told.stderr
    shutil.copy(make_state(tmp_path), repository / NAME)
    try:
        assert "No run yet" in heph("status", cwd=repository).stdout
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        pid = json.loads((repository / f"{NAME}.backend.json").read_text())["pid"]
        assert f"(pid {pid})" in heph("status", cwd=repository).stdout
    finally:
        ending.shutdown(repository / NAME)


def make_state(folder):
    path = folder / "made.duckdb"
    Database.open(path).close()
    return path
