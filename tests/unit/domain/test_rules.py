"""Rules: what was allowed for good is allowed at once, exactly that and nothing beside it."""

from __future__ import annotations

import pytest

from heph_nb.domain import people, rules
from heph_nb.domain.records import Agent, Permission, Rule
from heph_nb.errors import RefusedError, WrongStateError
from tests.unit.domain.conftest import World
from tests.unit.domain.test_work import claim, create_task


@pytest.fixture
def world():
    return World(policy="ask")


def ask(world, agent, subject="pytest -q", kind="execute"):
    with world.command(agent.id) as draft:
        asked = people.ask_permission(
            draft, world.run, draft.get(Agent, agent.id), tool_kind=kind, title="Test", detail="", options=[],
            subject=subject,
        )  # fmt: skip
    return world.state.get(Permission, asked.id)


def always(world, permission):
    with world.command() as draft:
        return people.always_allow(draft, draft.get(Permission, permission.id))


def test_the_same_is_allowed_at_once_and_names_its_rule_and_all_else_is_asked(world):
    _, agent = claim(world)
    rule, others = always(world, ask(world, agent))
    assert (rule.tool_kind, rule.pattern, rule.created_by, others) == ("execute", "pytest -q", "person", [])
    again = ask(world, agent)
    assert (again.status, again.decided_by) == ("allowed", rule.id)
    assert world.state.get(Agent, agent.id).status == "working"
    for kind, subject in (("execute", "pytest -q x"), ("execute", "pytest"), ("other", "pytest -q"), ("execute", None)):
        assert ask(world, agent, subject, kind).status == "pending", (kind, subject)


def test_others_that_wait_for_the_same_go_on_too(world):
    create_task(world, title="second")
    (_, first), (_, second) = claim(world), claim(world)
    mine, same, other = ask(world, first), ask(world, second), ask(world, second, "rm -rf x")
    rule, others = always(world, mine)
    assert [p.id for p in others] == [same.id]
    assert world.state.get(Permission, mine.id).decided_by == "person"
    assert world.state.get(Permission, same.id).decided_by == rule.id
    assert world.state.get(Permission, other.id).status == "pending"
    assert [world.state.get(Agent, a.id).status for a in (first, second)] == ["working", "waiting"]


def test_saying_it_again_makes_no_second_rule_and_the_first_decision_stands(world):
    _, agent = claim(world)
    asked = ask(world, agent)
    rule, _ = always(world, asked)
    assert always(world, asked)[0] == rule
    denied = ask(world, agent, "make")
    with world.command() as draft:
        people.decide_permission(draft, denied, "denied")
    with pytest.raises(WrongStateError, match="is denied by person"):
        always(world, denied)
    assert [r.id for r in world.state.all(Rule)] == [rule.id]


def test_what_is_not_exactly_told_is_allowed_once_only(world):
    _, agent = claim(world)
    asked = ask(world, agent, subject=None)
    with pytest.raises(RefusedError, match=r"not say exactly enough.*run\.approve\(.*\) allows it once"):
        always(world, asked)
    assert world.state.get(Permission, asked.id).status == "pending"


def test_a_revoked_rule_allows_nothing_and_can_be_made_anew(world):
    _, agent = claim(world)
    rule, _ = always(world, ask(world, agent))
    for _ in range(2):
        with world.command() as draft:
            rule = rules.revoke(draft, draft.get(Rule, rule.id))
    assert rule.status == "revoked"
    assert rule.revoked_at is not None
    assert always(world, ask(world, agent))[0].id != rule.id


@pytest.mark.parametrize(
    ("kind", "pattern", "said"),
    [
        ("execute", "pytest -q", "run `pytest -q`"),
        ("edit", "a.py\nb.py", "edit `a.py` and `b.py`"),
        ("fetch", 'get {"url": "x"}', '`get {"url": "x"}` (fetch)'),
        ("execute", "x" * 300, f"run `{'x' * 200}…`"),
    ],
)
def test_a_rule_is_told_in_plain_words(world, kind, pattern, said):
    _, agent = claim(world)
    rule, _ = always(world, ask(world, agent, pattern, kind))
    assert rules.in_words(rule.tool_kind, rule.pattern) == said
