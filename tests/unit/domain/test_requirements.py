"""Where requirements went, and what a person says of them."""

from __future__ import annotations

import pytest

from heph_nb.domain import questions, requirements, standing
from heph_nb.domain.records import Memory, Question, Requirement
from heph_nb.domain.words import count
from heph_nb.errors import RefusedError


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/x", "a\nb", "a\u202eb", "a\x1b[0m", "", "."]
)
def test_requirements_are_linked_to_plain_paths_inside_the_repository(world, path):
    with world.command() as draft, pytest.raises(RefusedError):
        requirements.link(draft, world.run, None, requirement_ids=["R-001"], file=path, ticket_id=None)


def test_a_path_is_kept_as_git_writes_it(world):
    with world.command() as draft:
        [trace] = requirements.link(draft, world.run, None, requirement_ids=["R-001"], file="./docs//a.md")
    assert trace.target == "docs/a.md"


def ask(world, text, *ids):
    with world.command() as draft:
        return questions.ask(draft, world.run, None, text=text, requirement_ids=ids)


def drop(world, id):
    with world.command() as draft:
        requirements.mark(draft, draft.get(Requirement, id, "run-1"), "dropped")


def test_a_requirement_that_is_dropped_leaves_its_question_which_closes_with_the_last(world):
    text = "What decides?\n\nR-001 (line 1): a\n  Proposal: b.\n\nR-002 (line 2): c\n\nSay it briefly."
    question = ask(world, text, "R-001", "R-002")
    drop(world, "R-001")
    left = world.state.get(Question, question.id)
    assert (left.requirement_ids, left.status) == (("R-002",), "open")
    assert left.text.partition(f"\n\n{questions.ASIDE}")[0] == "What decides?\n\nR-002 (line 2): c\n\nSay it briefly."
    assert left.decided == ("R-001: dropped",)
    drop(world, "R-002")
    closed = world.state.get(Question, question.id)
    assert (closed.status, closed.answer) == ("answered", "No answer is needed: R-002 was dropped.")
    assert standing.needs(world.state, world.run) == []


def test_an_answer_that_drops_a_requirement_takes_it_out_of_other_questions_too(world):
    first, second = ask(world, "One?", "R-001"), ask(world, "Two?", "R-001", "R-002")
    with world.command() as draft:
        questions.answer(draft, draft.get(Question, first.id), "drop R-001")
    assert world.state.get(Question, second.id).requirement_ids == ("R-002",)


def test_why_a_requirement_was_marked_is_kept_for_later_agents(world):
    with world.command() as draft:
        requirements.mark(draft, draft.get(Requirement, "R-001", "run-1"), "dropped", "nobody can measure it")
    assert [m.text for m in world.state.all(Memory, "run-1")] == ["R-001 is dropped: nobody can measure it"]


@pytest.mark.parametrize("how", ["a criterion more", "dropped and taken back"])
def test_a_proof_does_not_outlive_what_it_proved(world, how):
    question = ask(world, "Negative numbers?", "R-001")
    with world.command() as draft:
        draft.change(draft.get(Requirement, "R-001", "run-1"), status="verified", evidence="prd-example")
    with world.command() as draft:
        if how == "a criterion more":
            questions.answer(draft, draft.get(Question, question.id), "It refuses them with a ValueError.")
        else:
            requirements.mark(draft, draft.get(Requirement, "R-001", "run-1"), "dropped")
            requirements.mark(draft, draft.get(Requirement, "R-001", "run-1"), None)
    requirement = world.state.get(Requirement, "R-001", "run-1")
    assert (requirement.status, requirement.evidence) == ("specified", None)


@pytest.mark.parametrize(("n", "noun", "said"), [(1, "task", "1 task"), (2, "memory", "2 memories"), (0, "x", "0 xs")])
def test_numbers_agree_with_their_nouns(n, noun, said):
    assert count(n, noun) == said
