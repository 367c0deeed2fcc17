"""Reading commits."""

from __future__ import annotations

from pathlib import Path

from heph_nb.repo.contents import changed_files, contains_requirement, list_files, read_files, requirements_in
from heph_nb.repo.repository import Repository

from .conftest import Person


def test_files_are_read_from_the_commit_not_from_the_disk(person: Person, repository: Repository) -> None:
    person.write("data/a b.bin", b"\0\n\xff missing\n")
    person.write("empty.txt", "")
    person.write("line\nbreak.txt", "x")
    person.write("back\rslash.txt", "cr")
    (person.root / "link").symlink_to("empty.txt")
    commit = person.commit()
    person.write("empty.txt", "later")
    names = [
        "data/a b.bin",
        "empty.txt",
        "nowhere",
        "back\rslash.txt",
        "src",
        "README.md",
        "empty.txt",
        "line\nbreak.txt",
    ]
    found = read_files(repository, commit, names)
    assert found == {
        "data/a b.bin": b"\0\n\xff missing\n", "empty.txt": b"", "back\rslash.txt": b"cr",
        "README.md": b"one\ntwo\nthree\nfour\nfive\n",
    }  # fmt: skip
    assert read_files(repository, commit, []) == {}
    assert read_files(repository, commit, ["README.md"], largest=3) == {}
    assert "line\nbreak.txt" in list_files(repository, commit)
    assert list_files(repository, commit, ending=".py") == ["src/sales.py"]


def test_changed_files_are_the_new_and_the_different_ones(person: Person, repository: Repository) -> None:
    base = repository.head()
    person.write("README.md", "changed")
    person.write("new ä.txt", "new")
    (person.root / "src/sales.py").unlink()
    assert changed_files(repository, base, person.commit()) == ["README.md", "new ä.txt"]


def test_requirement_ids_are_found_as_whole_words(person: Person, repository: Repository, tmp_path: Path) -> None:
    person.write("docs/spec.md", "R-001, (R-002) and R-0031; not XR-004, R-05 or R-006x: R-006")
    person.write("docs/none.md", "nothing")
    person.write("image.bin", b"\xff\xfeR-007\0")
    commit = person.commit()
    found = requirements_in(repository, commit, ["docs/spec.md", "docs/none.md", "image.bin", "nowhere"])
    assert found == {"docs/spec.md": {"R-001", "R-002", "R-0031", "R-006"}, "image.bin": {"R-007"}}
    assert contains_requirement(repository, commit, "docs/spec.md", "R-001")
    assert not contains_requirement(repository, commit, "docs/spec.md", "R-003")
    assert not contains_requirement(repository, commit, "nowhere", "R-001")
