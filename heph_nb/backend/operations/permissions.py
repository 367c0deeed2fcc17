"""Operations on permissions, and on the rules that people make of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from heph_nb.backend.auth import Caller
from heph_nb.backend.operations.operation import Context, Done, Request, operation
from heph_nb.domain import people, rules
from heph_nb.domain.records import Permission, Rule
from heph_nb.domain.words import count
from heph_nb.errors import WrongStateError


class DecidePermission(Request):
    """A permission, and why it is decided so."""

    permission_id: str
    reason: str | None = Field(None, max_length=10_000)


class AllowPermission(DecidePermission):
    """A permission that is given: this once, or for the rest of the run."""

    always: bool = Field(False, description="Allow exactly this from now on in the run: a rule is made.")


class PermissionDecided(Done):
    """The permission and what was decided."""

    permission_id: str
    status: str


class PermissionAllowed(PermissionDecided):
    """The permission, and the rule that it led to."""

    rule_id: str | None = None


class RevokeRule(Request):
    """A rule that shall hold no longer."""

    rule_id: str


class RuleRevoked(Done):
    """The rule and its status."""

    rule_id: str
    status: str


async def _somebody_waits(backend: Any, caller: Caller, request: DecidePermission) -> None:
    """Refuse to decide what nobody waits for: the agent that asked ended with the backend that it belonged to.

    A permission outlives its backend only until the next one has recovered; that closes it.
    """
    permission = backend.state.get(Permission, request.permission_id)
    sessions = backend.engine.scheduler.sessions if backend.engine is not None else {}
    if permission.status == "pending" and permission.attempt_id not in sessions:
        raise WrongStateError(
            f"Permission {permission.id} has expired: the agent that asked has ended; its task goes to another.",
            id=permission.id,
            state="expired",
        )


@operation("permissions", "approve", who="owner", prepare=_somebody_waits)
def approve_permission(context: Context, request: AllowPermission) -> PermissionAllowed:
    """Allow what an agent asks for; with ``always`` exactly this is allowed from now on in the whole run."""
    permission = context.draft.get(Permission, request.permission_id)
    if not request.always:
        return PermissionAllowed(**_decide(context, request, "allowed").model_dump())
    rule, others = people.always_allow(context.draft, permission, request.reason)
    also = f". {count(len(others), 'other request')} that waited for the same too" if others else ""
    return PermissionAllowed(
        permission_id=permission.id,
        status="allowed",
        rule_id=rule.id,
        message=f"Allowed, and from now on in this run: {rules.in_words(rule.tool_kind, rule.pattern)}{also}",
    )


@operation("permissions", "deny", who="owner", prepare=_somebody_waits)
def deny_permission(context: Context, request: DecidePermission) -> PermissionDecided:
    """Deny what an agent asks for; the reason is told to it."""
    return _decide(context, request, "denied")


@operation("rules", "revoke", who="owner")
def revoke_rule(context: Context, request: RevokeRule) -> RuleRevoked:
    """Take a rule back: from now on agents ask again. What it allowed stays allowed."""
    rule = rules.revoke(context.draft, context.draft.get(Rule, request.rule_id))
    message = f"No longer allowed without asking: {rules.in_words(rule.tool_kind, rule.pattern)}"
    return RuleRevoked(rule_id=rule.id, status=rule.status, message=message)


def _decide(context: Context, request: DecidePermission, status: str) -> PermissionDecided:
    permission = context.draft.get(Permission, request.permission_id)
    permission = people.decide_permission(context.draft, permission, status, request.reason)
    by = permission.decided_by or ""
    return PermissionDecided(
        permission_id=permission.id, status=permission.status, message=f"Permission {status} by {by}"
    )
