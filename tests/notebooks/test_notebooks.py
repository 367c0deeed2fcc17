"""What every committed notebook is like, so that people can read it and nbval can compare it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests.notebooks.refresh import METADATA, NOTEBOOKS, clean

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))

MACHINE = re.compile(r"(?<![\w.])(/(?:home|root|tmp|Users|private|var|work|opt|mnt)/|[A-Z]:\\)")
DIFFERS = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"  # a uuid
    r"|\b0x[0-9a-f]{4,}"  # an address
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b"  # a hash
    r"|\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d"  # a moment
    r"|\b127\.0\.0\.1:\d+"
)


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> NotebookNode:
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            yield output.get("text", "")
            yield from (value for kind, value in output.get("data", {}).items() if kind.startswith("text/"))


def test_the_notebooks_that_the_readme_promises_are_there():
    assert [path.stem for path in PATHS[:4]] == ["00_quickstart", "01_activity", "02_control_panel", "03_tickets"]


def test_a_notebook_is_valid_and_names_the_usual_kernel(notebook: NotebookNode):
    nbformat.validate(notebook)
    assert notebook.metadata == METADATA


def test_it_says_first_what_it_is_and_how_long_it_takes(notebook: NotebookNode):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "**What this is.**" in first.source
    assert re.search(r"\*\*How long it takes\.\*\* .*minute", first.source)


def test_it_is_short_and_explains_itself(notebook: NotebookNode):
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert len(notebook.cells) < 40
    assert len(prose) >= len(code_cells(notebook))


def test_it_was_run_from_top_to_bottom_without_an_error(notebook: NotebookNode):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_it_holds_no_widget_state_and_no_times(notebook: NotebookNode):
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
        assert not [kind for output in cell.get("outputs", []) for kind in output.get("data", {}) if "widget" in kind]


def test_what_it_shows_is_the_same_on_every_machine_and_every_time(notebook: NotebookNode):
    for text in texts(notebook):
        assert not MACHINE.search(text), text
        assert not DIFFERS.search(text), text
    for cell in notebook.cells:
        assert not MACHINE.search(cell.source), cell.source


def test_nbval_compares_all_of_it(notebook: NotebookNode):
    skipped = {"nbval-skip", "nbval-ignore-output", "nbval-raises-exception", "raises-exception"}
    for cell in code_cells(notebook):
        assert not skipped & set(cell.metadata.get("tags", []))
        assert "NBVAL" not in cell.source.upper()


def pictures(notebook: NotebookNode) -> list[NotebookNode]:
    return [o for cell in code_cells(notebook) for o in cell.outputs if "image/png" in o.get("data", {})]


def test_every_picture_is_described_for_those_who_cannot_see_it():
    shown = [picture for path in PATHS for picture in pictures(nbformat.read(path, as_version=4))]
    assert shown
    for picture in shown:
        assert len(picture.metadata["image/png"]["alt"]) > 20


def test_its_links_lead_somewhere(notebook: NotebookNode):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+)\)", cell.source):
                assert target.startswith("https://") or Path(NOTEBOOKS, target).exists(), target


def test_cleaning_takes_away_what_differs_from_run_to_run():
    cell = nbformat.v4.new_code_cell("print(1)", metadata={"execution": {"iopub.status.busy": "now"}, "tags": ["a"]})
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("1\n", "2\n")]
    dirty = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    clean(dirty)
    assert dirty.metadata == METADATA
    assert dirty.cells[0].metadata == {"tags": ["a"]}
    assert [output.text for output in dirty.cells[0].outputs] == ["1\n2\n"]
    first = nbformat.writes(dirty)
    clean(dirty)
    assert nbformat.writes(dirty) == first


def test_every_notebook_is_shipped_for_those_who_have_no_checkout():
    built = tomllib.loads((NOTEBOOKS.parent / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    shipped = built["targets"]["wheel"]["force-include"]
    assert shipped == {f"notebooks/{path.name}": f"heph_nb/notebooks/{path.name}" for path in PATHS}
