"""Permission requests in words of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heph_nb.agents.asking import permission_request, tool_call_facts
from heph_nb.agents.session import Choice, Decision, PermissionRequest

from .test_updates import json_values

CWD = Path("/work/tree")
OPTIONS = [{"optionId": "y", "name": "Yes", "kind": "allow_once"}]


def ask(known=None, options=OPTIONS, **call):
    params = {"sessionId": "s", "toolCall": {"toolCallId": "1", **call}, "options": options}
    return permission_request(params, known or {}, CWD)


@pytest.mark.parametrize(
    ("call", "title"),
    [
        ({"title": "Run the tests", "kind": "execute"}, "Run the tests"),
        ({"title": "", "kind": "execute", "rawInput": {"command": "pytest -q"}}, "run pytest -q"),
        ({"kind": "execute", "rawInput": {"command": ["bash", "-c", "a b"]}}, "run bash -c 'a b'"),
        ({"title": '{"path": "x"}', "kind": "edit", "rawInput": {"path": "/work/tree/src/x.py"}}, "edit src/x.py"),
        ({"title": '{"path": "x', "kind": "edit", "locations": [{"path": "/etc/passwd"}]}, "edit /etc/passwd"),
        ({"title": "/work/tree/a", "kind": "edit", "locations": [{"path": "/work/tree/a"}]}, "edit a"),
        ({"kind": "edit", "locations": [{"path": "/work/tree/../other"}]}, "edit /work/tree/../other"),
        ({"kind": "fetch", "rawInput": {"url": "https://example.org"}}, "fetch https://example.org"),
        ({"kind": "other", "rawInput": {"tool": "create_ticket"}}, "use a tool: create_ticket"),
        ({}, "use a tool (other)"),
        ({"title": "two\nlines \x1b[31mred"}, "two lines [31mred"),
        ({"title": "x" * 500}, "x" * 199 + "…"),
        ({"title": "[draft] write notes"}, "[draft] write notes"),
    ],
)
def test_titles(call, title):
    assert ask(**call).title == title


def test_what_the_agent_said_of_the_tool_call_before_is_used():
    known = tool_call_facts({"toolCallId": "1", "kind": "execute", "rawInput": {"command": "make"}, "status": "x"})

    request = ask(known, title=None)
    assert (request.title, request.tool_kind) == ("run make", "execute")


def test_the_detail_shows_what_will_be_done_whatever_the_agent_calls_it():
    content = [{"type": "diff", "path": f"{CWD}/a.py", "oldText": "one\ntwo\n", "newText": "one\nthree\n"}, "junk"]
    request = ask(title="Read the manual", kind="read", rawInput={"command": "rm -rf /"}, content=content)

    assert request.title == "Read the manual"
    assert "command: rm -rf /" in request.detail
    assert "--- a.py\n+++ a.py\n@@" in request.detail
    assert "-two\n+three" in request.detail
    huge = [{"type": "diff", "path": "a.py", "oldText": "x" * 70_000, "newText": "y"}]
    assert "70000 characters become 1" in ask(content=huge).detail
    assert len(ask(rawInput={"text": "z" * 50_000}).detail) < 9000


@pytest.mark.parametrize(
    ("call", "subject"),
    [
        ({"title": "Run the tests", "kind": "execute", "rawInput": {"command": "pytest -q"}}, "pytest -q"),
        (
            {"kind": "execute", "rawInput": {"command": ["bash", "-c", "a b"], "cwd": "/work/tree", "timeout": 9}},
            "bash -c 'a b'",
        ),
        ({"kind": "execute", "rawInput": {"command": "make", "cwd": "/etc"}}, "(in /etc) make"),
        (
            {"kind": "execute", "rawInput": {"command": "make", "cwd": "/work/tree/docs"}},
            "(in <worktree>/docs) make",
        ),
        ({"kind": "execute", "rawInput": {"command": "ls /work/tree/a"}}, "ls <worktree>/a"),
        ({"kind": "execute", "rawInput": {"command": "ls '<worktree>'"}}, None),
        (
            {"title": "python", "kind": "execute", "rawInput": {"command": "python", "args": ["x.py"]}},
            'python {"args": ["x.py"], "command": "python"}',
        ),
        ({"kind": "execute", "rawInput": {"command": "ls", "cmd": "rm x"}}, '{"cmd": "rm x", "command": "ls"}'),
        (
            {"kind": "execute", "rawInput": {"cmd": "ls", "cwd": "/work/tree", "workdir": "/etc"}},
            '{"cmd": "ls", "cwd": "<worktree>", "workdir": "/etc"}',
        ),
        ({"kind": "execute", "rawInput": {"command": "x" * 5000}}, None),
        ({"title": "Edit a file", "kind": "edit", "rawInput": {"path": "/work/tree/src/x.py"}}, "src/x.py"),
        (
            {"kind": "edit", "rawInput": {"command": "create", "path": "/work/tree/x.py"}},
            "x.py",
        ),
        (
            {"kind": "edit", "locations": [{"path": "a"}], "content": [{"type": "diff", "path": "b", "newText": ""}]},
            "a\nb",
        ),
        ({"kind": "delete", "locations": [{"path": "a\nb"}]}, None),
        (
            {"title": "move", "kind": "move", "locations": [{"path": "a"}], "rawInput": {"to": "/work/tree/b"}},
            'move a {"to": "<worktree>/b"}',
        ),
        ({"title": "mcp__x__drop", "kind": "other", "rawInput": {"id": 1}}, 'mcp__x__drop {"id": 1}'),
        ({"title": "write a.txt", "kind": "edit"}, "write a.txt"),
        ({"kind": "edit"}, None),
    ],
)
def test_the_subject_is_exactly_what_is_done_whatever_it_is_called(call, subject):
    assert ask(**call).subject == subject


def test_what_was_cut_has_no_subject_unless_it_is_told_again():
    whole = {"description": "x" * 7_990, "command": "make", "args": ["clean", "y" * 500]}
    known = tool_call_facts({"kind": "execute", "rawInput": whole})
    assert ask(known).subject is None
    assert ask(known, rawInput={"command": "make"}).subject == "make"


def test_a_decision_takes_the_narrowest_option():
    def request(*kinds):
        options = tuple(Choice(kind, kind, kind) for kind in kinds)
        return PermissionRequest(
            session_id="s", tool_call_id="1", tool_kind="edit", title="", detail="", options=options
        )  # fmt: skip

    both = request("allow_always", "allow_once", "reject_always", "reject_once")
    assert (both.allow(), both.deny()) == (Decision("allow_once"), Decision("reject_once"))
    assert request("allow_always").allow() == Decision("allow_always")
    assert request("allow_once").deny() == Decision(None)
    assert request().allow() == Decision(None)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["title", "kind", "rawInput", "locations", "content"]),
        json_values | st.dictionaries(st.sampled_from(["command", "path", "url"]), json_values),
    ),
    json_values,
)
def test_whatever_an_agent_asks_has_a_title_or_is_no_request(call, options):
    request = ask(options=options, **call)

    assert request is None or request.title
