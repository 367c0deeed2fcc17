"""Rules: what a person allows for the rest of a run, exactly as it was asked for and nothing beyond it.

A rule names one kind of tool and one subject (a whole command line, the paths of an edit). It has no wildcards: what
differs in a single character is asked again.
"""

from __future__ import annotations

from heph_nb.domain.lifecycle import move
from heph_nb.domain.records import Permission, Rule
from heph_nb.domain.state import Draft, State
from heph_nb.errors import RefusedError

_VERBS = {"execute": "run", "read": "read", "edit": "edit", "delete": "delete"}
_LONGEST = 200


def make(draft: Draft, permission: Permission) -> Rule:
    """Allow from now on what a permission asks for; where a rule does so already, it is that one.

    Raises
    ------
    RefusedError
        The request does not say exactly enough what it is for.
    """
    if permission.subject is None:
        raise RefusedError(
            f"Permission {permission.id} does not say exactly enough what it is for, so there can be no rule for more "
            f'like it: run.approve("{permission.id}") allows it once.',
            id=permission.id,
        )
    known = matching(draft, permission)
    if known is not None:
        return known
    return draft.put(
        Rule(
            id=draft.id("rule"),
            run_id=permission.run_id,
            tool_kind=permission.tool_kind,
            pattern=permission.subject,
            permission_id=permission.id,
            created_by=draft.actor,
            created_at=draft.now,
        )
    )


def matching(state: State, permission: Permission) -> Rule | None:
    """Return the rule of the run that allows what a permission asks for, if there is one."""
    for rule in state.all(Rule, permission.run_id):
        if rule.status == "active" and covers(rule, permission):
            return rule
    return None


def covers(rule: Rule, permission: Permission) -> bool:
    """Say whether a permission asks for exactly what a rule is about."""
    return (permission.tool_kind, permission.subject) == (rule.tool_kind, rule.pattern)


def revoke(draft: Draft, rule: Rule) -> Rule:
    """Let agents ask again; what was allowed stays allowed. Revoking a revoked rule changes nothing."""
    if rule.status == "revoked":
        return rule
    return move(draft, rule, "revoked", revoked_at=draft.now)


def in_words(tool_kind: str, pattern: str) -> str:
    """Say what a rule allows."""
    verb, things, kind = in_parts(tool_kind, pattern)
    what = " and ".join(f"`{thing}`" for thing in things)
    return " ".join(filter(None, (verb, what, kind)))


def in_parts(tool_kind: str, pattern: str) -> tuple[str, list[str], str]:
    """Return what a rule allows: what is done, to which things, and the kind of tool where that says more."""
    pattern = pattern if len(pattern) <= _LONGEST else f"{pattern[:_LONGEST]}…"
    things = [pattern] if tool_kind == "execute" else pattern.split("\n")
    verb = _VERBS.get(tool_kind, "")
    return verb, things, "" if verb else f"({tool_kind})"
