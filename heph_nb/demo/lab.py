"""``heph lab``: JupyterLab on the notebooks, of the checkout if there is one, else on copies of the shipped ones."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import click

from heph_nb import settings
from heph_nb.client.discovery import find_state, keep_out_of_git
from heph_nb.errors import InvalidError

QUICKSTART = "00_quickstart.ipynb"
COPIES = "heph-notebooks"


def open_lab(state: Path | None, arguments: Sequence[str]) -> None:
    """Become JupyterLab. A state file that is named, or found, goes along in ``HEPH_STATE``.

    Raises
    ------
    InvalidError
        JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise InvalidError("JupyterLab is not installed here: pip install 'heph_nb[lab]'.")
    folder = find_notebooks(Path.cwd())
    path = find_state(state)
    named = {"HEPH_STATE": str(path)} if state is not None or path.is_file() else {}
    click.echo(f"State file: {path}\nNotebooks: {folder}")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *arguments]
    if (folder / QUICKSTART).exists():
        command.append(f"--LabApp.default_url=/lab/tree/{QUICKSTART}")
    os.execve(sys.executable, command, settings.child_environment(**named))  # noqa: S606 - no shell


def find_notebooks(here: Path) -> Path:
    """Return the folder with the notebooks: in the checkout, or written into ``heph-notebooks`` here.

    A notebook that is there already is left as the person has it.
    """
    for folder in (here / "notebooks", here, Path(__file__).parents[2] / "notebooks"):
        if (folder / QUICKSTART).is_file():
            return folder
    folder = here / COPIES
    folder.mkdir(exist_ok=True)
    keep_out_of_git(here, f"{COPIES}/")
    shipped = resources.files("heph_nb") / "notebooks"
    for notebook in shipped.iterdir() if shipped.is_dir() else ():
        target = folder / notebook.name
        if notebook.name.endswith(".ipynb") and not target.exists():
            with resources.as_file(notebook) as source:
                shutil.copyfile(source, target)
    return folder
