"""Where every requirement went."""

from types import SimpleNamespace

import pyarrow as pa

from heph_nb.analysis import coverage
from heph_nb.run.columns import columns, to_frame


def frame(table, *rows):
    kinds = columns(table)
    names = {name for row in rows for name in row}
    return to_frame(pa.table({name: [row.get(name) for row in rows] for name in names}), kinds)


def lines(start, end):
    return {"line_start": start, "line_end": end}


REQUIREMENTS = frame(
    "requirements",
    {
        "id": "R-001",
        "text": "a",
        "status": "specified",
        "lines": [lines(3, 4), lines(9, 9)],
        "label": "FR-1",
        "criteria": ["quick"],
    },
    {"id": "R-002", "text": "b", "status": "open", "lines": [lines(5, 5)]},
)


def a_run(**frames):
    """Return what has the frames of a run."""
    return SimpleNamespace(**{name: lambda found=found: found for name, found in frames.items()})


def test_each_requirement_is_followed_to_its_tickets_files_tests_and_question():
    tickets = frame(
        "tickets",
        {"title": "One", "requirement_ids": ["R-001", "R-002"]},
        {"title": "Two", "requirement_ids": ["R-001"]},
    )
    traces = frame(
        "traces",
        {"requirement_id": "R-001", "kind": "file", "target": "docs/a.md", "merged": True},
        {"requirement_id": "R-001", "kind": "file", "target": "docs/a.md", "merged": True},
        {"requirement_id": "R-001", "kind": "test", "target": "tests/test_a.py", "merged": True},
        {"requirement_id": "R-002", "kind": "file", "target": "docs/b.md", "merged": False},
    )
    questions = frame(
        "questions",
        {"text": "Old?", "status": "answered", "requirement_ids": ["R-002"]},
        {"text": "How nice?", "status": "open", "requirement_ids": ["R-002"]},
    )
    run = a_run(requirements=REQUIREMENTS, tickets=tickets, traces=traces, questions=questions)
    first, second = coverage(run).to_dict("records")
    assert (first["lines"], first["tickets"], first["files"]) == ("3-4, 9", ["One", "Two"], ["docs/a.md"])
    assert (first["label"], first["criteria"]) == ("FR-1", ["quick"])
    assert first["tests"] == ["tests/test_a.py"]
    assert (second["lines"], second["files"], second["question"]) == ("5", [], "How nice?")


def test_a_run_without_anything_yet_has_the_same_columns():
    nothing = {table: frame(table) for table in ("tickets", "traces", "questions")}
    full = coverage(a_run(requirements=REQUIREMENTS, **nothing))
    empty = coverage(a_run(requirements=frame("requirements"), **nothing))
    assert full.dtypes.equals(empty.dtypes)
    assert full["question"].isna().all()
