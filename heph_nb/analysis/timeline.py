"""The time of a run as a picture: a bar per interval, a row per agent or task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.analysis.activity import activity

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.figure import Figure

    from heph_nb.run.frames import Frames

COLOURS = {
    "starting": "#999999",
    "working": "#0072b2",
    "tool": "#009e73",
    "permission": "#d55e00",
    "waiting": "#f0e442",
}
"""A colour per activity, from the palette of Okabe and Ito, which colour-blind people can tell apart."""


LONG_PAUSE = 0.2
"""A pause is long if it takes this part of the time in which something happened."""


def timeline(run: Frames | pd.DataFrame, tasks: pd.DataFrame | None = None) -> Figure:
    """Draw where the time of a run went.

    Parameters
    ----------
    run : Run, Moment, OpenedRun or DataFrame
        A run, or the frame that :func:`activity` returned.
    tasks : DataFrame, optional
        The frame of its tasks, which says their titles; a run has it.

    Returns
    -------
    Figure
        A row per task in the order in which they began, seconds since the first on the x axis. Time in which nothing
        happened at all, as between the end of a run and a late answer, is cut out where it is long: a dashed line.
    """
    import matplotlib.pyplot as plt
    import pandas as pd

    frame = run if isinstance(run, pd.DataFrame) else activity(run)
    if tasks is None and not isinstance(run, pd.DataFrame):
        tasks = run.tasks()
    titles = dict(zip(tasks["id"], tasks["title"], strict=True)) if tasks is not None else {}
    order = list(frame.drop_duplicates("task_id")["task_id"])
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.28 * max(len(order), 1)), layout="constrained")
    plt.close(figure)  # a notebook shows what the cell returns; an open figure would be shown a second time
    left_of, cuts = _without_pauses(frame)
    for name, colour in COLOURS.items():
        mine = frame.loc[frame["activity"] == name]
        left = [left_of(start) for start in mine["start"]]
        rows = [order.index(id) for id in mine["task_id"]]
        if len(mine):
            axes.barh(rows, mine["seconds"], left=left, height=0.7, color=colour, label=name)
    for at, seconds in cuts:
        axes.axvline(at, color="#666666", linestyle="--", linewidth=1)
        axes.annotate(f"{seconds:.0f} s", (at, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", size=8)
    axes.set_yticks(range(len(order)), [_short(titles.get(id, id)) for id in order])
    axes.invert_yaxis()
    axes.set_xlabel("seconds")
    axes.spines[["top", "right"]].set_visible(False)
    if len(frame):
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def _without_pauses(frame: pd.DataFrame) -> tuple[Callable[[pd.Timestamp], float], list[tuple[float, float]]]:
    """Return where a time goes on the x axis, in seconds, and where on it how many seconds were cut out."""
    until, busy, pauses = None, 0.0, []
    for start, end in sorted(zip(frame["start"], frame["end"], strict=True)):
        if until is not None and start > until:
            pauses.append((until, start))
        busy += max((end - max(start, until or start)).total_seconds(), 0.0)
        until = max(end, until or end)
    cut = [(low, high) for low, high in pauses if (high - low).total_seconds() > busy * LONG_PAUSE]
    first = frame["start"].min()

    def left_of(time: pd.Timestamp) -> float:
        return (time - first).total_seconds() - sum((high - low).total_seconds() for low, high in cut if high <= time)

    return left_of, [(left_of(low), (high - low).total_seconds()) for low, high in cut]


def _short(title: object, most: int = 48) -> str:
    text = str(title)
    return text if len(text) <= most else f"{text[: most - 1]}…"
