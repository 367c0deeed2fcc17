"""Where every requirement went: from its lines in the PRD to tickets, files, tests and open questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from heph_nb.run.frames import Frames

_BEFORE = ("id", "label", "text", "status", "mark", "level", "lines")
_AFTER = ("criteria", "kind", "evidence")


def coverage(run: Frames) -> pd.DataFrame:
    """Join requirements with what became of them.

    Parameters
    ----------
    run : Run, Moment or OpenedRun
        A run.

    Returns
    -------
    DataFrame
        One row per requirement: id, label, text, status, mark, level, lines (``string``, for example ``"12-14, 40"``),
        tickets (list of titles), files and tests (lists of paths that are on the run branch), question (the first open
        one about it), criteria (list), kind, evidence.
    """
    import pandas as pd

    requirements, tickets, traces, questions = run.requirements(), run.tickets(), run.traces(), run.questions()
    merged = traces[traces["merged"].astype("boolean").fillna(value=False).astype(bool)]
    open_ones = questions[questions["status"] == "open"]
    by_question = _collect(zip(open_ones["requirement_ids"], open_ones["text"], strict=True))
    found = {"tickets": _collect(zip(tickets["requirement_ids"], tickets["title"], strict=True))}
    for name, kind in (("files", "file"), ("tests", "test")):
        rows = merged[merged["kind"] == kind]
        pairs = zip(rows["requirement_id"], rows["target"], strict=True)
        found[name] = _collect(([id], target) for id, target in pairs)
    frame = requirements.loc[:, list(_BEFORE)].reset_index(drop=True)
    for name, values in found.items():
        frame[name] = pd.Series([values.get(id, []) for id in frame["id"]], dtype=object)
    asked = [by_question[id][0] if id in by_question else None for id in frame["id"]]
    frame["question"] = pd.Series(asked, dtype=pd.StringDtype("pyarrow"))
    for name in _AFTER:
        frame[name] = requirements[name].to_numpy() if requirements[name].dtype == object else requirements[name].array
    return frame


def _collect(pairs: Iterable[tuple[Iterable[str], str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ids, value in pairs:
        for id in ids:
            values = found.setdefault(id, [])
            if value not in values:
                values.append(value)
    return found
