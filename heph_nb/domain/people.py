"""What passes between agents and people: permissions, messages, memories, reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from heph_nb.domain import rules
from heph_nb.domain.lifecycle import move, refuse_unknown
from heph_nb.domain.logs import Message, Usage
from heph_nb.domain.records import Agent, Memory, Permission, Report, Rule, Run
from heph_nb.domain.state import Draft
from heph_nb.errors import NotFoundError, WrongStateError

MEMORY_KINDS = ("decision", "discovery", "error_fix", "learning", "warning", "codebase_knowledge")


def ask_permission(
    draft: Draft,
    run: Run,
    agent: Agent,
    *,
    tool_kind: str,
    title: str,
    detail: str,
    options: Sequence[str],
    subject: str | None = None,
) -> Permission:
    """Note that an agent asks before it acts. Policy ``allow`` decides at once; else rules or people do."""
    permission = draft.put(
        Permission(
            id=draft.id("permission"),
            run_id=run.id,
            agent_id=agent.id,
            task_id=agent.task_id,
            attempt_id=agent.attempt_id,
            tool_kind=tool_kind,
            title=title,
            detail=detail,
            options=tuple(options),
            created_at=draft.now,
            subject=subject,
        )
    )
    if run.policy == "allow":
        return move(draft, permission, "allowed", decided_by="policy", decided_at=draft.now)
    if (rule := rules.matching(draft, permission)) is not None:
        return move(draft, permission, "allowed", decided_by=rule.id, decided_at=draft.now)
    if agent.status == "working":
        move(draft, agent, "waiting")
    return permission


def decide_permission(
    draft: Draft, permission: Permission, status: str, reason: str | None = None, by: str | None = None
) -> Permission:
    """Allow or deny, in somebody's name. Deciding the same again changes nothing; the first decision stands.

    Raises
    ------
    WrongStateError
        It was decided otherwise, or nobody waits for it any more.
    """
    if permission.status == status:
        return permission
    if permission.status != "pending":
        by = f" by {permission.decided_by}" if permission.decided_by else ""
        raise WrongStateError(
            f"Permission {permission.id} is {permission.status}{by}: it cannot become {status}.",
            id=permission.id,
        )
    permission = move(draft, permission, status, decided_by=by or draft.actor, reason=reason, decided_at=draft.now)
    agent = draft.get(Agent, permission.agent_id)
    others = (p for p in draft.all(Permission, permission.run_id) if p.agent_id == agent.id)
    if agent.status == "waiting" and not any(p.status == "pending" for p in others):
        move(draft, agent, "working")
    return permission


def always_allow(draft: Draft, permission: Permission, reason: str | None = None) -> tuple[Rule, list[Permission]]:
    """Allow what a permission asks for, from now on in the whole run.

    Returns
    -------
    Rule
        What it is allowed by from now on.
    list of Permission
        The others that waited and are allowed by it now.

    Raises
    ------
    RefusedError
        The request does not say exactly enough what it is for.
    WrongStateError
        It was denied, or nobody waits for it any more.
    """
    permission = decide_permission(draft, permission, "allowed", reason)
    rule = rules.make(draft, permission)
    waiting = [p for p in draft.all(Permission, rule.run_id) if p.status == "pending" and rules.covers(rule, p)]
    return rule, [decide_permission(draft, p, "allowed", by=rule.id) for p in waiting]


def expire_permissions(draft: Draft, agent: Agent, reason: str) -> None:
    """Close what an agent asked for that has ended."""
    for permission in list(draft.all(Permission, agent.run_id)):
        if permission.agent_id == agent.id and permission.status == "pending":
            move(draft, permission, "expired", reason=reason, decided_at=draft.now)


def send(draft: Draft, run_id: str | None, recipient: str | None, text: str) -> str:
    """Send a message to an agent, to the person, or (``recipient`` None) to every agent of the run. Returns its id.

    Raises
    ------
    NotFoundError
        The file has no such agent.
    WrongStateError
        The agent has ended and will not read it.
    """
    if recipient is not None:
        agent = draft.get(Agent, recipient)
        if agent.run_id is not None and run_id is not None and agent.run_id != run_id:
            raise NotFoundError(f"There is no agent {recipient!r} in run {run_id}.", id=recipient)
        if agent.status == "terminated":
            raise WrongStateError(f"Agent {recipient} has ended: it will not read this.", id=recipient)
    id = draft.id("message")
    draft.log(Message, run_id=run_id, id=id, sender=draft.actor, recipient=recipient, text=text)
    draft.note("message.sent", run_id=run_id, id=id, recipient=recipient)
    return id


def report_usage(draft: Draft, agent: Agent, **used: Any) -> None:
    """Note what an agent says its turn has used; the arguments are those of :class:`Usage`."""
    about = {"run_id": agent.run_id, "agent_id": agent.id, "task_id": agent.task_id, "attempt_id": agent.attempt_id}
    draft.log(Usage, **about, **used)
    tokens = Usage(seq=0, ts=draft.now, **about, **used).tokens
    draft.note("usage.reported", agent, id=agent.id, tokens=tokens)


def save_memory(
    draft: Draft, run_id: str | None, agent: Agent | None, *, text: str, kind: str, tags: Sequence[str] = ()
) -> Memory:
    """Keep something worth knowing; the same text is kept once.

    Raises
    ------
    RefusedError
        The kind is unknown.
    """
    refuse_unknown("kind", kind, MEMORY_KINDS)
    for known in draft.all(Memory, run_id):
        if known.text == text:
            return known
    return draft.put(
        Memory(
            id=draft.id("memory"),
            run_id=run_id,
            agent_id=agent.id if agent else None,
            task_id=agent.task_id if agent else None,
            kind=kind,
            text=text,
            tags=tuple(tags),
            created_at=draft.now,
        )
    )


def search_memories(memories: Iterable[Memory], query: str, limit: int) -> list[Memory]:
    """Find memories that share words with the query, the most shared words first, newer first among equals."""
    words = set(query.casefold().split())
    found: list[tuple[int, int, Memory]] = []
    for age, memory in enumerate(memories):
        text = f"{memory.text} {' '.join(memory.tags)} {memory.kind}".casefold()
        hits = sum(1 for word in words if word in text)
        if hits:
            found.append((hits, age, memory))
    found.sort(key=lambda hit: hit[:2], reverse=True)
    return [memory for _, _, memory in found[:limit]]


def report(draft: Draft, agent: Agent, *, title: str, markdown: str) -> Report:
    """Keep what an agent wrote about its result."""
    return draft.put(
        Report(
            id=draft.id("report"),
            run_id=agent.run_id,
            task_id=agent.task_id or "",
            agent_id=agent.id,
            title=title,
            markdown=markdown,
            created_at=draft.now,
        )
    )
