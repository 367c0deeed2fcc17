"""What a person wants to know of a run at one glance: how far it is, what changed, what waits, what it used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heph_nb.domain.lifecycle import COLUMNS, REQUIREMENT_LADDER, TASK_ENDED
from heph_nb.domain.runs import LOOKED
from heph_nb.domain.standing import Need
from heph_nb.domain.words import count
from heph_nb.run.frames import quote
from heph_nb.run.moments import moment
from heph_nb.run.reprs import as_text, bundle

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from heph_nb.client.client import Client


NOT_COUNTED = TASK_ENDED - {"done"}
"""Tasks that are no part of how far a phase is."""


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """How far a phase is: its tasks by status."""

    number: int
    name: str
    status: str
    tasks: Mapping[str, int]

    @property
    def total(self) -> int:
        """Tasks that count; cancelled ones and duplicates do not."""
        return sum(n for status, n in self.tasks.items() if status not in NOT_COUNTED)

    @property
    def done(self) -> int:
        """Tasks that are done."""
        return self.tasks.get("done", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run at a moment. It shows itself as text and HTML, without ids and times; those are in its attributes.

    Attributes
    ----------
    run : dict
        The record of the run.
    phases : tuple of PhaseLine
        In their order.
    tickets : dict of str to int
        Tickets by column, left to right.
    requirements : dict of str to int
        Requirements by status, lowest first.
    marks : dict of str to int
        Requirements by a person's word beside them.
    outcome : str or None
        What it means that the run is completed, if requirements of it are not implemented.
    needs : tuple of Need
        What waits for you, the most pressing first.
    standing : str or None
        Why nothing happens and what to do about it, or what an ended run left undone; None while something happens,
        and when everything is done.
    changes : dict of str to int
        What happened since the moment that was asked for, for example ``{"tasks done": 3}``.
    used : dict
        ``agents`` (sessions), ``seconds`` (their time together), ``input_tokens``, ``output_tokens``, and ``cost`` by
        currency.
    """

    run: Mapping[str, Any]
    phases: tuple[PhaseLine, ...]
    tickets: Mapping[str, int]
    requirements: Mapping[str, int]
    marks: Mapping[str, int]
    needs: tuple[Need, ...]
    standing: str | None
    outcome: str | None = None
    changes: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, Any] = field(default_factory=dict)

    def waiting(self) -> pd.DataFrame:
        """One row per thing that waits for you: kind, id, text, ways_out (lines of Python)."""
        import pandas as pd

        rows = [(n.kind, n.id, n.text, list(n.ways_out)) for n in self.needs]
        return pd.DataFrame(rows, columns=["kind", "id", "text", "ways_out"])

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)

    def __repr__(self) -> str:
        return as_text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return bundle(self)


Query = Callable[[str], "pa.Table"]
"""Sends a query to where the run is."""


def read_summary(client: Client, run_id: str, since: datetime | None = None) -> Summary:
    """Ask the backend for everything that a summary says; apart from the client as :func:`summarise`."""
    told = client.get("runs", run_id, "summary")
    needs = tuple(Need(**(need | {"ways_out": tuple(need["ways_out"])})) for need in told["needs"])
    return replace(
        summarise(client.sql, told["run"]["id"], since), run=told["run"], needs=needs, standing=told["standing"]
    )


def beginning(query: Query, run_id: str, since: str | datetime | None) -> datetime | None:
    """Return the moment after which changes count; None for the beginning of the run.

    Parameters
    ----------
    query : callable
        Sends a query to where the run is.
    run_id : str
        The run.
    since : str or datetime, optional
        ``"last look"``, or what :func:`heph_nb.run.moments.moment` takes.
    """
    if since is None or not isinstance(since, str) or since.strip().lower() != "last look":
        return moment(since) if since is not None else None
    looked = f"SELECT max(ts) FROM events WHERE run_id = {quote(run_id)} AND kind = '{LOOKED}'"
    return query(looked).column(0)[0].as_py()


def summarise(query: Query, run_id: str, since: datetime | None = None) -> Summary:
    """Summarise a run from its tables alone; what waits for a person only a backend can say.

    Parameters
    ----------
    query : callable
        Sends a query to where the run is.
    run_id : str
        The run.
    since : datetime, optional
        Count what changed after this moment; without it everything did.
    """
    mine = quote(run_id)
    [run] = query(f"SELECT id, name, status, reason, branch, policy FROM runs WHERE id = {mine}").to_pylist()
    counted: dict[str, dict[str, int]] = {}
    for what, which, n in _rows(query, _COUNTS.format(run=mine)):
        counted.setdefault(what, {})[which] = n
    phases = _rows(query, f"SELECT number, name, status FROM phases WHERE run_id = {mine} ORDER BY number")
    return Summary(
        run=run,
        phases=tuple(PhaseLine(n, name, status, counted.get(f"tasks{n}", {})) for n, name, status in phases),
        tickets=_in_order(counted.get("tickets", {}), COLUMNS),
        requirements=_in_order(counted.get("requirements", {}), REQUIREMENT_LADDER),
        marks=counted.get("marks", {}),
        needs=(),
        standing=None,
        outcome=_outcome(counted.get("unimplemented", {})) if run["status"] == "completed" else None,
        changes=_changes(query, mine, since, asked=run["policy"] == "ask"),
        used=_used(query, mine, since),
    )


