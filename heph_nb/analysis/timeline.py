"""The time of a run as a picture: a bar per interval, a row per agent or task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heph_nb.analysis.activity import activity

if TYPE_CHECKING:
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
        A row per task in the order in which they began, seconds since the first on the x axis.
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
    begin = frame["start"].min()
    for name, colour in COLOURS.items():
        mine = frame.loc[frame["activity"] == name]
        left = [(start - begin).total_seconds() for start in mine["start"]]
        rows = [order.index(id) for id in mine["task_id"]]
        if len(mine):
            axes.barh(rows, mine["seconds"], left=left, height=0.7, color=colour, label=name)
    axes.set_yticks(range(len(order)), [_short(titles.get(id, id)) for id in order])
    axes.invert_yaxis()
    axes.set_xlabel("seconds")
    axes.spines[["top", "right"]].set_visible(False)
    if len(frame):
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def _short(title: object, most: int = 48) -> str:
    text = str(title)
    return text if len(text) <= most else f"{text[: most - 1]}…"
