"""The review: what became of every ticket, in one table, asked with one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from heph_nb.domain.lifecycle import TASK_ENDED
from heph_nb.run.columns import to_frame
from heph_nb.run.frames import quote

if TYPE_CHECKING:
    import pandas as pd

    from heph_nb.run.history import Query, Source

_KINDS = {
    "ticket": "text",
    "title": "text",
    "status": "text",
    "tasks": "whole",
    "outcome": "text",
    "commits": "whole",
    "files": "whole",
    "added": "whole",
    "removed": "whole",
    "checks_passed": "whole",
    "checks_failed": "whole",
    "evidence": "list",
    "questions": "list",
    "retry": "list",
}

_QUERY = """
WITH t AS {tickets}, k AS {tasks}, r AS {requirements},
worked AS (
    SELECT ticket_id AS ticket, count(*) AS tasks, count_if(status = 'failed') AS failed,
        count_if(status NOT IN ({ended})) AS going, count_if(status = 'cancelled') AS cancelled,
        list(id ORDER BY created_at, id) FILTER (status IN ('failed', 'cancelled')) AS retry
    FROM k GROUP BY ALL
), landed AS (
    SELECT k.ticket_id AS ticket, count(m.merge_commit) AS merges FROM {merges} m JOIN k ON m.task_id = k.id
    WHERE m.status = 'merged' GROUP BY ALL
), linked AS (
    SELECT ticket_id AS ticket, count(*) AS commits FROM {commits} GROUP BY ALL
), newest AS (
    SELECT task_id, command, arg_max(exit_code, created_at) AS code FROM {checks} GROUP BY ALL
), checked AS (
    SELECT k.ticket_id AS ticket, count_if(code = 0) AS passed, count_if(code <> 0) AS failed
    FROM newest JOIN k ON newest.task_id = k.id GROUP BY ALL
), wanted AS (
    SELECT id AS ticket, unnest(requirement_ids) AS requirement FROM t
), proven AS (
    SELECT ticket, list(concat_ws(', ', r.id || ' ' || r.status, r.mark) ORDER BY r.id) AS evidence
    FROM wanted JOIN r ON wanted.requirement = r.id GROUP BY ALL
), asked AS (
    SELECT id, created_at, unnest(requirement_ids) AS requirement FROM {questions} WHERE status = 'open'
), doubtful AS (
    SELECT ticket, list(DISTINCT id ORDER BY id) AS questions FROM wanted JOIN asked USING (requirement) GROUP BY ALL
)
SELECT t.id AS ticket, title, t.status, coalesce(tasks, 0) AS tasks,
    CASE WHEN tasks IS NULL THEN CASE WHEN commits > 0 THEN 'by hand' ELSE 'no work' END
        WHEN worked.failed > 0 THEN 'failed'
        WHEN going > 0 THEN 'in work'
        WHEN cancelled = tasks AND coalesce(merges, 0) = 0 THEN 'cancelled'
        WHEN coalesce(merges, 0) = 0 THEN 'no change'
        WHEN cancelled > 0 THEN 'partly merged'
        ELSE 'merged' END AS outcome,
    coalesce(commits, 0) AS commits, coalesce(passed, 0) AS checks_passed, coalesce(checked.failed, 0) AS checks_failed,
    coalesce(evidence, []) AS evidence, coalesce(questions, []) AS questions,
    CASE WHEN {stopped} THEN [] ELSE coalesce(retry, []) END AS retry
FROM t LEFT JOIN worked ON worked.ticket = t.id LEFT JOIN landed ON landed.ticket = t.id
    LEFT JOIN linked ON linked.ticket = t.id LEFT JOIN checked ON checked.ticket = t.id
    LEFT JOIN proven ON proven.ticket = t.id LEFT JOIN doubtful ON doubtful.ticket = t.id
ORDER BY t.created_at, t.id
"""


def review(query: Query, source: Source, amounts: Mapping[str, Mapping[str, int]] | None) -> pd.DataFrame:
    """Return one row per ticket; :meth:`heph_nb.run.readings.Readings.review` names the columns.

    Parameters
    ----------
    query : callable
        Sends a query to where the run is.
    source : callable
        Says what to select from, for a table.
    amounts : mapping, optional
        How much was changed for each ticket: files, added, removed. None if nobody can say.
    """
    import pyarrow as pa

    tables = ("tickets", "tasks", "requirements", "merges", "checks", "questions")
    asked = {name: source(name) for name in tables} | {"commits": source("ticket_commits")}
    ended = ", ".join(quote(status) for status in sorted(TASK_ENDED))
    stopped = f"(SELECT count(*) FROM {source('runs')} WHERE status = 'stopped') > 0"
    table = query(_QUERY.format(**asked, ended=ended, stopped=stopped))
    tickets = table.column("ticket").to_pylist()
    nothing = dict.fromkeys(("files", "added", "removed"), None if amounts is None else 0)
    for name in nothing:
        values = [(amounts or {}).get(ticket, nothing)[name] for ticket in tickets]
        table = table.append_column(name, pa.array(values, pa.int64()))
    return to_frame(table, _KINDS)
