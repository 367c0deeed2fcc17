"""Precision and recall on the labelled PRDs of the bench."""

from __future__ import annotations

import pytest

from tests.bench.prd_accuracy import Score, cases, grade

ENOUGH = 0.95
FLOOR = {"held-out": 0.92, "tuned": ENOUGH, "shared": ENOUGH}
"""What must not be lost again. On documents that nobody tuned on, 0.95 is the aim and not yet reached: the last four sets
(50 documents of other people, ten languages, 749 requirements), labelled before they were read and before anybody tuned on
them, were read with precision 0.88 and recall 0.90; ``python -m tests.bench.prd_accuracy`` shows the present."""


def score_of(group: str) -> tuple[Score, list[str]]:
    found, missing = cases(group)
    if not found:
        pytest.skip("; ".join(missing))
    graded = [grade(case) for case in found]
    return sum((score for score, _ in graded), Score()), [line for _, lines in graded for line in lines]


@pytest.mark.parametrize("group", ["held-out", "tuned", "shared"])
def test_precision_and_recall_are_high(group):
    score, mistakes = score_of(group)
    shown = "\n".join(mistakes)
    assert score.precision >= FLOOR[group], shown
    assert score.recall >= FLOOR[group], shown


@pytest.mark.parametrize("group", ["held-out", "tuned"])
def test_levels_and_kinds_agree_with_the_labels(group):
    score, mistakes = score_of(group)
    assert score.levels >= ENOUGH * score.graded, "\n".join(mistakes)
    assert score.kinds >= 0.9 * score.graded, "\n".join(mistakes)


def test_there_are_enough_labelled_prds():
    assert len(cases("tuned")[0]) >= 14
