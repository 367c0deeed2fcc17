"""What came out of a session, and how it is handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heph_nb.agents.outline.acting.desk import LABEL
from heph_nb.agents.outline.documents import md
from heph_nb.agents.outline.language.briefs import clip

if TYPE_CHECKING:
    from heph_nb.agents.checks import CheckResult
    from heph_nb.agents.outline.brief import Brief

LONGEST_SUMMARY, LONGEST_REPORT, MOST_LEARNED = 10_000, 500_000, 100
"""How much is handed in, in characters and in texts: more would be refused."""


@dataclass(frozen=True)
class Result:
    """What a session has done.

    Attributes
    ----------
    title, markdown : str
        The report, for people.
    summary : str
        One or two sentences for the task.
    learned : sequence of str
        What agents that come later should know.
    commit : str or None
        The last commit, if there was something to commit.
    checks : sequence of CheckResult
        How the phase's checks ended in the worktree.
    """

    title: str
    markdown: str
    summary: str
    learned: Sequence[str] = ()
    commit: str | None = None
    checks: Sequence[CheckResult] = field(default=())

    @property
    def red(self) -> list[CheckResult]:
        """The checks that did not end with exit code 0."""
        return [check for check in self.checks if not check.passed]


async def hand_in(brief: Brief, result: Result) -> None:
    """Report a result and finish the task. Whether it counts is the backend's to decide."""
    summary = result.summary
    if result.red:
        failed = "; ".join(f"`{check.command}` ended with {check.exit_code}" for check in result.red)
        summary += f" In this worktree a check is red: {failed}."
    summary, report = clip(summary, LONGEST_SUMMARY), clip(_with_checks(result), LONGEST_REPORT)
    await brief.call("report_result", title=clip(result.title, 500), markdown=report)
    await brief.call("finish_task", status="done", summary=summary, learned=list(result.learned[:MOST_LEARNED]))
    await brief.desk.say(summary)


async def give_up(brief: Brief, reason: str) -> None:
    """Finish the task as failed, with the reason."""
    reason = clip(reason, LONGEST_SUMMARY)
    await brief.call("finish_task", status="failed", summary=reason)
    await brief.desk.say(f"Could not finish the task. {reason}")


def _with_checks(result: Result) -> str:
    rows = [
        [f"`{md.cell(check.command)}`".replace("\n", " "), str(check.exit_code), f"{check.seconds:.1f}"]
        for check in result.checks
    ]
    tails = [
        block
        for check in result.red
        for block in (f"Output of `{check.command}`:", md.fence(check.tail or "(none)", "text"))
    ]
    table = [md.table(["Check", "Exit code", "Seconds"], rows)] if rows else []
    commit = [f"Commit: `{result.commit}`."] if result.commit else []
    return md.document([result.markdown.rstrip("\n"), *table, *tails, *commit, f"*Reported by {LABEL}.*"])
