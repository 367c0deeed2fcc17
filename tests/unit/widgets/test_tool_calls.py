"""What is shown of a tool call, put together from its events."""

from __future__ import annotations

from heph_nb.run.output import MOST, tool_call


def test_the_newest_of_each_field_counts_and_a_diff_comes_first():
    parts = tool_call(
        [
            {
                "tool_call_id": "c",
                "input": {"command": "ls"},
                "output": "half",
                "content": [{"type": "text", "text": "a"}],
            },
            {"tool_call_id": "c", "output": "whole", "status": "completed"},
            {
                "content": [
                    {"type": "text", "text": "b"},
                    {"type": "diff", "path": "x", "old_text": None, "new_text": "1\n"},
                ]
            },
        ]
    )
    assert [(part["kind"], part["text"]) for part in parts] == [
        ("diff", "diff --git a/x b/x\n--- x\n+++ x\n@@ -0,0 +1 @@\n+1"),
        ("text", "b"),
        ("output", "whole"),
        ("input", "ls"),
    ]


def test_what_an_agent_sends_may_be_anything():
    assert tool_call([{"content": "no list", "output": [1, {"a": "é"}], "input": {}}]) == [
        {"kind": "output", "text": '[\n 1,\n {\n  "a": "é"\n }\n]'}
    ]
    assert tool_call([{"content": [None, {"type": "image", "data": "x"}]}])[0] == {"kind": "text", "text": "null"}


def test_what_is_too_long_says_how_much_is_missing():
    (part,) = tool_call([{"output": "x" * (MOST + 1234)}])
    assert part["text"].endswith("… 1,234 more characters: run.events() has all of it")
    (part,) = tool_call([{"content": [{"type": "diff", "path": "big", "old_text": "", "new_text": "y\n" * 10 * MOST}]}])
    assert "0 characters become 1,200,000" in part["text"]
