"""Rows: frames and diffs as JSON values, for the browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from heph_nb.run.diffs import Diff


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dicts of JSON values: times as ISO text, what is missing as None.

    Examples
    --------
    >>> import pandas as pd
    >>> rows(pd.DataFrame({"n": [1, None], "names": [["a"], []]}))
    [{'n': 1.0, 'names': ['a']}, {'n': None, 'names': []}]
    """
    return json.loads(frame.to_json(orient="records", date_format="iso") or "[]")


def work(diff: Diff) -> dict[str, Any]:
    """Return what a view shows of a diff: what is said of it, and its text."""
    return {"said": diff.said, "text": diff.text}
