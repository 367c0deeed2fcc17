"""Where the time of a run went: intervals of agents at work and of tasks that wait, from its events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from heph_nb.run.frames import Frames

WAITS = {
    "pending": "phase not open",
    "blocked": "blocked by a ticket",
    "queued": "no agent free",
    "needs_work": "to be taken up again",
    "checking": "checks",
    "merging": "merge",
}
"""Why a task waits, by its status."""

_FINISHED = ("completed", "failed", "cancelled")
_COLUMNS = ("start", "end", "seconds", "agent_id", "task_id", "phase", "activity", "kind", "what")


def activity(run: Frames | pd.DataFrame, tasks: pd.DataFrame | None = None) -> pd.DataFrame:
    """Cut a run into intervals.

    Parameters
    ----------
    run : Run, Moment, OpenedRun or DataFrame
        A run, or the frame of its events.
    tasks : DataFrame, optional
        The frame of its tasks, which says their phases; a run has it.

    Returns
    -------
    DataFrame
        One row per interval, in the order of their starts: start, end (``datetime64[us, UTC]``), seconds, agent_id,
        task_id, phase (``Int64``), activity, kind, what. ``activity`` is ``starting`` (until the agent's prompt is
        sent), ``tool`` (``kind`` is read, edit, execute, ..., ``what`` its title), ``working`` (an agent at work
        between its tools), ``permission`` (an agent waits for one), or ``waiting`` (a task without an agent; ``what``
        is the cause). The intervals of one agent do not overlap, nor do those of one waiting task, so that their
        seconds add up. What has not ended ends with the last event.

    Examples
    --------
    >>> activity(run).groupby(["phase", "activity"])["seconds"].sum()  # doctest: +SKIP
    """
    import pandas as pd

    events = run if isinstance(run, pd.DataFrame) else run.events()
    if tasks is None and not isinstance(run, pd.DataFrame):
        tasks = run.tasks()
    phases = dict(zip(tasks["id"], tasks["phase"], strict=True)) if tasks is not None else {}
    rows = sorted(_intervals(events), key=lambda row: row[:2])
    texts = ("agent_id", "task_id", "activity", "kind", "what")
    frame = pd.DataFrame(rows, columns=["start", "end", *texts])
    frame = frame.astype({"start": "int64", "end": "int64", **dict.fromkeys(texts, pd.StringDtype("pyarrow"))})
    frame["seconds"] = (frame["end"] - frame["start"]) / 1e6
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name], unit="us", utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    frame["phase"] = pd.Series([phases.get(id) for id in frame["task_id"]], dtype="Int64")
    return frame.loc[:, list(_COLUMNS)]


def _intervals(events: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield (start, end, agent, task, activity, kind, what); times are whole microseconds, which are quick to count."""
    if events.empty:
        return
    end = max(_micros(events))
    kinds = events["kind"]
    told = events.loc[kinds.isin(["agent.created", "agent.status"])]
    tools: dict[str, list[Tool]] = {}
    for tool in _tools(events.loc[kinds.isin(["agent.tool_call", "agent.tool_call_update"])], end):
        tools.setdefault(tool[0], []).append(tool)
    for agent_id, task_id, status, start, stop in _statuses(told, end):
        if status == "starting":
            yield start, stop, agent_id, task_id, "starting", None, None
        elif status == "waiting":
            yield start, stop, agent_id, task_id, "permission", None, None
        elif status == "working":
            yield from _at_work(agent_id, task_id, start, stop, tools.get(agent_id, []))
    for id, _, status, start, stop in _statuses(events.loc[kinds.isin(["task.created", "task.status"])], end):
        if status in WAITS:
            yield start, stop, None, id, "waiting", None, WAITS[status]


def _micros(events: pd.DataFrame) -> list[int]:
    return events["ts"].dt.as_unit("us").astype("int64").tolist()


def _statuses(events: pd.DataFrame, end: int) -> Iterator[tuple[str, Any, str, int, int]]:
    """Yield (id, task, status, start, end) for every status that anything was in."""
    last: dict[str, tuple[Any, str, int]] = {}
    for ts, task_id, data in zip(_micros(events), events["task_id"].tolist(), events["data"], strict=True):
        id, status = data["id"], data.get("to") or data.get("status")
        if id in last:
            yield (id, *last[id], ts)
        last[id] = (task_id, status, ts)
    for id, (task_id, status, start) in last.items():
        yield id, task_id, status, start, end


Tool = tuple[str, str | None, str, int, int]


def _tools(events: pd.DataFrame, end: int) -> Iterator[Tool]:
    """Yield (agent, kind, title, start, end) for every tool call."""
    begun: dict[tuple[str, Any], tuple[str | None, str, int]] = {}
    for ts, agent_id, data in zip(_micros(events), events["agent_id"].tolist(), events["data"], strict=True):
        key = (agent_id, data.get("tool_call_id"))
        kind, name = data.get("tool_kind"), str(data.get("title") or data.get("tool_kind") or "tool")
        call = begun.setdefault(key, (kind, name, ts))
        if data.get("status") in _FINISHED:
            del begun[key]
            yield (agent_id, *call, ts)
    for (agent_id, _), call in begun.items():
        yield (agent_id, *call, end)


def _at_work(agent_id: str, task_id: Any, start: int, stop: int, tools: list[Tool]) -> Iterator[tuple[Any, ...]]:
    """Fill the time of an agent at work: tools where it uses one, its own work in between, nothing twice."""
    now = start
    for _, kind, name, begin, end in sorted(tools, key=lambda tool: tool[3:]):
        begin, end = max(begin, now), min(end, stop)  # the part that is not told yet
        if end <= begin:
            continue
        if begin > now:
            yield now, begin, agent_id, task_id, "working", None, None
        yield begin, end, agent_id, task_id, "tool", kind, name
        now = end
    if stop > now:
        yield now, stop, agent_id, task_id, "working", None, None
