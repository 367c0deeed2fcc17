"""Checks: the commands of a phase, run in the merge candidate. Their exit codes decide."""

from __future__ import annotations

import asyncio
import re
import shlex
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from heph_nb.agents.checks import CheckResult, fill, run_check
from heph_nb.agents.ownership import MARK, new_mark
from heph_nb.backend.threads import in_thread
from heph_nb.domain.records import Attempt, Check, Phase, Run, Task
from heph_nb.domain.state import Draft
from heph_nb.repo.contents import changed_files
from heph_nb.repo.merging import Candidate, MergeTree

REPORTS = ".checks-"
"""What the directories begin with, beside a run's worktrees, that reports are written to."""

_NOT_STARTED = frozenset({126, 127})
_NO_TESTS_RAN = frozenset({3, 4, 5})
_FIRST_LINES = 3
_FIRST_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that ran: its result, and the JUnit XML report that it wrote, if it wrote one."""

    result: CheckResult
    report: str | None = None


class Checker:
    """Runs checks, and ends them when nobody needs their result. Lives on the event loop thread.

    Parameters
    ----------
    backend : Backend
        Its limits say how long a check may take, its ledger hears when one begins.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._under_way: dict[asyncio.Task[list[Checked]], set[str]] = {}
        self._running: dict[str, tuple[str, Task, float]] = {}

    async def check(
        self, run: Run, attempts: Sequence[Attempt], tree: MergeTree, candidate: Candidate
    ) -> list[Checked] | None:
        """Run the checks of the phases that attempts belong to, one after another, up to the first that fails.

        In a command line, ``{python}``, ``{base}``, ``{tests}`` and ``{report}`` stand for the interpreter, the commit
        before the work, the test files that it adds or changes, and a file for a JUnit XML report. A check that names
        ``{tests}`` is left out where there are none.

        Parameters
        ----------
        run : Run
            Its phases say what is checked.
        attempts : sequence of Attempt
            Whose work the candidate is.
        tree : MergeTree
            Where the candidate is checked out.
        candidate : Candidate
            What is checked.

        Returns
        -------
        list of Checked, or None
            None if one of the attempts was given up meanwhile; the check that ran was ended then.
        """
        state = self._backend.state
        phases = sorted({state.get(Task, attempt.task_id).phase for attempt in attempts})
        commands = [c for number in phases for c in state.get(Phase, f"phase-{number}", run.id).checks]
        work = self._run(attempts, list(dict.fromkeys(commands)), tree, candidate)
        checks = asyncio.create_task(work, name=f"checks {run.id}")
        self._under_way[checks] = {attempt.id for attempt in attempts}
        try:
            await asyncio.wait({checks})
        finally:
            del self._under_way[checks]
            checks.cancel()
            await asyncio.wait({checks})
        return None if checks.cancelled() else checks.result()

    def explain(self, run: Run) -> str | None:
        """Say which check of a run takes long; None while none has taken a tenth of the time that it may take."""
        command, task, began = self._running.get(run.id, ("", None, 0.0))
        age, allowed = time.monotonic() - began, self._backend.limits.check_timeout
        if task is None or age < allowed / 10:
            return None
        return (
            f"The check `{command}` of {task.title!r} has been running for {age:.0f} seconds; it is ended after "
            f'{allowed:g} (HEPH_CHECK_SECONDS), or with its task: run.cancel("{task.id}").'
        )

    def give_up(self, attempt_id: str) -> None:
        """End the checks of an attempt, if there are any: it is over."""
        for checks, attempts in self._under_way.items():
            if attempt_id in attempts:
                checks.cancel()

    async def _run(
        self, attempts: Sequence[Attempt], commands: Sequence[str], tree: MergeTree, candidate: Candidate
    ) -> list[Checked]:
        changed = await in_thread(changed_files, tree.repository, candidate.tip, candidate.commit)
        tests = [path for path in changed if is_test_file(path)]
        done: list[Checked] = []
        with tempfile.TemporaryDirectory(prefix=REPORTS, dir=tree.path.parent) as reports:
            for number, command in enumerate(commands):
                report = Path(reports) / f"{number}.xml"
                line = fill(command, base=candidate.tip, tests=tests, report=report)
                if line is None:
                    continue
                result = await self._run_one(attempts, line, tree.path)
                text = report.read_text("utf-8", errors="replace") if report.is_file() else None
                done.append(Checked(result, text))
                if result.exit_code != 0:
                    break
        return done

    async def _run_one(self, attempts: Sequence[Attempt], command: str, cwd: Path) -> CheckResult:
        backend, run_id = self._backend, attempts[0].run_id or ""
        await backend.ledger.tell(partial(_note, attempts, command), actor="verifier")
        self._running[run_id] = command, backend.state.get(Task, attempts[0].task_id), time.monotonic()
        try:
            mark = {MARK: new_mark(str(backend.state_path))}
            return await run_check(command, cwd=cwd, env=mark, timeout=backend.limits.check_timeout)
        finally:
            del self._running[run_id]


