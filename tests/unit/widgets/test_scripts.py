"""The scripts of the views: files of the package alone, and nothing in them that Python does not have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heph_nb.run.handle import Run

STATIC = Path(__file__).parents[3] / "heph_nb" / "widgets" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
PYTHON = "\n".join(p.read_text() for p in STATIC.parent.glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: str(p.relative_to(STATIC)))
def test_what_a_script_does_is_a_method_of_the_run(path):
    for name in re.findall(r"\bact\(\s*[\"'](\w+)[\"']", path.read_text()):
        assert name == "bootstrap" or callable(getattr(Run, name)), name
        assert f'"{name}"' in PYTHON, f"{name} is no action of any view"


@pytest.mark.parametrize("path", [*SCRIPTS, *STATIC.rglob("*.css")], ids=lambda p: str(p.relative_to(STATIC)))
def test_a_file_holds_one_idea_and_loads_nothing_from_afar(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 350
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|^import ", text, re.MULTILINE)
    assert "innerHTML" not in text or path.name == "prd.js", "what people write is text, not markup"
