"""Run the notebooks again and write back what they show: ``python -m tests.notebooks.refresh [name ...]``.

What differs from run to run is left out: times of execution, the state of widgets, what a kernel says of itself. So
the same code shows the same notebook, except for its pictures.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.notebooks.place import fresh_place

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SECONDS_PER_CELL = 300
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def refresh(path: Path) -> None:
    """Run one notebook in a fresh place, and write it back with its new outputs."""
    notebook = nbformat.read(path, as_version=4)
    with fresh_place() as environment:
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": environment["TMPDIR"]}},
            record_timing=False,
            store_widget_state=False,
        )
        client.execute(env=os.environ | environment)
    clean(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def clean(notebook: NotebookNode) -> None:
    """Leave what a reader sees, and nothing that differs every time."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02}"
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET, None)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Put neighbouring pieces of one stream together: where a stream is cut is a matter of timing."""
    kept: list[NotebookNode] = []
    for output in outputs:
        last = kept[-1] if kept else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            kept.append(output)
    return kept


def main(names: list[str]) -> None:
    """Refresh the notebooks that are named, or all of them."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not names or path.stem in names or path.name in names:
            refresh(path)
            print(f"refreshed {path.relative_to(NOTEBOOKS.parent)}")


if __name__ == "__main__":
    main(sys.argv[1:])
