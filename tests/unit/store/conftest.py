from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from heph_nb.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hephaestus.duckdb"


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state file without a row, made once."""
    path = tmp_path_factory.mktemp("new") / "hephaestus.duckdb"
    Database.open(path).close()
    return path


@pytest.fixture
def database(path: Path, new_file: Path) -> Iterator[Database]:
    opened = Database.open(shutil.copy(new_file, path))
    yield opened
    opened.close()
