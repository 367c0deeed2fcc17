"""PRDs that are JSON documents."""

from __future__ import annotations

import json

from heph_nb.domain.prd import read_prd
from tests.unit.prd.reading import read

STORIES = {
    "project": "Tasks",
    "description": "Priorities for tasks",
    "userStories": [
        {"id": "US-001", "title": "Add priority", "description": "As a user, I want a priority.", "acceptanceCriteria": ["A column is added", "Typecheck passes"], "priority": 1},
        {"id": "US-002", "title": "Show priority", "acceptanceCriteria": ["A badge is shown", "Typecheck passes"], "dependsOn": ["US-001"], "notes": "reuse the badge"},
    ],
    "outOfScope": ["It must not sync"],
}  # fmt: skip


def test_stories_and_their_criteria():
    text = json.dumps(STORIES, indent=2)
    prd = read_prd(text)
    rows = text.split("\n")
    assert prd.title == "Tasks"
    assert [(s.label, s.text) for s in prd.statements] == [
        ("US-001 AC-1", "A column is added"), ("US-001 AC-2", "Typecheck passes"), ("US-002 AC-1", "A badge is shown"),
    ]  # fmt: skip
    assert all(s.text in rows[first - 1] for s in prd.statements for first, _ in s.lines)
    assert len(prd.statements[1].lines) == 2
    assert prd.statements[2].depends_on == ("R-001", "R-002")


def test_requirements_with_fields():
    prd = read(
        '{"requirements": [',
        '{"id": "R-1", "text": "It sorts", "priority": "should", "type": "non-functional"},',
        '{"id": "R-2", "text": "It prints", "dependsOn": ["R-1"]}',
        "]}",
    )
    assert [(s.label, s.text, s.level, s.kind, s.lines, s.depends_on) for s in prd.statements] == [
        ("R-1", "It sorts", "should", "non-functional", ((2, 2),), ()),
        ("R-2", "It prints", "must", "functional", ((3, 3),), ("R-001",)),
    ]


def test_what_only_looks_like_json_is_text():
    assert [s.text for s in read("[draft]", "", "The tool must sort.").statements] == ["The tool must sort."]


def test_json_that_is_deeper_than_any_prd():
    assert read("[" * 5000 + "]" * 5000).statements == ()
