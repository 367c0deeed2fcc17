"""Where every requirement went: from its lines in the PRD to tickets, files, tests and open questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_TEXT = ("id", "text", "level", "kind", "status", "mark", "evidence")


def coverage(
    requirements: pd.DataFrame, tickets: pd.DataFrame, traces: pd.DataFrame, questions: pd.DataFrame
) -> pd.DataFrame:
    """Join requirements with what became of them.

    Parameters
    ----------
    requirements, tickets, traces, questions : DataFrame
        The frames of one run.

    Returns
    -------
    DataFrame
        One row per requirement: id, text, level, kind, status, mark, evidence (``string``), lines (for example
        ``"12-14, 40"``), tickets (list of titles), files and tests (lists of paths that are on the run branch),
        question (the first open one about it).
    """
    import pandas as pd

    frame = requirements.loc[:, list(_TEXT)].reset_index(drop=True)
    merged = traces[traces["merged"].astype("boolean").fillna(value=False).astype(bool)]
    open_ones = questions[questions["status"] == "open"]
    by_ticket = _collect(zip(tickets["requirement_ids"], tickets["title"], strict=True))
    by_question = _collect(zip(open_ones["requirement_ids"], open_ones["text"], strict=True))
    columns: dict[str, list[object]] = {
        "lines": [_ranges(lines) for lines in requirements["lines"]],
        "tickets": [by_ticket.get(id, []) for id in frame["id"]],
    }
    for name, kind in (("files", "file"), ("tests", "test")):
        found = merged[merged["kind"] == kind]
        targets = _collect(
            (([id], target) for id, target in zip(found["requirement_id"], found["target"], strict=True))
        )
        columns[name] = [targets.get(id, []) for id in frame["id"]]
    text = pd.StringDtype("pyarrow")
    asked = [by_question[id][0] if id in by_question else None for id in frame["id"]]
    for name, values in columns.items():
        frame[name] = pd.Series(values, dtype=text if name == "lines" else object)
    frame["question"] = pd.Series(asked, dtype=text)
    return frame


def _collect(pairs: Iterable[tuple[Iterable[str], str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ids, value in pairs:
        for id in ids:
            values = found.setdefault(id, [])
            if value not in values:
                values.append(value)
    return found


def _ranges(lines: object) -> str:
    """Return ranges as people write them; they come as structs or as pairs."""
    pairs = [tuple(item.values()) if isinstance(item, dict) else tuple(item) for item in lines or ()]  # type: ignore[union-attr]
    return ", ".join(str(start) if start == end else f"{start}-{end}" for start, end in pairs)
