"""What is wrong with a request, in words of ours."""

from __future__ import annotations

import pytest

from heph_nb.backend.operations import find_operation
from heph_nb.backend.parsing import parse
from heph_nb.errors import InvalidError

MISTAKES = [
    ("questions/answer", b'{"question_id": "q", "text": ""}', "text must not be blank."),
    ("questions/answer", b'{"question_id": "q", "text": "  "}', "text must not be blank."),
    ("questions/answer", b'{"text": "x"}', "question_id is missing."),
    ("questions/answer", b'{"question_id": 7, "text": "x"}', "question_id must be text."),
    ("phases/start", b'{"number": "two"}', "number must be a whole number."),
    ("phases/start", b'{"number": 2.5}', "number must be a whole number."),
    ("phases/start", b'{"number": 2, "max_agents": 99}', "max_agents must be at most 64."),
    ("phases/start", b'{"number": 2, "max_agents": 0}', "max_agents must be at least 1."),
    ("phases/start", b'{"phase": 2}', "number is missing."),
    ("runs/stop", b'{"number": 2}', "number is unknown here; there are run_id, reason."),
    ("tasks/finish", b'{"status": "ready"}', "status must be 'done' or 'failed'."),
    ("tickets/create", b'{"title": "x", "blocked_by": "t"}', "blocked_by must be a list."),
    ("tickets/create", b'{"title": "x", "blocked_by": [1]}', "blocked_by.0 must be text."),
    ("runs/create", b'{"prd": "a", "working_dir": "b", "manual": "maybe"}', "manual must be true or false."),
    ("runs/create", b'{"prd": "a", "working_dir": "b", "policy": "no"}', "policy must be allow or ask."),
    ("runs/pause", b"[]", "The request must be a JSON object with run_id."),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "body", "said"), MISTAKES)
def test_a_mistake_is_told_in_a_sentence(operation, body, said):
    with pytest.raises(InvalidError) as caught:
        parse(find_operation(operation).request, body)
    assert caught.value.detail == said


def test_what_is_no_json_is_told_too():
    with pytest.raises(InvalidError, match=r"^The request is no JSON that can be read: .+\.$"):
        parse(find_operation("runs/pause").request, b"{")


def test_every_sentence_can_be_made():
    with pytest.raises(InvalidError, match="title is too long: at most 500 characters"):
        parse(find_operation("tickets/create").request, b'{"title": "%s"}' % (b"x" * 501))
    with pytest.raises(InvalidError, match="requirement_ids has too few entries: at least 1"):
        parse(find_operation("requirements/link").request, b'{"requirement_ids": []}')
