"""Questions: what only a person can say, and what becomes of the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from heph_nb.domain import followups, people
from heph_nb.domain.answers import Ruling, decides, proposals, read_answer, strangers, without
from heph_nb.domain.lifecycle import move
from heph_nb.domain.records import Agent, Question, Requirement, Run
from heph_nb.domain.state import Draft
from heph_nb.errors import RefusedError, WrongStateError


def ask(draft: Draft, run: Run, agent: Agent | None, *, text: str, requirement_ids: Sequence[str]) -> Question:
    """File a question for the person; the requirements that it is about are marked ``unclear`` until it is answered.

    Raises
    ------
    RefusedError
        The person dropped everything that it is about.
    """
    about = [draft.get(Requirement, id, run.id) for id in dict.fromkeys(requirement_ids)]
    open_ones = [r for r in about if r.mark != "dropped"]
    if about and not open_ones:
        raise RefusedError(f"Nothing is to be asked about {', '.join(r.id for r in about)}: the person dropped it.")
    for requirement in open_ones:
        if requirement.mark is None:
            draft.change(requirement, mark="unclear")
    return draft.put(
        Question(
            id=draft.id("question"),
            run_id=run.id,
            text=text,
            requirement_ids=tuple(r.id for r in open_ones),
            agent_id=agent.id if agent else None,
            task_id=agent.task_id if agent else None,
            created_at=draft.now,
        )
    )


def leave_out(draft: Draft, requirement: Requirement) -> None:
    """Take a requirement out of the questions that are open; one that is about nothing any more is closed."""
    for question in list(draft.all(Question, requirement.run_id)):
        if question.status != "open" or requirement.id not in question.requirement_ids:
            continue
        left = _without(question, [requirement.id])
        if left.requirement_ids:
            draft.put(left)
        else:
            answer = f"No answer is needed: {', '.join(question.requirement_ids)} was dropped."
            answer = f"{question.answer}\n{answer}" if question.answer else answer
            move(draft, question, "answered", answer=answer, answered_by=draft.actor, answered_at=draft.now)


def answer(draft: Draft, question: Question, text: str) -> str:
    """Answer a question: what it says becomes criteria of its requirements and a memory for every later agent.

    What it decides nothing about stays asked: the question is open for that until somebody says it. Where a ticket had
    been specified before, a task takes the answer up.

    Returns
    -------
    str
        How the answer was understood, requirement by requirement, and which task takes it up.

    Raises
    ------
    RefusedError
        It decides nothing, or speaks of requirements that the question is not about.
    WrongStateError
        It was answered before.
    """
    if question.status == "answered":
        raise WrongStateError(f"Question {question.id} was answered before: {question.answer}", id=question.id)
    run = draft.get(Run, question.run_id or "")
    rulings = _rulings(question, text)
    decided = [ruling for ruling in rulings if not ruling.open]
    said = "\n".join(part for part in (question.answer, text) if part)
    if len(decided) == len(rulings):
        move(draft, question, "answered", answer=said, answered_by=draft.actor, answered_at=draft.now)
    else:
        draft.put(replace(_without(question, [ruling.requirement_id for ruling in decided]), answer=said))
    for ruling in decided:
        _decide(draft, ruling, run.id)
    about = f" ({', '.join(question.requirement_ids)})" if question.requirement_ids else ""
    people.save_memory(draft, run.id, None, text=f"{question.text}{about}: {text}", kind="decision", tags=("answer",))
    asker = draft.find(Agent, question.agent_id) if question.agent_id else None
    if asker is not None and asker.status != "terminated":
        people.send(draft, run.id, asker.id, text)
    understood = f"{'; '.join(map(str, rulings))}." if rulings else "Kept as a decision of the run."
    taken_up = followups.take_up(draft, run, [str(ruling) for ruling in decided] or [_quoted(question, text)])
    return f"{understood} {taken_up}".strip()


def _quoted(question: Question, text: str) -> str:
    """Return an answer with the questions that it answers, as short as they can be told."""
    asked = re.findall(r"“[^”]+”", question.text) or [f"“{question.text.split(chr(10))[0]}”"]
    return f"{' '.join(asked)} {text}"


def _rulings(question: Question, text: str) -> list[Ruling]:
    """Return what an answer decides.

    Raises
    ------
    RefusedError
        That is nothing, or it speaks of requirements that the question is not about.
    """
    ids = question.requirement_ids
    if not ids:
        if not decides(text):
            raise RefusedError(
                f"“{text.strip()}” decides nothing: say in a sentence what is to be done. The question stays open.",
                id=question.id,
            )
        return []
    if others := strangers(text, ids):
        raise RefusedError(
            f"The question is not about {', '.join(others)}: it is about {', '.join(ids)}. Nothing was changed.",
            id=question.id,
        )
    rulings = read_answer(question.text, ids, text)
    if all(ruling.open for ruling in rulings):
        raise RefusedError(f"“{text.strip()}” decides nothing: {_ways(question)}", id=question.id)
    return rulings


def _ways(question: Question) -> str:
    """Say what would be an answer to a question, in its own words."""
    id = question.requirement_ids[0]
    offered = proposals(question.text, question.requirement_ids, id)
    ways = [f"“{id}: as proposed” takes the proposal ({offered[0].rstrip('.')})"] if offered else []
    ways += [f"“{id}: as proposed (second)” the other one ({offered[1].rstrip('.')})"] if len(offered) > 1 else []
    ways += [f"“{id}: …” says in your words what has to be seen", f"“drop {id}” drops it"]
    more = "; so for each of " + ", ".join(question.requirement_ids) if len(question.requirement_ids) > 1 else ""
    return f"{', '.join(ways)}{more}. The question stays open."


def _without(question: Question, ids: Sequence[str]) -> Question:
    """Return a question as it is without some of its requirements."""
    text = question.text
    for id in ids:
        text = without(text, question.requirement_ids, id)
    left = tuple(id for id in question.requirement_ids if id not in ids)
    return replace(question, requirement_ids=left, text=text)


def _decide(draft: Draft, ruling: Ruling, run_id: str) -> None:
    requirement = draft.get(Requirement, ruling.requirement_id, run_id)
    if ruling.dropped:
        leave_out(draft, draft.change(requirement, mark="dropped"))
        return
    mark = None if requirement.mark == "unclear" else requirement.mark
    draft.change(requirement, mark=mark, criteria=(*requirement.criteria, ruling.criterion or ""))
