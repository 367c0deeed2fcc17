"""``heph demo`` from start to end, and what ``heph lab`` opens."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from heph_nb import settings
from heph_nb.client.launch import _import_path, running_backend
from heph_nb.demo.lab import QUICKSTART, find_notebooks, open_lab
from heph_nb.demo.repository import make_repository
from heph_nb.domain.prd import read_prd
from heph_nb.errors import InvalidError


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> tuple[str, Path, int]:
    """Run the demo in a terminal. Returns what it showed, its repository and its exit code."""
    place = tmp_path_factory.mktemp("demo") / "tally"
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from heph_nb.cli import main; main()", "demo", "--directory", str(place)]
    env = os.environ | _import_path() | {"HEPH_PORT": "0", "COLUMNS": "120", "TERM": "xterm"}
    env.pop("HEPH_PLAIN", None)
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=env) as process:
        os.close(theirs)
        text = _read(ours)
        os.close(ours)
        return text, place, process.wait()


def _read(fd: int) -> str:
    pieces = []
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the other end of a terminal is gone
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces).decode()


def test_the_demo_ends_well_and_says_what_came_out_and_how_to_go_on(shown):
    text, place, code = shown
    assert code == 0, text
    for words in (
        f"State file: {place}",
        "completed",
        "Board",
        "specified",
        "Merged into heph/",
        "heph lab",
        "connect(",
    ):
        assert words in text


def test_the_demo_shows_bars_and_a_line_per_event_in_a_terminal(shown):
    text, _, _ = shown
    assert "analysis ████████ " in text
    assert "  ticket    " in text
    assert "  merged    " in text
    assert "  run       is completed" in text


def test_the_demo_asks_about_the_vague_line(shown):
    text, _, _ = shown
    assert "look nice" in text
    answer = re.search(r"-> (heph answer question-\S+ 'your answer' --state \S+)", text)
    assert answer
    assert "run." not in text.replace("run.status", "").split("Waits for your answer")[0].split("completed")[-1]


def test_the_demo_leaves_no_backend_and_the_checkout_as_it_was(shown):
    _, place, _ = shown
    assert running_backend(place / "hephaestus.duckdb") is None
    assert git(place, "status", "--porcelain") == ""
    assert git(place, "branch", "--show-current") == "main"
    assert git(place, "rev-list", "--count", "main") == "1"
    assert int(git(place, "rev-list", "--count", "--branches=heph/*")) > 3


def git(cwd, *arguments):
    return subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True).stdout.strip()


def test_the_shipped_prd_states_what_it_labels(tmp_path):
    prd = read_prd(make_repository(tmp_path / "tally").read_text())
    assert [s.label for s in prd.statements] == [f"FR-{n}" for n in range(1, 12)] + [f"NFR-{n}" for n in range(1, 5)]
    assert {example.output for example in prd.examples} == {"7.5", "@acme 6.5\n@home 1.0"}


def test_the_demo_does_not_write_into_a_directory_that_is_in_use(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InvalidError, match="not empty"):
        make_repository(tmp_path)
    with pytest.raises(InvalidError, match="not empty"):
        make_repository(tmp_path / "mine.txt")


def test_lab_prefers_the_notebooks_of_the_checkout_it_is_in(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / QUICKSTART).touch()
    assert find_notebooks(tmp_path) == tmp_path / "notebooks"
    assert find_notebooks(tmp_path / "notebooks") == tmp_path / "notebooks"


def test_lab_keeps_its_copies_out_of_git(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q")
    monkeypatch.setattr("heph_nb.demo.lab.__file__", str(tmp_path / "x" / "y" / "z.py"))
    folder = find_notebooks(tmp_path)
    (folder / "mine.ipynb").touch()
    assert git(tmp_path, "status", "--porcelain") == ""


def test_lab_without_jupyterlab_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InvalidError, match=r"heph_nb\[lab\]"):
        open_lab(None, ())


def test_lab_becomes_jupyterlab_with_the_state_file_that_is_meant(tmp_path, monkeypatch):
    (tmp_path / QUICKSTART).touch()
    monkeypatch.chdir(tmp_path)
    became = []
    monkeypatch.setattr("os.execve", lambda *arguments: became.append(arguments))
    open_lab(tmp_path / "x.duckdb", ("--no-browser",))
    [(program, command, environment)] = became
    assert program == sys.executable
    assert command[1:3] == ["-m", "jupyterlab"]
    assert "--no-browser" in command
    assert environment["HEPH_STATE"] == str(tmp_path / "x.duckdb")


def test_a_child_does_not_inherit_what_is_only_true_of_a_kernel(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    environment = settings.child_environment(HEPH_STATE="/x")
    assert not {"MPLBACKEND", "GIT_DIR"} & set(environment)
    assert environment["HEPH_STATE"] == "/x"
    assert environment["PATH"] == os.environ["PATH"]
