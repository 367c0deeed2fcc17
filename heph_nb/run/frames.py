"""Everything a run consists of as DataFrames: the same methods on a live run, a moment of it, and an opened file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.run.columns import columns, to_frame
from heph_nb.run.moments import moment

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    import pyarrow as pa

_ORDER = {
    "runs": "created_at, id",
    "requirements": "id",
    "phases": "number",
    "attempts": "started_at, id",
    "agents": "started_at, id",
    "events": "seq",
    "messages": "seq",
    "usage": "seq",
}
_LOGS = frozenset({"events", "messages", "usage"})


class Frames:
    """What the frames of one run are made from: a place to send queries, and an id. Subclasses say where.

    Attributes
    ----------
    id : str
        The run whose rows are shown.
    """

    id: str

    def _query(self, query: str) -> pa.Table:
        raise LookupError(f"{type(self).__name__} has nowhere to send {query!r}.")

    def _moment(self) -> datetime | None:
        """Return the moment that is shown, or None for now."""
        return None

    def _frame(self, table: str, where: str = "") -> pd.DataFrame:
        key = "id" if table == "runs" else "run_id"
        conditions = [f"{key} = {quote(self.id)}"] + ([where] if where else [])
        source, when = table, self._moment()
        if when is not None:
            stamp = f"TIMESTAMPTZ {quote(when.isoformat())}"
            if table in _LOGS:
                conditions.append(f"ts <= {stamp}")
            else:
                source = f"{table}_at({stamp})"
        order = _ORDER.get(table, "created_at, id")
        return to_frame(
            self._query(f"SELECT * FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order}"), columns(table)
        )

    def at(self, when: str | datetime) -> Moment:
        """Return the run as it was: ``run.at("10 minutes ago").tickets()``.

        Parameters
        ----------
        when : str or datetime
            ``"10 minutes ago"``, an ISO text or a datetime (UTC, if it has no zone).
        """
        return Moment(self, moment(when))

    def requirements(self) -> pd.DataFrame:
        """One row per requirement of the PRD, ``R-001`` first.

        Columns: id, run_id, label, text, section, line_start, line_end, lines, level, kind, criteria, depends_on,
        status (open, specified, implemented, verified), mark, evidence, evidence_ref, created_at, updated_at.
        """
        return self._frame("requirements")

    def phases(self) -> pd.DataFrame:
        """One row per phase in their order: id, run_id, number, name, role, status, description, checks, agent, ..."""
        return self._frame("phases")

    def tickets(self) -> pd.DataFrame:
        """One row per ticket, oldest first.

        Columns: id, run_id, title, description, ticket_type, priority, status, blocked_by, requirement_ids, resolved,
        resolution, created_by, created_at, updated_at.
        """
        return self._frame("tickets")

    def comments(self) -> pd.DataFrame:
        """One row per remark on a ticket: id, run_id, ticket_id, author, text, created_at, updated_at."""
        return self._frame("comments")

    def commits(self) -> pd.DataFrame:
        """One row per commit that belongs to a ticket: id, run_id, ticket_id, commit_sha, message, created_at, ..."""
        return self._frame("ticket_commits")

    def tasks(self) -> pd.DataFrame:
        """One row per task, oldest first.

        Columns: id, run_id, phase, ticket_id, parent_task_id, title, description, kind, status, reason, priority,
        agent, attempts, reworks, summary, learned, created_by, created_at, ended_at, updated_at.
        """
        return self._frame("tasks")

    def attempts(self) -> pd.DataFrame:
        """One row per try at a task.

        Columns: id, run_id, task_id, agent_id, number, branch, worktree, base_commit, head_commit, outcome, reason,
        started_at, ended_at, updated_at.
        """
        return self._frame("attempts")

    def agents(self) -> pd.DataFrame:
        """One row per agent of the run.

        Columns: id, run_id, preset, status, label, task_id, attempt_id, pid, process_started (seconds since 1970),
        session_id, read_seq, reason, started_at, ended_at, updated_at.
        """
        return self._frame("agents")

    def permissions(self) -> pd.DataFrame:
        """One row per thing an agent asked for: id, agent_id, title, detail, status, decided_by, reason, ..."""
        return self._frame("permissions")

    def questions(self) -> pd.DataFrame:
        """One row per question for a person: id, text, requirement_ids, status, answer, answered_by, created_at, ..."""
        return self._frame("questions")

    def checks(self) -> pd.DataFrame:
        """One row per command that was run on a merge candidate.

        Columns: id, run_id, task_id, attempt_id, command, exit_code, seconds (wall time), output, commit_sha,
        created_at, shared, updated_at. Attempts that are merged together are checked together: ``shared`` rows tell of
        the same run of the command, so that ``(checks.seconds / checks.shared).sum()`` is the time that checks took.
        """
        return self._frame("checks")

    def merges(self) -> pd.DataFrame:
        """One row per attempt on its way into the run branch.

        Columns: id, run_id, task_id, attempt_id, status, target, merge_commit, conflicts, reason, created_at, ended_at,
        updated_at.
        """
        return self._frame("merges")

    def memories(self) -> pd.DataFrame:
        """One row per thing worth knowing: id, run_id, agent_id, task_id, kind, text, tags, created_at, updated_at."""
        return self._frame("memories")

    def reports(self) -> pd.DataFrame:
        """One row per report of an agent: id, run_id, task_id, agent_id, title, markdown, created_at, updated_at."""
        return self._frame("reports")

    def traces(self) -> pd.DataFrame:
        """One row per place where a requirement was found: requirement_id, kind, target, ticket_id, merged, ..."""
        return self._frame("traces")

    def messages(self) -> pd.DataFrame:
        """One row per message: seq, ts, run_id, id, sender, recipient (none: every agent of the run), text."""
        return self._frame("messages")

    def usage(self) -> pd.DataFrame:
        """One row per turn of an agent: seq, ts, agent_id, task_id, attempt_id, input_tokens, ..., cost, currency."""
        return self._frame("usage")

    def events(self, kind: str | None = None) -> pd.DataFrame:
        """One row per event, in order.

        Columns: seq, ts, run_id, agent_id, task_id, kind, data (a dict).

        Parameters
        ----------
        kind : str, optional
            Only events whose kind matches, where ``*`` stands for anything: ``"task.status"``, ``"agent.*"``.
        """
        return self._frame("events", f"kind GLOB {quote(kind)}" if kind else "")

    def coverage(self) -> pd.DataFrame:
        """One row per requirement with where it went.

        Columns: id, text, level, kind, status, mark, evidence, lines (as "12-14"), tickets, files, tests (lists of
        titles and of paths on the run branch), question (an open one about it).
        """
        from heph_nb.analysis.coverage import coverage

        return coverage(self.requirements(), self.tickets(), self.traces(), self.questions())

    def sql(self, query: str) -> pd.DataFrame:
        """Run one SELECT over the whole state file, every run of it.

        Raises
        ------
        SqlRefusedError
            It is not one read-only statement, or DuckDB refused it.

        Examples
        --------
        >>> run.sql("select status, count(*) as n from tickets group by status")  # doctest: +SKIP
        """
        return to_frame(self._query(query))


class Moment(Frames):
    """A run as it was at a moment: every frame of the run, and nothing that changes it. ``sql`` asks about now.

    Attributes
    ----------
    when : datetime
        The moment, in UTC.
    """

    def __init__(self, source: Frames, when: datetime) -> None:
        self.id = source.id
        self.when = when
        self._source = source

    def __repr__(self) -> str:
        return f"Moment({self.when:%Y-%m-%d %H:%M:%S} UTC)"

    def _query(self, query: str) -> pa.Table:
        return self._source._query(query)  # noqa: SLF001 - both are frames of the same run

    def _moment(self) -> datetime:
        return self.when


def quote(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
