"""Checks: the commands of a phase, run in the merge candidate. Their exit codes decide."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from heph_nb.repo.checks import CheckResult, run_check
from heph_nb.repo.contents import changed_files
from heph_nb.repo.merging import Candidate, MergeTree

_PLACEHOLDER = re.compile(r"\{(python|base|tests|report)\}")


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that ran: its result, and the JUnit XML report that it wrote, if it wrote one."""

    result: CheckResult
    report: str | None = None


async def run_checks(
    commands: Sequence[str], *, tree: MergeTree, candidate: Candidate, seconds: float
) -> list[Checked]:
    """Run the checks of a candidate one after another, up to the first that fails.

    Parameters
    ----------
    commands : sequence of str
        Command lines; ``{python}``, ``{base}``, ``{tests}`` and ``{report}`` stand for the interpreter, the commit
        before the work, the test files that it adds or changes, and a file for a JUnit XML report. A check that
        names ``{tests}`` is left out where there are none.
    tree : MergeTree
        Where the candidate is checked out.
    candidate : Candidate
        What is checked.
    seconds : float
        How long each check may take.
    """
    changed = await asyncio.to_thread(changed_files, tree.repository, candidate.tip, candidate.commit)
    tests = [path for path in changed if is_test_file(path)]
    done: list[Checked] = []
    with tempfile.TemporaryDirectory(prefix="heph-checks-") as reports:
        for number, command in enumerate(commands):
            if "{tests}" in command and not tests:
                continue
            report = Path(reports) / f"{number}.xml"
            line = fill(command, base=candidate.tip, tests=tests, report=report)
            result = await run_check(line, cwd=tree.path, env={}, timeout=seconds)
            text = report.read_text("utf-8", errors="replace") if report.is_file() else None
            done.append(Checked(result, text))
            if result.exit_code != 0:
                break
    return done


def fill(command: str, *, base: str, tests: Sequence[str], report: Path) -> str:
    """Put the values of the placeholders into a command line, quoted for the shell.

    Examples
    --------
    >>> fill("pytest {tests}", base="", tests=["a b.py"], report=Path("r.xml"))
    "pytest 'a b.py'"
    """
    values = {
        "python": shlex.quote(sys.executable),
        "base": shlex.quote(base),
        "tests": shlex.join(tests),
        "report": shlex.quote(str(report)),
    }
    return _PLACEHOLDER.sub(lambda match: values[match[1]], command)


def is_test_file(path: str) -> bool:
    """Whether a path looks like a Python test module, as pytest finds them.

    Examples
    --------
    >>> is_test_file("tests/test_sum.py"), is_test_file("src/sum.py")
    (True, False)
    """
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
