"""Differences as people read them: what a ticket, a task or a commit changed, with coloured lines in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from heph_nb.domain.words import count
from heph_nb.errors import InvalidError
from heph_nb.run.reprs import visible

if TYPE_CHECKING:
    from heph_nb.client.client import Client

_MOST_LINES = 600
"""Lines that are shown at a time; ``text`` has all of them."""

_MOST_FILES = 100
_LONGEST_LINE = 1000

_BLOCK = (
    "margin:4px 0;padding:4px 0;overflow-x:auto;border:1px solid var(--jp-border-color2,#8888);border-radius:4px;"
    "background:transparent;color:inherit;font-family:var(--jp-code-font-family,monospace);"
    "font-size:var(--jp-code-font-size,13px);line-height:1.4"
)
_LINE = "display:block;padding:0 8px;border-left:3px solid "
_STYLES = {
    "added": f"{_LINE}var(--jp-success-color1,#2e7d32);"
    "background:color-mix(in srgb,var(--jp-success-color1,#2e7d32) 16%,transparent)",
    "removed": f"{_LINE}var(--jp-error-color1,#c62828);"
    "background:color-mix(in srgb,var(--jp-error-color1,#c62828) 16%,transparent)",
    "place": f"{_LINE}var(--jp-info-color1,#0277bd);font-style:italic",
    "file": f"{_LINE}transparent;font-weight:bold",
    "same": f"{_LINE}transparent",
}


class ChangedFile(NamedTuple):
    """A file of a difference: its path, and how many lines were added and removed (None: it is binary)."""

    path: str
    added: int | None
    removed: int | None


class Part(NamedTuple):
    """A piece of a difference: a task or commit, and the two commits that were compared (no ``base``: the first)."""

    title: str
    base: str | None
    commit: str


@dataclass(frozen=True, slots=True)
class Diff:
    """What was changed. It shows itself as text and as HTML; ``print(diff)`` prints the unified text.

    Attributes
    ----------
    title : str
        Whose change it is.
    text : str
        The unified diff of every part, one after the other; at most 2 MB.
    files : tuple of ChangedFile
        Each file once: path, added and removed (lines; None for a binary file).
    parts : tuple of Part
        What the text is made of, in order: title, base and commit.
    note : str or None
        What one should know to read it: that there is no work, that it is not merged.
    missing : int
        Bytes of text that were cut off at the end.

    Examples
    --------
    >>> run.diff(ticket).files  # doctest: +SKIP
    (ChangedFile(path='adder.py', added=12, removed=0),)
    """

    title: str
    text: str
    files: tuple[ChangedFile, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str | None = None
    missing: int = 0

    @property
    def summary(self) -> str:
        """How much it is: ``"2 files, +14 -3"``."""
        added, removed = sum(file.added or 0 for file in self.files), sum(file.removed or 0 for file in self.files)
        return f"{count(len(self.files), 'file')}, +{added} -{removed}"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        named = {"files": [f._asdict() for f in self.files], "parts": [p._asdict() for p in self.parts]}
        return asdict(self) | named

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        lines = [f"{self.title}: {self.summary}" if self.files else self.title, *self.said]
        lines += [f"  {_counted(file):>12}  {file.path}" for file in self.files[:_MOST_FILES]]
        shown, more = self._shown()
        return "\n".join([*map(visible, lines), *([""] if shown else []), *shown, *more])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        cell = '<td style="padding:0 12px 0 0;text-align:left">'
        rows = "".join(
            f"<tr>{cell}{escape(visible(file.path))}</td>{cell}{escape(_counted(file))}</td></tr>"
            for file in self.files[:_MOST_FILES]
        )
        table = f'<table style="border-collapse:collapse;font:inherit;color:inherit">{rows}</table>' if rows else ""
        shown, more = self._shown()
        said = "".join(f"<p>{escape(visible(text))}</p>" for text in (*self.said, *more))
        blocks = "".join(
            f'<span style="{_STYLES[kind]}">{escape("".join(f"{line}{chr(10)}" for line in lines))}</span>'
            for kind, lines in _blocks(shown)
        )
        head = f"<b>{escape(visible(self.title))}</b>{f': {self.summary}' if self.files else ''}"
        return (
            '<div style="font-family:var(--jp-ui-font-family,system-ui,sans-serif);'
            f'color:var(--jp-ui-font-color1,inherit)"><div>{head}</div>{said}{table}'
            f"{f'<pre style={chr(34)}{_BLOCK}{chr(34)}>{blocks}</pre>' if shown else ''}</div>"
        )

    @property
    def said(self) -> list[str]:
        """What is to be known of it, a sentence each: the note, and how much is missing."""
        said = [self.note] if self.note else []
        if self.missing:
            whole = len(self.text.encode()) + self.missing
            said.append(f"It is cut off: {self.missing:,} of its {whole:,} bytes are missing here, git has them all.")
        return said

    def _shown(self) -> tuple[list[str], list[str]]:
        """Return the lines that can be read at a time, and what is said of the others."""
        lines = self.text.removesuffix("\n").split("\n") if self.text else []
        more = []
        if (left := len(self.files) - _MOST_FILES) > 0:
            more.append(f"{count(left, 'more file')}: diff.files has all.")
        if (left := len(lines) - _MOST_LINES) > 0:
            more.append(f"{count(left, 'more line')}: print(diff.text) has all.")
        return [_readable(line) for line in lines[:_MOST_LINES]], more


def read_diff(client: Client, run_id: str, *, ticket: str | None, task: str | None, commit: str | None) -> Diff:
    """Ask the backend what a ticket, a task or a commit changed.

    Raises
    ------
    InvalidError
        Not exactly one of them is named.
    """
    named = [(n, id) for n, id in (("tickets", ticket), ("tasks", task), ("commits", commit)) if id is not None]
    if len(named) != 1:
        raise InvalidError("Name one of them: run.diff(ticket), run.diff(task=...) or run.diff(commit=...).")
    noun, id = named[0]
    told = client.get(noun, id, "diff", run_id=run_id)["diff"]
    return Diff(
        title=told["title"],
        text=told["text"],
        files=tuple(ChangedFile(**file) for file in told["files"]),
        parts=tuple(Part(**part) for part in told["parts"]),
        note=told["note"],
        missing=told["missing"],
    )


def _readable(line: str) -> str:
    cut = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"
    return "\t".join(map(visible, cut.split("\t")))


def _counted(file: ChangedFile) -> str:
    return "binary" if file.added is None else f"+{file.added} -{file.removed}"


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield lines of one kind that stand together."""
    head = [False]

    def kind(line: str) -> str:
        if line.startswith("diff --git "):
            head[0] = True
        elif line.startswith("@@"):
            head[0] = False
            return "place"
        if head[0]:
            return "file"
        return {"+": "added", "-": "removed"}.get(line[:1], "same")

    for name, found in groupby(lines, kind):
        yield name, list(found)
