"""PRDs of other projects, where they are at hand beside the repository: what a person expects to find in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from heph_nb.domain.prd import Prd, decode_prd, is_testable, read_prd
from tests.unit.prd.reading import by_label

SHARED = Path(__file__).parents[4] / "shared" / "prds"


def shared(name: str) -> Prd:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return read_prd(decode_prd(path.read_bytes(), name))


def test_user_stories_with_checklists():
    prd = shared("04_gastown_stage_launch_prd.md")
    labels = by_label(prd)
    assert sum(1 for label in labels if label and label.startswith("US-")) == 59
    assert sum(1 for label in labels if label and label.startswith("FR-")) == 10
    assert labels["US-001 AC-1"].lines == ((46, 46),)
    assert labels["FR-10"].lines == ((177, 177),)
    assert not [s for s in prd.statements if s.lines[0][0] < 41 or s.lines[0][0] >= 207]
    assert [(b.language, b.section) for b in prd.blocks] == [("bash", "Quality Gates")]


def test_a_template_in_tags_with_a_dependency_chain():
    prd = shared("03_taskmaster_sample_small.txt")
    at = {s.lines[0][0]: s for s in prd.statements}
    post, code, store = at[46], at[45], at[44]
    assert post.lines == ((46, 46), (57, 57))
    assert post.depends_on == (store.id, code.id)
    assert not [line for line in at if line <= 5 or 62 <= line]
    assert 50 not in at


def test_features_requirements_and_words_of_taste():
    prd = shared("05_devbench_xlsx2csv_PRD.md")
    at = {s.lines[0][0]: s for s in prd.statements}
    assert at[41].section == "Requirements > Feature 1: Command-Line Conversion"
    assert at[41].level == "should"
    assert at[58].kind == at[27].kind == "non-functional"
    assert is_testable(at[41])
    assert not any(is_testable(at[line]) for line in (58, 59, 60))
    assert not [line for line in at if line <= 13 or line >= 90]


def test_modules_with_bullets():
    prd = shared("08_prdbench_01_restaurant_supply_PRD.md")
    assert [s.lines[0][0] for s in prd.statements] == [
        5,
        10,
        11,
        12,
        13,
        16,
        17,
        18,
        21,
        22,
        25,
        26,
        27,
        30,
        31,
        32,
        33,
        38,
        39,
        42,
        43,
        46,
        47,
    ]
