"""Requirements: where each one went, and what a person says of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from heph_nb.domain import followups, people, questions, work
from heph_nb.domain.lifecycle import MARKS, refuse_unknown
from heph_nb.domain.records import Agent, Requirement, Run, Ticket, Trace
from heph_nb.domain.state import Draft
from heph_nb.errors import RefusedError


def link(
    draft: Draft,
    run: Run,
    agent: Agent | None,
    *,
    requirement_ids: Sequence[str],
    ticket_id: str | None = None,
    file: str | None = None,
    test: str | None = None,
) -> list[Trace]:
    """Say that requirements went into a ticket, a file or a test of the caller's attempt.

    A file or test counts only once it is merged and names the requirement: this is a claim, not a proof.

    Raises
    ------
    RefusedError
        Nothing to link to was named, or the path leaves the repository.
    """
    if not (ticket_id or file or test):
        raise RefusedError("Name what the requirements are linked to: ticket_id, file or test.")
    for id in requirement_ids:
        draft.get(Requirement, id, run.id)
    if ticket_id is not None:
        ticket = draft.get(Ticket, ticket_id, run.id)
        draft.change(ticket, requirement_ids=tuple(dict.fromkeys((*ticket.requirement_ids, *requirement_ids))))
    traces = []
    for kind, target in (("file", file), ("test", test)):
        if target is None:
            continue
        path = inside(target)
        traces += [_trace(draft, run, agent, id, kind, path, ticket_id) for id in requirement_ids]
    return traces


def inside(path: str) -> str:
    """Return a path inside the repository as git writes it.

    Raises
    ------
    RefusedError
        It is absolute, leads out of the repository or into ``.git``, or holds characters that hide what it says.
    """
    if any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in path):
        raise RefusedError(f"The path {path!a} holds control characters: name a plain path inside the repository.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or not parts or ".." in parts or ".git" in (part.lower() for part in parts):
        raise RefusedError(f"{path!r} must be a path inside the repository, without '..' and '.git'.")
    return "/".join(parts)


def claim_implemented(draft: Draft, run: Run, agent: Agent, requirement_ids: Sequence[str]) -> None:
    """Note that an agent says its work implements requirements; they climb when that work is merged."""
    for id in requirement_ids:
        _trace(draft, run, agent, id, "implementation", agent.attempt_id or "", None)


def mark(draft: Draft, requirement: Requirement, word: str | None, reason: str | None = None) -> str:
    """Put a person's word beside a requirement, or take it away (None). One that is dropped leaves open questions.

    The reason becomes a memory for every later agent.

    Returns
    -------
    str
        What comes of it for files that were written before; empty if nothing does.

    Raises
    ------
    RefusedError
        The word is unknown.
    """
    if word is not None:
        refuse_unknown("mark", word, MARKS)
    values: dict[str, object] = {"mark": word}
    if word == "accepted":
        values |= {"evidence": "person", "evidence_ref": reason}
    before, requirement = requirement.mark, draft.change(requirement, **values)
    if reason:
        text = f"{requirement.id} is {word or 'without a mark again'}: {reason}"
        people.save_memory(draft, requirement.run_id, None, text=text, kind="decision", tags=("mark",))
    if word == "dropped":
        questions.leave_out(draft, requirement)
    if word == before or "dropped" not in (word, before):
        return ""
    if word != "dropped":
        work.unprove(draft, requirement)
    said = f"{requirement.id}: {'dropped' if word == 'dropped' else 'not dropped any more'}"
    return followups.take_up(draft, draft.get(Run, requirement.run_id or ""), [said])


def _trace(
    draft: Draft,
    run: Run,
    agent: Agent | None,
    requirement_id: str,
    kind: str,
    target: str,
    ticket_id: str | None,
) -> Trace:
    attempt_id = agent.attempt_id if agent else None
    for known in draft.all(Trace, run.id):
        if (known.requirement_id, known.kind, known.target, known.attempt_id) == (
            requirement_id, kind, target, attempt_id,
        ):  # fmt: skip
            return known
    return draft.put(
        Trace(
            id=draft.id("trace"),
            run_id=run.id,
            requirement_id=requirement_id,
            kind=kind,
            target=target,
            ticket_id=ticket_id,
            attempt_id=attempt_id,
            created_at=draft.now,
        )
    )