def _note(attempts: Sequence[Attempt], command: str, draft: Draft) -> None:
    """Note that a check begins."""
    draft.note("check.started", attempts[0], command=command, attempts=[attempt.id for attempt in attempts])


def keep_checks(draft: Draft, attempts: Sequence[Attempt], checked: Sequence[Checked], commit: str) -> None:
    """Put the results of checks on record, for each attempt that was checked."""
    for attempt in attempts:
        for check in checked:
            draft.put(
                Check(
                    id=draft.id("check"),
                    run_id=attempt.run_id,
                    task_id=attempt.task_id,
                    attempt_id=attempt.id,
                    command=check.result.command,
                    exit_code=check.result.exit_code,
                    seconds=check.result.seconds,
                    output=check.result.output,
                    commit_sha=commit,
                    created_at=draft.now,
                    shared=len(attempts),
                )
            )


def tell(red: Sequence[Checked]) -> str:
    """Return what the next attempt is told about checks that failed."""
    parts = [
        f"The check `{c.result.command}` ended with exit code {c.result.exit_code}:\n{c.result.output}" for c in red
    ]
    return "Your work was merged into a candidate and checked there. " + "\n\n".join(parts)


def why(result: CheckResult) -> str:
    r"""Say that a check is red: its exit code, and the first lines of its output that hold a word.

    Examples
    --------
    >>> why(CheckResult("make lint", 2, 0.1, "====\nmake: no rule to make 'lint'\n"))
    "the check `make lint` ended with exit code 2: make: no rule to make 'lint'"
    """
    lines = [" ".join(line.split()) for line in result.output.splitlines() if re.search(r"\w", line)]
    shown = " / ".join(lines[:_FIRST_LINES])
    shown = shown if len(shown) <= _FIRST_CHARACTERS else f"{shown[:_FIRST_CHARACTERS]}…"
    return f"the check `{result.command}` ended with exit code {result.exit_code}" + (f": {shown}" if shown else "")


def remedy_for(result: CheckResult, run: Run, task_id: str) -> str | None:
    """Say what a person can do where a check could not even run; None where it ran, and the work is to blame.

    The shell ends with 126 or 127 for a program that it cannot start, pytest with 3, 4 or 5 where it could not work,
    did not understand its configuration or found no test.
    """
    if result.exit_code not in (_NOT_STARTED | _NO_TESTS_RAN if "pytest" in result.command else _NOT_STARTED):
        return None
    directory, prd = shlex.quote(run.working_dir), shlex.quote(run.prd_path)
    return (
        "The check cannot run here, and no rework changes that. Install what it lacks, or mend it on the run's branch "
        f"(git switch {run.branch}, commit, git switch -), then: `heph retry {task_id}`. "
        f"Or commit where you are, then: `heph bootstrap --working-dir {directory} --prd {prd} --new`"
    )


def is_test_file(path: str) -> bool:
    """Whether a path looks like a Python test module, as pytest finds them.

    Examples
    --------
    >>> is_test_file("tests/test_sum.py"), is_test_file("src/sum.py")
    (True, False)
    """
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