_COUNTS = """
SELECT 'tasks' || phase AS what, status AS which, count(*) AS n FROM tasks WHERE run_id = {run} GROUP BY ALL
UNION ALL SELECT 'tickets', status, count(*) FROM tickets WHERE run_id = {run} GROUP BY ALL
UNION ALL SELECT 'requirements', status, count(*) FROM requirements WHERE run_id = {run} GROUP BY ALL
UNION ALL SELECT 'marks', mark, count(*) FROM requirements WHERE run_id = {run} AND mark IS NOT NULL GROUP BY ALL
UNION ALL SELECT 'unimplemented', status, count(*) FROM requirements WHERE run_id = {run}
    AND status IN ('open', 'specified') AND coalesce(mark, '') NOT IN ('accepted', 'dropped') GROUP BY ALL
ORDER BY ALL
"""


def _outcome(unimplemented: Mapping[str, int]) -> str | None:
    """Say which requirements a completed run has brought less far than implemented."""
    if not unimplemented:
        return None
    total = sum(unimplemented.values())
    waiting = f"{'wait' if total > 1 else 'waits'} for an agent that writes code, or for you."
    if "open" not in unimplemented:
        return f"Specified, not implemented: {count(total, 'requirement')} {waiting}"
    each = ", ".join(f"{n} {status}" for status, n in _in_order(unimplemented, REQUIREMENT_LADDER).items())
    return f"Not implemented: {count(total, 'requirement')} ({each}) {waiting}"


_CHANGED = {
    ("ticket.created", None): "tickets created",
    ("task.created", None): "tasks created",
    ("task.status", "done"): "tasks done",
    ("task.status", "failed"): "tasks failed",
    ("task.status", "needs_work"): "tasks sent back",
    ("merge.status", "merged"): "merges",
    ("merge.status", "conflict"): "conflicts",
    ("requirement.status", "specified"): "requirements specified",
    ("requirement.status", "implemented"): "requirements implemented",
    ("requirement.status", "verified"): "requirements verified",
    ("question.created", None): "questions asked",
    ("question.status", "answered"): "questions answered",
    ("permission.created", None): "permissions asked for",
    ("memory.created", None): "memories saved",
    ("report.created", None): "reports",
}


def _changes(query: Query, run: str, since: datetime | None, *, asked: bool) -> dict[str, int]:
    """Count what happened; what agents asked for counts only where somebody is ``asked``."""
    kinds = ", ".join(sorted({quote(kind) for kind, _ in _CHANGED}))
    changed = (
        f"SELECT kind, data->>'to' AS status, count(*) AS n FROM events WHERE run_id = {run}"
        f" AND kind IN ({kinds}){_after('ts', since)} GROUP BY ALL"
    )
    counts = {(kind, status): n for kind, status, n in _rows(query, changed)}
    if not asked:
        counts.pop(("permission.created", None), None)
    return {words: counts[key] for key, words in _CHANGED.items() if key in counts}


def _used(query: Query, run: str, since: datetime | None) -> dict[str, Any]:
    worked = (
        "SELECT count(*), coalesce(sum(epoch(coalesce(ended_at, now())) - epoch(started_at)), 0)"
        f" FROM attempts WHERE run_id = {run}{_after('started_at', since)}"
    )
    [(agents, seconds)] = _rows(query, worked)
    spent = (
        "SELECT currency, sum(input_tokens)::BIGINT, sum(output_tokens)::BIGINT, sum(cost) FROM usage"
        f" WHERE run_id = {run}{_after('ts', since)} GROUP BY currency ORDER BY currency"
    )
    totals = _rows(query, spent)
    return {
        "agents": agents,
        "seconds": round(seconds, 1),
        "input_tokens": sum(row[1] or 0 for row in totals),
        "output_tokens": sum(row[2] or 0 for row in totals),
        "cost": {row[0]: row[3] for row in totals if row[0] and row[3] is not None},
    }


def _after(column: str, since: datetime | None) -> str:
    return f" AND {column} > TIMESTAMPTZ {quote(since.isoformat())}" if since is not None else ""


def _rows(query: Query, text: str) -> list[tuple[Any, ...]]:
    table = query(text)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _in_order(counts: Mapping[str, int], order: tuple[str, ...]) -> dict[str, int]:
    known = {name: counts[name] for name in order if name in counts}
    return known | {name: n for name, n in counts.items() if name not in known}
