"""Tracing: from the PRD's lines to a test, and an honest word for what is missing."""

from __future__ import annotations

import pytest

from heph_nb.agents.outline.understanding.reading import Reading
from heph_nb.agents.outline.understanding.tracing import functions_for, is_test, names, said_in, trace
from heph_nb.domain.prd import Prd
from tests.unit.outline.support import statement

LINES = ("# Kit", "The tool must sort rows.", "It must print a table.")
S = [statement(2, "The tool must sort rows."), statement(3, "It must print a table.")]
READ = Reading(tuple(S), Prd(title="Kit"), "PRD.md", LINES)
SPEC = "docs/heph/run-1/specs/kit.md"
XFAIL = '@pytest.mark.xfail(reason="R-002 is not implemented yet", strict=False)\n'
TEST = 'def test_r_002_sort_rows():\n    """R-002 (PRD.md line 2)"""\n    assert sort([2, 1]) == [1, 2]\n'


def states(texts: dict[str, str], listed: tuple[str, ...] = ("R-002", "R-003")) -> list[tuple[str, list[str]]]:
    return [(t.state, t.gaps) for t in trace(S, READ, listed, texts)]


def test_a_requirement_with_a_spec_and_an_expected_failure_is_whole_but_not_tested():
    found = states({SPEC: "R-002", "tests/test_kit_1.py": XFAIL + TEST})
    assert found[0] == ("expected to fail", [])
    assert found[1] == ("not traced", ["no file specifies it", "no test names it"])


def test_a_test_without_the_mark_is_called_tested():
    assert states({SPEC: "R-002", "tests/test_kit_1.py": TEST})[0] == ("tested", [])


@pytest.mark.parametrize(
    "mark", ["pytestmark = pytest.mark.xfail\n", "pytestmark = [pytest.mark.xfail(strict=True)]\n"]
)
def test_a_mark_on_the_whole_module_counts(mark):
    assert functions_for(mark + TEST, "R-002") == [("test_r_002_sort_rows", True)]


def test_scenarios_are_tests_that_nothing_is_bound_to():
    assert states({SPEC: "R-002", "features/kit.feature": "@R-002"})[0] == ("scenario only", [])


def test_a_ticket_that_does_not_list_it_is_a_gap():
    assert "its ticket does not list it" in states({SPEC: "R-002"}, listed=())[0][1]


def test_a_broken_module_is_no_evidence():
    assert functions_for("def test_r_002(:", "R-002") == []


def test_lines_that_say_something_else_are_noticed():
    assert said_in(S[0], READ)
    assert not said_in(statement(3, "The tool must sort rows."), READ)
    assert not said_in(statement(99, "The tool must sort rows."), READ)


@pytest.mark.parametrize("text", ["R-002", "test_r_002_x", "see R-002.", "r002"])
def test_a_requirement_is_named(text):
    assert names(text, "R-002")


@pytest.mark.parametrize("text", ["R-0021", "XR-002", "R-02", "r_0020"])
def test_a_requirement_is_not_named(text):
    assert not names(text, "R-002")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("tests/test_a.py", True),
        ("pkg/a_test.go", True),
        ("src/a.test.ts", True),
        ("features/a.feature", True),
        ("src/test/java/ATests.java", True),
        ("docs/heph/r/specs/a.md", False),
        ("tests/README.md", False),
        ("src/a.py", False),
    ],
)
def test_tests_are_told_from_documents(path, found):
    assert is_test(path) is found
