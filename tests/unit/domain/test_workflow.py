"""Workflow files: what a phase is to the others, and what a wrong file is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from heph_nb.backend.intake import load_workflow
from heph_nb.domain.workflow import read_workflow
from heph_nb.errors import InvalidError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def phases(*names, **roles):
    written = [
        f"  - {{order: {n}, name: {name}{', role: ' + roles[name] if name in roles else ''}}}"
        for n, name in enumerate(names, 1)
    ]
    return read_workflow("name: w\nphases:\n" + "\n".join(written), "mine.yaml").phase_records("run-1", NOW)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["only"], ["analysis"]),
        (["plan", "do"], ["analysis", "implementation"]),
        (["requirements", "coding", "qa"], ["analysis", "implementation", "validation"]),
        (["plan", "design", "build", "check"], ["analysis", "implementation", "implementation", "validation"]),
        (["implementation", "validation"], ["implementation", "validation"]),
    ],
)
def test_a_phase_without_a_role_gets_it_from_its_name_or_its_place(names, expected):
    assert [p.role for p in phases(*names)] == expected


def test_a_role_that_is_written_down_counts_and_says_which_columns_a_ticket_enters():
    found = phases("one", "two", "three", two="validation", three="implementation")
    assert [p.role for p in found] == ["analysis", "validation", "implementation"]
    assert [p.columns for p in found] == [(), ("validating", "done"), ("building", "building-done")]


def test_columns_that_are_written_down_count():
    [phase] = read_workflow("name: w\nphases: [{order: 1, name: a, role: implementation, columns: []}]", "w").phases
    assert phase.columns == []


def test_the_shipped_workflow_says_its_roles():
    assert load_workflow("prd_to_software").roles() == ["analysis", "implementation", "validation"]


GOOD = "name: w\nphases:\n  - order: 1\n    name: plan\n  - order: 2\n    name: build\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["empty", "name and phases"]),
        ("- a\n- b\n", ["a list", "mapping"]),
        ("just text", ["single value"]),
        ("name: [", ["not valid YAML at line 1"]),
        ("name: w\n", ["phases: this key is missing"]),
        ("phases: [{order: 1, name: a}]", ["name: this key is missing"]),
        ("name: w\nphases: []\n", ["line 2, phases", "at least 1"]),
        ("name: w\nphases: soon\n", ["line 2, phases", "list"]),
        ("name: w\nphases:\n  - build\n", ["line 3, phases.0", "must be a mapping"]),
        (GOOD + "    rolle: build\n", ["line 7, phases.1.rolle", "no such key", "role, description"]),
        (GOOD + "colour: red\n", ["line 7, colour", "no such key", "name, description, phases"]),
        (GOOD + "    role: builder\n", ["line 7, phases.1.role", "'analysis', 'implementation' or 'validation'"]),
        (GOOD + "    checks: pytest\n", ["line 7, phases.1.checks", "list", "'pytest'"]),
        (GOOD + "    max_agents: 0\n", ["line 7, phases.1.max_agents", "greater than or equal to 1"]),
        (GOOD + "    columns: [building]\n", ["line 7", "two columns"]),
        (GOOD + "    columns: [building, gone]\n", ["line 7", "'gone' is not on the board", "backlog"]),
        (GOOD + "    name: again\n", ["line 7", "'name' is there twice"]),
        (GOOD.replace("order: 2", "order: 1"), ["two phases have the order 1"]),
        (GOOD.replace("order: 2", "order: 3"), ["are 1, 3", "without a gap"]),
        (GOOD.replace("order: 1", "order: 0"), ["line 3, phases.0.order", "greater than or equal to 1"]),
        (GOOD.replace("order: 2", "order: two"), ["line 5, phases.1.order", "integer"]),
        (GOOD.replace("order: 2", "order: true"), ["line 5, phases.1.order", "integer"]),
        (GOOD.replace("name: build", "name: '  '"), ["line 6, phases.1.name", "blank"]),
        (GOOD.replace("    name: build\n", ""), ["line 5, phases.1.name", "missing"]),
    ],
)
def test_a_wrong_file_is_told_where_and_what_is_allowed(text, says):
    with pytest.raises(InvalidError) as caught:
        read_workflow(text, "/home/me/mine.yaml")
    assert "/home/me/mine.yaml" in caught.value.detail
    for words in says:
        assert words in caught.value.detail
