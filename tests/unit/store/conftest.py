from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from heph_nb.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hephaestus.duckdb"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database.open(path)
    yield opened
    opened.close()
