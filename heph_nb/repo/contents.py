"""What is in a commit, read from git itself and never from a work tree."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from heph_nb.repo.repository import Repository

LARGEST = 2_000_000
"""Files with more bytes than this are not read unless asked for."""

_ID = re.compile(r"(?<![A-Za-z0-9])R-\d{3,}(?!\d)")


def list_files(repository: Repository, commit: str, *, ending: str = "") -> list[str]:
    """Return the paths of all files of a commit whose name ends with ``ending`` (one git process)."""
    paths = repository.git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).fields
    return [path for path in paths if path.endswith(ending)]


def changed_files(repository: Repository, base: str, head: str) -> list[str]:
    """Return the paths that ``head`` has and ``base`` has not, or has with other content (one git process)."""
    return repository.git.run(
        "diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", "--no-ext-diff", base, head
    ).fields


def read_files(
    repository: Repository, commit: str, paths: Iterable[str], *, largest: int = LARGEST
) -> dict[str, bytes]:
    """Read files of a commit (two git processes, whatever the number of files).

    Parameters
    ----------
    repository : Repository
    commit : str
        A commit, branch or tag.
    paths : iterable of str
        Relative to the top of the tree.
    largest : int
        Bytes; a larger file is left out.

    Returns
    -------
    dict
        Content by path; a path that is not a file of that commit is left out.
    """
    # A newline ends a request of the batch, so such a name cannot be asked for.
    asked = [path for path in dict.fromkeys(paths) if "\n" not in path]
    if not asked:
        return {}
    requests = b"".join(os.fsencode(f"{commit}:{path}\n") for path in asked)
    answer = repository.git.run("cat-file", "--batch-check", stdin=requests)
    blobs: dict[str, bytes] = {}
    for path, line in zip(asked, answer.out.rstrip(b"\n").split(b"\n"), strict=True):
        name, *facts = line.split(b" ")
        if len(facts) == 2 and facts[0] == b"blob" and int(facts[1]) <= largest:
            blobs[path] = name
    content = read_blobs(repository, [os.fsdecode(name) for name in blobs.values()])
    return {path: content[os.fsdecode(name)] for path, name in blobs.items()}


def read_blobs(repository: Repository, names: Collection[str], *, largest: int | None = None) -> dict[str, bytes]:
    """Read objects by their ids (one git process; two with ``largest``, the bytes above which one is left out)."""
    wanted = list(dict.fromkeys(names))
    if largest is not None and wanted:
        sizes = repository.git.run(
            "cat-file",
            "--batch-check=%(objectname) %(objectsize)",
            stdin="".join(f"{name}\n" for name in wanted).encode(),
        ).text
        facts = [line.split(" ") for line in sizes.splitlines()]
        wanted = [name for name, size in facts if size.isdigit() and int(size) <= largest]
    if not wanted:
        return {}
    data = repository.git.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in wanted).encode()).out
    found: dict[str, bytes] = {}
    position = 0
    for name in wanted:
        end = data.index(b"\n", position)
        header = data[position:end].split(b" ")
        if len(header) != 3:  # "<name> missing"
            position = end + 1
            continue
        size = int(header[2])
        found[name] = data[end + 1 : end + 1 + size]
        position = end + 1 + size + 1
    return found


def requirements_in(repository: Repository, commit: str, paths: Iterable[str]) -> dict[str, set[str]]:
    """Find which requirement ids the files of a commit mention (two git processes).

    Returns
    -------
    dict
        Ids such as ``R-001`` by path; files that mention none are left out.

    Example
    -------
    >>> requirements_in(repository, merge, changed_files(repository, tip, merge))  # doctest: +SKIP
    {'docs/heph/sales.md': {'R-001', 'R-004'}}
    """
    files = read_files(repository, commit, paths)
    found = {path: set(_ID.findall(data.decode("utf-8", "replace"))) for path, data in files.items()}
    return {path: ids for path, ids in found.items() if ids}


def contains_requirement(repository: Repository, commit: str, path: str, requirement_id: str) -> bool:
    """Say whether the file ``path`` of a commit mentions ``requirement_id``, as a whole word."""
    return requirement_id in requirements_in(repository, commit, [path]).get(path, ())
