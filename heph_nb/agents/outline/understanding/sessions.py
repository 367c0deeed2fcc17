"""Terminal sessions of the PRD: the files that they show before a command, and the exit code shown after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heph_nb.domain.prd import Block

PROMPT = "$ "
CODE = "echo $?"
SHOWS = re.compile(r"(?:cat|type|more|less)\s+([\w./-]+)$")


@dataclass(frozen=True)
class Step:
    """A command of a session.

    Attributes
    ----------
    line : int
        Where it stands in the PRD.
    files : dict
        The files whose content the PRD shows before it.
    exit_code : int or None
        What ``echo $?`` shows right after it.
    """

    line: int
    files: dict[str, str]
    exit_code: int | None = None


def steps(blocks: Sequence[Block]) -> dict[int, Step]:
    """Return the commands of a PRD's sessions, by their lines."""
    found: dict[int, Step] = {}
    files: dict[str, str] = {}
    for block in blocks:
        if block.kind != "code" or PROMPT not in block.text:
            continue
        before: int | None = None
        for line, command, output in _commands(block):
            if shown := SHOWS.match(command):
                files = {**files, shown.group(1): "\n".join(output).rstrip() + "\n"}
            elif command == CODE and before is not None and output and output[0].strip().isdigit():
                found[before] = Step(before, found[before].files, int(output[0]))
            else:
                before = line
                found[line] = Step(line, files)
    return found


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
