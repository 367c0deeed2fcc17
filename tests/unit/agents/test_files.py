"""Reading and writing for an agent, inside its directory only."""

from __future__ import annotations

import os

import pytest

from heph_nb.agents.files import MAX_TEXT, OutsideError, confined, read_text, write_text


@pytest.fixture
def root(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    return work.resolve()


def test_paths_that_lead_out_are_refused(root):
    (root / "up").symlink_to(root.parent)
    (root / "file").symlink_to(root.parent / "outside.txt")
    (root / "loose").symlink_to(root.parent / "not-yet")

    outside = [
        "../outside.txt",
        "/etc/passwd",
        "a/../../outside.txt",
        "up/outside.txt",
        "file",
        "loose",
        "\0",
        "~/../..",
    ]
    for path in [*outside[:7], str(root.parent), str(root) + "-other/x"]:
        with pytest.raises(OutsideError):
            confined(root, path)
        with pytest.raises(OSError):  # noqa: PT011 - whichever it is, it is not read or written
            write_text(root, path, "x")
    assert (root.parent / "outside.txt").read_text() == "secret"
    assert not (root.parent / "not-yet").exists()


@pytest.mark.parametrize("path", [".git", ".git/hooks/pre-commit", "sub/.git/config"])
def test_the_files_of_git_are_not_for_editing(root, path):
    with pytest.raises(OutsideError, match="git"):
        write_text(root, path, "x")


def test_paths_inside_are_where_they_are(root):
    (root / "here").symlink_to(root / "there")

    assert confined(root, "a/./b/../c") == root / "a/c"
    assert confined(root, str(root / "x")) == root / "x"
    assert confined(root, "here") == root / "there"
    assert confined(root, ".gitignore") == root / ".gitignore"


@pytest.mark.parametrize(
    ("line", "limit", "expected"),
    [
        (None, None, "a\nb\nc\n"),
        (1, 1, "a\n"),
        (2, None, "b\nc\n"),
        (3, 5, "c\n"),
        (9, 1, ""),
        (None, 2, "a\nb\n"),
        (0, 1, "a\n"),
        (1, 0, ""),
    ],
)
def test_lines_of_a_file(root, line, limit, expected):
    write_text(root, "f", "a\nb\nc\n")

    assert read_text(root, "f", line, limit) == expected


def test_a_file_comes_back_as_it_was_written(root):
    text = "tabs\t\r\nünïcode\u2028\nno end"

    write_text(root, "deep/er/f.txt", text)
    assert read_text(root, "deep/er/f.txt") == text
    write_text(root, "deep/er/f.txt", "short")
    assert read_text(root, "deep/er/f.txt") == "short"


def test_what_is_no_text_file_is_refused_at_once(root):
    os.mkfifo(root / "pipe")
    (root / "bytes").write_bytes(b"\xff\xfe")
    with (root / "big").open("wb") as file:
        file.truncate(MAX_TEXT + 1)

    for path in ("pipe", ".", "big"):
        with pytest.raises(OSError):  # noqa: PT011
            read_text(root, path)
    with pytest.raises(ValueError, match="utf-8"):
        read_text(root, "bytes")
    with pytest.raises(FileNotFoundError):
        read_text(root, "none")
    with pytest.raises(OSError, match="regular"):
        write_text(root, "pipe", "x")
    with pytest.raises(ValueError, match="surrogates"):
        write_text(root, "f", "\ud800")
