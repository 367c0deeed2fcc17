"""Everything a run consists of as DataFrames: the same methods on a live run, a moment of it, and an opened file.

Their columns are in an order for reading: the id, what a person wants first, then ids of other things; ``run_id`` last.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from heph_nb.domain.logs import LOGS
from heph_nb.errors import ReadOnlyError
from heph_nb.run.columns import columns, to_frame
from heph_nb.run.moments import moment
from heph_nb.run.readings import Readings

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
_LOGS = {cls.table for cls in LOGS}


class Frames(Readings):
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

    def _from(self, table: str) -> str:
        """Return what to select from, for the rows of this run at the moment that is shown."""
        conditions = [f"{'id' if table == 'runs' else 'run_id'} = {quote(self.id)}"]
        source, when = table, self._moment()
        if when is not None:
            stamp = f"TIMESTAMPTZ {quote(when.isoformat())}"
            if table in _LOGS or table.endswith("_versions"):
                conditions.append(f"ts <= {stamp}")
            else:
                source = f"{table}_at({stamp})"
        return f"(SELECT * FROM {source} WHERE {' AND '.join(conditions)})"

    def _frame(self, table: str, where: str = "") -> pd.DataFrame:
        order = _ORDER.get(table, "created_at, id")
        condition = f" WHERE {where}" if where else ""
        return to_frame(self._query(f"SELECT * FROM {self._from(table)}{condition} ORDER BY {order}"), columns(table))

    def at(self, when: str | datetime) -> Moment:
        """Return the run as it was: ``run.at("10 minutes ago").tickets()``.

        Parameters
        ----------
        when : str or datetime
            ``"10 minutes ago"``, an ISO text or a datetime (UTC, if it has no zone). Before the run began its frames
            are empty, which is said on stderr.
        """
        then = moment(when)
        begun = self._query(f"SELECT created_at FROM runs WHERE id = {quote(self.id)}").column(0)[0].as_py()
        if then < begun:
            print(f"The run began at {begun:%Y-%m-%d %H:%M:%S} UTC: before, there is nothing of it.", file=sys.stderr)
        return Moment(self, then)

    def requirements(self) -> pd.DataFrame:
        """One row per requirement of the PRD, ``R-001`` first.

        Columns: id, label, text, status (open, specified, implemented, verified), mark (a person's word), level, lines
        (as "12-14, 40"), section, kind, criteria, depends_on, evidence (what its status rests on), evidence_ref,
        line_start (of its first place), line_end, created_at, updated_at, run_id.
        """
        return self._frame("requirements")

    def phases(self) -> pd.DataFrame:
        """One row per phase, in their order.

        Columns: number, name, status, role, agent, max_agents, description, checks, instructions, done_definitions,
        outputs, next_steps, columns (of the board), created_at, updated_at, id, run_id.
        """
        return self._frame("phases")

    def tickets(self) -> pd.DataFrame:
        """One row per ticket, oldest first.

        Columns: id, title, status, ticket_type, priority, requirement_ids, blocked_by, resolved, resolution,
        description, created_by, created_at, updated_at, run_id.
        """
        return self._frame("tickets")

    def comments(self) -> pd.DataFrame:
        """One row per remark on a ticket, oldest first.

        Columns: id, text, author, created_at, updated_at, ticket_id, run_id.
        """
        return self._frame("comments")

    def commits(self) -> pd.DataFrame:
        """One row per commit that belongs to a ticket.

        Columns: id, commit_sha, message, created_at, updated_at, ticket_id, run_id.
        """
        return self._frame("ticket_commits")

    def tasks(self) -> pd.DataFrame:
        """One row per task, oldest first.

        Columns: id, title, phase, status, reason, priority, agent, summary, learned, lost (attempts that died or fell
        silent), reworks (attempts whose work was sent back), feedback, kind, description, created_by, created_at,
        ended_at, updated_at, ticket_id, parent_task_id, run_id.
        """
        return self._frame("tasks")

    def attempts(self) -> pd.DataFrame:
        """One row per try at a task, oldest first.

        Columns: id, number, outcome, reason, branch, worktree, base_commit, head_commit, started_at, ended_at,
        updated_at, task_id, agent_id, run_id.
        """
        return self._frame("attempts")

    def agents(self) -> pd.DataFrame:
        """One row per agent of the run, oldest first.

        Columns: id, preset, status, label, reason, started_at, ended_at, pid, process_started (seconds since 1970),
        read_seq, updated_at, task_id, attempt_id, session_id, run_id.
        """
        return self._frame("agents")

    def permissions(self) -> pd.DataFrame:
        """One row per thing an agent asked for, oldest first.

        Columns: id, title, status, reason, detail, subject (exactly what it asked for, as rules compare it), tool_kind,
        decided_by, options, created_at, decided_at, updated_at, agent_id, task_id, attempt_id, run_id.
        """
        return self._frame("permissions")

    def rules(self) -> pd.DataFrame:
        """One row per thing that agents may do without asking again, oldest first.

        Columns: id, tool_kind, pattern (the command line, the paths), status (active, revoked), created_by, created_at,
        revoked_at, updated_at, permission_id, run_id.
        """
        return self._frame("rules")

    def questions(self) -> pd.DataFrame:
        """One row per question for a person, oldest first.

        Columns: id, text, status, requirement_ids, answer, decided (how that was understood), answered_by, created_at,
        answered_at, updated_at, agent_id, task_id, run_id.
        """
        return self._frame("questions")

    def checks(self) -> pd.DataFrame:
        """One row per command that was run on a merge candidate, oldest first.

        Columns: id, command, exit_code, seconds (wall time), shared, output, commit_sha, created_at, updated_at,
        task_id, attempt_id, run_id.

        Attempts that are merged together are checked together: ``shared`` rows tell of the same run of the command, so
        that ``(checks.seconds / checks.shared).sum()`` is the time that checks took.
        """
        return self._frame("checks")

    def merges(self) -> pd.DataFrame:
        """One row per attempt on its way into the run branch, oldest first.

        Columns: id, status, reason, merge_commit, target, conflicts, created_at, ended_at, updated_at, task_id,
        attempt_id, run_id.
        """
        return self._frame("merges")

    def memories(self) -> pd.DataFrame:
        """One row per thing worth knowing, oldest first.

        Columns: id, text, kind, tags, created_at, updated_at, agent_id, task_id, run_id.
        """
        return self._frame("memories")

    def reports(self) -> pd.DataFrame:
        """One row per report of an agent, oldest first.

        Columns: id, title, markdown, created_at, updated_at, task_id, agent_id, run_id.
        """
        return self._frame("reports")

    def traces(self) -> pd.DataFrame:
        """One row per place where a requirement was found.

        Columns: id, requirement_id, kind, target, merged (whether it is on the run branch), created_at, updated_at,
        ticket_id, attempt_id, run_id.
        """
        return self._frame("traces")

    def messages(self) -> pd.DataFrame:
        """One row per message, in order.

        Columns: seq, ts, sender, recipient (none: every agent of the run), text, id, run_id.
        """
        return self._frame("messages")

    def usage(self) -> pd.DataFrame:
        """One row per turn of an agent, in order.

        Columns: seq, ts, input_tokens, output_tokens, total_tokens, cost, currency, agent_id, task_id, attempt_id,
        run_id.
        """
        return self._frame("usage")

    def events(self, kind: str | None = None) -> pd.DataFrame:
        """One row per event, in order.

        Columns: seq, ts, kind, data (a dict), agent_id, task_id, run_id.

        Parameters
        ----------
        kind : str, optional
            Only events whose kind matches, where ``*`` stands for anything: ``"task.status"``, ``"agent.*"``.
        """
        return self._frame("events", f"kind GLOB {quote(kind)}" if kind else "")

    def coverage(self) -> pd.DataFrame:
        """One row per requirement, with where it went.

        Columns: id, label, text, status, mark, level, lines (as "12-14, 40"), tickets (titles), files, tests (paths on
        the run branch), question (the first open one about it), criteria, kind, evidence.
        """
        from heph_nb.analysis.coverage import coverage

        return coverage(self)

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


class Past(Frames):
    """Frames that nothing can be done with but reading them."""

    def __getattr__(self, name: str) -> Any:
        from heph_nb.run.handle import Run

        if name.startswith("_") or not hasattr(Run, name):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")
        raise ReadOnlyError(
            f"{name} is for a run that a backend serves, and this can only be read: heph.connect() returns the run.",
            name=name,
        )


class Moment(Past):
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
