"""Sessions: the commands that a PRD shows, in a terminal or in sentences, with their files, outputs and exit codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heph_nb.domain.prd import Block

PROMPT = "$ "
CODE = "echo $?"
SHOWS = re.compile(r"(?:cat|type|more|less)\s+([\w./-]+)$")

FILE = re.compile(r"(?!-)[\w./-]*\w\.[A-Za-z]\w{0,4}")
"""An argument that is the name of a file."""

COMMAND = re.compile(r"`((?:\./)?[a-z][\w./-]*(?:\s+[^`\s]+)+)`")
SPAN = re.compile(r"`([^`]+)`")
PRINTS = re.compile(r"(?i)\b(?:prints?|outputs|writes?|shows?|displays?|says?)(?:\s+(?:this|the following))?\W*$")
"""How a sentence ends that is followed by what a command prints."""

OF_IT = re.compile(r"(?i)\W*(?:(?:then|and|so)\W+)?(?:it|this|that|the (?:command|tool|program))\b")
"""How a sentence begins that goes on about a command named before it."""

GIVES = re.compile(r"(?i)\b(?:given|with|file|input|contains?|holds?|example)\b")
"""What a sentence says that is followed by the content of a file."""

EXITS = re.compile(
    r"(?i)\W*(?:(?:and|then|it|the command|the)\s+)*(?:(?:exits?|ends?)\s+with|exit)\s+(?:an?\s+)?(?:exit\s+)?"
    r"(?:status|code)?\s*(?:of\s+|is\s+|:\s*)?`?(\d{1,3})\b"
)
"""How the paragraph behind an output says with what the command exits."""


@dataclass(frozen=True)
class Step:
    """A command that the PRD shows.

    Attributes
    ----------
    line, last : int
        Where it stands in the PRD, and the last line that speaks of it.
    files : dict
        The files whose content the PRD shows before it.
    exit_code : int or None
        What ``echo $?`` shows right after it, or the sentence behind its output says.
    call, output : str
        The command and what it prints, where that is told in sentences; empty in a terminal session.
    """

    line: int
    files: dict[str, str]
    exit_code: int | None = None
    call: str = ""
    output: str = ""
    last: int = 0


@dataclass
class _Told:
    """What the sentences before a block say of it; what they say of a command is kept up to the next heading."""

    call: str = ""
    line: int = 0
    prints: bool = False
    gives: bool = False
    name: str = ""
    unnamed: str = ""

    def read(self, lines: Sequence[str], first: int) -> None:
        """Take in the lines between two blocks. ``first`` is the number of the first of them."""
        self.prints = self.gives = False
        self.name = ""
        paragraph = ""
        for at, line in enumerate(lines, start=first):
            if line.lstrip().startswith("#"):
                self.call = self.unnamed = paragraph = ""
                continue
            paragraph = f"{paragraph} {line.strip()}" if line.strip() else ""
            if found := COMMAND.search(line):
                self.call, self.line = found[1], at
            if not paragraph:
                continue
            self.prints = bool(PRINTS.search(paragraph) and (COMMAND.search(paragraph) or OF_IT.match(paragraph)))
            self.gives = not self.prints and GIVES.search(paragraph) is not None
            names = [span for span in SPAN.findall(paragraph) if FILE.fullmatch(span)]
            self.name = names[-1] if names and self.gives else ""

    def files(self, call: str, files: dict[str, str]) -> dict[str, str]:
        """Return the files that a command gets; content without a name is that of the one file that nobody shows."""
        lacking = [word for word in call.split()[1:] if FILE.fullmatch(word) and word not in files]
        return {**files, lacking[0]: self.unnamed} if self.unnamed and len(lacking) == 1 else files


def steps(blocks: Sequence[Block], lines: Sequence[str] = ()) -> dict[int, Step]:
    """Return the commands that a PRD shows, by their lines.

    Parameters
    ----------
    blocks : sequence of Block
        Its code.
    lines : sequence of str
        The whole document: what stands between the blocks says what they are.
    """
    found: dict[int, Step] = {}
    files: dict[str, str] = {}
    told, end = _Told(), 0
    for block in sorted((b for b in blocks if b.kind == "code"), key=lambda b: b.lines):
        told.read(lines[end : block.lines[0] - 1], end + 1)
        end = block.lines[1]
        text = block.text.rstrip("\n")
        if any(line.lstrip().startswith(PROMPT) for line in text.split("\n")):
            files = _session(block, files, found, told)
        elif told.prints and told.call:
            files = told.files(told.call, files)
            code, last = _exit(lines, end)
            found[told.line] = Step(told.line, files, code, told.call, text, last)
        elif told.name:
            files = {**files, told.name: f"{text}\n"}
        elif told.gives:
            told.unnamed = f"{text}\n"
    return found


def _exit(lines: Sequence[str], end: int) -> tuple[int | None, int]:
    """Return the exit code that the paragraph behind line ``end`` tells, and the last line that speaks of the run."""
    following = next((at for at in range(end, len(lines)) if lines[at].strip()), end)
    said = EXITS.match(lines[following]) if following < len(lines) else None
    return (int(said[1]), following + 1) if said else (None, end)


def _session(block: Block, files: dict[str, str], found: dict[int, Step], told: _Told) -> dict[str, str]:
    """Put the commands of a terminal session among those that were found. Returns the files known after it."""
    before: int | None = None
    for line, command, output in _commands(block):
        if shown := SHOWS.match(command):
            files = {**files, shown.group(1): "\n".join(output).rstrip() + "\n"}
        elif command == CODE and before is not None and output and output[0].strip().isdigit():
            found[before] = replace(found[before], exit_code=int(output[0]))
        else:
            before, files = line, told.files(command, files)
            found[line] = Step(line, files, last=line + len(output))
    return files


def _commands(block: Block) -> list[tuple[int, str, list[str]]]:
    """Return each command of a block with its line in the PRD and what follows it."""
    found: list[tuple[int, str, list[str]]] = []
    first = block.lines[1] - block.text.rstrip("\n").count("\n") - 1
    for line, text in enumerate(block.text.rstrip("\n").split("\n"), start=first):
        if text.lstrip().startswith(PROMPT):
            found.append((line, text.strip()[2:].strip(), []))
        elif found:
            found[-1][2].append(text.rstrip())
    return found
