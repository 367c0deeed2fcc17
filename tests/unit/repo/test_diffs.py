"""What commits changed, whatever is in them and however the person likes their own diffs."""

from __future__ import annotations

import subprocess

from heph_nb.repo.diffs import ChangedFile, Merged, Single, Unmerged, read_difference
from heph_nb.repo.repository import Repository


def work_on(person, branch, **files):
    """Commit files on a branch that leaves the one that is checked out, and return to it."""
    person.git("switch", "-q", "-c", branch)
    for name, text in files.items():
        person.write(f"{name}.txt", text)
    head = person.commit(branch)
    person.git("switch", "-q", "-")
    return head


def merge(person, branch):
    person.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
    return person.git("rev-parse", "HEAD")


def test_merges_are_compared_with_what_they_were_merged_into_and_single_commits_are_not_told_twice(person):
    first = work_on(person, "one", a="1\n")
    work_on(person, "two", b="2\n")
    merges = [merge(person, "one"), merge(person, "two")]
    person.write("c.txt", "3\n")
    apart = person.commit("apart")
    links = [Single("known", first), Single("known", merges[0]), Single("apart", apart), Single("?", "0" * 40)]
    found = read_difference(Repository.open(person.root), [Merged("M", m) for m in merges], links)
    assert [file.path for file in found.files] == ["a.txt", "b.txt", "c.txt"]
    assert [part.title for part in found.parts] == ["M", "M", "apart"]
    assert (found.gone, found.missing) == (("0" * 40,), 0)
    person.git("checkout", "-q", found.parts[0].base)
    subprocess.run(["git", "apply"], cwd=person.root, input=found.text.encode(), check=True)
    assert (person.root / "b.txt").read_text() == "2\n"


def test_a_branch_is_compared_with_where_it_left_even_if_it_took_the_run_in_again(person):
    base = person.git("rev-parse", "HEAD")
    work_on(person, "attempt", a="1\n")
    person.write("others.txt", "x\n")
    person.commit("others")
    person.git("switch", "-q", "attempt")
    merge(person, "main")
    found = read_difference(Repository.open(person.root), [Unmerged("A", "refs/heads/attempt", base, "main")])
    assert found.files == (ChangedFile("a.txt", 1, 0),)
    nothing = read_difference(Repository.open(person.root), [Unmerged("A", "refs/heads/gone", base, "main")])
    assert (nothing.text, nothing.parts, nothing.gone) == ("", (), ("refs/heads/gone",))


def test_binary_renamed_strangely_named_and_undecodable_files(person, own_git_configuration):
    own_git_configuration.write_text(
        own_git_configuration.read_text() + "[diff]\n\tnoprefix = true\n\texternal = false\n[color]\n\tui = always\n"
        '[diff "shout"]\n\ttextconv = false\n'
    )
    person.write(".gitattributes", "*.md diff=shout\n")
    person.write("logo.png", b"\x89PNG\0\0")
    person.write("tab\there é.txt", b"caf\xe9\n")
    person.git("mv", "README.md", "LIESMICH.md")
    found = read_difference(Repository.open(person.root), [], [Single("odd", person.commit("odd"))])
    files = {file.path: (file.added, file.removed) for file in found.files}
    assert files == {
        ".gitattributes": (1, 0),
        "LIESMICH.md": (0, 0),
        "logo.png": (None, None),
        "tab\there é.txt": (1, 0),
    }
    assert "rename to LIESMICH.md" in found.text
    assert "Binary files /dev/null and b/logo.png differ" in found.text
    assert "+caf\ufffd" in found.text
    assert "\x1b" not in found.text


def test_what_is_too_long_is_cut_at_a_line_and_the_first_commit_is_all_that_it_holds(person):
    start = person.git("rev-parse", "HEAD")
    whole = read_difference(Repository.open(person.root), [], [Single("start", start)])
    assert {file.path for file in whole.files} == {".gitignore", "README.md", "src/sales.py"}
    cut = read_difference(Repository.open(person.root), [], [Single("start", start)], most=200)
    assert whole.text.startswith(cut.text)
    assert cut.text.endswith("\n")
    assert (len(cut.text) + cut.missing, whole.missing, cut.files) == (len(whole.text), 0, whole.files)
